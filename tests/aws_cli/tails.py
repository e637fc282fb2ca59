"""opsctl tail, on S3 and SQS as versitygw and ElasticMQ have them."""
import json
import subprocess
import threading

from system import *
import lib


class Tails(OnSystem):
    def tail(self, *args):
        with open(self.home / "stderr", "w") as err:
            process = subprocess.Popen([lib.PROGRAMS["opsctl"], "tail", "--json", *args], env=self.env, text=True,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
        watch = threading.Timer(lib.LIMIT_S, process.kill)
        watch.start()
        for undo in (process.stdout.close, process.wait, process.kill, watch.cancel):
            self.addCleanup(undo)
        return process

    def test_records_and_dead_letters(self):
        before = self.document("submit", "--wait")
        process = self.tail("--since", "1h")
        self.assertEqual(json.loads(process.stdout.readline())["id"], before["id"])
        self.addCleanup(self.drain)
        self.dead_letters("x", "y")
        shown = json.loads(process.stdout.readline())
        self.assertEqual((shown["schema"], shown["before"]), ("opsctl/tail-dead-letters/1", 0))
        if shown["dead"] == 1:  # it looked between the two
            shown = json.loads(process.stdout.readline())
            self.assertEqual(shown["before"], 1)
        self.assertEqual(shown["dead"], 2)
        # Nobody has received them: they are still to be had, and for the first time.
        letter = self.client("sqs", "elasticmq").receive_message(
            QueueUrl=self.queue_url("ops-dlq"), AttributeNames=["ApproximateReceiveCount"])["Messages"][0]
        self.assertEqual(letter["Attributes"]["ApproximateReceiveCount"], "1")
        self.assertIn("SQS has no list", (self.home / "stderr").read_text())

    def test_missing_bucket(self):
        self.context(store="s3://no-such-bucket/")
        self.refused(EXIT_NOTFOUND, ["no-such-bucket"], "tail", "--timeout", "1s")

    def test_no_queue_is_asked(self):
        self.context(queue="http://127.0.0.1:1/0/ops")
        self.assertEqual(self.ok("tail", "--no-dead", "--timeout", "300ms"), "")


if __name__ == "__main__":
    lib.main()
