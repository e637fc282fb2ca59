"""opsctl probe, trace and dlq redrive with everything on AWS's side: SQS, S3, SSM, CloudWatch Logs."""
import json
import time

import system  # which finds lib
import lib
import peers
from system import OnAws, OnSystem, Service, given_time, wait_until
from system import (EXIT_BAD, EXIT_CREDENTIALS, EXIT_NOTFOUND, EXIT_OK, EXIT_PERMISSION, EXIT_REMOTE,
                    EXIT_TIMED_OUT)

HOPS = ["secret", "dns", "tcp", "tls", "first byte", "accepted", "queued", "received", "stored", "visible"]
GROUPS = {"api": "/ops/api", "worker": "/ops/worker"}
NOBODY = "opsctl_01a1fed8-e055-73d9-9bb9-56ad2712dd6a"


class Probing(OnSystem):
    def test_waterfall(self):
        """S3 keeps what the queue and the worker told, so that every hop is known but TLS."""
        document = self.document("probe")
        self.assertTrue(document["ok"])
        self.assertEqual([h["hop"] for h in document["hops"]], HOPS)
        self.assertEqual([h["hop"] for h in document["hops"] if "note" in h], ["tls"])
        hops = {h["hop"]: (h["from_ms"], h["from_ms"] + h["took_ms"]) for h in document["hops"] if "note" not in h}
        for earlier, later in (("queued", "received"), ("received", "stored"), ("stored", "visible")):
            self.assertLessEqual(hops[earlier][1], hops[later][0] + 0.01)
        self.assertGreaterEqual(hops["queued"][0], hops["tcp"][1] - 2)  # it is within the answer; clocks tell ms
        self.assertLessEqual(hops["queued"][1], hops["accepted"][1] + 2)
        self.assertLessEqual(hops["visible"][1], document["total_ms"])
        self.assertEqual(document["clocks_ahead_ms"], {})  # one machine

    def test_many(self):
        lines = [json.loads(line) for line in self.ok("probe", "-c", "3", "-i", "0s", "--json").splitlines()]
        self.assertEqual((lines[-1]["arrived"], len(lines)), (3, 4))
        self.assertEqual({h["hop"]: h["times"] for h in lines[-1]["hops"]}["received"], 3)

    def test_negative(self):
        document = self.document("probe", "--negative")
        self.assertTrue(document["ok"])
        self.assertEqual(document["objects_with_it"], 0)
        self.assertGreaterEqual(document["objects_read"], 1)
        self.assertEqual({r["verdict"] for r in document["requests"]}, {"ok", "skipped"})

    def test_quiet_queue_and_other_bucket(self):
        """Accepted and taken by the worker, but not where we look."""
        self.context(store="s3://intake/elsewhere/")
        self.addCleanup(self.context, store="s3://intake/in/")
        def look(timeout):
            document = self.document("probe", "--timeout", timeout, code=20 + HOPS.index("visible"))
            self.assertEqual(document["failed_at"], "visible")
            self.assertIn("the queue holds 0 waiting", document["error"]["message"])

        given_time(look)


class ProbingRefused(OnAws):
    """What keeps us from looking has the exit status that it has everywhere."""
    PEERS = ("moto",)

    def setUp(self):
        super().setUp()
        self.context(url="http://127.0.0.1:1")
        self.addCleanup(self.door, "answers", "DELETE")

    def fails(self, code, kind, env=None):
        document = self.document("probe", code=code, env=env)
        self.assertEqual((document["failed_at"], document["exit"]), ("secret", code))
        self.assertEqual(document["error"]["code"], kind)
        return document["error"]

    def answer(self, code, status=400, **more):
        self.door("answers", "POST", json.dumps({"service": "ssm", "action": "GetParameter", "error": {
            "code": code, "message": "as the test says", "status": status}, **more}))

    def test_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.fails(EXIT_CREDENTIALS, "credentials", env)
        self.answer("ExpiredTokenException")
        self.fails(EXIT_CREDENTIALS, "credentials")

    def test_denied(self):
        key = self.user("idle", lib.statement("ec2:DescribeRegions"))
        with self.judging():
            self.assertIn("ssm:GetParameter", self.fails(EXIT_PERMISSION, "denied", key)["message"])

    def test_not_found(self):
        self.context(secret="ssm:/none")
        self.addCleanup(self.context, secret="ssm:/api/token")
        self.fails(EXIT_NOTFOUND, "not_found")

    def test_throttled(self):
        """A while is survived: then it is the URL where nobody listens."""
        self.answer("ThrottlingException", times=2)
        document = self.document("probe", code=20 + HOPS.index("tcp"))
        self.assertEqual(document["failed_at"], "tcp")
        self.answer("ThrottlingException")
        self.fails(EXIT_REMOTE, "busy")

    def test_endpoint_down(self):
        self.fails(EXIT_REMOTE, "io", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SSM": "",
                                       "AWS_MAX_ATTEMPTS": "1"})


class Redriving(OnAws):
    """Letters of ops-api: the first goes back alone, and the others when its object is stored."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.drain)
        self.services = peers.environment(self.peers) | {
            "HOME": str(self.home), "OPS_QUEUE": self.values["queue"], "OPS_STORE": self.values["store"],
            "OPS_SECRET": self.values["secret"]}

    def letters(self, count):
        """What ops-api put into the queue, as dead letters; their objects."""
        sqs = self.client("sqs", "elasticmq")
        with Service("api", self.home / "api.log", self.services | {"OPS_DRAIN_GRACE_S": "0"},
                     "--listen=127.0.0.1:0") as api:
            self.context(url=api.url("public"))
            objects = [self.document("submit")["object"] for _ in range(count)]
        for _ in range(count):
            message, = sqs.receive_message(QueueUrl=self.queue_url(), MessageAttributeNames=["All"],
                                           WaitTimeSeconds=5)["Messages"]
            sqs.send_message(QueueUrl=self.queue_url("ops-dlq"), MessageBody=message["Body"],
                             MessageAttributes=message["MessageAttributes"])
            sqs.delete_message(QueueUrl=self.queue_url(), ReceiptHandle=message["ReceiptHandle"])
        return objects

    def is_stored(self, name):
        return self.opsctl("verify-s3", name).returncode == EXIT_OK

    def test_canary_first(self):
        objects = self.letters(4)
        redrive = ("dlq", "redrive", "--passing", "--yes")
        error = self.document(*redrive, "--timeout", "300ms", code=EXIT_TIMED_OUT)["error"]
        self.assertIn("the other 3 were left alone", error["message"])
        self.assertEqual(error["next"], "run: opsctl health")
        wait_until(lambda: (self.count("ops"), self.count("ops-dlq")) == (1, 3), "one is back")
        with Service("worker", self.home / "worker.log", self.services):
            done = self.opsctl(*redrive)
            self.assertEqual(done.returncode, EXIT_OK, done.stderr)
            self.assertRegex(done.stderr, r"the first is stored: \d{4}/.*\.ndjson\n")
            wait_until(lambda: all(map(self.is_stored, objects)), "all are stored")
        self.assertEqual((self.count("ops"), self.count("ops-dlq")), (0, 0))

    def test_none_that_would_fail(self):
        """Where other bytes lie under its key the worker would refuse it again."""
        for name in self.letters(2):
            self.client("s3", "versitygw").put_object(Bucket="intake", Key="in/" + name, Body=b"other\n")
        self.assertEqual([letter["verdict"] for letter in self.document("dlq", "ls")["letters"]], ["clashes"] * 2)
        self.assertEqual(self.document("dlq", "redrive", "--passing", "--yes")["redriven"], 0)
        self.assertEqual((self.count("ops"), self.count("ops-dlq")), (0, 2))


class Tracing(OnSystem):
    def setUp(self):
        super().setUp()
        self.logs = self.client("logs")
        for group in GROUPS.values():
            self.logs.create_log_group(logGroupName=group)
            self.addCleanup(self.logs.delete_log_group, logGroupName=group)
            self.logs.create_log_stream(logGroupName=group, logStreamName="app/app/1")
        self.context(**{f"service.{s}.logs": g for s, g in GROUPS.items()})
        self.addCleanup(self.door, "answers", "DELETE")

    def put(self, service, *messages):
        self.logs.put_log_events(logGroupName=GROUPS[service], logStreamName="app/app/1", logEvents=[
            {"timestamp": int(time.time() * 1000), "message": m} for m in messages])

    def ship(self):
        """Both logs to CloudWatch, as a log driver does."""
        self.put("api", *self.api.log.read_text().splitlines())
        self.put("worker", *self.worker.log.read_text().splitlines())

    def trace(self, name, code=EXIT_OK, env=None):
        return self.document("trace", name, code=code, env=env)

    def test_whole_life(self):
        sent = self.document("submit", "--wait")
        self.document("submit", "--wait")  # another one, of which nothing shows
        self.ship()
        self.put("worker", json.dumps({"@timestamp": "2026-11-21T08:00:00.000Z", "log.level": "warn",
                                       "message": "lease lost", "object": sent["object"]}))
        for name in sent["id"], sent["request_id"], sent["object"]:
            document = self.trace(name)
            self.assertEqual((document["verdict"], document["not_looked_at"]), ("stored", []), document)
            self.assertEqual((document["id"], document["request_id"], document["object"]),
                             (sent["id"], sent["request_id"], sent["object"]))
            self.assertTrue(document["message_id"])
            self.assertEqual(sorted(e["where"] for e in document["events"]), [
                "api", "ops-api", "ops-api", "ops-worker", "ops-worker", "queue", "store", "worker"])
            self.assertEqual(document["clocks_apart_ms"], 0)

    def test_places_that_are_shut(self):
        """A log that may not be read hides nothing else; none of it is silent."""
        sent = self.document("submit", "--wait")
        self.door("answers", "POST", json.dumps({"service": "logs", "action": "FilterLogEvents", "error": {
            "code": "AccessDeniedException", "message": "no", "status": 400}}))
        document = self.trace(sent["id"])
        self.assertEqual(document["verdict"], "stored")
        self.assertEqual([g["where"] for g in document["not_looked_at"]], ["api", "worker"])
        self.assertIn("logs:FilterLogEvents", document["not_looked_at"][0]["why"])

    def test_group_that_is_missing(self):
        self.context(**{"service.api.logs": "/ops/gone"})
        sent = self.document("submit", "--wait")
        document = self.trace(sent["id"])
        self.assertEqual([g["where"] for g in document["not_looked_at"]], ["api"])

    def test_no_logs_in_the_context(self):
        sent = self.document("submit", "--wait")
        for service in GROUPS:
            del self.values[f"service.{service}.logs"]
        self.context()
        document = self.trace(sent["id"])
        self.assertEqual((document["verdict"], document["not_looked_at"][0]["where"]), ("stored", "logs"))

    def test_no_credentials(self):
        """Where nothing could be looked at there is no answer."""
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.refused(EXIT_CREDENTIALS, ["no AWS credentials"], "trace", NOBODY, env=env)

    def test_dead(self):
        record = json.dumps({"id": "died-1", "accepted_at": "2026-11-21T08:00:00.000Z", "data": {"a": 1}})
        self.dead_letters(record.replace(" ", "") + "\n")
        self.addCleanup(self.drain)
        document = self.trace("died-1", EXIT_BAD)
        self.assertEqual((document["verdict"], document["queue"]["dead"]), ("dead", 1))

    def test_long_log(self):
        """Pages are followed; a hundred are enough, which is told."""
        self.door("answers", "POST", json.dumps({"service": "logs", "action": "FilterLogEvents", "result": {
            "events": [], "nextToken": "more"}}))
        document = self.trace(NOBODY, EXIT_NOTFOUND)
        self.assertEqual([g["why"] for g in document["not_looked_at"]],
                         ["its log is too long to be read to the end"] * 2)


if __name__ == "__main__":
    lib.main()
