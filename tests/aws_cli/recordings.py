"""--record and --replay: a command again, without network, credentials and files."""
import json
import os
import re
import socket
import stat
import subprocess
import threading
import time

from system import *
import health_world
import lib

GROUP = "/ops/api"


class Recordings(OnAws):
    PEERS = ("moto",)

    def setUp(self):
        super().setUp()
        self.file = self.home / "recording"
        self.context(account=MOTO_ACCOUNT)
        # Where nothing is: whoever asks anybody else than the recording fails.
        self.nowhere = {"HOME": "/nonexistent", "PATH": "/usr/bin", "LC_ALL": "C.UTF-8",
                        "HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}

    def replay(self, *args, code=EXIT_OK):
        done = subprocess.run([lib.PROGRAMS["opsctl"], "--replay", self.file, *args], env=self.nowhere, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=lib.LIMIT_S)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def both(self, *args, code=EXIT_OK):
        """Recorded, then replayed with nothing left of the world: the same words."""
        recorded = self.opsctl("--record", self.file, *args)
        self.assertEqual(recorded.returncode, code, recorded.stdout + recorded.stderr)
        self.door("calls", "DELETE")
        played = self.replay(*args, code=code)
        self.assertEqual(self.calls(), [])
        return recorded.stdout, played

    def test_same_words(self):
        for args in (("queue", "stat"), ("queue", "stat", "--json")):
            with self.subTest(args):
                recorded, played = self.both(*args)
                self.assertEqual(recorded, played)

    def test_health(self):
        self.dead_letters("x")
        self.addCleanup(self.drain)
        recorded = self.opsctl("--record", self.file, "health", "--why")
        self.door("calls", "DELETE")
        played = self.replay("health", "--why", code=recorded.returncode)
        self.assertEqual(self.calls(), [])
        self.assertIn("dlq", recorded.stdout)
        self.assertEqual(words(recorded.stdout), words(played))

    def test_no_credentials(self):
        """The cause is on no tape, and is the same all the same."""
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
        recorded = self.opsctl("--record", self.file, "health", "--why", env=env)
        self.assertIn("AWS does not know who we are", recorded.stdout)
        self.assertNotIn(" bad ", recorded.stdout)
        self.assertEqual(words(self.replay("health", "--why", code=EXIT_BAD)), words(recorded.stdout))
        self.opsctl("--record", self.file, "queue", "stat", env=env)
        self.replay("queue", "stat", code=EXIT_CREDENTIALS)

    def test_next_steps_of_a_replay(self):
        """They are for the system that was recorded, and say so."""
        self.dead_letters("x")
        self.addCleanup(self.drain)
        self.opsctl("--record", self.file, "health")
        self.assertIn("next: on the system that was recorded, run: opsctl dlq ls --context peers\n",
                      self.replay("health", code=EXIT_OK))

    def test_logs(self):
        logs = self.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        self.addCleanup(logs.delete_log_group, logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="api/app/0123")
        logs.put_log_events(logGroupName=GROUP, logStreamName="api/app/0123", logEvents=[
            {"timestamp": int(time.time() * 1000) - 1000 + i, "message": f"line {i}\tgr\u00fcezi"} for i in range(3)])
        self.context(**{"service.api.logs": GROUP})
        recorded, played = self.both("logs", "--json")
        self.assertEqual(recorded.count("\n"), 3)
        self.assertEqual([json.loads(l)["at"] for l in recorded.splitlines()],
                         [json.loads(l)["at"] for l in played.splitlines()])

    def test_failures(self):
        self.door("answers", "POST", json.dumps({"service": "sqs", "action": "GetQueueAttributes", "error": {
            "code": "AccessDenied", "message": "User: arn:aws:iam::1:user/x is not authorized", "status": 403}}))
        self.addCleanup(self.door, "answers", "DELETE")
        self.both("queue", "stat", code=EXIT_PERMISSION)

    def test_file(self):
        self.file.write_text("of somebody else")
        self.file.chmod(0o644)
        self.ok("queue", "stat", "--record", str(self.file))
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        head, *exchanges, end = self.lines()
        self.assertEqual((head["schema"], head["command"], head["context"]),
                         ("opsctl/recording/1", "queue stat", "peers"))
        self.assertEqual(end["end"], {"exit": 0, "exchanges": len(exchanges), "left_out": 0, "refusals": {}, "kept": {}})
        self.assertTrue(all(e["method"] and e["url"] and e["operation"] for e in exchanges))

    def test_no_secrets(self):
        """Neither the token nor keys, in no form that anybody could read."""
        secret = self.env["AWS_SECRET_ACCESS_KEY"]
        for args in (("token", "show"), ("token", "show", "--reveal"), ("token", "history"), ("context", "check")):
            with self.subTest(args):
                self.opsctl("--record", self.file, *args)
                text = self.file.read_text()
                self.assertIn("GetParameter", text)
                for value in (self.token, self.token[6:], secret, "Authorization", "Signature"):
                    self.assertNotIn(value, text)

    def test_no_payloads(self):
        """What is submitted is a client's; the answer is ours."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=answer_once, args=(server,))
            thread.start()
            self.context(url=f"http://127.0.0.1:{server.getsockname()[1]}")
            (self.home / "payload").write_text('{"email_timestream":"1749465045","subject":"of a client"}')
            done = self.opsctl("--record", self.file, "submit", str(self.home / "payload"))
            thread.join(lib.LIMIT_S)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        text = self.file.read_text()
        self.assertIn("/submit", text)
        self.assertNotIn("of a client", text)
        self.assertNotIn(self.token[6:], text)

    def test_what_is_not_there(self):
        self.ok("queue", "stat", "--record", str(self.file))
        done = subprocess.run([lib.PROGRAMS["opsctl"], "--replay", self.file, "token", "show"], env=self.nowhere,
                              text=True, capture_output=True, timeout=lib.LIMIT_S)
        self.assertEqual(done.returncode, EXIT_NOTFOUND, done.stderr)
        self.assertIn("not in the recording: AmazonSSM.GetParameter", done.stderr)

    def test_a_killed_command_leaves_a_recording(self):
        self.ok("queue", "stat", "--record", str(self.file))
        self.file.write_text("".join(self.file.read_text().splitlines(keepends=True)[:-1]))
        self.replay("queue", "stat")

    def test_bad_recordings(self):
        for name, text in (("empty", ""), ("other", "{}\n"), ("no JSON", "x\n"),
                           ("torn", '{"schema":"opsctl/recording/1","values":{}}\n{"url":\n')):
            with self.subTest(name):
                self.file.write_text(text)
                self.replay("queue", "stat", code=EXIT_CONFIG)
        self.file.unlink()
        self.replay("queue", "stat", code=EXIT_CONFIG)
        self.assertEqual(self.opsctl("queue", "stat", "--record", "/no/such/file").returncode, EXIT_CONFIG)
        self.assertEqual(self.opsctl("queue", "stat", "--record", "a", "--replay", "b").returncode, EXIT_USAGE)


class PostMortem(health_world.OnHealth):
    def test_why(self):
        """Services, targets, tasks that stopped, their last words: all again, from a file."""
        file, world = self.home / "recording", health_world
        self.well()
        self.ecs(world.service(running=1, deployments=[world.deployment("IN_PROGRESS", running=0, failedTasks=2)]),
                 world.service("prod-worker"))
        self.targets(world.target(1, "unhealthy", "Target.Timeout", "Request timed out"), world.target(2))
        self.tasks([world.task(9)], [world.stopped(1, exitCode=3), world.stopped(2, exitCode=3)])
        self.rollouts(world.rollout("IN_PROGRESS", 2, 3, "MONITORING"))
        for number in (1, 2):
            self.logged(number, f"the last words of {number}")
        self.alarms(world.alarm(state="ALARM"))
        recorded = self.opsctl("--record", file, "health", "--why")
        self.assertIn("the last words of", recorded.stdout, recorded.stderr)
        self.assertIn("breaker 2 of 3", recorded.stdout)
        self.forget()
        done = subprocess.run([lib.PROGRAMS["opsctl"], "--replay", file, "health", "--why"], text=True,
                              env={"HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=lib.LIMIT_S)
        self.assertEqual(done.returncode, recorded.returncode, done.stderr)
        self.assertEqual(words(done.stdout), words(recorded.stdout))
        self.assertEqual(self.calls(), [])


def answer_once(server):
    """Takes one request, and accepts it."""
    with server.accept()[0] as peer:
        with peer.makefile("rb") as stream:  # to its end: a connection closed before is one that is reset
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.readline()
            stream.read(int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]))
        body = b'{"message":"Payload accepted and queued.","id":"i","object":"o"}'
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                     % (len(body), body))


def words(text):
    """
    Without the times that calls took, the fingerprint of what a recording does not hold, and that a
    next step is one for the system that was recorded.
    """
    text = re.sub(r"on the system that was recorded, (run: .*) --context \S+", r"\1", text)
    text = text.replace("on the system that was recorded, ", "")
    return re.sub(r"fingerprint [0-9a-f]{8}", "fingerprint", re.sub(r"\d+(\.\d+)? ?m?s\b", "N ms", text))


if __name__ == "__main__":
    lib.main()
