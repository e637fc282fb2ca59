#!/usr/bin/env python3
"""opsctl health on AWS: what it makes of targets, services, tasks, alarms and probes that a test puts there.

moto answers what a test says, for ECS, load balancers, alarms and logs; the core of the system (queue,
store, token) is moto's own or is not named.
"""
import http.server
import json
import threading
import urllib.request

from health_world import *


class Server(http.server.ThreadingHTTPServer):
    """On a port of its own, as long as the with statement."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        status, headers, answer = self.server.answer(self.path, self.headers, body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Garbage(Server):
    """Well-formed, and nothing that was asked for."""

    def __init__(self):
        super().__init__(Handler)

    def answer(self, _path, headers, _body):
        return 200, {}, b'{"ping":"pong"}' if "X-Amz-Target" in headers else b"<html><body>hello</body></html>"


class Gate(Server):
    """Before moto: passes nothing on until every operation that is wanted has been asked for."""

    def __init__(self, behind, want):
        super().__init__(Handler)
        self.behind, self.want, self.met, self.all_are_here = behind, want, set(), threading.Condition()

    def operation(self, headers, body):
        target = headers.get("X-Amz-Target")
        return target.rpartition(".")[2] if target else dict(
            pair.split("=", 1) for pair in body.decode().split("&"))["Action"]

    def wait(self, operation):
        with self.all_are_here:
            self.met.add(operation)
            self.all_are_here.notify_all()
            if not self.all_are_here.wait_for(lambda: self.want <= self.met, lib.LIMIT_S / 2):
                raise AssertionError(f"never asked for: {self.want - self.met}")

    def answer(self, path, headers, body):
        self.wait(self.operation(headers, body))
        passed = {k: v for k, v in headers.items() if k.lower() not in ("connection", "content-length")}
        request = urllib.request.Request(self.behind + path, body, passed, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=lib.LIMIT_S) as response:
                return response.status, {"Content-Type": response.headers["Content-Type"]}, response.read()
        except urllib.error.HTTPError as e:
            return e.code, {"Content-Type": e.headers["Content-Type"]}, e.read()


class Rows(OnHealth):
    def test_well(self):
        self.well()
        done = self.document("health")
        self.assertEqual({(r["service"], r["name"]): r["state"] for r in done["checks"] if r["state"] != "skipped"}, {
            (None, "queue"): "ok", (None, "dead letters"): "ok", (None, "secret"): "ok", (None, "progress"): "ok",
            ("api", "targets"): "ok", ("api", "ecs"): "ok", ("api", "stopped"): "ok",
            ("worker", "ecs"): "ok", ("worker", "stopped"): "ok", (None, "alarms"): "ok"})
        self.assertEqual(self.row(done, "api", "ecs")["values"],
                         {"desired": 2, "running": 2, "pending": 0, "deployments": 1})
        self.assertTrue(self.ok("health").endswith("\nhealthy\n"))


    # ---- targets ----

    REASONS = (
        ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]", "gets another status"),
        ("Target.Timeout", "Request timed out", "does not answer the health check in time"),
        ("Target.FailedHealthChecks", "Health checks failed", "no connection, or not a whole answer"),
        ("Target.NotInUse", "Target group is not configured to receive traffic", "no listener sends anything"),
        ("Elb.InternalError", None, "an error within the load balancer"),
        ("Target.SomethingNew", None, "Target.SomethingNew"),
    )

    def test_reasons_in_words(self):
        self.well()
        for code, description, words in self.REASONS:
            with self.subTest(code):
                state = "unused" if code == "Target.NotInUse" else "unhealthy"
                self.targets(target(1), target(2, state, code, description))
                code = EXIT_OK if state == "unused" else EXIT_BAD
                row = self.row(self.look(code), "api", "targets")
                self.assertIn(f"10.0.1.2:8080 {state}: ", row["why"])
                self.assertIn(words, row["why"])
                self.assertIn(description or "", row["why"])
                self.assertEqual(row["values"], {"targets": 2, "healthy": 1})

    def test_failing_open(self):
        self.well()
        self.targets(*(target(n, "unhealthy", "Target.Timeout", "Request timed out") for n in (1, 2)))
        cause = self.causes()["failing-open"]
        self.assertEqual(cause["text"], "no target is healthy: the load balancer is failing open, and sends to all")
        self.assertIn("prod-api: 0 of 2 healthy", cause["evidence"])
        self.assertEqual(cause["next"], "run: opsctl logs --service api --since 15m")

    def test_targets_that_come_and_go(self):
        """What is leaving is not missed, and what is new has time."""
        self.well()
        self.targets(target(1), target(2, "draining", "Target.DeregistrationInProgress"))
        self.assertEqual(self.row(self.look(EXIT_OK), "api", "targets")["state"], "ok")
        self.targets(target(1), target(2, "initial", "Elb.InitialHealthChecking"))
        self.assertEqual(self.row(self.look(EXIT_OK), "api", "targets")["state"], "warn")
        self.targets()
        self.assertEqual(self.row(self.look(), "api", "targets")["why"], "prod-api: nothing is registered")

    def test_classic(self):
        self.well()
        self.context(**{"service.worker.elb": "prod-classic"})
        self.says("elb", "DescribeInstanceHealth", InstanceStates=[
            {"InstanceId": "i-1", "State": "InService", "ReasonCode": "N/A", "Description": "N/A"},
            {"InstanceId": "i-2", "State": "OutOfService", "ReasonCode": "Instance",
             "Description": "Instance has failed at least the UnhealthyThreshold number of health checks"}])
        row = self.row(self.look(), "worker", "targets")
        self.assertEqual(row["values"], {"targets": 2, "healthy": 1})
        self.assertRegex(row["why"], r"^i-2 unhealthy: it fails the health check, .*UnhealthyThreshold")

    # ---- services ----

    def test_rollout_in_progress(self):
        """8: nothing is wrong, and it is not yet as it will be."""
        self.well()
        self.ecs(service(running=1, pending=1, deployments=[
            deployment("IN_PROGRESS", running=0, created_s=120), deployment("COMPLETED", "ACTIVE", running=1)]),
            service("prod-worker"))
        self.rollouts(rollout("IN_PROGRESS", count=1, breaker="MONITORING", startedAt=ago(100)))
        self.targets(target(1), target(2, "initial", "Elb.RegistrationInProgress"))
        done = self.document("health", code=EXIT_IN_PROGRESS)
        self.assertTrue(done["healthy"] and done["rolling"])
        row = self.row(done, "api", "ecs")
        self.assertEqual(row["state"], "warn")
        self.assertRegex(row["detail"], r"^1 of 2 running, 1 pending, rollout for \d+ (s|min), breaker 1 of 3$")
        done = self.opsctl("health")
        self.assertEqual(done.returncode, EXIT_IN_PROGRESS)
        self.assertTrue(done.stdout.endswith("\nhealthy, a rollout is in progress\n"))
        self.targets(target(1, "unhealthy", "Target.Timeout"))
        self.look(EXIT_BAD)

    def test_rolled_back(self):
        self.well()
        self.rollouts(rollout("ROLLBACK_SUCCESSFUL", 3, breaker="TRIGGERED", finishedAt=ago(300), rollback={
            "reason": "Service deployment rolled back because the circuit breaker threshold was exceeded.",
            "startedAt": ago(400)}))
        row = self.row(self.look(EXIT_OK), "api", "ecs")
        self.assertEqual((row["state"], row["values"]["breaker_count"]), ("warn", 3))
        self.assertRegex(row["why"], r"^the last rollout was rolled back \d+ min ago: Service deployment rolled back")
        cause = self.causes(EXIT_OK)["rolled-back"]
        self.assertEqual(cause["text"], "the last rollout was rolled back: the circuit breaker tripped")
        self.assertIn("circuit breaker: 3 of 3 failed tasks", cause["evidence"])

    def test_failed(self):
        self.well()
        self.ecs(service(running=1, deployments=[deployment(
            "FAILED", running=1, rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.")]),
            service("prod-worker"))
        self.assertEqual(self.row(self.look(), "api", "ecs")["why"], "1 of 2 tasks run")

    def test_not_there(self):
        self.well()
        self.ecs(service("prod-worker"))
        row = self.row(self.look(), "api", "ecs")
        self.assertEqual(row["why"], "cluster 'prod' has no service 'prod-api'")
        self.assertEqual(next(iter(self.causes().values()))["name"], "service-missing")

    def test_tasks_that_never_start(self):
        self.well()
        self.ecs(service(running=1, pending=1), service("prod-worker"))
        self.tasks(running=[task(1), task(2, "PROVISIONING", created_s=900)])
        row = self.row(self.look(), "api", "ecs")
        self.assertRegex(row["why"], r"^task 0{12} is PROVISIONING since \d\d min, and does not start$")
        self.assertRegex(self.causes()["tasks-do-not-start"]["text"], r"^1 waiting task not started, the oldest for")

    # ---- tasks that stopped ----

    def test_out_of_memory(self):
        self.well()
        self.ecs(service(running=1, pending=1), service("prod-worker"))
        self.tasks(stopped=[stopped(n, 60 * n, exitCode=137, reason="OutOfMemoryError: Container killed due to "
                                    "memory usage") for n in range(1, 5)])
        self.logged(1, "reading", "no more memory")
        self.logged(2, "of another task")
        row = self.row(self.look(), "api", "stopped")
        self.assertEqual(row["state"], "bad")
        self.assertEqual(row["values"], {"stopped": 4, "failed": 4})
        self.assertTrue(row["why"].startswith("4 x out of memory, exit 137 (killed: out of memory, or "), row["why"])
        causes = self.causes()
        self.assertEqual(next(iter(causes)), "tasks-stop")
        cause = causes["tasks-stop"]
        self.assertEqual([e for e in cause["evidence"] if e.startswith("|")], ["| reading", "| no more memory"])
        self.assertEqual(cause["next"], f"run: opsctl logs --service api --task {1:032x}")
        self.assertNotIn("too-few-tasks", causes)

    STOPS = (
        ("TaskFailedToStart", "CannotPullContainerError: pull image manifest has been retried 1 time(s)",
         "the image cannot be pulled"),
        ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth: execution "
         "resource retrieval failed: unable to retrieve secret from asm", "a secret cannot be read"),
        ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:aws:x)",
         "failed the load balancer's health check"),
        ("EssentialContainerExited", "Essential container in task exited", "the program ended, exit 3"),
    )

    def test_stops_in_words(self):
        self.well()
        for code, reason, words in self.STOPS:
            with self.subTest(words):
                more = {"exitCode": 3} if words.endswith("exit 3") else {}
                self.tasks(stopped=[stopped(1, code=code, reason=reason, **more)])
                row = self.row(self.look(EXIT_OK), "api", "stopped")
                self.assertEqual(row["state"], "warn")  # the service is steady all the same
                self.assertTrue(row["why"].startswith(f"1 x {words}: "), row["why"])

    def test_what_was_replaced_is_no_failure(self):
        self.well()
        self.tasks(stopped=[stopped(1, code="ServiceSchedulerInitiated", exitCode=143, reason="Scaling activity "
                                    "initiated by (deployment ecs-svc/1)")])
        row = self.row(self.look(EXIT_OK), "api", "stopped")
        self.assertEqual((row["state"], row["detail"]), ("ok", "1 task in the last hour, 0 failed"))

    # ---- alarms ----

    def test_alarms(self):
        self.well()
        self.alarms(alarm(), alarm("prod-dlq", "ALARM"), alarm("prod-age", "INSUFFICIENT_DATA"))
        row = self.row(self.look(), None, "alarms")
        self.assertEqual(row["values"], {"alarms": 3, "firing": 1, "no_data": 1})
        self.assertRegex(row["why"], r"^prod-dlq for \d+ min: Threshold Crossed")
        self.assertEqual(self.causes()["alarms"]["text"], "1 firing alarm")
        self.alarms()
        self.assertEqual(self.row(self.look(EXIT_OK), None, "alarms")["state"], "warn")

    # ---- what cannot be asked ----

    REFUSALS = (
        ("elbv2", "DescribeTargetHealth", ("api", "targets")),
        ("ecs", "DescribeServices", ("api", "ecs")),
        ("ecs", "ListTasks", ("api", "stopped")),
        ("ecs", "ListServiceDeployments", ("api", "ecs")),
        ("cloudwatch", "DescribeAlarms", (None, "alarms")),
    )

    def test_one_that_fails_hides_no_other(self):
        for service, action, name in self.REFUSALS:
            for code, status in (("AccessDeniedException", 400), ("ThrottlingException", 400),
                                 ("InternalFailure", 500)):
                with self.subTest(action=action, code=code):
                    self.well()
                    self.fails(service, action, code, status)
                    done = self.look(EXIT_OK)
                    self.assertEqual(self.row(done, *name)["state"], "unchecked")
                    self.assertIn(action, self.row(done, *name)["why"])
                    self.assertGreaterEqual(len([r for r in done["checks"] if r["state"] == "ok"]), 5)
                    self.forget()

    def test_what_could_not_be_checked_is_listed(self):
        self.well()
        self.fails("cloudwatch", "DescribeAlarms", "AccessDeniedException")
        done = self.opsctl("health")
        self.assertEqual(done.returncode, EXIT_OK)
        self.assertTrue(done.stdout.endswith(
            "\ncould not be checked: alarms\nhealthy, as far as could be checked\n"), done.stdout)
        cause = self.causes(EXIT_OK)["denied"]
        self.assertEqual(cause["next"], "run: opsctl iam health")

    def test_no_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
        done = self.document("health", "--why", code=EXIT_BAD, env=env)
        self.assertEqual(done["causes"][0]["name"], "credentials")
        self.assertFalse(done["healthy"])
        text = self.opsctl("health", env=env).stdout
        reasons = re.findall("why: (.*)", text)
        self.assertGreater(reasons.count("as above"), 3, text)
        self.assertNotIn(True, [a == b != "as above" for a, b in zip(reasons, reasons[1:])], text)

    def test_nobody_is_there(self):
        done = self.document("health", "--why", "--endpoint-url", "http://127.0.0.1:1", code=EXIT_BAD)
        self.assertIn("unreachable", {c["name"] for c in done["causes"]})

    def test_no_cluster(self):
        self.well()
        self.context(cluster="")
        self.assertEqual(self.row(self.look(EXIT_OK), "api", "ecs")["why"], "the context has no cluster")

    def test_garbage(self):
        """An answer that says nothing is no answer that all is well."""
        self.well()
        with Garbage() as garbage:
            for name in ("ECS", "ELASTIC_LOAD_BALANCING_V2", "CLOUDWATCH"):
                with self.subTest(name):
                    done = self.document("health", code=EXIT_OK, env={f"AWS_ENDPOINT_URL_{name}": garbage.url})
                    unchecked = [r for r in done["checks"] if r["state"] == "unchecked"]
                    self.assertTrue(unchecked)
                    for row in unchecked:
                        self.assertRegex(row["why"], "the answer has no|not well-formed|TargetHealthDescriptions")

    # ---- how it asks ----

    def test_all_at_once(self):
        """Each answer is held back until all that do not depend on another are asked for."""
        self.well()
        want = {"DescribeServices", "ListTasks", "DescribeTargetHealth", "DescribeAlarms", "ListServiceDeployments",
                "GetQueueAttributes", "GetParameter"}
        with Gate(self.peers["moto"].url, want) as gate:
            env = {name: gate.url for name in self.env if name.startswith("AWS_ENDPOINT_URL")}
            queue = gate.url + self.values["queue"].removeprefix(self.peers["moto"].url)
            self.context(queue=queue)
            done = self.document("health", env=env)
        self.assertEqual({r["state"] for r in done["checks"]} - {"ok", "skipped"}, set())
        self.assertEqual(want - gate.met, set())

    def test_pages(self):
        """10,000 tasks: the first thousand are looked at, and that there are more is said."""
        self.well()
        tasks = [stopped(n, exitCode=1) for n in range(100)]
        arns = [t["taskArn"] for t in tasks]
        self.answers("ecs", "ListTasks",
                     {"when": {"desiredStatus": "STOPPED", "serviceName": "prod-api"},
                      "result": {"taskArns": arns, "nextToken": "more"}},
                     {"result": {"taskArns": []}})
        self.says("ecs", "DescribeTasks", tasks=tasks)
        row = self.row(self.look(EXIT_OK), "api", "stopped")
        self.assertEqual(row["values"]["stopped"], 1000)
        self.assertIn("1000 or more tasks", row["detail"])
        self.assertEqual(len(self.calls("DescribeTasks")), 10)

    def test_a_throttled_call_is_tried_again(self):
        self.well()
        self.fails("ecs", "DescribeServices", "ThrottlingException", times=1)
        self.assertEqual(self.row(self.look(EXIT_OK), "api", "ecs")["state"], "ok")

    def test_what_is_steady_is_not_asked_for_more(self):
        """Look after look, the latest rollout and waiting tasks are asked for when something has changed."""
        self.well()
        argv = [lib.PROGRAMS["opsctl"], *patient(["health", "--watch", "--json", "--interval", "100ms"])]
        with subprocess.Popen(argv, env=self.env, stdout=subprocess.PIPE) as watch:
            self.addCleanup(watch.kill)
            watch.stdout.readline()
            wait_until(lambda: len(self.calls("DescribeServices")) > 4, "it has looked again")
            self.assertEqual(len(self.calls("ListServiceDeployments")), 2)
            self.ecs(service(running=1, pending=1), service("prod-worker"))
            while self.row(json.loads(watch.stdout.readline()), "api", "ecs")["state"] != "bad":
                pass
            wait_until(lambda: len(self.calls("ListServiceDeployments")) > 2, "the next look asks for more")
            watch.terminate()
            watch.wait(lib.LIMIT_S)

    def test_ten_services_are_one_call(self):
        names = [f"s{n}" for n in range(12)]
        self.says("ecs", "ListTasks", taskArns=[])
        self.says("ecs", "ListServiceDeployments", serviceDeployments=[])
        self.ecs(*(service(name) for name in names))
        self.alarms(alarm())
        self.values = {k: v for k, v in self.values.items() if not k.startswith("service.")}
        self.context(**{f"service.{name}.ecs": name for name in names})
        done = self.look(EXIT_OK)
        self.assertEqual({self.row(done, name, "ecs")["state"] for name in names}, {"ok"})
        self.assertEqual(len(self.calls("DescribeServices")), 2)

    def test_only_some(self):
        self.well()
        done = self.look(EXIT_OK, "worker")
        self.assertEqual({r["service"] or r["name"] for r in done["checks"]}, {"worker"})
        self.assertEqual({c["service"] for c in self.calls()} - {"ecs"}, set())
        self.assertEqual([r["name"] for r in self.look(EXIT_OK, "alarms")["checks"]], ["alarms"])
        done = self.opsctl("health", "wurker")
        self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""))
        self.assertIn("'wurker' is no row and no service of context 'peers', which has api, worker", done.stderr)


if __name__ == "__main__":
    lib.main()
