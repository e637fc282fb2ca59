#!/usr/bin/env python3
"""opsctl token check and rotate, where a load balancer stands before several tasks: what each of them accepts."""
import http.server
import threading
import time

from ecs_world import *

GROUP = "/ops/api"


class Task(http.server.BaseHTTPRequestHandler):
    """A task of ops-api that accepts what is signed at all, or nothing; or something else that answers there."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        server, request_id = self.server, self.headers["X-Request-Id"]
        server.seen.append(dict(self.headers))
        accepted = server.accepts()
        if server.on_request:
            server.on_request(request_id, accepted)
        self.send_response(400 if accepted else 401)
        if server.is_ours:
            self.send_header("X-Request-Id", request_id or "made-up")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class TaskTokens(OnEcs):
    def setUp(self):
        super().setUp()
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
            logs.create_log_group(logGroupName=GROUP)

    def serve(self, address, port=0, accepts=lambda: True, is_ours=True, on_request=None):
        server = http.server.ThreadingHTTPServer((address, port), Task)
        server.accepts, server.is_ours, server.on_request, server.seen = accepts, is_ours, on_request, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close()))
        return server

    def tasks(self, port, *addresses):
        """Running tasks 1, 2, ... at these addresses, behind a target group that knows the port."""
        tasks = [{"taskArn": f"{ARN}task/prod/{i + 1:032x}", "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
                  "taskDefinitionArn": f"{ARN}task-definition/prod-api:1", "createdAt": NOW,
                  "attachments": [{"type": "ElasticNetworkInterface", "details": [
                      {"name": "privateIPv4Address", "value": address}]}]} for i, address in enumerate(addresses)]
        self.looks(service(deployment(1, 1, "COMPLETED", running=2), loadBalancers=[
            {"targetGroupArn": "arn:aws:x", "containerName": "api", "containerPort": port}]))
        self.answer("ListTasks", result={"taskArns": [t["taskArn"] for t in tasks]})
        self.answer("DescribeTasks", result={"tasks": tasks})

    def front(self, **how):
        """What clients see, and the context that names it."""
        server = self.serve("127.0.0.1", **how)
        self.context(url=f"http://127.0.0.1:{server.server_port}")
        return server

    def states(self, document):
        return [(t["current"], t["seen"]) for t in document["tasks"]]

    def test_each_is_asked_itself(self):
        front = self.front()
        first = self.serve("127.0.0.2")
        self.serve("127.0.0.3", first.server_port, accepts=lambda: False)
        self.tasks(first.server_port, "127.0.0.2", "127.0.0.3")
        document = self.document("token", "check", code=EXIT_BAD)
        self.assertEqual(self.states(document), [(True, "address"), (False, "address")])
        text = self.opsctl("token", "check").stdout
        self.assertRegex(text, rf"{1:032x} +accepted +- +asked itself\n")
        self.assertRegex(text, rf"{2:032x} +refused +- +asked itself\n")
        self.assertTrue(front.seen)
        for headers in first.seen:  # the token itself is not for who happens to answer there
            self.assertNotIn("Authorization", headers)

    def test_somebody_else_answers(self):
        """Private addresses mean other machines elsewhere: only ops-api repeats the request id."""
        self.front()
        other = self.serve("127.0.0.2", is_ours=False)
        self.tasks(other.server_port, "127.0.0.2")
        done = self.opsctl("token", "check")
        self.assertEqual(done.returncode, EXIT_OK)
        self.assertIn("not known", done.stdout)
        self.assertIn("not ops-api", done.stderr)

    def log(self, task, request_id, accepted, stream=None):
        logs, name = self.client("logs"), stream or f"api/api/{task:032x}"
        if not logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"]:
            logs.create_log_stream(logGroupName=GROUP, logStreamName=name)
        line = {"event.dataset": "ops.audit", "event.outcome": "success" if accepted else "failure",
                "event.action": "token-accepted" if accepted else "signature-refused", "http.request.id": request_id}
        logs.put_log_events(logGroupName=GROUP, logStreamName=name, logEvents=[
            {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}])

    def test_which_answered_is_in_the_log(self):
        """Nobody can be reached but the load balancer, which takes them in turn."""
        turn = []

        def balance(request_id, accepted):
            turn.append(request_id)
            if request_id and request_id.startswith("opsctl-"):
                self.log(1 + len(turn) % 2, request_id, accepted)
        self.front(on_request=balance)
        self.context(**{"service.api.logs": GROUP})
        self.tasks(1, "127.0.0.9", "127.0.0.9")
        document = self.document("token", "check")
        self.assertEqual(self.states(document), [(True, "log"), (True, "log")])
        self.assertIsNone(document["tasks_trouble"])

    def test_one_never_answers(self):
        self.front(on_request=lambda request_id, accepted: request_id and self.log(1, request_id, accepted))
        self.context(**{"service.api.logs": GROUP})
        self.tasks(1, "127.0.0.9", "127.0.0.9")

        def look(timeout):
            done = self.opsctl("token", "check", "--timeout", timeout)
            self.assertEqual(done.returncode, EXIT_OK, done.stderr)
            self.assertIn(f"nothing of them in log group {GROUP}", done.stderr)

        given_time(look)

    def test_lines_of_others(self):
        """Of another task, another request, no audit, no JSON: they say nothing."""
        def noise(request_id, accepted):
            if not request_id or not request_id.startswith("opsctl-"):
                return
            self.log(7, request_id, True)
            self.log(1, "opsctl-00000000-0000-7000-8000-0000000000000", True)
        self.front(on_request=noise)
        self.context(**{"service.api.logs": GROUP})
        self.tasks(1, "127.0.0.9")
        document = given_time(lambda timeout: self.document("token", "check", "--timeout", timeout))
        self.assertEqual(self.states(document)[0][0], None)

    def test_rotation_waits_for_each(self):
        """The load balancer's answers are good at once; a task takes its time."""
        self.front()
        first, left = self.serve("127.0.0.2"), [False] * 3
        self.serve("127.0.0.3", first.server_port, accepts=lambda: left.pop() if left else True)
        self.tasks(first.server_port, "127.0.0.2", "127.0.0.3")
        document = self.document("token", "rotate", "--yes", "--force")
        self.assertTrue(document["proved"])
        self.assertEqual(self.states(document), [(True, "address")] * 2)
        self.assertEqual([t["previous"] for t in document["tasks"]], [True] * 2)

    def test_one_refuses_for_good(self):
        self.front()
        first = self.serve("127.0.0.2", accepts=lambda: False)
        self.tasks(first.server_port, "127.0.0.2")

        def look(timeout):
            done = self.opsctl("token", "rotate", "--yes", "--force", "--timeout", timeout)
            self.assertEqual(done.returncode, EXIT_TIMED_OUT, done.stderr)
            self.assertIn("the token was replaced, but: 1 task of 1", done.stderr)

        given_time(look)

    def says(self, *values):
        """What SSM answers to who asks for the current version: as often as told, then what is so."""
        self.door("answers", "DELETE")
        for (version, value), times in values:
            self.door("answers", "POST", json.dumps({
                "service": "ssm", "action": "GetParameter", "when": {"Name": "/api/token"}, "times": times,
                "result": {"Parameter": {"Name": "/api/token", "Type": "SecureString", "Value": value, "Version": version}}}))

    def test_what_is_read_late(self):
        """SSM is eventually consistent: an older version is no rotation of somebody else."""
        self.front()
        self.tasks(1)
        self.ok("token", "rotate", "--yes", "--force")
        rotate = ("token", "rotate", "--yes", "--force")
        first, before, always = 2, 4, 1000000  # it is read so often at first, and before the change
        for name, values, code, text in (
                ("once, behind the change", lambda now: [(now, before + 1)], EXIT_OK, ""),
                ("for good", lambda now: [(now, always)], EXIT_TIMED_OUT, "still, which is the one before"),
                ("of somebody else", lambda now: [(now, before), ((now[0] + 2, "t" * 32), always)], EXIT_BAD,
                 "somebody else rotated it at the same moment"),
                ("once, before the change", lambda now: [(now, first), ((now[0] - 1, "t" * 32), 1)], EXIT_OK, ""),
                ("for good, before the change", lambda now: [(now, first), ((now[0] - 1, "t" * 32), always)], EXIT_TIMED_OUT,
                 "nothing was changed"),
                ("of somebody else before", lambda now: [(now, first), ((now[0] + 1, "t" * 32), always)], EXIT_BAD,
                 "somebody else rotated the token meanwhile")):
            with self.subTest(name):
                self.says()
                now = self.client("ssm").get_parameter(Name="/api/token", WithDecryption=True)["Parameter"]
                self.says(*values((now["Version"], now["Value"])))
                self.tasks(1)
                done = self.opsctl(*rotate, *(["--timeout", "3s"] if code == EXIT_TIMED_OUT else []))
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)
                if "of somebody else" not in name:
                    self.assertNotIn("somebody else", done.stderr)

    def test_retired(self):
        """After the grace period nobody takes the previous one any more, or that is told."""
        front = self.front()
        self.tasks(1)
        self.ok("token", "rotate", "--yes", "--force")
        self.assertEqual(self.opsctl("token", "check").returncode, EXIT_OK)
        self.assertEqual(self.opsctl("token", "check", "--retired").returncode, EXIT_BAD)
        answers = [True, False]
        front.accepts = lambda: answers.pop(0) if answers else False  # the current one, then the previous
        self.assertEqual(self.opsctl("token", "check", "--retired").returncode, EXIT_OK)

    def test_what_a_context_allows(self):
        self.front()
        self.tasks(1)
        for access, args, want in (("read-only", ["--yes"], EXIT_PERMISSION), ("confirm", ["--yes"], EXIT_USAGE),
                                   ("confirm", ["--confirm", "peers"], EXIT_OK), ("full", ["--yes"], EXIT_OK)):
            with self.subTest(access=access, args=args):
                self.context(access=access)
                before = self.opsctl("token", "show", "--reveal").stdout
                done = self.opsctl("token", "rotate", "--force", *args)
                self.assertEqual(done.returncode, want, done.stderr)
                changed = before != self.opsctl("token", "show", "--reveal").stdout
                self.assertEqual(changed, want == EXIT_OK)

    def test_read_only_secrets_are_told_first(self):
        """By the dry run too, and before anything is asked."""
        for args in (["-n"], ["--yes"]):
            done = self.opsctl("token", "rotate", *args, "--secret", "env:TOKEN", "--url", "http://127.0.0.1:1",
                               env={"TOKEN": "x"})
            self.assertEqual(done.returncode, EXIT_PERMISSION, done.stderr)
            self.assertIn("cannot be changed", done.stderr)


if __name__ == "__main__":
    lib.main()
