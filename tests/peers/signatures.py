#!/usr/bin/env python3
"""Signatures, judged by servers that refuse wrong ones, and what we make of a refusal.

The JSON and Query services on moto with its checks switched on; S3 on versitygw: clocks that are
wrong, and signatures in URLs. (tests/contract/s3_server.c and s3_random.c have the rest of S3.)
"""
import json
import urllib.error
import urllib.request

import lib

METRIC = {"StartTime": 1795245000, "EndTime": 1795248600, "MetricDataQueries": [
    {"Id": "age", "MetricStat": {"Period": 60, "Stat": "Maximum", "Metric": {
        "Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage"}}}]}

# Operation, body, what it needs, what it is about.
OPERATIONS = (
    ("GetQueueAttributes", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/ops"},
     "sqs:GetQueueAttributes", "ops"),
    ("GetParameter", {"Name": "/api/token", "WithDecryption": True}, "ssm:GetParameter", "/api/token"),
    ("GetSecretValue", {"SecretId": "api/token"}, "secretsmanager:GetSecretValue", "api/token"),
    ("GetMetricData", METRIC, "cloudwatch:GetMetricData", ""),
)


class OnMoto(lib.OnPeers):
    PEERS, QUEUES, PARAMETERS = ("moto",), ("ops",), ("/api/token",)

    def setUp(self):
        super().setUp()
        self.client("secretsmanager").create_secret(Name="api/token", SecretString="sentinel-of-secret")
        self.addCleanup(self.client("secretsmanager").delete_secret, SecretId="api/token",
                        ForceDeleteWithoutRecovery=True)

    def each(self, env):
        """Every operation by a client of its own, moto judging."""
        with self.judging(), lib.Tool(self.env | env) as tool:
            for operation, body, action, resource in OPERATIONS:
                yield tool.call(operation, body, resource=resource or None), action, resource

    def test_good_signature(self):
        key = self.user("good", lib.statement([row[2] for row in OPERATIONS]))
        for answer, _, _ in self.each(key):
            self.assertTrue(answer["ok"], answer)
            self.assertEqual((answer["status"], answer["attempts"]), (200, 1))

    def test_no_permission(self):
        for answer, action, resource in self.each(self.user("idle", lib.statement("s3:ListBucket"))):
            self.assertEqual(answer["error"], "denied", answer)
            for part in (action, resource, ":user/idle"):
                self.assertIn(part, answer["text"])

    def test_wrong_secret(self):
        key = self.user("forged", lib.statement("*")) | {"AWS_SECRET_ACCESS_KEY": "x" * 40}
        for answer, _, _ in self.each(key):
            self.assertEqual(answer["error"], "credentials", answer)

    def test_unknown_key(self):
        for answer, _, _ in self.each({"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSTHIS0"}):
            self.assertEqual(answer["error"], "credentials", answer)

    def test_sts(self):
        key = self.user("caller", lib.statement("*"))
        with self.judging():
            who = self.once("identity", key)
            forged = self.once("identity", key | {"AWS_SECRET_ACCESS_KEY": "x" * 40})
        self.assertEqual(who["arn"].rpartition(":")[2], "user/caller", who)
        self.assertEqual(forged["error"], "credentials", forged)

    def test_role_has_its_own_permissions(self):
        """A session of AssumeRole, its token signed with: allowed what the role is, and no more."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}))["Role"]["Arn"]
        iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [lib.statement("ssm:GetParameter")]}))
        key = self.user("starter", lib.statement("sts:AssumeRole"))
        config = self.home / "config"
        config.write_text(f"[profile reader]\nrole_arn = {role}\ncredential_source = Environment\n")
        with self.judging(), lib.Tool(self.env | key | {
                "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "reader"}) as tool:
            # Keys in the environment come before AWS_PROFILE: the starter himself may not.
            answer = tool.call("GetParameter", {"Name": "/api/token"})
        self.assertEqual(answer["error"], "denied", answer)
        config.write_text(f"[default]\nrole_arn = {role}\nsource_profile = base\n[profile base]\n" +
                          "".join(f"{name.lower()} = {value}\n" for name, value in key.items()))
        with self.judging(), lib.Tool(self.env | dict.fromkeys(key, "") | {
                "AWS_CONFIG_FILE": str(config)}) as tool:
            allowed = tool.call("GetParameter", {"Name": "/api/token"})
            denied = tool.call("GetParameterHistory", {"Name": "/api/token"})
        self.assertTrue(allowed["ok"], allowed)
        self.assertEqual(denied["error"], "denied", denied)
        self.assertIn("assumed-role/reader/", denied["text"])

    def test_throttled_and_broken(self):
        """Refusals that pass: tried again, and told as what they are when they stay."""
        rows = (({"code": "ThrottlingException", "message": "Rate exceeded"}, 2, None),
                ({"code": "InternalServerError", "message": "oops", "status": 500}, 2, None),
                ({"code": "ThrottlingException", "message": "Rate exceeded"}, None, "busy"))
        for error, times, expected in rows:
            self.door("answers", "POST", json.dumps({
                "service": "ssm", "action": "GetParameter", "error": error, "times": times}))
            answer = self.tool().call("GetParameter", {"Name": "/api/token"}, resource="/api/token")
            self.door("answers", "DELETE")
            self.assertEqual(answer.get("error"), expected, answer)
            self.assertEqual(answer["attempts"], 3)


class OnVersitygw(lib.OnPeers):
    PEERS, BUCKETS = ("versitygw",), ("intake",)
    OBJECT = {"bucket": "intake", "key": "2026/11/21/08/a b+c=d&e.ndjson"}

    def test_clock(self):
        """Corrected once and remembered; a quarter of an hour is what S3 bears with."""
        for offset, attempts in (("-14m", 1), ("+14m", 1), ("-20m", 2), ("+20m", 2), ("+400d", 2)):
            with self.subTest(offset):
                tool = self.tool(prefix=("faketime", "-f", offset))
                first = tool.call("PutObject", "x", **self.OBJECT)
                second = tool.call("GetObject", **self.OBJECT)
                self.assertTrue(first["ok"] and second["ok"], (first, second))
                self.assertEqual((first["attempts"], second["attempts"]), (attempts, 1))
                self.assertEqual(second["body"], "x")

    def fetch(self, target):
        try:
            with urllib.request.urlopen(self.peers["versitygw"].url + target, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read()

    def test_presigned(self):
        tool = self.tool()
        self.assertTrue(tool.call("PutObject", "signed", **self.OBJECT)["ok"])
        question = {"method": "GET", "host": self.peers["versitygw"].url.partition("//")[2],
                    "path": "/intake/" + self.OBJECT["key"], "query": {"response-content-type": "text/a+b"}}
        target = tool.ask("presign", **question)["target"]
        self.assertEqual(self.fetch(target), (200, b"signed"))
        self.assertEqual(self.fetch(target.replace("text%2Fa", "text%2Fb"))[0], 403)
        tool.ask("advance", ms=-600 * 1000)
        self.assertEqual(self.fetch(tool.ask("presign", **question, expires_s=60)["target"])[0], 403)
        self.assertEqual(self.fetch(tool.ask("presign", **question, expires_s=900)["target"])[0], 200)


if __name__ == "__main__":
    lib.main()
