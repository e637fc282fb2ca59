"""opsctl submit: one payload, its answer, and what arrives."""
import base64
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *


class OneTest(SystemTest):
    def test_text(self):
        self.up()
        out = self.ok("submit", "--wait", "-d", PAYLOAD)
        words = {line.split()[0]: line.split(None, 1)[1] for line in out.splitlines()}
        self.assertRegex(words["id"], r"^opsctl_[0-9a-f-]{36}$")
        self.assertRegex(words["object"], r"^\d{4}/\d\d/\d\d/\d\d/[0-9a-f-]{36}\.ndjson$")
        self.assertEqual(words["status"], "HTTP 200")
        self.assertEqual(list(words)[-3:], ["accepted", "stored", "verified"])
        self.assertEqual([line for line in out.splitlines() if len(line) > 80], [])
        self.assertNotIn("\033", out)

    def test_what_arrives(self):
        """Every source of the payload, every use of the token: the record has its bytes."""
        self.up()
        spaced = ' {"email_timestream" : "1693561101",\n\t"n" : 1.50e3 } '
        nested = '{"data":{"email_timestream":"2026-11-21T08:15:30Z","list":[1,2.0,"\\u00e9"]}}'
        cases = [(spaced, '{"email_timestream" : "1693561101", \t"n" : 1.50e3 }'),
                 (nested, '{"email_timestream":"2026-11-21T08:15:30Z","list":[1,2.0,"\\u00e9"]}')]
        for auth in ("signature", "token", "bearer"):
            for payload, data in cases:
                with self.subTest(auth=auth, payload=payload):
                    answer = self.document("submit", "--auth", auth, "--wait", "-", stdin=payload)
                    self.assertTrue(answer["ok"])
                    self.assertEqual(answer["status"], 200)
                    self.assertLessEqual(answer["accepted_ms"], answer["stored_ms"])
                    body = self.objects()[answer["object"]]
                    self.assertEqual(answer["object_sha256"], hashlib.sha256(body).hexdigest())
                    self.assertIn(answer["id"].encode(), body)
                    self.assertIn(f'"data":{data}}}\n'.encode(), body)
        self.assertEqual(len(self.records()), 6)
        self.assertNotIn(self.token(), str(self.objects()))

    def test_sources(self):
        self.up()
        path = self.file("payload", PAYLOAD)
        for args, stdin in ((["-d", PAYLOAD], ""), ([path], ""), (["-"], PAYLOAD), ([], "")):
            self.assertTrue(self.document("submit", *args, stdin=stdin)["ok"])
        self.refused(EXIT_CONFIG, "nowhere", "submit", "nowhere")
        self.assertIn("--data", self.refused(EXIT_CONFIG, "No such file", "submit", PAYLOAD))
        self.refused(EXIT_USAGE, "--data", "submit", path, "-d", PAYLOAD)

    def test_id(self):
        self.up()
        self.assertEqual(self.submit("--id", "my-event_1", "--wait")["id"], "my-event_1")
        first = self.submit("--id", "my-event_2")
        self.assertEqual(self.submit("--id", "my-event_2")["object"], first["object"])
        other = self.submit("--id", "my-event_2", data='{"email_timestream":"1"}', code=EXIT_BAD)
        self.assertEqual(other["status"], 422)
        self.assertIn("--id", other["error"]["next"])
        self.refused(EXIT_USAGE, "--id", "submit", "--id", "a.b")
        self.refused(EXIT_USAGE, "signature", "submit", "--id", "a", "--auth", "bearer")

    def test_refused_payload(self):
        self.up()
        for data in (NOT_ACCEPTABLE, "not JSON", "[]", '{"email_timestream":"yesterday"}'):
            document = self.submit(data=data, code=EXIT_BAD)
            self.assertEqual((document["ok"], document["status"]), (False, 400))
            self.assertIn("HTTP 400: ", document["error"]["message"])
            self.assertIsNone(document["object"])
        done = self.opsctl("submit", "-d", NOT_ACCEPTABLE)
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("status    HTTP 400\n", done.stdout)
        self.assertIn("email_timestream", done.stderr)
        self.refused(EXIT_BAD, "token of its own", "submit", "--auth", "token",
                     "-d", '{"token":"x","email_timestream":"1"}')

    def test_wrong_token(self):
        self.up()
        url = self.document("context", "show")["values"]["url"]
        secret = pathlib.Path(self.file("wrong", "whsec_" + base64.b64encode(b"x" * 32).decode()))
        secret.chmod(0o600)
        self.other_context("wrong", url=url, secret=f"file:{secret}")
        for auth in ("signature", "token", "bearer"):
            document = self.submit("--context", "wrong", "--auth", auth, code=EXIT_PERMISSION)
            self.assertEqual(document["status"], 401)
            self.assertIn("opsctl token check", document["error"]["next"])

    def test_nothing_listens(self):
        self.up().stop()
        document = self.submit(code=EXIT_REMOTE)
        self.assertEqual(document["schema"], "opsctl/error/1")
        self.assertIn("opsctl up", document["error"]["next"])
        self.refused(EXIT_REMOTE, "opsctl up", "submit")

    def test_nothing_answers(self):
        self.up()
        self.other_context("gone", url=unused_url(), secret=f"file:{self.local}/token")
        document = self.submit("--context", "gone", code=EXIT_REMOTE)
        self.assertEqual(document["error"]["next"], "run: opsctl health --context gone")
        self.refused(EXIT_REMOTE, "opsctl: POST http://127.0.0.1", "submit", "--context", "gone")

    def test_wait_in_vain(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        document = json.loads(given_time(lambda timeout: self.waits_in_vain(timeout, "--json")).stdout)
        self.assertEqual((document["ok"], document["status"]), (False, 200))
        self.assertNotIn("stored_ms", document)
        told = given_time(self.waits_in_vain).stderr
        waiting = int(re.search(r"\b(\d+) waiting", told)[1])  # both, and those that were not answered in time
        self.assertTrue(2 <= waiting <= self.document("queue", "stat")["visible"], told)
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        self.ok("verify-s3", "--timeout", "5m", document["id"], document["object"])

    def waits_in_vain(self, timeout, *args):
        done = self.opsctl("submit", "--wait", "--timeout", timeout, *args)
        self.assertEqual(done.returncode, EXIT_TIMED_OUT, done.stderr)
        self.assertIn("not in the store yet", done.stderr)
        return done

    def test_wait_finds_damage(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        waiting = subprocess.Popen([self.opsctl_path, *patient(["submit", "--wait", "--json"])], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        database = self.database()
        wait_until(lambda: database.execute("SELECT count(*) FROM message").fetchone() == (1,),
                   "it is queued")
        with database:  # what an evil queue would do: the digest fits the other bytes
            body, = database.execute("SELECT body FROM message").fetchone()
            other = (body if isinstance(body, bytes) else body.encode()).replace(b"test", b"tset")
            database.execute("UPDATE message SET body = ?, sha256 = ?",
                             (other, hashlib.sha256(other).hexdigest()))
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        out, _ = waiting.communicate(timeout=LIMIT_S)
        self.assertEqual(waiting.returncode, EXIT_BAD, out)
        self.assertIn("not the bytes that were sent", json.loads(out)["error"]["message"])

    def test_interrupted_wait(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        waiting = subprocess.Popen([self.opsctl_path, *patient(["submit", "--wait"])], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        database = self.database()
        wait_until(lambda: database.execute("SELECT count(*) FROM message").fetchone() == (1,),
                   "it is queued")
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=LIMIT_S)
        self.assertEqual(waiting.returncode, EXIT_SIGINT)
        self.assertIn("accepted, but not seen in the store yet", err)
        self.assertIn("opsctl verify-s3 2", err)

    def test_usage(self):
        for args, text in ((["--auth", "none"], "--auth"), (["--count", "0"], "--count"),
                           (["--count", "x"], "--count"), (["--concurrency", "257"], "--concurrency"),
                           (["--rate", "5"], "--rate"), (["--journal", "x"], "--journal"),
                           (["--count", "1", "--id", "x"], "--id"),
                           (["--ndjson", "x", "--count", "1"], "--count"),
                           (["--ndjson", "x", "--auth", "token"], "signature"),
                           (["a", "--payload-bytes", "300"], "test payloads"),
                           (["a", "--duration", "1s"], "--duration"), (["a", "b"], "b"), (["--timeout", "5"], "--timeout")):
            with self.subTest(args=args):
                self.refused(EXIT_USAGE, text, "submit", *args)


class DryRunTest(SystemTest):
    """The commands that are printed really work, and hold no token."""

    TOKENS = {
        "whsec": "whsec_" + base64.b64encode(bytes(range(32))).decode(),
        "with 0 and 0xff": "whsec_" + base64.b64encode(bytes([0, 255] * 16)).decode(),
        "plain": "plain-token-0123456789",
        "shell": "$DJISA<$#45ex3RtYr \"'\\`!",
        "one block": "b" * 64,
        "more than a block": "c" * 65,
    }

    def run_script(self, script, token):
        return subprocess.run(["sh", "-c", script], env=self.env | {"TOKEN": token}, text=True,
                              capture_output=True, timeout=LIMIT_S)

    def check(self, token):
        payload = '{"email_timestream":"1693561101","quote":"it\'s \\"$TOKEN\\" `x` \\\\ é"}'
        for auth in ("signature", "token", "bearer"):
            with self.subTest(token=token, auth=auth):
                script = self.ok("submit", "-n", "--auth", auth, "-d", payload)
                self.assertNotIn(token, script)
                self.assertEqual(subprocess.run(["sh", "-n"], input=script, text=True).returncode, 0)
                done = self.run_script(script, token)
                self.assertIn("Payload accepted and queued.", done.stdout, done.stderr)
                answer = json.loads(done.stdout)
                self.ok("verify-s3", "--timeout", "5m", answer["object"])
                self.assertIn(payload.encode(), self.objects()[answer["object"]])
                refused = json.loads(self.run_script(script, "wrong").stdout)
                self.assertEqual(refused["status"], 401)

    def test_every_token(self):
        for name, token in self.TOKENS.items():
            self.local.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.local / "token"
            path.write_text(token + "\n")
            path.chmod(0o600)
            with Up(self) as up:
                self.check(token)
                up.stop()

    def test_sends_nothing(self):
        with Up(self):
            self.ok("submit", "--dry-run")
            document = self.document("submit", "--dry-run")
            self.assertIn("$TOKEN", document["script"])
            self.assertEqual(self.objects(), {})

    def test_token_must_be_set(self):
        self.up()
        script = self.ok("submit", "--dry-run")
        done = subprocess.run(["sh", "-c", script], env=self.env, text=True, capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("opsctl token show --reveal", done.stderr)


if __name__ == "__main__":
    main()
