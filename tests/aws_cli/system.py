"""opsctl with a context on AWS, the whole system behind it where a test wants it.

Like ../peers/lib.py, of which it is an extension: called with the paths of aws_tool, opsctl,
ops-api and ops-worker; a test file defines classes of OnAws and ends with lib.main().
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cli"))  # behind: it has a lib, too
import lib
import peers
from patience import given_time, patient

EXIT_OK, EXIT_BAD, EXIT_USAGE, EXIT_CONFIG, EXIT_CREDENTIALS, EXIT_PERMISSION, EXIT_NOTFOUND = range(7)
EXIT_TIMED_OUT, EXIT_REMOTE = 9, 10
MOTO_ACCOUNT = "123456789012"
TOOK = re.compile(r" after \d+ ms")  # of two runs: they differ


class Service:
    """ops-api or ops-worker, with its ports from its log, a file. Use it in a with statement."""

    def __init__(self, name, log, env, *args):
        self.log, self.ports = log, {}
        with open(log, "wb") as out:
            self.process = subprocess.Popen([lib.PROGRAMS[name], "--admin-listen=127.0.0.1:0", *args], env=env,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wanted = {"admin", "public"} if name == "api" else {"admin"}
        wait_until(lambda: wanted <= set(self.find_ports()), f"{name} listens: {log}")

    def find_ports(self):
        if self.process.poll() is not None:
            raise AssertionError(f"set-up: it ended: {self.log.read_text()}")
        for text in self.log.read_text().split("\n")[:-1]:
            line = json.loads(text)
            if line["message"] == "listening":
                self.ports[line["role"]] = line["server.port"]
        return self.ports

    def url(self, role):
        return f"http://127.0.0.1:{self.ports[role]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(lib.LIMIT_S)


class OnAws(lib.OnPeers):
    """Queue `ops`, bucket `intake` and parameter /api/token, and a context `peers` that names them."""
    PEERS = ("elasticmq", "versitygw", "moto")
    QUEUES, BUCKETS, PARAMETERS = ("ops:1",), ("intake",), ("/api/token",)

    def setUp(self):
        super().setUp()
        self.env = {k: v for k, v in self.env.items() if not k.startswith(("XDG_", "OPSCTL_"))}
        self.values = {"queue": self.queue_url(), "store": "s3://intake/in/", "secret": "ssm:/api/token"}
        self.context()
        self.token = self.client("ssm").get_parameter(
            Name="/api/token", WithDecryption=True)["Parameter"]["Value"]

    def queue_peer(self):
        return "elasticmq" if "elasticmq" in self.peers else "moto"

    def queue_url(self, name="ops"):
        account = peers.ACCOUNT if self.queue_peer() == "elasticmq" else MOTO_ACCOUNT
        return f"{self.peers[self.queue_peer()].url}/{account}/{name}"

    def context(self, **values):
        """Write contexts.ini anew, with `peers` as its current context."""
        self.values |= values
        path = self.home / ".config/opsctl/contexts.ini"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text("current = peers\n[peers]\n" + "".join(f"{k} = {v}\n" for k, v in self.values.items()))

    # ---- opsctl ----

    def opsctl(self, *args, env=None):
        return super().opsctl(*patient(args), env=env)

    def ok(self, *args, env=None):
        done = self.opsctl(*args, env=env)
        self.assertEqual(done.returncode, EXIT_OK, f"opsctl {args}: {done.stdout} {done.stderr}")
        return done.stdout

    def document(self, *args, code=EXIT_OK, env=None):
        done = self.opsctl(*args, "--json", env=env)
        self.assertEqual(done.returncode, code, f"opsctl {args}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def refused(self, code, texts, *args, env=None):
        """Once for people, once for programs; what both say. The texts stand in message or next step."""
        done = self.opsctl(*args, env=env)
        self.assertEqual((done.returncode, done.stdout), (code, ""), f"opsctl {args}: {done.stderr}")
        error = self.document(*args, code=code, env=env)["error"]
        self.assertEqual(error["exit"], code)
        self.assertIn(TOOK.sub("", error["message"]), TOOK.sub("", done.stderr))
        for text in texts:
            self.assertIn(text, error["message"] + "\n" + str(error["next"]))
        return error

    # ---- the world ----

    def dead_letters(self, *bodies):
        """Foreign messages, in the dead-letter queue of `ops`."""
        sqs = self.client("sqs", self.queue_peer())
        for body in bodies:
            sqs.send_message(QueueUrl=self.queue_url("ops-dlq"), MessageBody=body)

    def drain(self):
        sqs = self.client("sqs", self.queue_peer())
        for name in ("ops", "ops-dlq"):
            sqs.purge_queue(QueueUrl=self.queue_url(name))

    def count(self, name):
        attribute = "ApproximateNumberOfMessages"
        return int(self.client("sqs", self.queue_peer()).get_queue_attributes(
            QueueUrl=self.queue_url(name), AttributeNames=[attribute])["Attributes"][attribute])


class OnSystem(OnAws):
    """Both services run, for all tests of a class: a worker that stops waits for its long poll."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        place = pathlib.Path(tempfile.mkdtemp(prefix="ops-peers-test-"))
        cls.addClassCleanup(shutil.rmtree, place, ignore_errors=True)
        env = peers.environment(cls.peers) | {
            "HOME": str(place), "OPS_QUEUE": f"{cls.peers['elasticmq'].url}/{peers.ACCOUNT}/ops",
            "OPS_STORE": "s3://intake/in/", "OPS_SECRET": "ssm:/api/token"}
        cls.api = cls.enterClassContext(Service("api", place / "api.log", env, "--listen=127.0.0.1:0"))
        cls.worker = cls.enterClassContext(Service("worker", place / "worker.log", env))

    def setUp(self):
        super().setUp()
        self.context(url=self.api.url("public"))


def wait_until(condition, what):
    """Poll, since nothing tells us; only a hang takes the whole limit."""
    limit = time.monotonic() + lib.LIMIT_S
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"still not so: {what}")
        time.sleep(0.02)
