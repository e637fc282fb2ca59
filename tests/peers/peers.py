#!/usr/bin/env python3
"""Start servers that stand in for AWS, run a command beside them, stop them.

    peers.py [--set NAME=TEXT] [--queue NAME[:MAX_RECEIVES]] [--bucket NAME] [--parameter NAME]
             PEER... -- COMMAND [ARGUMENT...]

Each PEER is one of elasticmq, versitygw, moto, ministack, toxiproxy. The command finds the SDKs'
variables set for them, and whatever --set says, where "{moto}" and so on become their URLs.
Queues (with dead-letter queue NAME-dlq) are made on elasticmq, else moto; buckets on versitygw,
else moto; SecureString parameters, each a random token, on moto. Exit status: that of the command.

Everything listens on 127.0.0.1, on ports that are theirs, keeps its state in a directory that is
removed, and ends with this program. What to install is in scripts/peers.sh.
"""
import argparse
import base64
import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../common")
from ports import reserved_port  # noqa: E402
DEPS = os.environ.get("DEPS_DIR") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ops-deps")
HOME = os.path.join(DEPS, "peers")
PYTHON = f"{HOME}/aws-venv/bin/python"
REGION = "us-east-1"
ACCOUNT = "000000000000"
KEY, SECRET = "AKIAPEERPEERPEERPEER", "peer/secret+access=key"
READY_S = 240


def die_with_parent():
    """No server outlives a run that was killed. (PR_SET_PDEATHSIG, SIGKILL)"""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def elasticmq(port, state):
    return (["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k",
             f"-Dconfig.file={HERE}/elasticmq.conf", f"-Dpeer.port={port}",
             "-cp", f"{HOME}/elasticmq-1.7.1/*", "org.elasticmq.server.Main"], {}, "/health")


def versitygw(port, state):
    for name in ("data", "iam"):
        os.makedirs(f"{state}/{name}")
    return ([f"{HOME}/versitygw-1.7.0/versitygw", "--port", f"127.0.0.1:{port}", "--region", REGION,
             "--iam-dir", f"{state}/iam", "--health", "/health", "--keep-alive", "--quiet",
             "posix", f"{state}/data"], {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}, "/health")


def moto(port, state):
    return [PYTHON, f"{HERE}/moto_peer.py", str(port)], {}, "/_test/calls"


def ministack(port, state):
    return ([f"{HOME}/ministack-venv/bin/ministack"],
            {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_IMDS_V2_REQUIRED": "1"},
            "/_ministack/health")


def toxiproxy(port, state):
    return ([f"{HOME}/toxiproxy-2.12.0/server", "-host", "127.0.0.1", "-port", str(port), "-seed", "7"],
            {}, "/version")


# How to start it, and the services it stands for: the SDKs' names in AWS_ENDPOINT_URL_<name>.
PEERS = {
    "elasticmq": (elasticmq, ["SQS"]),
    "versitygw": (versitygw, ["S3"]),
    "moto": (moto, ["SQS", "S3", "SSM", "SECRETS_MANAGER", "STS", "CLOUDWATCH", "CLOUDWATCH_LOGS", "ECS",
                    "ELASTIC_LOAD_BALANCING_V2", "ELASTIC_LOAD_BALANCING", "IAM"]),
    "ministack": (ministack, []),
    "toxiproxy": (toxiproxy, []),
}


class Peer:
    """One server under way."""

    def __init__(self, name, state):
        os.makedirs(f"{state}/{name}")
        self.name, self.place = name, reserved_port()
        port = self.place.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = f"{state}/{name}.log"
        argv, env, self.health = PEERS[name][0](port, f"{state}/{name}")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                argv, cwd=f"{state}/{name}", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent, env={**bare_environment(), **env})

    def is_up(self):
        try:
            with urllib.request.urlopen(self.url + self.health, timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait(self):
        end = time.monotonic() + READY_S
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log, errors="replace") as log:
                    sys.stderr.write(log.read()[-4000:])
                raise SystemExit(f"peers: {self.name} did not start (is it installed? scripts/peers.sh)")
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.place.close()


def bare_environment():
    """What surrounds us, less what would tell an SDK or a service anything."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OPS_"))}


def environment(peers):
    env = {**bare_environment(), "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
           "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
           "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    for name in reversed(PEERS):  # the first in the table wins
        if name in peers:
            env.update({f"AWS_ENDPOINT_URL_{service}": peers[name].url for service in PEERS[name][1]})
    return env


def client(service, url, region=REGION):
    import boto3
    from botocore.config import Config
    return boto3.client(service, endpoint_url=url, region_name=region, aws_access_key_id=KEY,
                        aws_secret_access_key=SECRET,
                        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3}))


def first(peers, *names):
    for name in names:
        if name in peers:
            return peers[name].url
    raise SystemExit(f"peers: that needs one of {', '.join(names)}")


def make_queue(peers, spec):
    name, _, receives = spec.partition(":")
    sqs = client("sqs", first(peers, "elasticmq", "moto"))
    dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": int(receives or 5)}
    sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy),
                                                 "VisibilityTimeout": "30"})


def make_bucket(peers, name):
    client("s3", first(peers, "versitygw", "moto")).create_bucket(Bucket=name)


def make_parameter(peers, name):
    client("ssm", first(peers, "moto")).put_parameter(
        Name=name, Value="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), Type="SecureString",
        Overwrite=True)


@contextlib.contextmanager
def running(names, queues=(), buckets=(), parameters=()):
    """The peers by name, ready; their state is in a directory that goes with them."""
    state = tempfile.mkdtemp(prefix="ops-peers-")
    peers = {}
    try:
        for name in names:
            peers[name] = Peer(name, state)
        for peer in peers.values():
            peer.wait()
        for make, specs in ((make_queue, queues), (make_bucket, buckets), (make_parameter, parameters)):
            for spec in specs:
                make(peers, spec)
        yield peers
    finally:
        for peer in peers.values():
            peer.stop()
        shutil.rmtree(state, ignore_errors=True)


def options(argv):
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(prog="peers.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("set", "queue", "bucket", "parameter"):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="TEXT")
    parser.add_argument("peers", nargs="+", choices=PEERS, metavar="PEER")
    found = parser.parse_args(argv[:cut])
    found.command = argv[cut + 1:]
    if not found.command:
        parser.error("a command must follow --")
    return found


def main(argv):
    o = options(argv)
    with running(o.peers, o.queue, o.bucket, o.parameter) as peers:
        env = environment(peers)
        for item in o.set:
            name, _, text = item.partition("=")
            env[name] = text.format(account=ACCOUNT, **{n: p.url for n, p in peers.items()})
        child = subprocess.Popen(o.command, env=env)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda n, _: child.send_signal(n))
        status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    if os.path.realpath(sys.prefix) != os.path.realpath(f"{HOME}/aws-venv") and os.path.exists(PYTHON):
        os.execv(PYTHON, [PYTHON, os.path.abspath(__file__), *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
