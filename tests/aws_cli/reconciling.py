#!/usr/bin/env python3
"""opsctl reconcile on AWS: the audit in CloudWatch Logs, the objects in S3, dead letters in SQS."""
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from system import *

GROUP, EXIT_IN_PROGRESS = "/prod/api", 8


class Reconciling(OnSystem):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.drain)
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
            logs.create_log_group(logGroupName=GROUP)
        self.began = self.now()
        self.context(**{"service.api.logs": GROUP})
        self.seen = len(self.api.log.read_text().splitlines())

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def ship(self):
        """What an agent of ECS would have done with the lines of this test."""
        lines = self.api.log.read_text().splitlines()[self.seen:]
        stamp = lambda text: int(datetime.datetime.fromisoformat(json.loads(text)["@timestamp"]).timestamp() * 1000)
        events = [{"timestamp": stamp(text), "message": text} for text in lines]
        events.sort(key=lambda event: event["timestamp"])  # threads write in any order within a millisecond
        logs, stream = self.client("logs"), f"api/{self.id()}"
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    def account(self, *args, code=EXIT_OK):
        return self.document("reconcile", "--since", self.began, *args, code=code)

    def test_balanced_and_lost(self):
        self.document("submit", "--count", "30", "--wait")
        id = self.document("submit", "--wait")["id"]
        object = self.document("submit", "--wait")["object"]
        self.ship()
        done = self.account()
        self.assertEqual((done["verdict"], done["ids_accepted"], done["records_stored"]), ("balanced", 32, 32))
        self.assertIn("lines of the last minute may be missing", " ".join(done["notes"]))
        wait_until(lambda: self.document("queue", "stat")["in_flight"] == 0, "the worker has removed its messages")
        self.client("s3", "versitygw").delete_object(Bucket="intake", Key=f"in/{object}")
        done = self.account(code=EXIT_BAD)
        self.assertEqual((done["verdict"], len(done["missing"])), ("lost", 1))
        self.assertNotEqual(done["missing"], [id])

    def test_dead_letters_are_looked_into_when_asked(self):
        self.dead_letters("not of ours")
        wait_until(lambda: self.count("ops-dlq") == 1, "a dead letter")
        done = self.account()
        self.assertEqual((done["verdict"], done["dead_letters"]), ("balanced", 1))
        self.assertIn("--dead-letters receives them", " ".join(done["notes"]))
        self.assertNotIn("--dead-letters", " ".join(self.account("--dead-letters")["notes"]))

    def test_more_stored_than_the_log_tells(self):
        self.document("submit", "--count", "5", "--wait")
        done = self.account()
        self.assertEqual((done["verdict"], done["unnamed_missing"]), ("balanced", -5))
        self.assertIn("the log has no lines of the audit in this span", " ".join(done["notes"]))
        self.assertIn("5 more are stored than the log tells of", " ".join(done["notes"]))

    def test_refused(self):
        self.context(**{"service.api.logs": "/no/such"})
        self.refused(EXIT_NOTFOUND, ["/no/such"], "reconcile")


if __name__ == "__main__":
    lib.main()
