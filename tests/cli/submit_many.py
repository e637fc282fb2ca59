"""opsctl submit --ndjson and --count: files, their journal, and load."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *


def payloads(count, first=0):
    return "".join(f'{{"email_timestream":"1693561101","n":{n}}}\n' for n in range(first, first + count))


class WrongToken(SystemTest):
    def wrong_token(self):
        """A system, and the options for it with a token that is not its own."""
        wrong = pathlib.Path(self.file("wrong", "another-token\n"))
        wrong.chmod(0o600)
        return "--context", self.other_context("other", url=self.up().url, secret=f"file:{wrong}")


class BulkTest(WrongToken):
    def numbers(self):
        return sorted(r["data"]["n"] for r in self.records())

    def stored(self, count):
        wait_until(lambda: len(self.records()) >= count, f"{count} records")

    def test_file(self):
        self.up()
        path = self.file("f", payloads(500))
        document = self.document("submit", "--ndjson", path, "--wait")
        self.assertEqual((document["lines"], document["accepted"], document["left"]), (500, 500, 0))
        self.assertEqual(document["statuses"], {"200": 500})
        self.assertEqual(document["verified"]["stored"], 500)
        self.assertEqual(self.numbers(), list(range(500)))

        out = self.ok("submit", "--ndjson", path)  # again: nothing is left to do
        self.assertIn("earlier    500 accepted before", out)
        self.assertEqual(self.document("submit", "--ndjson", path)["accepted_before"], 500)
        self.assertEqual(len(self.records()), 500)

    def test_ids_are_a_function_of_file_and_line(self):
        self.up()
        path = self.file("f", payloads(2) + payloads(2))  # equal lines are two payloads
        self.document("submit", "--ndjson", path, "--wait")
        ids = self.ids()
        self.assertEqual(len(set(ids)), 4)
        digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        for number, id in enumerate(ids, 1):
            line = pathlib.Path(path).read_text().splitlines()[number - 1]
            self.assertEqual(id, f"opsctl_{digest[:16]}_{number}_"
                                 f"{hashlib.sha256(line.encode()).hexdigest()[:12]}")

    def test_bad_lines(self):
        self.up()
        text = payloads(3) + "not JSON\n\n" + NOT_ACCEPTABLE + "\n" + "x" * 1100000 + "\n" + payloads(2, 3)
        path = self.file("f", text.rstrip("\n"))  # without a newline at the end
        done = self.opsctl("submit", "--ndjson", path, "--json")
        self.assertEqual(done.returncode, EXIT_BAD)
        document = json.loads(done.stdout)
        self.assertEqual((document["lines"], document["blank"]), (9, 1))
        self.assertEqual((document["accepted"], document["refused"], document["left"]), (5, 3, 0))
        self.assertEqual({r["line"]: r["status"] for r in document["refusals"]}, {4: 400, 6: 400, 7: 0})
        for number in (4, 6, 7):
            self.assertIn(f"{path}:{number}: ", done.stderr)
        again = self.document("submit", "--ndjson", path, code=EXIT_BAD)
        self.assertEqual((again["accepted"], again["refused_before"]), (0, 3))
        self.stored(5)
        self.assertEqual(self.numbers(), list(range(5)))

    def test_stop_on_error(self):
        self.up()
        path = self.file("f", payloads(2) + "bad\n" + payloads(100, 2))
        document = self.document("submit", "--ndjson", path, "--stop-on-error", "-c", "1", code=EXIT_BAD)
        self.assertEqual((document["accepted"], document["refused"], document["left"]), (2, 1, 100))
        document = self.document("submit", "--ndjson", path, code=EXIT_BAD)
        self.assertEqual((document["accepted"], document["left"]), (100, 0))

    def test_empty_and_blank(self):
        self.up()
        for text in ("", "\n\n", " \r\n"):
            path = self.file("f", text)
            self.assertEqual(self.document("submit", "--ndjson", path)["accepted"], 0)
            pathlib.Path(path + ".opsctl-journal").unlink()

    def test_other_content(self):
        self.up()
        path = self.file("f", payloads(2))
        self.ok("submit", "--ndjson", path)
        self.file("f", payloads(3))
        err = self.refused(EXIT_CONFIG, "another content", "submit", "--ndjson", path)
        self.assertIn("--journal", err)
        document = self.document("submit", "--ndjson", path, "--journal", str(self.home / "j2"))
        self.assertEqual(document["accepted"], 3)

    def test_not_a_journal(self):
        self.up()
        path = self.file("f", payloads(2))
        self.refused(EXIT_CONFIG, "not a journal", "submit", "--ndjson", path, "--journal", path)
        self.refused(EXIT_CONFIG, "nowhere/j", "submit", "--ndjson", path, "--journal", str(self.home / "nowhere/j"))
        self.assertEqual(pathlib.Path(path).read_text(), payloads(2))

    def test_changed_under_way(self):
        up = self.up()
        path = self.file("f", payloads(300))
        freeze(up.ready["api_pid"])  # before it answers it is not at the end
        process = self.start(path)
        wait_until(pathlib.Path(path + ".opsctl-journal").exists, "the file was looked at")
        with open(path, "a") as file:
            file.write(payloads(1))
        os.kill(up.ready["api_pid"], signal.SIGCONT)
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_BAD)
        self.assertIn("was changed while it was read", err)

    def test_not_a_file(self):
        self.up()
        self.refused(EXIT_CONFIG, "nowhere", "submit", "--ndjson", "nowhere")
        self.refused(EXIT_CONFIG, "regular file", "submit", "--ndjson", "/dev/null")
        self.refused(EXIT_USAGE, "--ndjson -: must be a file", "submit", "--ndjson", "-")

    def test_wrong_token_stops_at_once(self):
        wrong = self.wrong_token()
        path = self.file("f", payloads(1000))
        document = self.document("submit", "--ndjson", path, "-c", "2", *wrong, code=EXIT_PERMISSION)
        self.assertLessEqual(document["unanswered"], 2)
        self.assertFalse(document["ok"])
        self.assertIn("HTTP 401", document["error"]["message"])

    # ---- runs that end early ----

    def start(self, path, *args):
        return subprocess.Popen([self.opsctl_path, *patient(["submit", "--ndjson", path, *args])], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)

    def begin(self, path, *args):
        """A run in the background that has had some answers, and of whose minutes most are left."""
        process = self.start(path, "--rate", "20", *args)
        journal = pathlib.Path(path + ".opsctl-journal")
        wait_until(lambda: journal.exists() and len(re.findall("^a ", journal.read_text(), re.M)) > 20,
                   "some lines are accepted")
        return process

    def test_interrupt_and_resume(self):
        self.up()
        path = self.file("f", payloads(3000))
        process = self.begin(path)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGINT)
        self.assertIn("lines left; the same command goes on there", err)
        left = int(re.search(r"left +(\d+)", out)[1])
        document = self.document("submit", "--ndjson", path, "--wait")
        self.assertEqual((document["accepted"], document["found_stored"]), (left, 0))
        self.stored(3000)
        self.assertEqual(self.numbers(), list(range(3000)))

    def test_interrupt_before_the_account(self):
        """With --wait too: nothing is said about a store that nobody has looked into."""
        self.up()
        process = self.begin(self.file("f", payloads(3000)), "--wait", "--json")
        process.send_signal(signal.SIGINT)
        document = json.loads(process.communicate(timeout=LIMIT_S)[0])
        self.assertEqual((process.returncode, document["error"]["code"]), (EXIT_SIGINT, "stopped"))
        self.assertGreater(document["accepted"], 20)
        self.assertNotIn("verified", document)

    def test_second_run_waits_its_turn(self):
        self.up()
        path = self.file("f", payloads(3000))
        process = self.begin(path)
        self.refused(EXIT_REMOTE, "another opsctl works on it", "submit", "--ndjson", path)
        process.kill()
        process.communicate(timeout=LIMIT_S)

    def test_kill_and_resume_stores_no_line_twice(self):
        """kill -9 of opsctl, and of ops-api, which then has forgotten all ids."""
        up = self.up()
        path = self.file("f", payloads(3000))
        process = self.begin(path, "-c", "16")
        process.kill()
        process.communicate(timeout=LIMIT_S)
        os.kill(up.ready["api_pid"], signal.SIGKILL)
        up.wait_for("restarted", "ops-api")
        document = self.document("submit", "--ndjson", path, "--wait")
        self.assertEqual((document["refused"], document["left"]), (0, 0))
        self.stored(3000)
        self.assertEqual(self.numbers(), list(range(3000)))

    def test_lost_answers_are_looked_up(self):
        """As if the run had died before it wrote down a single answer."""
        self.up()
        path = self.file("f", payloads(50))
        journal = pathlib.Path(path + ".opsctl-journal")
        self.ok("submit", "--ndjson", path)
        journal.write_text("".join(line for line in journal.read_text().splitlines(True)
                                   if not line.startswith("a ")))
        document = self.document("submit", "--ndjson", path)
        self.assertEqual((document["accepted"], document["found_stored"]), (0, 50))
        self.assertEqual(self.numbers(), list(range(50)))

    def test_lookup_waits_for_the_queue(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        path = self.file("f", payloads(50))
        journal = pathlib.Path(path + ".opsctl-journal")
        self.ok("submit", "--ndjson", path)
        text = "".join(line for line in journal.read_text().splitlines(True) if line[0] != "a")
        journal.write_text(text)
        err = self.refused(EXIT_TIMED_OUT, "the queue still holds", "submit", "--ndjson", path,
                           "--timeout", "300ms")
        self.assertIn("opsctl health", err)
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        document = self.document("submit", "--ndjson", path)
        self.assertEqual((document["accepted"], document["found_stored"]), (0, 50))

    def test_resent_lines_are_found_where_the_earlier_run_put_them(self):
        self.up()
        path = self.file("f", payloads(50))
        journal = pathlib.Path(path + ".opsctl-journal")
        self.ok("submit", "--ndjson", path, "--wait")
        text = "".join(line for line in journal.read_text().splitlines(True) if line[0] != "a")
        journal.write_text(text)
        time.sleep(1.5)  # beyond the second that a run on one machine looks back
        document = self.document("submit", "--ndjson", path, "--resend-unknown", "--wait")
        self.assertEqual((document["accepted"], document["verified"]["missing"]), (50, 0))

    def test_without_sight_of_the_store(self):
        """A context with nothing but URL and token: only ops-api's memory helps."""
        self.up()
        values = self.document("context", "show")["values"]
        self.other_context("blind", url=values["url"], secret=values["secret"])
        path = self.file("f", payloads(50))
        journal = pathlib.Path(path + ".opsctl-journal")
        self.ok("submit", "--ndjson", path)
        text = "".join(line for line in journal.read_text().splitlines(True) if line[0] != "a")
        journal.write_text(text)
        document = self.document("submit", "--ndjson", path, "--context", "blind")
        self.assertEqual((document["accepted"], document["found_stored"]), (50, 0))
        self.stored(50)
        self.assertEqual(self.numbers(), list(range(50)))  # it remembered

        # As if it had been sent 15 minutes ago; that the file is new, a copy for one, says nothing.
        journal.write_text(re.sub(r"^(r \d+) (\d+)", lambda m: f"{m[1]} {int(m[2]) - 900000}", text, flags=re.M))
        err = self.refused(EXIT_CONFIG, "cannot be looked up", "submit", "--ndjson", path,
                           "--context", "blind")
        self.assertIn("--resend-unknown", err)
        self.ok("submit", "--ndjson", path, "--context", "blind", "--resend-unknown")


class LoadTest(WrongToken):
    def test_count(self):
        self.up()
        document = self.document("submit", "--count", "300", "--payload-bytes", "1000", "--wait")
        self.assertEqual((document["sent"], document["accepted"]), (300, 300))
        self.assertEqual(document["statuses"], {"200": 300})
        verified = document["verified"]
        self.assertEqual((verified["expected"], verified["stored"], verified["missing"]), (300, 300, 0))
        self.assertTrue(verified["ok"])
        latency = document["latency_ms"]
        self.assertTrue(0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"])
        self.assertGreater(document["rate"], 0)
        self.assertEqual(len(set(self.ids())), 300)
        self.assertEqual({len(json.dumps(r["data"], separators=(",", ":"))) for r in self.records()}, {1000})

    def test_every_use_of_the_token(self):
        self.up()
        for auth in ("signature", "token", "bearer"):
            document = self.document("submit", "--count", "50", "--auth", auth, "--wait")
            self.assertEqual(document["verified"]["stored"], 50)

    def test_rate_and_duration(self):
        self.up()
        for seconds in (1, 10, 100):  # in one a machine that stands still sends nothing
            document = self.document("submit", "--duration", f"{seconds}s", "--rate", "100")
            self.assertLessEqual(document["sent"], 100 * seconds)  # a slow machine may send fewer
            if document["sent"] > 0:
                break
        self.assertGreater(document["sent"], 0)
        out = self.ok("submit", "--count", "10", "--rate", "1000")
        for word in ("sent       10\n", "p50 ", "p90 ", "p99 ", "max ", "HTTP 200: 10"):
            self.assertIn(word, out)

    def test_refused_load(self):
        document = self.document("submit", "--count", "20", *self.wrong_token(), code=EXIT_PERMISSION)
        self.assertEqual(document["statuses"], {"401": 20})
        self.assertEqual(document["accepted"], 0)

    def test_nothing_listens(self):
        self.up()
        self.other_context("gone", url=unused_url(), secret=f"file:{self.local}/token")
        document = self.document("submit", "--count", "3", "--context", "gone", code=EXIT_REMOTE)
        self.assertEqual((document["sent"], document["no_answer"]), (3, 3))
        self.assertEqual((document["ok"], document["error"]["next"]),
                         (False, "run: opsctl health --context gone"))

    def test_interrupt(self):
        self.up()
        for more in ([], ["--wait"]):
            wait_until(lambda: {"waiting    0", "in flight  0"} <= set(self.ok("queue", "stat").splitlines()),
                       "nothing is on its way")
            before = len(self.records())
            process = subprocess.Popen([self.opsctl_path, *patient(["submit", "--duration", "1h", "--rate", "50",
                                        "-c", "2", "--json", *more])], text=True, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=self.env)
            wait_until(lambda: len(self.records()) > before + 5, "some arrived")
            process.send_signal(signal.SIGTERM)
            document = json.loads(process.communicate(timeout=LIMIT_S)[0])
            self.assertEqual(process.returncode, EXIT_SIGTERM)
            self.assertGreater(document.get("accepted", 0), 3, document)  # of 6, 2 may be without an answer
            self.assertEqual(document["error"]["code"], "stopped")
            self.assertNotIn("verified", document)

    def test_wait_in_vain(self):
        up = self.up()
        freeze(up.ready["worker_pid"])

        def look(timeout):
            done = self.opsctl("submit", "--count", "5", "--wait", "--timeout", timeout, "--json")
            self.assertEqual(done.returncode, EXIT_TIMED_OUT)
            self.assertEqual(json.loads(done.stdout)["verified"]["missing"], 5)
            self.assertIn("not in the store yet: 5 records", done.stderr)

        given_time(look)


if __name__ == "__main__":
    main()
