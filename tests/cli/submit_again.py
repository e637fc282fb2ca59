"""opsctl submit --ndjson: lines that an earlier run accepted or refused, and --stop-on-error."""
import http.server
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from submit_many import payloads
from system import *

LONG = "x" * 1100000


class VerifyLaterTest(SystemTest):
    """--wait covers all that is accepted and was not verified yet, whichever run sent it."""

    def check(self, document, accepted, before, verified_before, expected):
        self.assertEqual((document["accepted"], document["accepted_before"], document["verified_before"]),
                         (accepted, before, verified_before))
        self.assertEqual((document["verified"]["expected"], document["verified"]["stored"]), (expected, expected))

    def test_all_of_an_earlier_run(self):
        self.up()
        path = self.file("f", payloads(50))
        self.ok("submit", "--ndjson", path)
        time.sleep(1.5)  # beyond the second that a run on one machine looks back
        out = self.ok("submit", "--ndjson", path, "--wait")
        self.assertIn("earlier    50 accepted before, not sent again; 0 of them verified before\n", out)
        self.assertIn("verified   ok: 50 of 50 accepted are stored", out)
        out = self.ok("submit", "--ndjson", path, "--wait")
        self.assertEqual(out.splitlines()[:2], ["lines      50", "nothing to send: all 50 lines are in the journal"])
        self.assertIn("50 of them verified before\n", out)
        self.assertNotIn("verified   ", out)  # nothing was left to verify
        self.check(self.document("submit", "--ndjson", path, "--wait"), 0, 50, 50, 0)

    def test_a_part_of_an_earlier_run(self):
        self.up()
        path = self.file("f", payloads(20) + "bad\n" + payloads(20, 20))
        args = ("submit", "--ndjson", path, "--wait")
        self.document(*args, "--stop-on-error", "-c", "1", code=EXIT_BAD)
        self.check(self.document(*args, code=EXIT_BAD), 20, 20, 0, 40)
        self.check(self.document(*args, code=EXIT_BAD), 0, 40, 40, 0)

    def test_what_is_missing_is_looked_for_again(self):
        self.up()
        path = self.file("f", payloads(5))
        self.ok("submit", "--ndjson", path, "-c", "1", "--rate", "50")
        wait_until(lambda: len(self.records()) == 5, "all are stored")
        key = sorted(self.objects())[0]
        hidden = self.local / "store" / key
        hidden.rename(self.home / "hidden")
        args = ("submit", "--ndjson", path, "--wait")
        document = self.document(*args, "--timeout", "300ms", code=EXIT_TIMED_OUT)
        self.assertGreater(document["verified"]["missing"], 0)
        (self.home / "hidden").rename(hidden)
        self.check(self.document(*args), 0, 5, 0, 5)

    def test_another_journal(self):
        """ops-api knows the ids still, and answers with the objects of the first run."""
        self.up()
        path = self.file("f", payloads(20))
        self.ok("submit", "--ndjson", path, "--wait")
        time.sleep(1.5)  # as above
        args = ("submit", "--ndjson", path, "--journal", str(self.home / "j"))
        self.assertEqual(self.document(*args)["accepted"], 20)
        self.check(self.document(*args, "--wait"), 0, 20, 0, 20)
        (self.home / "j").unlink()
        self.check(self.document(*args, "--wait"), 20, 0, 0, 20)
        self.assertEqual(len(self.records()), 20)

    def test_interrupt_while_it_waits(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        path = self.file("f", payloads(3) + "bad\n")
        args = ("submit", "--ndjson", path, "--rejects", str(self.home / "r"), "--wait", "--json")
        process = subprocess.Popen([self.opsctl_path, *patient(args)], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.env)
        rejects = self.home / "r"
        wait_until(lambda: rejects.exists() and rejects.read_text() == "bad\n", "it waits for the store")
        process.send_signal(signal.SIGINT)
        document = json.loads(process.communicate(timeout=LIMIT_S)[0])
        self.assertEqual((process.returncode, document["error"]["code"]), (EXIT_SIGINT, "stopped"))
        self.assertEqual((document["accepted"], document["verified"]["missing"]), (3, 3))
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        self.check(self.document("submit", "--ndjson", path, "--wait", code=EXIT_BAD), 0, 3, 0, 3)

    def test_needs_a_store(self):
        """Said before anything is sent."""
        self.up()
        values = self.document("context", "show")["values"]
        self.other_context("blind", url=values["url"], secret=values["secret"])
        for args in ([], ["--count", "3"], ["--ndjson", self.file("f", payloads(3))]):
            self.refused(EXIT_CONFIG, "store", "submit", "--context", "blind", "--wait", *args)
        self.assertEqual(self.records(), [])


class RefusedTest(SystemTest):
    def test_rejects(self):
        self.up()
        path, out = self.file("f", payloads(2) + "not JSON\n\n" + NOT_ACCEPTABLE + "\r\n" + LONG + "\n[]"), self.home / "r"
        out.write_text("of an earlier run\n" * 100)
        done = self.opsctl("submit", "--ndjson", path, "--rejects", out)
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertEqual(out.read_text(), f"not JSON\n{NOT_ACCEPTABLE}\n[]\n")
        self.assertIn("left out: 1 line\n", done.stderr)
        out.unlink()
        self.document("submit", "--ndjson", path, "--rejects", out, code=EXIT_BAD)  # sends nothing
        self.assertEqual(out.read_text(), f"not JSON\n{NOT_ACCEPTABLE}\n[]\n")
        self.assertIn(f"4 lines refused, copied to {out}\n", done.stderr)
        again = self.opsctl("submit", "--ndjson", path)
        self.assertEqual(again.returncode, EXIT_BAD)
        self.assertIn("nothing to send: all 7 lines are in the journal\n", again.stdout)
        self.assertIn("refused    4, 4 of them before, not sent again\n", again.stdout)
        self.assertIn("4 lines refused by an earlier run: --rejects", again.stderr)

    def test_rejects_of_a_good_file(self):
        self.up()
        out = self.home / "r"
        self.ok("submit", "--ndjson", self.file("f", payloads(2)), "--rejects", out)
        self.assertEqual(out.read_text(), "")

    def test_rejects_has_a_place_of_its_own(self):
        self.up()
        path = self.file("f", "bad\n")
        for name in (path, path + ".opsctl-journal"):
            self.refused(EXIT_USAGE, "--rejects", "submit", "--ndjson", path, "--rejects", name)
        with open(self.home / "out", "w") as out:
            done = self.opsctl("submit", "--ndjson", path, "--rejects", str(self.home / "out"), stdout=out,
                               stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.refused(EXIT_CONFIG, "directory", "submit", "--ndjson", path, "--rejects", str(self.home))
        self.refused(EXIT_CONFIG, "nowhere/r", "submit", "--ndjson", path, "--rejects", str(self.home / "nowhere/r"))
        self.assertEqual(pathlib.Path(path).read_text(), "bad\n")

    def test_rejects_on_a_full_disk(self):
        """The report is there all the same."""
        self.up()
        args = ("submit", "--ndjson", self.file("f", "bad\n" + payloads(2)), "--rejects", "/dev/full")
        document = self.document(*args, "--wait", code=EXIT_REMOTE)
        self.assertEqual((document["accepted"], document["refused"]), (2, 1))
        self.assertIn("/dev/full", document["error"]["message"])
        self.assertIsNone(document["error"]["next"])

    def test_retry(self):
        """A service that refuses what the next version of it takes."""
        self.up()
        refusing, path = Service(self), self.file("f", payloads(10))
        document = self.document("submit", "--ndjson", path, "--context", refusing.context, code=EXIT_BAD)
        self.assertEqual((document["refused"], document["left"]), (10, 0))
        self.assertEqual(self.document("submit", "--ndjson", path, code=EXIT_BAD)["refused_before"], 10)
        document = self.document("submit", "--ndjson", path, "--retry-refused", "--wait")
        self.assertEqual((document["retried_refused"], document["accepted"], document["refused_before"]), (10, 10, 0))
        self.assertEqual(document["verified"]["stored"], 10)
        document = self.document("submit", "--ndjson", path, "--retry-refused")  # there are none any more
        self.assertEqual((document["retried_refused"], document["accepted"], document["accepted_before"]), (0, 0, 10))


class Service:
    """Stands in for ops-api: holds all requests until so many are there, then answers each."""

    def __init__(self, test, hold=1, status=lambda body: 400):
        arrived, self.bodies, lock = threading.Barrier(hold), [], threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with lock:
                    service.bodies.append(body)
                arrived.wait(LIMIT_S)
                code = status(body)
                answer = b'{"error":"no","id":"i","object":"o"}'
                self.send_response(code)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.context = test.other_context("fake", url=f"http://127.0.0.1:{server.server_port}",
                                          secret=f"file:{test.local}/token")


class StopOnErrorTest(SystemTest):
    def test_none_is_begun_after_the_error(self):
        """Four are under way when the first is refused: these four, and no other, were sent."""
        self.up()
        refused = threading.Event()

        def status(body):
            if body == "bad":
                refused.set()
                return 400
            refused.wait(LIMIT_S)
            wait_until(lambda: "\nx 2\n" in journal.read_text(), "the refusal was read")
            return 200

        service = Service(self, hold=4, status=status)
        path = self.file("f", payloads(1) + "bad\n" + payloads(98, 1))
        journal = pathlib.Path(path + ".opsctl-journal")
        args = ("submit", "--ndjson", path, "--context", "fake", "--stop-on-error", "-c", "4")
        document = self.document(*args, code=EXIT_BAD)
        self.assertEqual(len(service.bodies), 4)
        self.assertEqual(document["stopped_at"], 2)
        self.assertEqual(document["under_way"], [{"line": n, "outcome": "accepted"} for n in (1, 3, 4)])
        self.assertEqual((document["accepted"], document["refused"], document["left"]), (3, 1, 96))

    def test_text(self):
        self.up()
        path = self.file("f", payloads(2) + "bad\n" + payloads(100, 2))
        done = self.opsctl("submit", "--ndjson", path, "--stop-on-error", "-c", "1")
        self.assertIn("stopped    at line 3; 0 others under way then\n", done.stdout)
        self.assertIn("100 lines left;", done.stderr)

    def test_line_that_cannot_be_sent(self):
        """No thread goes on behind it."""
        self.up()
        path = self.file("f", LONG + "\n" + payloads(100))
        document = self.document("submit", "--ndjson", path, "--stop-on-error", "-c", "8", code=EXIT_BAD)
        self.assertEqual((document["stopped_at"], document["under_way"]), (1, []))
        self.assertEqual((document["accepted"], document["left"]), (0, 100))


if __name__ == "__main__":
    main()
