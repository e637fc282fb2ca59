#!/usr/bin/env python3
"""opsctl deploy, rollback, restart: whatever becomes of a deployment, they tell the truth about it."""
import os
import pty
import re
import signal
import subprocess

from ecs_world import *

sys.path.append("/usr/lib/python3/dist-packages")  # pyte is a package of Debian's
import pyte

TRIPPED = service(
    deployment(3, 1, running=1,
               rolloutStateReason="ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."),
    deployment(2, 2, "FAILED", "ACTIVE", failedTasks=3,
               rolloutStateReason="ECS deployment circuit breaker: tasks failed to start."))


class Deploy(OnEcs):
    def test_deployed(self):
        self.story(HALF, HALF, DEPLOYED)
        events = self.events(*DEPLOY)
        self.assertEqual([e["event"] for e in events], ["plan", "begun", "state", "state", "end"])
        self.assertEqual([e["state"] for e in events if e["event"] == "state"], ["in-progress", "deployed"])
        self.assertEqual((events[-1]["outcome"], events[-1]["deployment"]), ("deployed", "ecs-svc/2"))
        self.assertEqual((events[2]["own"]["running"], events[2]["other"]["running"]), (1, 1))

    def test_what_is_registered(self):
        """All that was there, with another image in one container, and nothing that only describes it."""
        self.story(DEPLOYED)
        self.change(*DEPLOY)
        sent = self.calls("RegisterTaskDefinition")[-1]["params"]
        self.assertEqual([c["image"] for c in sent["containerDefinitions"]], [f"{REPOSITORY}@{NEW}", "busybox"])
        self.assertEqual(sent["containerDefinitions"][0]["environment"][0]["value"], SECRET_SETTING)
        self.assertEqual((sent["family"], sent["cpu"], sent["tags"]),
                         ("prod-api", "256", [{"key": "team", "value": "intake"}]))
        for member in ("taskDefinitionArn", "revision", "status", "compatibilities", "registeredAt"):
            self.assertNotIn(member, sent)
        updated = self.calls("UpdateService")[-1]["params"]
        self.assertEqual((updated["cluster"], updated["service"]), ("prod", "prod-api"))
        self.assertRegex(updated["taskDefinition"], r":task-definition/prod-api:\d+$")
        self.assertNotIn("forceNewDeployment", updated)

    def test_dry_run(self):
        self.looks(STEADY)
        done = self.change(*DEPLOY, "-n")
        self.assertIn(f"  containerDefinitions.api.image\n    - {REPOSITORY}@{OLD}\n    + {REPOSITORY}@{NEW}\n",
                      done.stdout)
        self.assertEqual(done.stdout.count("containerDefinitions"), 1)
        self.assertEqual({c["action"] for c in self.calls()}, {"DescribeServices", "DescribeTaskDefinition"})
        plan, = self.events(*DEPLOY, "-n")
        self.assertEqual([c["path"] for c in plan["changes"]], ["containerDefinitions.api.image"])
        self.assertEqual((plan["dry_run"], plan["to"]), (True, None))

    def test_rolled_back_by_the_circuit_breaker(self):
        """The service is steady again at the end, and that is no success."""
        self.story(HALF, TRIPPED, BACK)
        self.stopped(*(stopped_task(i, "ecs-svc/2", exitCode=3) for i in range(3)),
                     stopped_task(9, "ecs-svc/1", reason="Scaling activity initiated by deployment ecs-svc/2"))
        done = self.change(*DEPLOY, code=EXIT_ROLLED_BACK)
        self.assertIn("rolled back to prod-api:1", done.stdout)
        self.assertIn("circuit breaker", done.stdout)
        self.assertRegex(done.stdout, r"3 x .*exit 3")
        self.assertIn("next       run: opsctl logs --service api", done.stdout)
        self.assertIn("rolling back", done.stderr)
        self.forget()
        self.story(TRIPPED, BACK)
        end = self.events(*DEPLOY, code=EXIT_ROLLED_BACK)[-1]
        self.assertEqual(end["outcome"], "rolled-back")
        self.assertIn("tasks failed to start", end["reason"])

    def test_how_it_is_told(self):
        self.story(TRIPPED, BACK)
        self.stopped(*(stopped_task(i, "ecs-svc/2", exitCode=3) for i in range(3)))
        out = self.change(*DEPLOY, code=EXIT_ROLLED_BACK).stdout
        to = re.search(r"api (prod-api:\d+) did", out)[1]
        self.assertEqual(re.sub(r", after \d+ (s|min)\n", ", after 0 s\n", out), f"""\
deploy api, service prod-api of cluster prod: prod-api:1 to a new revision
  containerDefinitions.api.image
    - {REPOSITORY}@{OLD}
    + {REPOSITORY}@{NEW}
api {to} did not come up: rolled back to prod-api:1, after 0 s
ECS says   ECS deployment circuit breaker: tasks failed to start.
breaker    0 of 3 failed tasks
stopped    3 x the program ended, exit 3: Essential container in task exited
           the last: task {0:032x}
next       run: opsctl logs --service api --since 15m
""")

    def test_breaker_without_rollback(self):
        failed = service(deployment(2, 2, "FAILED", failedTasks=3), deploymentConfiguration={
            "deploymentCircuitBreaker": {"enable": True, "rollback": False}})
        self.story(failed)
        done = self.change(*DEPLOY, code=EXIT_BAD)  # nothing went back
        self.assertIn("run: opsctl rollback api", done.stdout)

    def test_no_breaker(self):
        """Nothing would ever end it: that is seen after a few tasks, not after --timeout."""
        failing = service(deployment(2, 2, failedTasks=4), deploymentConfiguration={})
        self.story(failing)
        self.stopped(stopped_task(1, "ecs-svc/2", "CannotPullContainerError: pull image manifest has been retried"))
        done = self.change(*DEPLOY, code=EXIT_BAD)
        self.assertIn("no circuit breaker", done.stdout)
        self.assertIn("CannotPullContainerError", done.stdout)

    def test_rolled_back_by_an_alarm(self):
        """ECS says so in the service deployment alone."""
        self.looks(STEADY, HALF, BACK)
        self.answer("UpdateService", result={"service": HALF})
        self.rollout("ROLLBACK_SUCCESSFUL", rollback={"reason": "alarm prod-5xx is in state ALARM"})
        done = self.change(*DEPLOY, code=EXIT_ROLLED_BACK)
        self.assertIn("alarm prod-5xx", done.stdout)

    def test_replaced(self):
        self.story(HALF, service(deployment(7, 9, running=1), deployment(2, 2, status="ACTIVE", running=1)))
        end = self.events(*DEPLOY, code=EXIT_BAD)[-1]
        self.assertEqual(end["outcome"], "replaced")

    def test_timed_out(self):
        waiting = dict(stopped_task(5, "ecs-svc/2"), lastStatus="PROVISIONING", desiredStatus="RUNNING",
                       createdAt="2026-01-01T00:00:00Z")
        for member in ("stopCode", "stoppedReason", "stoppedAt"):
            del waiting[member]
        self.story(HALF)
        self.answer("ListTasks", when={"desiredStatus": "RUNNING"}, result={"taskArns": [waiting["taskArn"]]})
        self.answer("ListTasks", result={"taskArns": []})
        self.answer("DescribeTasks", result={"tasks": [waiting]})
        done = self.change(*DEPLOY, "--timeout", "1s", code=EXIT_TIMED_OUT)
        self.assertIn("goes on by itself", done.stdout)
        self.assertIn("PROVISIONING", done.stdout)
        self.assertIn("opsctl health --why api", done.stdout)

    def test_no_wait(self):
        self.story(HALF)
        done = self.change(*DEPLOY, "--no-wait", code=EXIT_IN_PROGRESS)
        self.assertIn("on its way", done.stdout)
        self.assertEqual(len(self.calls("DescribeServices")), 1)

    def test_same_image(self):
        self.looks(STEADY)
        done = self.change("deploy", "api", "--image", OLD)
        self.assertRegex(done.stdout, r"nothing was changed, after \d+ (s|min)\n")
        self.assertEqual(self.calls("UpdateService") + self.calls("RegisterTaskDefinition"), [])

    def test_only_digests(self):
        """A tag is refused before anything is asked of AWS."""
        self.context(**{"service.api.image": REPOSITORY})
        for image, tag in (("v1.2", "v1.2"), (f"{REPOSITORY}:v3", "v3"), ("sha256:" + "a" * 63, "a" * 63),
                           ("sha256:" + "A" * 64, "A" * 64), (f"{REPOSITORY}@sha256:1", "1")):
            with self.subTest(image):
                done = self.opsctl("deploy", "api", "--image", image)
                self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""), done.stderr)
                self.assertIn("aws ecr describe-images --repository-name ops-api", done.stderr)
                self.assertIn(f"imageTag={tag} ", done.stderr)
        self.assertEqual(self.calls(), [])

    def test_repositories(self):
        """Of --image, else of the context, else of the image in use."""
        other = "other.example:5000/mirror/ops-api"
        for image, values, want in ((f"{other}@{NEW}", {}, other), (NEW, {}, REPOSITORY),
                                    (NEW, {"service.api.image": other}, other)):
            with self.subTest(image=image, values=values):
                self.context(**values)
                self.looks(STEADY)
                self.assertIn(f"+ {want}@{NEW}\n", self.change("deploy", "api", "--image", image, "-n").stdout)

    def test_settings_are_not_shown(self):
        self.story(HALF, DEPLOYED)
        for more in ([], ["--json"], ["-v"]):
            done = self.change(*DEPLOY, *more, "--dry-run")
            self.assertNotIn(SECRET_SETTING, done.stdout + done.stderr)

    def test_names(self):
        self.refused(EXIT_NOTFOUND, ["no service 'worker'", "but: api"], "deploy", "worker", "--image", NEW)
        self.refused(EXIT_CONFIG, ["context local", "opsctl up"], "deploy", "api", "--image", NEW, "--context", "local")
        self.answer("DescribeServices", result={"services": [], "failures": [{"reason": "MISSING"}]})
        self.refused(EXIT_NOTFOUND, ["no service 'prod-api'", "context check"], *DEPLOY)
        self.forget()
        self.looks(service(deployment(1, 1), deploymentController={"type": "CODE_DEPLOY"}))
        self.refused(EXIT_CONFIG, ["CODE_DEPLOY"], *DEPLOY)
        self.context(**{"service.api.container": "nobody"})
        self.forget()
        self.looks(STEADY)
        self.refused(EXIT_CONFIG, ["no container 'nobody'"], *DEPLOY)

    def test_consent(self):
        """Nobody is there to be asked; read-only contexts; the name of a context."""
        self.looks(STEADY)
        self.refused_before_change(EXIT_USAGE, "--yes", *DEPLOY)
        self.context(access="read-only")
        self.refused_before_change(EXIT_PERMISSION, "read-only", *DEPLOY, "--yes")
        self.context(access="confirm")
        self.refused_before_change(EXIT_USAGE, "--confirm peers", *DEPLOY, "--yes")
        self.refused_before_change(EXIT_USAGE, "the context is peers", *DEPLOY, "--confirm", "other")
        self.context(access="full", account="999999999999")
        self.refused_before_change(EXIT_CONFIG, "999999999999", *DEPLOY, "--yes")

    def refused_before_change(self, code, text, *args):
        done = self.opsctl(*args)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual(self.calls("RegisterTaskDefinition") + self.calls("UpdateService"), [])

    def test_confirmed_by_name(self):
        self.context(access="confirm")
        self.story(DEPLOYED)
        self.change(*DEPLOY, "--confirm", "peers")


class Trouble(OnEcs):
    """What AWS may say in the middle of it."""

    def error(self, action, code, status=400, **more):
        self.answer(action, error={"code": code, "message": "as the test says", "status": status}, **more)

    def test_throttled_while_it_waits(self):
        """A wait never ends because of what passes by itself."""
        self.looks(STEADY)
        self.answer("UpdateService", result={"service": HALF})
        self.error("DescribeServices", "ThrottlingException", times=4)
        self.looks(DEPLOYED)
        self.rollout("IN_PROGRESS")
        self.door("answers", "DELETE")
        self.answer("DescribeServices", result={"services": [STEADY]}, times=1)
        self.error("DescribeServices", "ThrottlingException", times=4)
        self.answer("DescribeServices", result={"services": [DEPLOYED]})
        self.answer("UpdateService", result={"service": HALF})
        done = self.change(*DEPLOY)
        self.assertIn("trying again", done.stderr)

    def test_refused_while_it_waits(self):
        self.answer("DescribeServices", result={"services": [STEADY]}, times=1)
        self.answer("UpdateService", result={"service": HALF})
        self.error("DescribeServices", "ExpiredTokenException")
        done = self.change(*DEPLOY, code=EXIT_CREDENTIALS)
        self.assertIn("deployment ecs-svc/2 of api goes on unseen", done.stderr)

    def test_refusals_before_it(self):
        for action, code, want in (("DescribeServices", "AccessDeniedException", EXIT_PERMISSION),
                                   ("DescribeTaskDefinition", "ClientException", EXIT_NOTFOUND),
                                   ("RegisterTaskDefinition", "AccessDeniedException", EXIT_PERMISSION),
                                   ("UpdateService", "AccessDeniedException", EXIT_PERMISSION),
                                   ("UpdateService", "ServerException", EXIT_REMOTE)):
            with self.subTest(action=action, code=code):
                self.forget()
                self.error(action, code, 500 if code == "ServerException" else 400)
                self.looks(STEADY)
                done = self.opsctl(*DEPLOY, "--yes", "--interval", "50ms", env={"AWS_MAX_ATTEMPTS": "1"})
                self.assertEqual(done.returncode, want, done.stderr)
                self.assertIn(action, done.stderr)

    def test_credentials_and_reach(self):
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        for args in (DEPLOY, ("rollback", "api"), ("restart", "api")):
            with self.subTest(args):
                self.refused(EXIT_CREDENTIALS, ["no AWS credentials"], *args, "--yes", env=none)
                self.refused(EXIT_REMOTE, ["127.0.0.1"], *args, "--yes", "--endpoint-url", "http://127.0.0.1:1",
                             env={"AWS_MAX_ATTEMPTS": "1"})
                self.error("DescribeServices", "ExpiredTokenException")
                self.refused(EXIT_CREDENTIALS, ["ExpiredToken"], *args, "--yes")
                self.forget()

    def test_not_allowed(self):
        key = self.user("idle", lib.statement("ec2:DescribeRegions"))
        with self.judging():
            error = self.refused(EXIT_PERMISSION, ["ecs:DescribeServices", ":user/idle"], *DEPLOY, env=key)
        self.assertEqual(error["next"], "run: opsctl context check peers")

    def test_no_service_deployments(self):
        """Without the permission to read them, or on a server that has none, the service says enough."""
        self.looks(STEADY, HALF, HALF, TRIPPED, BACK)
        self.answer("UpdateService", result={"service": HALF})
        self.error("ListServiceDeployments", "AccessDeniedException")
        self.assertEqual(self.events(*DEPLOY, code=EXIT_ROLLED_BACK)[-1]["outcome"], "rolled-back")
        self.assertEqual(len(self.calls("ListServiceDeployments")), 3)

    def test_tasks_cannot_be_looked_at(self):
        """What became of it is known all the same; why is not, and that is said."""
        self.story(TRIPPED, BACK)
        self.error("ListTasks", "AccessDeniedException")
        done = self.change(*DEPLOY, code=EXIT_ROLLED_BACK)
        self.assertRegex(done.stdout, r"why +not known, tasks could not be looked at: .*ListTasks")

    def test_another_is_under_way(self):
        self.looks(service(deployment(2, 1, running=1)))
        self.assertIn("ecs-svc/2 is under way", self.change(*DEPLOY, "-n").stderr)

    def test_garbage(self):
        self.looks(STEADY)
        self.answer("UpdateService", result={"service": {"serviceName": "prod-api"}})
        done = self.opsctl(*DEPLOY, "--yes")
        self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
        self.assertIn("UpdateService: the answer names no deployment", done.stderr)


class Rollback(OnEcs):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ecs = peers.client("ecs", cls.peers["moto"].url)
        for letter in "bc":
            cls.register(ecs, "sha256:" + letter * 64, cpu="512" if letter == "c" else "256")

    AT_3 = service(deployment(3, 3, "COMPLETED", running=2))

    def to(self, revision):
        return service(deployment(4, revision, "COMPLETED", running=2))

    def test_to_the_one_before(self):
        self.story(self.to(2), before=self.AT_3, begun=service(deployment(4, 2)))
        done = self.change("rollback", "api")
        self.assertIn("prod-api:3 to prod-api:2\n", done.stdout)
        self.assertIn(f"- {REPOSITORY}@sha256:{'c' * 64}", done.stdout)
        self.assertIn("  cpu\n    - 512\n    + 256\n", done.stdout)
        self.assertIn("is deployed", done.stdout)
        self.assertTrue(self.calls("UpdateService")[0]["params"]["taskDefinition"].endswith(":2"))
        called = {c["action"] for c in self.calls()}
        self.assertEqual(called & {"RegisterTaskDefinition", "DeregisterTaskDefinition"}, set())

    def test_to_a_named_one(self):
        for to in ("1", "prod-api:1", f"{ARN}task-definition/prod-api:1"):
            with self.subTest(to):
                self.forget()
                self.story(self.to(1), before=self.AT_3, begun=service(deployment(4, 1)))
                self.change("rollback", "api", "--to", to)
                self.assertTrue(self.calls("UpdateService")[0]["params"]["taskDefinition"].endswith(":1"))
                self.assertEqual(self.calls("ListTaskDefinitions"), [])

    def test_while_one_is_under_way(self):
        """What is being replaced is what worked, whatever its number."""
        self.story(self.to(1), begun=service(deployment(4, 1)), before=service(
            deployment(3, 3, running=1), deployment(2, 1, "COMPLETED", "ACTIVE", running=1)))
        self.change("rollback", "api")
        self.assertTrue(self.calls("UpdateService")[0]["params"]["taskDefinition"].endswith(":1"))

    def test_nothing_older(self):
        self.looks(STEADY)
        self.refused(EXIT_NOTFOUND, ["prod-api:1", "older"], "rollback", "api", "--yes")

    def test_no_such_revision(self):
        self.looks(self.AT_3)
        self.refused(EXIT_NOTFOUND, ["prod-api:99"], "rollback", "api", "--to", "99", "--yes")
        self.assertEqual(self.calls("UpdateService"), [])

    def test_dry_run(self):
        self.looks(self.AT_3)
        plan, = self.events("rollback", "api", "-n")
        self.assertEqual((plan["from"], plan["to"]), ("prod-api:3", "prod-api:2"))
        self.assertEqual(self.calls("UpdateService"), [])


class Restart(OnEcs):
    def test_restart(self):
        same = service(deployment(2, 1), deployment(1, 1, "COMPLETED", "ACTIVE", running=2))
        self.story(same, service(deployment(2, 1, "COMPLETED", running=2)), begun=same)
        self.assertEqual(self.events("restart", "api")[-1]["outcome"], "deployed")
        self.assertTrue(self.calls("UpdateService")[0]["params"]["forceNewDeployment"])

    def test_dry_run(self):
        self.looks(STEADY)
        self.assertIn("restart api", self.change("restart", "api", "-n").stdout)
        self.assertEqual(self.calls("UpdateService"), [])


class OnTerminal(OnEcs):
    def spawn(self, *args):
        master, slave = pty.openpty()
        process = subprocess.Popen([lib.PROGRAMS["opsctl"], *args, "--yes", "--interval", "50ms"], stdin=slave,
                                   stdout=slave, stderr=slave, env=self.env | {"TERM": "xterm"})
        os.close(slave)
        return process, master

    def read(self, master, until=None):
        out = b""
        while until is None or until not in out:
            try:
                piece = os.read(master, 4096)
            except OSError:  # EIO: the last writer is gone
                break
            if not piece:
                break
            out += piece
        return out

    def test_live_table(self):
        self.story(HALF, HALF, HALF, DEPLOYED)
        process, master = self.spawn(*DEPLOY)
        out = self.read(master)
        os.close(master)
        self.assertEqual(process.wait(lib.LIMIT_S), EXIT_OK)
        frames = out.decode().split("\033[J")
        screen = pyte.Screen(80, 24)
        stream, seen = pyte.Stream(screen), []
        for frame in frames:
            stream.feed(frame)
            seen.append("\n".join(screen.display))
        self.assertTrue(any(re.search(r"prod-api:\d+ +in progress +1 of 2 running", s) and
                            re.search(r"prod-api:1 +leaves +1 of 2 running", s) for s in seen), seen)
        last = "\n".join(line.rstrip() for line in screen.display)
        self.assertIn("is deployed", last)
        self.assertNotIn("in progress", last)  # nothing of the table stays

    def test_interrupted(self):
        """Who stops waiting learns what goes on, and how to go on."""
        self.story(HALF)
        process, master = self.spawn(*DEPLOY)
        self.read(master, b"in progress")
        process.send_signal(signal.SIGINT)
        out = self.read(master).decode()
        os.close(master)
        self.assertEqual(process.wait(lib.LIMIT_S), 130)
        self.assertIn("ecs-svc/2 of api", out)
        self.assertIn("goes on by itself", out)
        self.assertIn("opsctl rollback api --to prod-api:1", out)


if __name__ == "__main__":
    lib.main()
