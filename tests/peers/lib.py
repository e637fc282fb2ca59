"""What the tests on peers share: the peers, moto's door, and our programs beside them.

A test file is called with the paths of aws_tool, opsctl, ops-api and ops-worker, defines classes of
OnPeers and ends with lib.main(). The peers of a class are started once for all its tests.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import peers

PROGRAMS = dict(zip(("aws_tool", "opsctl", "api", "worker"), map(os.path.abspath, sys.argv[1:5])))
LIMIT_S = 300  # for what should take milliseconds: only a hang is a failure


def main():
    """The clients that make a peer's world live beside the peers."""
    if sys.prefix != os.path.dirname(os.path.dirname(peers.PYTHON)) and os.path.exists(peers.PYTHON):
        os.execv(peers.PYTHON, [peers.PYTHON, *sys.argv])
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=2)


class Tool:
    """aws_tool: our client, asked a line at a time."""

    def __init__(self, env, prefix=()):
        self.process = subprocess.Popen([*prefix, PROGRAMS["aws_tool"], "serve"], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(LIMIT_S)

    def ask(self, do, **members):
        self.process.stdin.write(json.dumps({"do": do, **members}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def call(self, operation, body=None, **members):
        """JSON services take an object as the body."""
        if body is not None:
            members["body"] = json.dumps(body) if isinstance(body, dict) else body
        return self.ask("call", operation=operation, **members)


class OnPeers(unittest.TestCase):
    PEERS, QUEUES, BUCKETS, PARAMETERS = (), (), (), ()

    @classmethod
    def setUpClass(cls):
        cls.peers = cls.enterClassContext(
            peers.running(cls.PEERS, cls.QUEUES, cls.BUCKETS, cls.PARAMETERS))

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ops-peers-test-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.env = peers.environment(self.peers) | {"HOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def client(self, service, peer="moto", region=peers.REGION):
        """boto3, as the one who made everything."""
        return peers.client(service, self.peers[peer].url, region)

    def tool(self, env=None, prefix=()):
        return self.enterContext(Tool(self.env | (env or {}), prefix))

    def once(self, do, env=None, prefix=(), **members):
        """One question to a client of its own."""
        with Tool(self.env | (env or {}), prefix) as tool:
            return tool.ask(do, **members)

    def opsctl(self, *args, env=None):
        return subprocess.run([PROGRAMS["opsctl"], *args], env=self.env | (env or {}), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S)

    # ---- moto's door ----

    def door(self, what, method="GET", body=None):
        request = urllib.request.Request(f"{self.peers['moto'].url}/_test/{what}", method=method,
                                         data=body.encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return json.loads(answer.read() or "null")

    def calls(self, action=None):
        return [c for c in self.door("calls") if action in (None, c["action"])]

    @contextlib.contextmanager
    def judging(self):
        """moto checks signatures and policies meanwhile, but for client()."""
        self.door("auth", "POST", f"on {peers.KEY}")
        try:
            yield
        finally:
            self.door("auth", "POST", "off")

    def user(self, name, *statements):
        """A user of moto who may do just that; the environment that makes us him."""
        iam = self.client("iam")
        self.forget_user(name)
        iam.create_user(UserName=name)
        self.allow(name, *statements)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def allow(self, name, *statements):
        self.client("iam").put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))

    def forget_user(self, name):
        iam = self.client("iam")
        if name not in {u["UserName"] for u in iam.list_users()["Users"]}:
            return
        iam.delete_user_policy(UserName=name, PolicyName="all")
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


def gateway_user(gateway, keys):
    """A user of versitygw, with these keys."""
    subprocess.run([f"{peers.HOME}/versitygw-1.7.0/versitygw", "admin", "--access", peers.KEY,
                    "--secret", peers.SECRET, "--endpoint-url", gateway.url, "create-user",
                    "--access", keys["AWS_ACCESS_KEY_ID"], "--secret", keys["AWS_SECRET_ACCESS_KEY"],
                    "--role", "user"], check=True, capture_output=True, timeout=LIMIT_S)


def statement(actions, resources="*"):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
