#!/usr/bin/env python3
"""Networks that go wrong between the services and SQS (ElasticMQ) and S3 (versitygw): toxiproxy in
between, every toxic under load in the same two processes, and the account of tests/reliability at
the end. SSM is moto. (tests/faults has the faults that a server makes, one by one.)
"""
import json
import pathlib
import random
import sys
import time
import urllib.request

import lib
import peers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reliability"))
from account import Account  # noqa: E402
from client import Load, send_one  # noqa: E402
from services import Paths, Pipeline  # noqa: E402

TOKEN = "whsec_cGVlcnMtbmV0d29yay10ZXN0LXNlY3JldC0wMQ=="
BUCKET = "intake"
CLIENTS, RATE = 8, 100
UNDER_FAULT_S, BETWEEN_S = 1.5, 0.5
ACCEPTED_MIN = 100  # in all, as proof of traffic

DOWN, UP = "downstream", "upstream"  # answers, requests

# Name, toxic (None: the proxies are switched off), its attributes, direction, share of connections.
# What takes longest to be noticed is first.
TOXICS = (
    ("half open, answers", "timeout", {"timeout": 0}, DOWN, 0.5),
    ("half open, requests", "timeout", {"timeout": 0}, UP, 0.5),
    ("slow answers", "latency", {"latency": 300, "jitter": 200}, DOWN, 1),
    ("slow requests", "latency", {"latency": 300, "jitter": 200}, UP, 1),
    ("resets", "reset_peer", {"timeout": 0}, DOWN, 0.5),
    ("resets after a while", "reset_peer", {"timeout": 20}, UP, 1),
    ("closed late", "slow_close", {"delay": 500}, DOWN, 1),
    ("answers cut in the head", "limit_data", {"bytes": 60}, DOWN, 0.7),
    ("answers cut in the body", "limit_data", {"bytes": 700}, DOWN, 0.7),
    ("requests cut", "limit_data", {"bytes": 1500}, UP, 0.7),
    ("drops by drops", "slicer", {"average_size": 40, "size_variation": 30, "delay": 500}, DOWN, 1),
    ("nobody there", None, {}, None, 1),
)


class PeerAccount(Account):
    """The store is a Bucket."""

    @staticmethod
    def read_store(bucket):
        return bucket.read()

    def missing(self, bucket):
        return sorted(self.wanted() - set(bucket.keys()))


class Bucket:
    def __init__(self, s3):
        self.s3 = s3

    def keys(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [o["Key"] for page in pages for o in page.get("Contents", [])]

    def read(self):
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in self.keys()}


class PeerPipeline(Pipeline):
    """Both services, their queue and store behind proxies."""

    def __init__(self, directory, env, queue_url, sqs, bucket):
        common = env | {"OPS_QUEUE": queue_url}
        super().__init__(
            Paths(lib.PROGRAMS["api"], lib.PROGRAMS["worker"], None), directory, TOKEN,
            worker_settings=common | {"OPS_STORE": f"s3://{BUCKET}/", "OPS_VISIBILITY_TIMEOUT_S": "5"},
            api_settings=common | {"OPS_SECRET": "ssm:/ops/token"})
        self.sqs, self.store = sqs, bucket

    def count(self, queue):
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]

    def stat(self):
        visible, in_flight, delayed = self.count("ops")
        return {"visible": visible + delayed, "in_flight": in_flight, "dead": sum(self.count("ops-dlq"))}


class Networks(lib.OnPeers):
    PEERS = ("elasticmq", "versitygw", "moto", "toxiproxy")
    QUEUES, BUCKETS = ("ops:1000",), (BUCKET,)

    def toxiproxy(self, method, path, **body):
        request = urllib.request.Request(self.peers["toxiproxy"].url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=lib.LIMIT_S) as answer:
            return json.loads(answer.read() or "null")

    def wait(self, condition, what):
        end = time.monotonic() + lib.LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def proxy(self, name, peer):
        """A proxy before a peer; where it listens."""
        made = self.toxiproxy("POST", "/proxies", name=name, listen="127.0.0.1:0",
                              upstream=self.peers[peer].url.partition("//")[2], enabled=True)
        return f"http://{made['listen']}"

    def disturb(self, kind, attributes, stream, share, is_noticed):
        """Both ways, for a while, and until it is noticed; then all is well again."""
        for proxy in ("sqs", "s3"):
            if kind is None:
                self.toxiproxy("POST", f"/proxies/{proxy}", enabled=False)
            else:
                self.toxiproxy("POST", f"/proxies/{proxy}/toxics", name="fault", type=kind, stream=stream,
                               toxicity=share, attributes=attributes)
        time.sleep(UNDER_FAULT_S)
        self.wait(is_noticed, f"{kind}: nobody noticed")
        self.toxiproxy("POST", "/reset")
        time.sleep(BETWEEN_S)

    def test_accounting(self):
        seed = random.randrange(10**9)
        print(f"seed {seed}", file=sys.stderr)
        self.client("ssm").put_parameter(Name="/ops/token", Value=TOKEN, Type="SecureString")
        sqs, s3 = self.proxy("sqs", "elasticmq"), self.proxy("s3", "versitygw")
        pipeline = PeerPipeline(
            self.home, self.env | {"AWS_ENDPOINT_URL_SQS": sqs, "AWS_ENDPOINT_URL_S3": s3},
            f"{sqs}/{peers.ACCOUNT}/ops", self.client("sqs", "elasticmq"), Bucket(self.client("s3", "versitygw")))
        account = PeerAccount(seed, TOKEN, self.home)
        self.addCleanup(account.close)
        load = Load(account, lambda: pipeline.api.port, CLIENTS, RATE)
        self.addCleanup(pipeline.stop)
        pipeline.start()
        load.start()
        self.addCleanup(load.stop)
        for name, *toxic in TOXICS:
            before = account.accepted_count()
            # Only when nobody is there all must have noticed; that is the last.
            self.disturb(*toxic, lambda: toxic[0] is not None or (
                account.statuses[503] > 0 and "queue unavailable" in pipeline.worker.log_path.read_text()))
            print(f"{name}: {account.accepted_count() - before} accepted", file=sys.stderr)
        self.wait(lambda: account.accepted_count() > ACCEPTED_MIN, "no traffic")
        load.stop()
        self.settle(pipeline, account)
        self.assertEqual(load.broken(), [])

    def settle(self, pipeline, account):
        """Quiet, and a fresh message; then everything that was accepted is stored, once."""
        late = pipeline.await_quiet(lambda: account.missing(pipeline.store))
        self.assertIsNotNone(send_one(account, lambda: pipeline.api.port), "no fresh message was accepted")
        late = late or pipeline.await_quiet(lambda: account.missing(pipeline.store))
        self.assertFalse(late)
        stat = pipeline.stat()
        pipeline.stop()
        objects = account.read_store(pipeline.store)
        print(json.dumps(account.summary(objects)), file=sys.stderr)
        self.assertEqual(account.reconcile(objects) + pipeline.wrong(), [])
        self.assertEqual(stat, {"visible": 0, "in_flight": 0, "dead": 0})
        said = {line["message"] for line in pipeline.worker.log_lines()}
        # The store's gate shuts after five failures in a row, which not every run has.
        self.assertLessEqual({"queue unavailable", "queue available"}, said)


if __name__ == "__main__":
    lib.main()
