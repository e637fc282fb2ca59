#!/usr/bin/env python3
"""10,000 of each thing that comes in pages: all of them are there, once, and memory stays bounded."""
import base64
import collections
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import threading
import uuid

from between import Between
from health_world import *

COUNT = 10000
TARGETS = 1000  # of a group there are no more
TASK = f"{PREFIX}task/prod/{{:032x}}"


def pages(items, size, name, token="nextToken"):
    """An answer of a JSON service: the token is where the next page begins."""
    def answer(call):
        at = int(call.params.get(token, 0))
        more = {token: str(at + size)} if at + size < len(items) else {}
        return 200, json.dumps({name: items[at:at + size], **more})
    return answer


def high_water_kib(pid):
    try:
        found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except FileNotFoundError:
        return 0
    return int(found[1]) if found else 0


def run_watched(*args, env):
    """What opsctl said, and the most memory it was seen to have, in KiB."""
    child = subprocess.Popen([lib.PROGRAMS["opsctl"], *args], env=env, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, peak = [], 0
    reader = threading.Thread(target=lambda: said.extend(child.communicate()))
    reader.start()
    while reader.is_alive():
        peak = max(peak, high_water_kib(child.pid))
        reader.join(0.005)
    print(f"opsctl {' '.join(args)}: at most {peak / 1024:.1f} MiB")
    return subprocess.CompletedProcess(args, child.returncode, *said), peak


class Bucket:
    """S3 with one record in each object, made within ten seconds, ten minutes ago."""
    PAGE = 1000

    def __init__(self):
        self.bodies, self.records = {}, []
        for n in range(COUNT):
            made_ms = int(NOW * 1000) - 600000 + n
            ident = str(uuid.UUID(int=made_ms << 80 | 7 << 76 | 2 << 62 | n))
            stamp = time.gmtime(made_ms / 1000)
            at = time.strftime("%Y-%m-%dT%H:%M:%S", stamp) + f".{made_ms % 1000:03}Z"
            self.records.append((ident, made_ms, at))
            self.bodies[time.strftime("%Y/%m/%d/%H/", stamp) + f"{ident}.ndjson"] = (
                f'{{"id":"{ident}","accepted_at":"{at}","data":{{"n":{n}}}}}\n'.encode())
        self.keys = sorted(self.bodies)

    def remove(self, ident):
        self.keys = [k for k in self.keys if ident not in k]

    def list(self, call):
        token, after = call.params.get("continuation-token"), call.params.get("start-after", "")
        at = int(token) if token else sum("in/" + k <= after for k in self.keys)
        page, end = self.keys[at:at + self.PAGE], at + self.PAGE
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < len(self.keys) else ""
        return 200, (f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}" + "".join(
            f"<Contents><Key>in/{k}</Key><Size>{len(self.bodies[k])}</Size></Contents>" for k in page) +
            "</ListBucketResult>")

    def get(self, call):
        body = self.bodies[call.path.partition("/in/")[2]]
        return 200, body, [("x-amz-checksum-sha256", base64.b64encode(hashlib.sha256(body).digest()).decode())]

    def answers(self):
        return {"ListObjectsV2": self.list, "GetObject": self.get}


class Many(OnAws):
    PEERS = ("moto",)

    def look(self, *args, answers, limit_mib, code=EXIT_OK):
        """opsctl where these operations are answered so; its stdout, and how often each was asked."""
        bare = {k: v for k, v in self.env.items() if not k.startswith("AWS_ENDPOINT")}
        routes = {"": self.peers["moto"].url}
        with Between(routes, lambda call: answers.get(call.action, lambda _: None)(call)) as between:
            done, peak_kib = run_watched(*patient(args), env=bare | {"AWS_ENDPOINT_URL": between.url})
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
        self.assertLess(peak_kib, limit_mib * 1024)
        return done.stdout, collections.Counter(c.action for c in between.calls)

    # ---- records ----

    def test_objects(self):
        """Each is read, its digest and its record checked."""
        bucket = Bucket()
        out, asked = self.look("verify-s3", "--json", answers=bucket.answers(), limit_mib=24)
        span = json.loads(out)
        self.assertEqual((span["ok"], span["objects"], span["records"], span["duplicate_ids"]),
                         (True, COUNT, COUNT, 0))
        self.assertEqual(asked["GetObject"], COUNT)
        self.assertLessEqual(asked["ListObjectsV2"], 2 * COUNT // 1000)

    def test_account(self):
        """Of lines of a log and objects: the one that is lost is named."""
        self.context(**{"service.api.logs": "/ops/api"})
        bucket = Bucket()
        events = [{"eventId": f"{n:056}", "timestamp": made_ms, "ingestionTime": made_ms, "logStreamName": "s",
                   "message": json.dumps({"@timestamp": at, "event.action": "token-accepted",
                                          "http.request.id": f"r-{n}", "webhook.id": ident})}
                  for n, (ident, made_ms, at) in enumerate(bucket.records)]
        lost, *_ = bucket.records[COUNT // 2]
        bucket.remove(lost)
        out, asked = self.look("reconcile", "--json", code=EXIT_BAD, limit_mib=24, answers={
            "FilterLogEvents": pages(events, 100, "events"), **bucket.answers()})
        account = json.loads(out)
        self.assertEqual((account["verdict"], account["ids_accepted"], account["records_stored"], account["missing"]),
                         ("lost", COUNT, COUNT - 1, [lost]))
        self.assertEqual((asked["FilterLogEvents"], asked["GetObject"]), (COUNT // 100, COUNT - 1))

    # ---- tasks, alarms, targets ----

    def test_health(self):
        """More than a screen has use for: it says that there are more, and asks no further."""
        self.values.pop("store")
        self.context(**OnHealth.CONTEXT)
        alarms = [alarm(f"prod-{n}") for n in range(COUNT)]
        health = "".join(f"<member><Target><Id>10.0.{n // 250}.{n % 250}</Id><Port>80</Port></Target><TargetHealth>"
                         f"<State>healthy</State></TargetHealth></member>" for n in range(TARGETS))

        def list_tasks(call):
            if (call.params["serviceName"], call.params["desiredStatus"]) == ("prod-api", "STOPPED"):
                return pages([TASK.format(n) for n in range(COUNT)], 100, "taskArns")(call)
            return 200, json.dumps({"taskArns": []})

        def describe_tasks(call):
            return 200, json.dumps({"tasks": [stopped(int(arn[-32:], 16), exitCode=3) for arn in call.params["tasks"]]})

        out, asked = self.look("health", "--json", limit_mib=24, answers={
            "DescribeServices": lambda call: (200, json.dumps({"services": [
                service(name, COUNT, COUNT) for name in call.params["services"]]})),
            "ListTasks": list_tasks, "DescribeTasks": describe_tasks,
            "ListServiceDeployments": lambda call: (200, '{"serviceDeployments":[]}'),
            "DescribeAlarms": pages(alarms, 100, "MetricAlarms", "NextToken"),
            "DescribeTargetHealth": lambda call: (200, f"<DescribeTargetHealthResponse><DescribeTargetHealthResult>"
                                                  f"<TargetHealthDescriptions>{health}</TargetHealthDescriptions>"
                                                  f"</DescribeTargetHealthResult></DescribeTargetHealthResponse>")})
        rows = {(r["service"], r["name"]): r for r in json.loads(out)["checks"]}
        self.assertEqual(rows[None, "alarms"]["detail"], "500 alarms and more, 0 firing")
        self.assertEqual(rows["api", "targets"]["detail"], f"{TARGETS} of {TARGETS} healthy")
        self.assertEqual(rows["api", "ecs"]["values"]["running"], COUNT)
        self.assertIn("1000 or more tasks in the last hour, 1000 failed", rows["api", "stopped"]["detail"])
        self.assertEqual((asked["DescribeTasks"], asked["DescribeAlarms"]), (10, 5))


class Letters(OnAws):
    """Dead letters have no pages: ten come at a time, until there are no more."""
    PEERS = ("elasticmq", "moto")

    def test_dead_letters(self):
        sqs, url = self.client("sqs", "elasticmq"), self.queue_url("ops-dlq")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: sqs.send_message_batch(QueueUrl=url, Entries=[
                {"Id": str(i), "MessageBody": f"letter {n + i}"} for i in range(10)]), range(0, COUNT, 10)))
        self.values.pop("store")
        self.context()
        done, peak_kib = run_watched("dlq", "ls", "--max", str(COUNT + 1), "--json", env=self.env)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        listed = json.loads(done.stdout)
        self.assertEqual((len({letter["id"] for letter in listed["letters"]}), listed["count"], listed["more"]),
                         (COUNT, COUNT, False))
        self.assertLess(peak_kib, 48 * 1024)
        self.assertEqual(self.document("dlq", "redrive", "--all", "--yes")["redriven"], COUNT)
        wait_until(lambda: (self.count("ops"), self.count("ops-dlq")) == (COUNT, 0), "all are back")


if __name__ == "__main__":
    lib.main()
