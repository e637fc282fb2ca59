"""opsctl token: show, rotate, check, against a real ops-api; the token is never where it must not be."""
import contextlib
import hashlib
import http.server
import pathlib
import re
import stat
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *


def fingerprint(token):
    return hashlib.sha256(token.encode()).hexdigest()[:8]


class Show(Cli):
    def setUp(self):
        super().setUp()
        self.local.mkdir(parents=True)
        self.put("token", "whsec_" + "A" * 43 + "=")

    def put(self, name, token, mode=0o600):
        (self.local / name).write_text(token + "\n")
        (self.local / name).chmod(mode)
        return token

    def test_shows_fingerprints(self):
        current = self.put("token", "whsec_" + "B" * 43 + "=")
        previous = self.put("token.previous", "my-secret-token")
        shown = self.document("token", "show")
        self.assertEqual(shown["current"]["fingerprint"], fingerprint(current))
        self.assertEqual(shown["previous"]["fingerprint"], fingerprint(previous))
        self.assertRegex(shown["current"]["changed_at"], r"Z$")
        for args in ([], ["--json"], ["-v"], ["--json", "-vv"]):
            done = self.opsctl("token", "show", *args)
            for secret in (current, previous):
                self.assertNotIn(secret, done.stdout + done.stderr)

    def test_history(self):
        current = self.put("token", "whsec_" + "B" * 43 + "=")
        alone = self.document("token", "history")
        self.assertEqual([v["current"] for v in alone["versions"]], [True])
        previous = self.put("token.previous", "my-secret-token")
        shown = self.document("token", "history")
        self.assertEqual([v["fingerprint"] for v in shown["versions"]], [fingerprint(current), fingerprint(previous)])
        self.assertEqual([(v["current"], v["by"], v["labels"], v["made_at"] is None) for v in shown["versions"]],
                         [(True, None, [], False), (False, None, [], True)])
        self.assertTrue(shown["complete"])
        text = self.opsctl("token", "history", "-vv")
        self.assertRegex(text.stdout, rf"^NAME .*\n\S+ +{fingerprint(current)} +\S+Z +- +current\n")
        for secret in (current, previous):
            self.assertNotIn(secret, text.stdout + text.stderr)

    def test_reveal(self):
        token = self.put("token", "s3cret token with $ and '\"")
        self.put("token.previous", "another")
        done = self.opsctl("token", "show", "--reveal", "--quiet")
        self.assertEqual(done.stdout, token + "\n")
        shown = self.document("token", "show", "--reveal")
        self.assertEqual(shown["current"]["token"], token)
        self.assertNotIn("another", str(shown))

    def test_advice_for_weak_ones(self):
        self.assertEqual(self.opsctl("token", "show").stderr, "")
        self.put("token", "my-secret-token")
        self.assertIn("opsctl token rotate", self.opsctl("token", "show").stderr)

    def test_what_can_be_wrong(self):
        self.put("token", "x", 0o644)
        err = self.refused(EXIT_CONFIG, "lets others at it", "token", "show")
        self.assertTrue(err.endswith(f"\nrun: chmod 600 {self.local}/token\n"), err)
        (self.local / "token").unlink()
        self.assertIn("run: opsctl up", self.refused(EXIT_NOTFOUND, "token", "token", "show"))

    def test_rotate_without_a_system(self):
        old = (self.local / "token").read_text()
        done = self.opsctl("token", "rotate")
        self.assertEqual(done.returncode, EXIT_OK)
        self.assertIn("nothing runs", done.stderr)
        self.assertEqual((self.local / "token.previous").read_text().strip(), old.strip())
        self.assertRegex((self.local / "token").read_text(), r"^whsec_[A-Za-z0-9+/]{43}=\s?$")
        self.assertEqual(stat.S_IMODE((self.local / "token").stat().st_mode), 0o600)

    def test_rotate_dry_run(self):
        before = (self.local / "token").read_bytes()
        shown = self.document("token", "rotate", "-n")
        self.assertTrue(shown["dry_run"])
        self.assertEqual(shown["becomes_previous"], fingerprint(before.decode().strip()))
        self.assertIsNone(shown["becomes_current"])
        shown = self.document("token", "rotate", "-n", "--from-file=-", stdin="hello\n")
        self.assertEqual(shown["becomes_current"], fingerprint("hello"))
        self.assertEqual((self.local / "token").read_bytes(), before)
        self.assertFalse((self.local / "token.previous").exists())

    def test_rotate_from_elsewhere(self):
        for source, text in (("-", "first-one\n"), (str(self.home / "f"), "second-one")):
            (self.home / "f").write_text(text)
            shown = self.document("token", "rotate", "--force", "--from-file", source, stdin=text)
            self.assertEqual(shown["current"]["fingerprint"], fingerprint(text.strip()))
            self.assertEqual((self.local / "token").read_text().strip(), text.strip())

    def test_rotate_refuses_what_is_no_token(self):
        current = (self.local / "token").read_text()
        cases = (("", "empty"), ("\n", "empty"), ("whsec_!!", "base64"), ("whsec_", ""), (current, "current token already"),
                 ("x" * 5000, "larger than"), ("a\0b", ""), ("a\nb\n", ""))
        for text, want in cases:
            with self.subTest(text=text[:20]):
                done = self.opsctl("token", "rotate", "--from-file", "-", stdin=text)
                self.assertEqual(done.returncode, EXIT_BAD, done.stderr)
                self.assertIn(want, done.stderr)
                self.assertEqual((self.local / "token").read_text(), current)
        self.refused(EXIT_CONFIG, "/nowhere", "token", "rotate", "--from-file", "/nowhere")


class WithSystem(Cli):
    def accepted(self, code=EXIT_OK):
        return [v["accepted"] for v in self.document("token", "check", code=code)["versions"]]

    def test_rotation_is_proved(self):
        with Up(self) as up:
            self.assertEqual(self.accepted(), [True])
            self.ok("token", "check", "--retired")  # there is no previous one
            rotated = self.document("token", "rotate")
            self.assertTrue(rotated["proved"])
            self.assertEqual(rotated["previous"]["fingerprint"], up.ready["fingerprint"])
            self.assertEqual([v["accepted"] for v in rotated["versions"]], [True, True])
            self.assertEqual(self.accepted(), [True, True])
            retired = self.opsctl("token", "check", "--retired")
            self.assertEqual(retired.returncode, EXIT_BAD)
            self.assertIn("the previous token is still accepted", retired.stderr)
            self.assertIn(f"would end {up.ready['fingerprint']}", self.ok("token", "rotate", "--dry-run", "--force"))
            again = self.opsctl("token", "rotate", "--force")  # the first one is out now
            self.assertEqual(again.returncode, EXIT_OK)
            self.assertIn(up.ready["fingerprint"], again.stderr)
            self.ok("submit", "--wait")
            self.assertEqual(self.document("queue", "stat")["visible"], 0)

    def test_not_within_the_grace(self):
        """Clients have no time to follow two rotations; the dry run says which token would end."""
        with Up(self) as up:
            self.ok("token", "rotate")
            before = self.document("token", "show")
            err = self.refused(EXIT_BAD, f"would end {up.ready['fingerprint']}", "token", "rotate")
            self.assertIn("--force", err)
            dry = self.opsctl("token", "rotate", "-n")
            self.assertEqual(dry.returncode, EXIT_BAD)
            self.assertIn(f"would end {up.ready['fingerprint']}, the previous one until now, for good: "
                          "clients may still use it\n", dry.stdout)
            self.assertIn("--force", dry.stderr)
            shown = self.document("token", "rotate", "-n", "--force")
            self.assertEqual(shown["ends"], up.ready["fingerprint"])
            self.assertEqual(self.document("token", "show"), before)
            up.stop()
        self.refused(EXIT_BAD, "clients may still use", "token", "rotate")  # by its age
        long_ago = time.time() - 25 * 3600
        os.utime(self.local / "token", (long_ago, long_ago))
        self.ok("token", "rotate")

    def test_beyond_the_grace(self):
        """It is as long as ops-api says."""
        with Up(self, env={"OPS_SECRET_GRACE_S": "0"}):
            self.ok("token", "rotate")
            self.ok("token", "rotate")

    def test_two_at_once(self):
        """One rotates; the others change nothing: no new token is lost."""
        with Up(self) as up:
            run = [subprocess.Popen([self.opsctl_path, *patient(["token", "rotate", "--json"])], text=True, env=self.env,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for _ in range(4)]
            done = [(*p.communicate(timeout=LIMIT_S), p.returncode) for p in run]
            self.assertEqual(sorted(code for *_, code in done), [EXIT_OK] + [EXIT_BAD] * 3, done)
            rotated = next(json.loads(out) for out, _, code in done if code == EXIT_OK)
            shown = self.document("token", "show")
            self.assertEqual(shown["current"], rotated["current"])
            self.assertEqual(shown["previous"]["fingerprint"], up.ready["fingerprint"])

    def test_checking_queues_nothing(self):
        with Up(self):
            self.ok("token", "check")
            self.ok("token", "rotate")
            self.assertEqual(self.document("verify-s3")["objects"], 0)

    def test_every_kind_of_authentication(self):
        for auth in ("either", "signature", "token"):
            with Up(self, env={"OPS_AUTH": auth}):
                self.assertEqual(self.accepted()[0], True, auth)

    def test_no_grace(self):
        with Up(self, env={"OPS_SECRET_GRACE_S": "0"}):
            self.assertEqual([v["accepted"] for v in self.document("token", "rotate")["versions"]], [True, False])

    def test_refused(self):
        """The file says one thing, and ops-api has another: it reads it again, but not this time."""
        with Up(self):
            self.ok("context", "import", "other", stdin='{"api_url":{"value":"%s"}}' %
                    self.document("context", "show")["values"]["url"])
            with open(self.contexts, "a") as f:
                f.write(f"secret = file:{self.home}/wrong\n")
            (self.home / "wrong").write_text("wrong\n")
            (self.home / "wrong").chmod(0o600)
            check = self.document("--context", "other", "token", "check", code=EXIT_BAD)
            self.assertEqual([(v["accepted"], v["status"]) for v in check["versions"]], [(False, 401)])
            shown = self.opsctl("--context=other", "token", "check")
            self.assertIn("refused", shown.stdout)
            self.assertIn("OPS_SECRET of ops-api", shown.stderr)  # what to do about it

    def answering(self, *statuses):
        """The URL of an ops-api that answers so, one after the other."""
        left = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(left.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close(), self.assertEqual(left, [])))
        return f"http://127.0.0.1:{server.server_port}"

    def test_token_is_read_again_between_two_questions(self):
        """Refused as a signature, accepted as it is: which it was is seen when signatures are asked about again."""
        (self.home / "token").write_text("whsec_" + "A" * 43 + "=\n")
        (self.home / "token").chmod(0o600)
        self.contexts.parent.mkdir(parents=True)
        for last, want in ((400, "accepted\n"), (401, "accepted (not as a signature)\n")):
            self.contexts.write_text(f"[fake]\nurl = {self.answering(401, 400, last)}\n"
                                     f"secret = file:{self.home}/token\n")
            self.contexts.chmod(0o600)
            self.assertTrue(self.ok("--context=fake", "token", "check").endswith(want))

    def other_context(self, url):
        """The context other: that URL, and a token of its own."""
        (self.home / "token").write_text("whsec_" + "A" * 43 + "=\n")
        (self.home / "token").chmod(0o600)
        self.contexts.parent.mkdir(parents=True, exist_ok=True)
        self.contexts.write_text(f"[other]\nurl = {url}\nsecret = file:{self.home}/token\n")
        self.contexts.chmod(0o600)

    def test_dry_run_asks_ops_api(self):
        with Up(self) as up:
            shown = self.document("token", "rotate", "-n")
            self.assertEqual([v["accepted"] for v in shown["versions"]], [True])
            self.other_context(up.url)
            shown = self.document("--context=other", "token", "rotate", "-n", code=EXIT_BAD)
            self.assertEqual([v["accepted"] for v in shown["versions"]], [False])
            up.stop()
        with socket.socket() as nobody:  # and nobody else gets this port
            nobody.bind(("127.0.0.1", 0))
            self.other_context(f"http://127.0.0.1:{nobody.getsockname()[1]}")
            done = self.opsctl("--context=other", "token", "rotate", "-n")
        self.assertEqual((done.returncode, done.stdout), (EXIT_REMOTE, ""))
        self.assertIn("run: opsctl health", done.stderr)
        self.assertFalse((self.home / "token.previous").exists())

    def test_timeout_is_that_of_the_question_too(self):
        """It connects, and never answers."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.other_context(f"http://127.0.0.1:{server.getsockname()[1]}")
            err = self.refused(EXIT_TIMED_OUT, "the token was replaced, but: ", "--context=other", "token", "rotate",
                               "--yes", "--timeout=200ms")
            left_ms = re.search(r"\b(\d+) ms|milliseconds|in time", err)[1]  # less what was done before
            self.assertLessEqual(int(left_ms or 0), 200, err)
            self.assertTrue((self.home / "token.previous").exists())

    def test_tokens_are_nowhere(self):
        with Up(self):
            tokens = [(self.local / "token").read_text().strip()]
            self.ok("token", "rotate")
            tokens.append((self.local / "token").read_text().strip())
            self.ok("submit", "--wait", "--auth=token")
            for path in self.local.rglob("*"):
                if path.is_dir() or path.name in ("token", "token.previous"):
                    continue
                with contextlib.suppress(FileNotFoundError):  # one of the moment
                    held = path.read_bytes()
                    for token in tokens:
                        self.assertNotIn(token.encode(), held, path)

    def test_nobody_answers(self):
        with Up(self) as up:
            up.stop()
        self.assertIn("run: opsctl up", self.refused(EXIT_REMOTE, "nothing runs in ", "token", "check"))


if __name__ == "__main__":
    main()
