#!/usr/bin/env python3
"""Every command that works on a system, on one that is on AWS: ElasticMQ, versitygw and moto."""
import hashlib
import json

from system import *


def fingerprint(token):
    return hashlib.sha256(token.encode()).hexdigest()[:8]


class Running(OnSystem):
    # ---- records ----

    def test_submit_and_verify(self):
        sent = self.document("submit", "--wait")
        shown = self.document("verify-s3", sent["id"])
        self.assertTrue(shown["ok"], shown)
        self.assertRegex(self.ok("verify-s3", sent["object"]), r"^ok ")
        self.assertIn("accepted", self.ok("submit", "--wait"))

    def test_load_is_accounted_for(self):
        done = self.document("submit", "--count", "200", "--wait")
        self.assertEqual((done["accepted"], done["verified"]["stored"], done["verified"]["ok"]), (200, 200, True))
        self.assertIn("200 of 200 accepted are stored", self.ok("submit", "--count", "200", "--wait"))

    def test_lines_of_a_file(self):
        lines = self.home / "lines"
        lines.write_text('{"email_timestream":"1749465045","n":1}\n' * 30)
        done = self.document("submit", "--ndjson", str(lines), "--wait")
        self.assertEqual((done["accepted"], done["verified"]["ok"]), (30, True))
        self.assertEqual(self.document("submit", "--ndjson", str(lines))["accepted"], 0)

    def test_span(self):
        self.document("submit", "--count", "20", "--wait")
        span = self.document("verify-s3", "--since", "1h")
        self.assertGreaterEqual(span["records"], 20)
        self.assertEqual((span["ok"], span["worker"]), (True, None))
        self.assertIn("worker     not asked: the context has no worker-admin-url\n", self.ok("verify-s3"))
        self.context(**{"worker-admin-url": self.worker.url("admin")})
        self.assertNotIn("not asked", self.ok("verify-s3"))

    # ---- health ----

    def rows(self, document):
        return {row["name"]: row for row in document["checks"]}

    def test_health(self):
        healthy = self.document("health")
        rows = self.rows(healthy)
        self.assertIn("the worker cannot be asked", rows.pop("progress")["detail"])
        self.assertEqual({name: row["state"] for name, row in rows.items()}, {
            "api": "ok", "worker": "skipped", "queue": "ok", "dead letters": "ok", "store": "ok", "secret": "ok",
            "token": "ok", "errors": "skipped"})
        self.assertIn("no worker-admin-url", rows["worker"]["detail"])
        self.assertTrue(self.ok("health").endswith("\nhealthy\n"))

    def test_health_says_what_is_wrong(self):
        self.addCleanup(self.drain)
        self.dead_letters("x")
        wait_until(lambda: self.count("ops-dlq") == 1, "a dead letter")
        self.context(store="s3://no-such-bucket/", secret="ssm:/no/such")
        rows = self.rows(self.document("health", code=EXIT_BAD))
        self.assertEqual({n for n, r in rows.items() if r["state"] == "bad"}, {"store", "secret"})
        self.assertIn("no-such-bucket", rows["store"]["why"])
        self.assertIn("/no/such", rows["secret"]["why"])
        self.assertEqual(rows["dead letters"]["next"], "run: opsctl dlq ls")

    # ---- token ----

    def test_token(self):
        shown = self.document("token", "show")
        self.assertEqual(shown["current"]["fingerprint"], fingerprint(self.token))
        self.assertNotIn(self.token, json.dumps(shown))
        self.assertEqual(self.opsctl("token", "show", "--reveal").stdout, self.token + "\n")
        self.assertTrue(self.document("token", "check")["versions"][0]["accepted"])

    def test_rotate(self):
        self.context(account=MOTO_ACCOUNT)
        rotated = self.document("token", "rotate", "--yes", "--force")
        self.assertEqual(rotated["previous"]["fingerprint"], fingerprint(self.token))
        self.assertEqual([v["accepted"] for v in rotated["versions"]], [True, True])
        self.document("submit", "--wait")

    # ---- contexts ----

    def test_check(self):
        checked = self.document("context", "check")
        self.assertEqual({p["part"]: p["state"] for p in checked["parts"]}, dict.fromkeys(
            ("caller", "account", "credentials", "token", "queue", "store", "ops-api"), "ok"))
        self.assertEqual((checked["caller"]["account"], checked["caller"]["credentials"]),
                         (MOTO_ACCOUNT, "environment"))
        text = self.ok("context", "check")
        self.assertIn(checked["caller"]["arn"], text)
        self.assertRegex(text, r"ops-api +ok +healthy, \d+ ms, accepts the token\n")


class Resting(OnAws):
    """No service is there: what is put into a queue stays."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.drain)

    def test_listing_begins_behind_the_span(self):
        """What is older is not even listed."""
        s3 = self.client("s3", "versitygw")
        for day in range(1, 29):
            s3.put_object(Bucket="intake", Key=f"in/2020/02/{day:02}/08/old.ndjson", Body=b"old\n")
        done = self.opsctl("verify-s3", "-vv")
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        self.assertRegex(done.stderr, r"start-after=in%2F20(?!20%2F)\d\d")
        self.assertNotIn("in/2020/02/28", done.stderr)

    # ---- token ----

    def test_revealing_is_one_call(self):
        self.door("calls", "DELETE")
        self.ok("token", "show", "--reveal")
        self.assertEqual([c["action"] for c in self.calls()], ["GetParameter"])

    def test_history(self):
        """All that SSM keeps, on two pages, and no value anywhere."""
        ssm, name = self.client("ssm"), "/history"
        values = [f"sentinel-{i:03}" for i in range(100)]
        for value in values:
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        ssm.label_parameter_version(Name=name, ParameterVersion=99, Labels=["blue"])
        self.context(secret=f"ssm:{name}")
        self.door("calls", "DELETE")
        done = self.opsctl("token", "history", "--json", "-vv")
        shown = json.loads(done.stdout)["versions"]
        self.assertEqual([c["action"] for c in self.calls()], ["GetParameterHistory"] * 2)
        self.assertEqual([v["version"] for v in shown], [str(i) for i in range(100, 0, -1)])
        self.assertEqual([v["fingerprint"] for v in shown], [fingerprint(v) for v in reversed(values)])
        self.assertEqual([v["version"] for v in shown if v["current"]], ["100"])
        self.assertEqual([v["version"] for v in shown if v["labels"] == ["blue"]], ["99"])
        self.assertEqual([v for v in shown if not v["made_at"] or not v["by"]], [])
        self.assertNotIn("sentinel", done.stdout + done.stderr)

    def test_history_of_secrets_manager(self):
        manager = self.client("secretsmanager")
        manager.create_secret(Name="history", SecretString="sentinel-0")
        for i in (1, 2):
            manager.put_secret_value(SecretId="history", SecretString=f"sentinel-{i}")
        self.context(secret="secretsmanager:history")
        done = self.opsctl("token", "history", "--json", "-vv")
        shown = {tuple(v["labels"]): v["fingerprint"] for v in json.loads(done.stdout)["versions"]}
        self.assertEqual(shown[("AWSCURRENT",)], fingerprint("sentinel-2"))
        self.assertEqual(shown[("AWSPREVIOUS",)], fingerprint("sentinel-1"))
        self.assertNotIn("sentinel", done.stdout + done.stderr)

    def test_wrong_account_is_not_changed(self):
        self.context(account="999999999999", url="http://127.0.0.1:1")
        self.refused(EXIT_CONFIG, [f"account {MOTO_ACCOUNT}", "999999999999", "run: opsctl context check peers"],
                     "token", "rotate", "--yes")
        self.assertEqual(self.opsctl("token", "show", "--reveal").stdout, self.token + "\n")

    # ---- queue, dead letters ----

    def test_queue(self):
        self.client("sqs", "elasticmq").send_message(QueueUrl=self.queue_url(), MessageBody="x")
        self.dead_letters("y", "z")
        stat = self.document("queue", "stat")
        self.assertEqual((stat["visible"], stat["in_flight"], stat["delayed"], stat["dead"]), (1, 0, 0, 2))
        self.assertIn("dead       2\n", self.ok("queue", "stat"))

    def test_dead_letters(self):
        self.dead_letters(*(f"letter {i}" for i in range(3)))
        done = self.opsctl("dlq", "ls", "--json")
        self.assertIn("SQS has no list", done.stderr)
        listed = json.loads(done.stdout)
        self.assertEqual((listed["count"], listed["more"]), (3, False))
        ids = [letter["id"] for letter in listed["letters"]]
        self.assertRegex(self.ok("dlq", "show", ids[0], "--body"), r"^letter \d$")
        self.assertTrue(self.document("dlq", "show", ids[0])["foreign"])
        self.refused(EXIT_NOTFOUND, ["no-such-id"], "dlq", "show", "no-such-id")
        self.assertEqual(self.document("dlq", "redrive", "--yes", ids[0])["redriven"], 1)
        self.assertEqual(self.document("dlq", "purge", "--yes", ids[1])["purged"], 1)
        wait_until(lambda: (self.count("ops"), self.count("ops-dlq")) == (1, 1), "one back, one removed")

    def test_passing(self):
        self.dead_letters("stored as it is")
        self.assertIn("would be redriven 1", self.ok("dlq", "redrive", "--all", "--dry-run"))
        self.assertEqual(self.document("dlq", "redrive", "--passing", "--yes")["redriven"], 1)

    def test_all(self):
        self.dead_letters(*(f"letter {i}" for i in range(25)))
        done = self.opsctl("dlq", "redrive", "--all", "--no-input")
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn("about 25", done.stderr)
        redriven = self.document("dlq", "redrive", "--all", "--yes")
        self.assertEqual((redriven["letters"], redriven["verdicts"], redriven["redriven"]), (None, None, 25))
        wait_until(lambda: self.count("ops") == 25, "all are back")
        self.dead_letters("x")
        self.assertEqual(self.ok("dlq", "purge", "--all", "--yes"), "purged 1\n")
        wait_until(lambda: self.count("ops-dlq") == 0, "none is left")

    # ---- contexts ----

    def test_check_of_another_account(self):
        self.context(account="999999999999")
        parts = {p["part"]: p for p in self.document("context", "check", code=EXIT_BAD)["parts"]}
        self.assertEqual((parts["caller"]["state"], parts["account"]["state"]), ("ok", "bad"))
        self.assertIn("of account 123456789012, context 'peers' is 999999999999", parts["account"]["detail"])
        self.assertTrue(parts["account"]["next"])

    def test_flags_instead_of_a_context(self):
        (self.home / ".config/opsctl/contexts.ini").unlink()
        self.assertEqual(self.document("queue", "stat", "--queue", self.values["queue"])["dead"], 0)
        self.assertEqual(self.ok("token", "show", "--reveal", "--secret=ssm:/api/token"), self.token + "\n")
        self.assertEqual(self.document("context", "show", "--store", "s3://b")["context"], "(flags)")
        self.refused(EXIT_CONFIG, ["--secret", "is needed"], "token", "show", "--store", "s3://b")
        self.assertEqual(self.opsctl("queue", "stat", "--queue", "ftp://x").returncode, EXIT_USAGE)

    def test_flags_over_a_context(self):
        moto = self.peers["moto"].url
        self.client("ssm").put_parameter(Name="/other", Value="another-value", Type="SecureString")
        self.assertEqual(self.ok("token", "show", "--reveal", "--secret", "ssm:/other"), "another-value\n")
        env = dict.fromkeys([n for n in self.env if n.startswith("AWS_ENDPOINT")], "")
        self.assertEqual(self.ok("token", "show", "--reveal", "--endpoint-url", moto, env=env), self.token + "\n")

    def test_region_and_profile(self):
        """Of the context or of flags; a profile that is named is the only source."""
        config = self.home / "config"
        config.write_text("[profile ops]\naws_access_key_id = AKIAOFPROFILE\naws_secret_access_key = s\n")
        env = {"AWS_CONFIG_FILE": str(config)}
        for args in (["--profile", "ops", "--region", "eu-west-3"], []):
            self.door("calls", "DELETE")
            self.opsctl("token", "show", "--reveal", "-v", *args, env=env)
            self.assertEqual(self.calls()[0]["access_key"], "AKIAOFPROFILE")
            self.context(profile="ops", region="eu-west-3")
        done = self.opsctl("token", "show", "-vv", env=env)
        self.assertNotIn("us-east-1", done.stderr)
        error = self.refused(EXIT_CONFIG, ["nobody"], "token", "show", "--profile", "nobody", env=env)
        self.assertNotIn("environment", error["message"])


if __name__ == "__main__":
    lib.main()
