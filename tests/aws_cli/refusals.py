#!/usr/bin/env python3
"""What opsctl makes of AWS's refusals, and what it shows of its calls: all on moto, which judges."""
import http.server
import json
import threading

from system import *

TOKEN = "secretsentinelofthetoken0123456789"
EVERYTHING = lib.statement("*")


class Refusals(OnAws):
    PEERS = ("moto",)

    def setUp(self):
        super().setUp()
        self.client("ssm").put_parameter(Name="/api/token", Value=TOKEN, Type="SecureString", Overwrite=True)
        self.addCleanup(self.door, "answers", "DELETE")
        self.context(url="http://127.0.0.1:1")

    def answer(self, service, action, code, status=400, **more):
        self.door("answers", "POST", json.dumps({
            "service": service, "action": action,
            "error": {"code": code, "message": "as the test says", "status": status}, **more}))

    # What each command asks first.
    COMMANDS = (
        (("token", "show"), "ssm", "GetParameter"),
        (("token", "show", "--reveal"), "ssm", "GetParameter"),
        (("token", "rotate", "--yes", "--timeout", "100ms"), "ssm", "GetParameter"),
        (("token", "check"), "ssm", "GetParameter"),
        (("submit",), "ssm", "GetParameter"),
        (("queue", "stat"), "sqs", "GetQueueAttributes"),
        (("dlq", "ls"), "sqs", "GetQueueAttributes"),
        (("dlq", "show", "x"), "sqs", "GetQueueAttributes"),
        (("dlq", "redrive", "--all", "--yes"), "sqs", "GetQueueAttributes"),
        (("dlq", "purge", "--all", "--yes"), "sqs", "GetQueueAttributes"),
    )

    def test_wrong_key(self):
        key = self.user("forged", EVERYTHING) | {"AWS_SECRET_ACCESS_KEY": "x" * 40}
        with self.judging():
            for args, *_ in self.COMMANDS:
                with self.subTest(args):
                    error = self.refused(EXIT_CREDENTIALS, ["environment"], *args, env=key)
                    self.assertEqual(error["code"], "credentials")
                    self.assertNotIn("x" * 40, str(error))

    def test_not_allowed(self):
        key = self.user("idle", lib.statement("ec2:DescribeRegions"))
        with self.judging():
            for args, service, action in self.COMMANDS:
                with self.subTest(args):
                    error = self.refused(EXIT_PERMISSION, [f"{service}:{action}", ":user/idle"], *args, env=key)
                    self.assertEqual(error["code"], "denied")
                    resource = {"ssm": "/api/token", "sqs": "ops"}[service]
                    self.assertIn(resource, error["message"])
                    self.assertEqual(error["next"], "run: opsctl context check peers")

    def test_expired(self):
        """Of a profile the next step is the command that renews it; of variables, which ones."""
        config = self.home / "config"
        config.write_text("[profile ops]\nsso_session = corp\nsso_account_id = 123456789012\n"
                          "sso_role_name = Operator\n[sso-session corp]\nsso_region = eu-west-1\n"
                          "sso_start_url = https://corp.example/start\n")
        self.refused(EXIT_CREDENTIALS, ["run: aws sso login --profile ops"], "token", "show", "--profile", "ops",
                     env={"AWS_CONFIG_FILE": str(config)})
        self.answer("ssm", "GetParameter", "ExpiredTokenException")
        error = self.refused(EXIT_CREDENTIALS, ["ExpiredToken"], "token", "show")
        self.assertEqual(error["next"], "set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN")
        self.assertTrue(error["message"].endswith("(credentials of: environment)"), error["message"])

    def test_no_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.refused(EXIT_CREDENTIALS, ["no AWS credentials"], "queue", "stat", env=env)
        checked = self.document("context", "check", code=EXIT_CREDENTIALS, env=env)
        states = {p["part"]: p["state"] for p in checked["parts"]}
        self.assertEqual(states, {"caller": "bad", "token": "skipped", "queue": "skipped", "store": "skipped",
                                  "ops-api": "bad"})
        self.assertIsNone(checked["caller"])

    def test_not_found(self):
        self.context(secret="ssm:/no/such", queue=self.queue_url("no-such"), store="s3://no-such-bucket/")
        for args, name in ((("token", "show"), "/no/such"), (("queue", "stat"), "no-such"),
                           (("dlq", "ls"), "no-such"), (("verify-s3",), "no-such-bucket")):
            with self.subTest(args):
                self.assertEqual(self.refused(EXIT_NOTFOUND, [name], *args)["code"], "not_found")

    def test_throttled(self):
        """Twice is nothing; for ever is 10, as is a service that is down."""
        for code, status in (("ThrottlingException", 400), ("InternalServerError", 500)):
            with self.subTest(code):
                self.answer("ssm", "GetParameter", code, status, times=2)
                done = self.opsctl("token", "show", "--reveal", "-v")
                self.assertEqual((done.returncode, done.stdout), (EXIT_OK, TOKEN + "\n"), done.stderr)
                self.assertIn("attempt 3", done.stderr)
                self.answer("ssm", "GetParameter", code, status)
                self.assertEqual(self.refused(EXIT_REMOTE, [code], "token", "show")["code"], "busy")
                self.door("answers", "DELETE")

    def test_out_of_reach(self):
        self.refused(EXIT_REMOTE, ["127.0.0.1"], "token", "show", "--endpoint-url", "http://127.0.0.1:1")

    def test_check_shows_refusals(self):
        key = self.user("reader", lib.statement(["ssm:GetParameter", "sts:GetCallerIdentity"]))
        with self.judging():
            parts = {p["part"]: p for p in self.document("context", "check", code=EXIT_BAD, env=key)["parts"]}
        self.assertEqual({n for n, p in parts.items() if p["state"] == "bad"}, {"queue", "ops-api"})
        self.assertIn(":user/reader may not sqs:GetQueueAttributes", parts["queue"]["detail"])

    # ---- what is shown of the calls ----

    def test_a_line_per_call(self):
        done = self.opsctl("queue", "stat", "-v")
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("sqs ")]
        self.assertGreaterEqual(len(lines), 1)
        for line in lines:
            self.assertRegex(line, r"^sqs GetQueueAttributes 200 \d+ms attempt 1")
        self.assertNotIn("X-Amz-Date", done.stderr)
        self.assertNotIn("sqs ", self.opsctl("queue", "stat", "-v", "-q").stderr)

    def test_in_full(self):
        done = self.opsctl("queue", "stat", "-vv")
        for text in ("> X-Amz-Target: AmazonSQS.GetQueueAttributes", "> Authorization: [redacted]",
                     '> {"QueueUrl":', "< HTTP/1.1 200", '< {"Attributes":'):
            self.assertIn(text, done.stderr)
        self.assertIn("> Authorization", self.opsctl("queue", "stat", "--verbose", "--verbose").stderr)

    def test_no_secret_is_ever_shown(self):
        """Neither the keys nor the token, however much is asked for, whether it goes well or not."""
        session = "session/sentinel+of/aws" * 4
        env = {"AWS_SECRET_ACCESS_KEY": "secret/sentinel+of/aws/0123456789", "AWS_SESSION_TOKEN": session}
        secrets = (TOKEN, session, env["AWS_SECRET_ACCESS_KEY"])
        new = self.home / "new-token"
        new.write_text("whsec_" + "S" * 43 + "=\n")
        commands = [args for args, *_ in self.COMMANDS if "--reveal" not in args]
        commands += [("context", "check"), ("health",),
                     ("token", "rotate", "--yes", "--force", "--timeout", "100ms", "--from-file", str(new))]
        for args in commands:
            for verbosity in ("-q", "-v", "-vv"):
                for more in ([], ["--json"]):
                    done = self.opsctl(*args, verbosity, *more, env=env)
                    for secret in (*secrets, "S" * 43):
                        self.assertNotIn(secret, done.stdout + done.stderr, (args, verbosity))
        done = self.opsctl("token", "show", "--reveal", "-vv", env=env)
        for secret in secrets:
            self.assertNotIn(secret, done.stderr)


class OfS3(OnAws):
    """moto does not judge S3; versitygw does, and knows no policies: what AWS says then is by hand."""
    PEERS = ("moto", "versitygw")

    def test_wrong_key(self):
        for key in ({"AWS_SECRET_ACCESS_KEY": "x" * 40}, {"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSTHIS0"}):
            for args in (("verify-s3",), ("verify-s3", "2026/11/21/08/none.ndjson")):
                self.refused(EXIT_CREDENTIALS, ["s3 ", "environment"], *args, env=key)

    def test_not_found(self):
        self.context(store="s3://no-such-bucket/")
        error = self.refused(EXIT_NOTFOUND, ["no-such-bucket"], "verify-s3")
        self.assertIn("context check", error["next"])

    def test_not_allowed(self):
        body = (b"<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/idle is not "
                b"authorized to perform: s3:ListBucket on resource: arn:aws:s3:::intake because no identity-based "
                b"policy allows the s3:ListBucket action</Message></Error>")

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            env = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.server_port}"}
            self.refused(EXIT_PERMISSION, [":user/idle may not s3:ListBucket on arn:aws:s3:::intake"],
                         "verify-s3", env=env)
            server.shutdown()


if __name__ == "__main__":
    lib.main()
