#!/usr/bin/env python3
"""docs/aws.md is true: its table is that of lib/aws, its commands make what it says, its policies
are enough for the services, and without any one of their actions an error names the action.

moto judges SQS, SSM, Secrets Manager and CloudWatch, versitygw S3, where the policy becomes that of
the bucket. Whoever calls has the same keys on both.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import lib
import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/reliability"))
from services import Service  # noqa: E402

PAGE = (ROOT / "docs/aws.md").read_text()
ACCOUNT = "123456789012"
TOKEN = "whsec_cGVlcnMtcG9saWN5LXRlc3Qtc2VjcmV0LTAx"
PLACEHOLDERS = {"REGION": peers.REGION, "ACCOUNT": ACCOUNT, "BUCKET": "intake"}
DEPTHS = "queue depth unknown"


def fill(text):
    for name, value in PLACEHOLDERS.items():
        text = text.replace(name, value)
    return text


def policy(name):
    """The statements under a heading."""
    block = PAGE.partition(f"\n### {name}\n")[2].partition("```json\n")[2].partition("```")[0]
    return json.loads(fill(block))["Statement"]


def actions(statement):
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def without(statements, *taken):
    """The same less these actions, each of which must have been there."""
    assert set(taken) <= {a for s in statements for a in actions(s)}, taken
    left = [{**s, "Action": [a for a in actions(s) if a not in taken]} for s in statements]
    return [s for s in left if s["Action"]]


class Page(lib.OnPeers):
    PEERS = ("moto",)

    def test_table(self):
        """Every permission of lib/aws, and no other."""
        ops = subprocess.run([lib.PROGRAMS["aws_tool"], "operations"], check=True, text=True,
                             capture_output=True).stdout
        wanted = {json.loads(line)["permission"] for line in ops.splitlines()}
        rows = dict(re.findall(r"^\| `(\w+:\w+)` \| .* \|(.*)\|$", PAGE, re.MULTILINE))
        self.assertEqual(wanted, set(rows))
        for service in ("ops-api", "ops-worker"):
            granted = {a for s in policy(service) for a in actions(s)}
            said = {a for a, who in rows.items() if f"`{service}`" in who}
            self.assertEqual({a for a in said if not a.startswith("secretsmanager:")}, granted)

    def test_commands(self):
        """What there must be, made by the page's own words."""
        block = re.search(r"## What there must be\n\n((?:    .*\n)+)", PAGE)[1]
        env = self.env | {"PATH": f"{os.path.dirname(peers.PYTHON)}:{os.environ['PATH']}"}
        script = ("set -eu -o pipefail\n"
                  f"aws() {{ command aws --endpoint-url {self.peers['moto'].url} --region eu-west-1 \"$@\"; }}\n"
                  + fill(block).replace(peers.REGION, "eu-west-1"))
        done = subprocess.run(["bash", "-c", script], env=env, text=True, capture_output=True,
                              timeout=lib.LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        sqs = self.client("sqs", region="eu-west-1")
        queue = sqs.get_queue_url(QueueName="ops")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        self.assertEqual(json.loads(found["RedrivePolicy"])["maxReceiveCount"], 5)
        token = self.client("ssm", region="eu-west-1").get_parameter(
            Name="/ops/token", WithDecryption=True)["Parameter"]
        self.assertRegex(token["Value"], r"^whsec_[A-Za-z0-9+/]{43}=$")
        self.assertNotIn(token["Value"], done.stdout + done.stderr)


class OnServices(lib.OnPeers):
    """Services that may do just what a test says, on servers that judge."""
    PEERS = ("moto", "versitygw")
    BUCKETS, QUEUES = (PLACEHOLDERS["BUCKET"],), ("ops:100",)

    def setUp(self):
        super().setUp()
        self.client("ssm").put_parameter(Name="/ops/token", Value=TOKEN, Type="SecureString", Overwrite=True)
        self.queue = f"{self.peers['moto'].url}/{ACCOUNT}/ops"
        self.client("sqs").purge_queue(QueueUrl=self.queue)
        self.enterContext(self.judging())
        self.users = {}

    def open(self, name, statements, settings):
        """A service, and a user of its name with that policy; not yet started."""
        user = f"ops-{name}"
        keys = self.user(user, *statements)
        self.users[name] = keys["AWS_ACCESS_KEY_ID"]
        if name == "worker":
            lib.gateway_user(self.peers["versitygw"], keys)
            self.allow_bucket(statements)
        env = self.env | keys | settings | {
            "OPS_QUEUE": self.queue, "OPS_ADMIN_LISTEN": "127.0.0.1:0", "OPS_LOG_LEVEL": "debug",
            "OPS_LOG_FORMAT": "json", "OPS_DRAIN_TIMEOUT_S": "60", "AWS_MAX_ATTEMPTS": "1"}
        return Service(name, lib.PROGRAMS[name], env, self.home)

    def allow_bucket(self, statements):
        s3, bucket = self.client("s3", "versitygw"), PLACEHOLDERS["BUCKET"]
        ours = [{**s, "Principal": {"AWS": [self.users["worker"]]}} for s in statements
                if actions(s)[0].startswith("s3:")]
        if ours:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": ours}))
        else:
            s3.delete_bucket_policy(Bucket=bucket)

    def api(self, statements):
        return self.open("api", statements, {
            "OPS_LISTEN": "127.0.0.1:0", "OPS_SECRET": "ssm:/ops/token", "OPS_DRAIN_GRACE_S": "0"})

    def worker(self, statements, visibility_s=2):
        return self.open("worker", statements, {
            "OPS_STORE": f"s3://{PLACEHOLDERS['BUCKET']}/", "OPS_VISIBILITY_TIMEOUT_S": str(visibility_s)})

    @contextlib.contextmanager
    def running(self, service):
        service.start()
        try:
            yield service
        finally:
            service.terminate()
            self.assertEqual(service.wrong, [], service.log_path.read_text())

    def submit(self, api):
        connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=lib.LIMIT_S)
        with contextlib.closing(connection):
            connection.request("POST", "/submit", '{"data":{"a":"1","b":"2","c":"3","d":"4"}}', {
                "Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def wait(self, condition, what):
        end = time.monotonic() + lib.LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def said(self, service, *parts):
        """Wait for a log line that has all these parts; it has no token in it."""
        def lines():
            text = service.log_path.read_text(errors="replace")
            self.assertNotIn(TOKEN, text)
            return [line for line in text.splitlines() if all(part in line for part in parts)]
        self.wait(lines, f"{service.name} did not say {parts}: {service.log_path.read_text()}")
        return json.loads(lines()[0])

    def stored(self):
        listing = self.client("s3", "versitygw").list_objects_v2(Bucket=PLACEHOLDERS["BUCKET"])
        return {o["Key"] for o in listing.get("Contents", [])}

    def left(self):
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=[
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])["Attributes"]
        return sum(map(int, attributes.values()))


class Services(OnServices):
    # ---- enough ----

    def test_policies_suffice(self):
        with self.running(self.api(policy("ops-api"))) as api, \
                self.running(self.worker(policy("ops-worker"), visibility_s=60)) as worker:
            status, answer = self.submit(api)
            self.assertEqual(status, 200, answer)
            self.wait(lambda: answer["object"] in self.stored(), "not stored")
        self.door("auth", "POST", "off")
        self.assertEqual(self.left(), 0)
        for service in (api, worker):
            self.assertNotIn("denied", service.log_path.read_text().lower())
            self.assertNotIn(DEPTHS, service.log_path.read_text())

    # ---- ops-api without ----

    def test_send(self):
        with self.running(self.api(without(policy("ops-api"), "sqs:SendMessage"))) as api:
            status, answer = self.submit(api)
            self.assertEqual(status, 503, answer)
            self.said(api, "sqs:SendMessage", "'ops'", "user/ops-api")

    def test_secret(self):
        api = self.api(without(policy("ops-api"), "ssm:GetParameter"))
        done = subprocess.run([api.program], env=api.settings, text=True, capture_output=True,
                              timeout=lib.LIMIT_S)
        self.assertEqual(done.returncode, 3, done.stderr)
        for part in ("ssm:GetParameter", "/ops/token", "user/ops-api"):
            self.assertIn(part, done.stderr)

    def test_api_does_without_attributes(self):
        with self.running(self.api(without(policy("ops-api"), "sqs:GetQueueAttributes"))) as api:
            self.assertEqual(self.submit(api)[0], 200)

    def test_secrets_manager(self):
        self.client("secretsmanager").create_secret(Name="ops/token", SecretString=TOKEN)
        resource = fill(re.search(r"`(arn:aws:secretsmanager:[^`]+)`", PAGE)[1])
        # (moto has no "?" in patterns.)
        grant = lib.statement("secretsmanager:GetSecretValue", resource.replace("??????", "*"))
        statements = without(policy("ops-api"), "ssm:GetParameter") + [grant]
        api = self.open("api", statements, {"OPS_LISTEN": "127.0.0.1:0", "OPS_DRAIN_GRACE_S": "0",
                                            "OPS_SECRET": "secretsmanager:ops/token"})
        with self.running(api):
            self.assertEqual(self.submit(api)[0], 200)

    # ---- ops-worker without ----

    def worker_says(self, taken, action, *parts):
        """A worker that lacks `taken`: a line names the action. It is killed, because what it may
        not settle, it tries to until its drain is over."""
        worker = self.worker(without(policy("ops-worker"), *taken))
        worker.start()
        try:
            self.said(worker, action, *parts)
        finally:
            worker.kill()

    def send(self):
        with self.running(self.api(policy("ops-api"))) as api:
            self.assertEqual(self.submit(api)[0], 200)

    def test_receive(self):
        self.worker_says(["sqs:ReceiveMessage"], "sqs:ReceiveMessage", "'ops'", "user/ops-worker", "warn")

    def test_delete_and_compare(self):
        """Stored and not deleted; delivered again: the object is there, and must be looked at."""
        self.send()
        self.worker_says(["sqs:DeleteMessage"], "sqs:DeleteMessage", "'ops'", "user/ops-worker", "warn")
        self.worker_says(["s3:GetObject"], "s3:GetObject")

    def test_put_and_check(self):
        self.send()
        self.worker_says(["s3:PutObject"], "s3:PutObject", "warn")
        self.worker_says(["s3:PutObject", "s3:ListBucket"], "s3:ListBucket")

    def test_give_back(self):
        self.send()
        self.worker_says(["s3:PutObject", "sqs:ChangeMessageVisibility"], "sqs:ChangeMessageVisibility",
                         "'ops'", "user/ops-worker")

    def test_depth(self):
        self.worker_says(["sqs:GetQueueAttributes"], "sqs:GetQueueAttributes", DEPTHS, "user/ops-worker")

    def test_age(self):
        """Only the age is unknown then. (It is asked for while messages wait.)"""
        self.send()
        worker = self.worker(without(policy("ops-worker"), "cloudwatch:GetMetricData", "sqs:ReceiveMessage"))
        worker.start()
        self.addCleanup(worker.kill)
        self.wait(lambda: self.calls("GetMetricData"), "never asked")
        self.assertNotIn(DEPTHS, worker.log_path.read_text())


if __name__ == "__main__":
    lib.main()
