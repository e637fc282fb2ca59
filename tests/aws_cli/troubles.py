#!/usr/bin/env python3
"""Every command that calls AWS, in every trouble: it says what, where and what next, tells no secret, changes nothing.

The commands are those of the program's own table: a new one needs a row here.
"""
import collections
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import threading

from between import Between, QUERY
from ecs_world import *
from sessions import running_task

NOBODY = "opsctl_01a1fed8-e055-73d9-9bb9-56ad2712dd6a"
TARGETS = f"arn:aws:elasticloadbalancing:us-east-1:{MOTO_ACCOUNT}:targetgroup/api/1"
SECRET_KEY = "secret/sentinel+of/aws/0123456789"
NOWHERE = "http://127.0.0.1:1"
ECS = {"account": MOTO_ACCOUNT, "cluster": "prod", "alarms": "prod-", "service.api.ecs": "prod-api",
       "service.api.container": "api", "service.api.logs": "/prod/api", "service.api.targets": TARGETS}
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{MOTO_ACCOUNT}/ops"  # asked at AWS_ENDPOINT_URL
CHANGE = ["--yes", "--no-wait"]

# What follows the command's words.
ROWS = {
    "submit": [],
    "probe": ["--timeout", "20s"],
    "verify-s3": [],
    "health": [],
    "logs": [],
    "tail": ["--timeout", "1s"],
    "token show": [],
    "token history": [],
    "token rotate": ["--yes", "--force", "--timeout", "2s"],
    "token check": ["--timeout", "2s"],
    "queue stat": [],
    "dlq ls": [],
    "dlq show": ["x"],
    "dlq redrive": ["--all", "--yes"],
    "dlq purge": ["--all", "--yes"],
    "reconcile": [],
    "trace": [NOBODY],
    "verify": [],
    "iam": ["--check", "token", "show"],
    "deploy": ["api", "--image", NEW, *CHANGE],
    "rollback": ["api", *CHANGE],
    "restart": ["api", *CHANGE],
    "exec": ["api", "--", "true"],
    "context check": [],
}

# Those that look at several things and tell of each, as an answer: they end with another status.
ANSWERS = {
    "health": dict.fromkeys(("no credentials", "expired", "denied", "not found", "throttled", "down", "garbage"), 1),
    "context check": dict.fromkeys(("denied", "not found", "throttled", "down", "garbage"), 1),
    "verify": {"denied": 0, "not found": 1},
}
# A person or a program gets what is known of the others; where nothing is, it is a failure like any other.
STATUS = {"no credentials": EXIT_CREDENTIALS, "expired": EXIT_CREDENTIALS, "denied": EXIT_PERMISSION,
          "not found": EXIT_NOTFOUND, "throttled": EXIT_REMOTE, "down": EXIT_REMOTE, "garbage": EXIT_CONFIG}

MISSING = {"sqs": "QueueDoesNotExist", "ssm": "ParameterNotFound", "s3": "NoSuchBucket",
           "logs": "ResourceNotFoundException", "ecs": "ClusterNotFoundException",
           "elasticloadbalancing": "TargetGroupNotFound", "monitoring": "ResourceNotFound", "iam": "NoSuchEntity"}
GARBAGE = {
    "a page of a hotel": "<html><head><title>Welcome</title></head><body>Please log in</body></html>",
    "nothing": "", "an empty object": "{}", "an empty list": "[]", "a number": "1", "null": "null",
    "the half of an answer": '{"Attributes":{"Approx', "all bytes": bytes(range(256)) * 20,
    "a deep one": '{"a":' * 100000, "deep XML": "<a>" * 100000, "a long one": "x" * 3000000,
    "a terminal's": '{"__type":"\\u001b]0;x\\u0007","message":"\\u001b[2J\\u009b1m"}',
    "members of other kinds": json.dumps(dict.fromkeys(
        ("Attributes", "Parameter", "events", "services", "taskArns", "tasks", "MetricAlarms", "Messages"), [[1]])),
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def expired(call):
    code = "ExpiredToken" if call.service in QUERY | {"s3"} else "ExpiredTokenException"
    return call.refusal(code, "The security token included in the request is expired")


def denied(call):
    if call.service == "sts":  # whoever asks it is told
        return None
    plain = call.service in QUERY | {"s3"}
    return call.refusal("AccessDenied" if plain else "AccessDeniedException",
                        f"User: arn:aws:iam::{MOTO_ACCOUNT}:user/idle is not authorized to perform: "
                        f"{call.service}:{call.action} on resource: arn:aws:x:the-resource because no policy allows it",
                        403 if plain else 400)


def missing(call):
    if call.service == "sts":
        return None
    return call.refusal(MISSING[call.service], "there is none", 404 if call.service == "s3" else 400)


def throttled(call):
    if call.service == "s3":
        return call.refusal("SlowDown", "Please reduce your request rate.", 503)
    return call.refusal("Throttling" if call.service in QUERY else "ThrottlingException", "Rate exceeded")


class Rows:
    """Of the classes here: each row in a server of its own between opsctl and the peers, several at a time."""

    def plugin(self):
        """What exec hands over to."""
        tools = self.home / "bin"
        tools.mkdir()
        shutil.copy(pathlib.Path(__file__).parent / "fake_plugin.py", tools / "session-manager-plugin")
        (tools / "session-manager-plugin").chmod(0o755)
        self.env |= {"PATH": f"{tools}:{os.environ['PATH']}", "PLUGIN_DOOR": self.peers["moto"].url,
                     "PLUGIN_LOG": str(self.home / "log")}

    def through(self, name, answer, *args, env=None):
        """opsctl's row and what AWS was asked."""
        bare = {k: v for k, v in self.env.items() if not k.startswith("AWS_ENDPOINT")}
        with Between(self.routes, answer) as between:
            done = subprocess.run(
                [lib.PROGRAMS["opsctl"], *name.split(), *args], text=True, capture_output=True, errors="replace",
                env=bare | {"AWS_ENDPOINT_URL": between.url} | (env or {}), stdin=subprocess.DEVNULL, timeout=lib.LIMIT_S)
            return done, between

    def each(self, run, names=ROWS, at_once=2 * len(os.sched_getaffinity(0))):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return zip(names, list(pool.map(run, names)))


class Troubles(Rows, OnEcs):
    """Whatever is asked first is refused, and all else, too."""

    def setUp(self):
        super().setUp()
        self.context(**ECS, queue=QUEUE)
        self.plugin()
        self.routes = {"": self.peers["moto"].url}
        self.before = self.files()

    def files(self):
        return {str(path): path.stat().st_mtime_ns for path in self.home.rglob("*") if path.is_file()}

    def row(self, name, answer, *more, env):
        url = ["--url", NOWHERE] if name in ("submit", "probe") else []  # they want one; it is not come to that
        return self.through(name, answer, *more, *url, *ROWS[name], env={"AWS_SECRET_ACCESS_KEY": SECRET_KEY} | env)

    def check(self, name, status, done, between):
        """What holds in each trouble."""
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, said)
        for secret in (SECRET_KEY, self.token):
            self.assertNotIn(secret, said)
        self.assertIsNone(CONTROL.search(said), repr(said))
        self.assertEqual(between.written(), [])

    def check_json(self, done):
        """A document; and of a failure, what to do next."""
        document = json.loads(done.stdout.splitlines()[-1])
        error = document.get("error")
        if error:
            self.assertEqual(error.get("exit", document.get("exit")), done.returncode)
            self.assertTrue(error["message"])
            self.assertTrue(error["next"], error)

    def trouble(self, kind, answer, *texts, env=None):
        """To people and to programs the texts are said."""
        for more in ((), ("--json",)):
            for name, (done, between) in self.each(lambda n: self.row(n, answer, *more, env=env or {})):
                with self.subTest(kind, command=name, more=more):
                    self.check(name, ANSWERS.get(name, {}).get(kind, STATUS[kind]), done, between)
                    for text in texts:
                        self.assertRegex(done.stdout + done.stderr, text)
                    if more:
                        self.check_json(done)
        self.assertEqual(self.files(), self.before)

    def test_each_command_has_a_row(self):
        names = [c["name"] for c in self.document("help")["commands"]]
        self.assertEqual([n for n in names if self.document("iam", *n.split())["permissions"]], list(ROWS))

    def test_no_credentials(self):
        self.trouble("no credentials", lambda call: None, "no AWS credentials", "AWS_ACCESS_KEY_ID",
                     env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})

    def test_expired(self):
        self.trouble("expired", expired, "[a-z0-9]+ [A-Z][A-Za-z0-9]+( on [a-z ]+ '.+')?: ExpiredToken",
                     "credentials of: environment", "set new AWS_ACCESS_KEY_ID|opsctl context check")

    def test_denied(self):
        self.trouble("denied", denied, "on [a-z ]+ '.+': AccessDenied",
                     ":user/idle may not [a-z0-9]+:[A-Z][A-Za-z0-9]+ on arn:aws:x:the-resource")

    def test_not_found(self):
        self.trouble("not found", missing, "[a-z0-9]+ [A-Z][A-Za-z0-9]+ on [a-z ]+ '.+': "
                     f"({'|'.join(MISSING.values())}): there is none")

    def test_throttled_for_ever(self):
        self.trouble("throttled", throttled, "[a-z0-9]+ [A-Z][A-Za-z0-9]+.*: (Throttling|SlowDown)",
                     "try again|look again|context check", env={"AWS_MAX_ATTEMPTS": "1"})

    def test_endpoint_down(self):
        self.trouble("down", lambda call: None, f"{NOWHERE}.*: .*connect",
                     env={"AWS_ENDPOINT_URL": NOWHERE, "AWS_MAX_ATTEMPTS": "1"})

    def test_silence(self):
        """Where nobody answers the first attempt may take all the time that a call has: there is no other."""
        over = threading.Event()
        self.addCleanup(over.set)

        def answer(_):
            over.wait(lib.LIMIT_S)
            return 500, ""

        names = {"reconcile": [], "verify": [], "deploy": [], "exec": [], "logs": ["--task", "x"]}
        for name, (done, between) in self.each(lambda n: self.row(n, answer, *names[n], env={}), names, len(names)):
            with self.subTest(name):
                self.check(name, EXIT_TIMED_OUT, done, between)
                self.assertEqual(len(between.calls), 1)

    def test_garbage(self):
        """No answer of any service is one: nothing of it is taken for that, whatever it is."""
        for kind, body in GARBAGE.items():
            answer = (lambda call, body=body: (200, body))
            for name, (done, between) in self.each(lambda n: self.row(n, answer, "--json",
                                                                      env={"AWS_MAX_ATTEMPTS": "1"})):
                with self.subTest(kind, command=name):
                    self.check(name, ANSWERS.get(name, {}).get("garbage", STATUS["garbage"]), done, between)
                    self.check_json(done)
        self.assertEqual(self.files(), self.before)


class Throttled(Rows, OnEcs, OnSystem):
    """A system that is well, but refuses the first two calls of each operation: three are made by default."""
    PEERS = OnSystem.PEERS
    WELL = {"verify": EXIT_BAD, **dict.fromkeys(("deploy", "rollback", "restart"), EXIT_IN_PROGRESS)}
    LAST = (("dlq show", "token rotate"), ("dlq redrive",), ("dlq purge",))  # what others would disturb, or they them

    def setUp(self):
        super().setUp()
        moto = self.peers["moto"].url
        self.routes = {"sqs": self.peers["elasticmq"].url, "s3": self.peers["versitygw"].url, "": moto}
        self.context(**ECS, queue=f"https://sqs.us-east-1.amazonaws.com/{peers.ACCOUNT}/ops",
                     **{"worker-admin-url": self.worker.url("admin")})
        self.plugin()
        self.lay_world()
        self.addCleanup(self.drain)
        self.dead_letters("a letter")
        sqs = self.client("sqs", "elasticmq")
        letter, = sqs.receive_message(QueueUrl=self.queue_url("ops-dlq"), VisibilityTimeout=0)["Messages"]
        self.rows = ROWS | {"dlq show": [letter["MessageId"]], "trace": [self.document("submit", "--wait")["id"]],
                            "rollback": ["api", "--to", "2", *CHANGE]}
        # Of the task nothing can be learnt: both wait for it as long as they may.
        self.rows |= {"token rotate": ["--yes", "--force", "--timeout", "20s"], "token check": ["--timeout", "20s"], "probe": []}

    def lay_world(self):
        self.client("logs").create_log_group(logGroupName="/prod/api")
        self.register(self.client("ecs"), NEW)
        self.looks(STEADY)
        self.answer("SimulatePrincipalPolicy", "iam", result={"EvaluationResults": [
            {"EvalActionName": "ssm:GetParameter", "EvalDecision": "allowed"}]})
        self.answer("UpdateService", result={"service": service(deployment(2, 2), deployment(
            1, 1, "COMPLETED", "ACTIVE", running=2))})
        self.rollout("SUCCESSFUL")
        self.answer("ListTasks", result={"taskArns": [running_task(1)["taskArn"]]})
        self.answer("DescribeTasks", result={"tasks": [running_task(1)]})
        self.answer("ExecuteCommand", result={
            "clusterArn": f"{ARN}cluster/prod", "containerName": "api", "interactive": True,
            "taskArn": running_task(1)["taskArn"],
            "session": {"sessionId": "ecs-execute-command-1", "streamUrl": "wss://x", "tokenValue": "t"}})
        self.answer("DescribeTargetHealth", "elbv2", result={"TargetHealthDescriptions": [
            {"Target": {"Id": "10.0.0.1", "Port": 80}, "TargetHealth": {"State": "healthy"}}]})

    def row(self, name):
        refused = collections.Counter()

        def answer(call):
            refused[call.service, call.action] += 1
            return throttled(call) if refused[call.service, call.action] <= 2 else None

        words = name.split()
        return self.through(name, answer, "-v", *patient([*words, *self.rows[name]])[len(words):])

    def settle(self, names):
        for name, (done, between) in self.each(self.row, names, len(ROWS)):
            with self.subTest(name):
                self.assertRegex(done.stderr, "attempt 2 (Throttling|SlowDown)")
                self.assertEqual(done.returncode, self.WELL.get(name, EXIT_OK), done.stdout + done.stderr)

    def test_each_command_waits(self):
        last = [name for names in self.LAST for name in names]
        self.settle([name for name in ROWS if name not in last])
        for names in self.LAST:
            self.settle(names)


if __name__ == "__main__":
    lib.main()
