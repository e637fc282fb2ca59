"""opsctl verify-s3: names, spans, and what lands."""
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *


class VerifyTest(SystemTest):
    def put(self, key, body, sha256=None):
        """Put an object beside the worker's, as another writer with access would."""
        path = self.local / "store" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def change(self, key, old, new):
        path = self.local / "store" / key
        path.write_bytes(path.read_bytes().replace(old, new))

    # ---- names ----

    def test_names(self):
        self.up()
        one, two = self.submit("--wait"), self.submit("--auth", "token", "--wait")
        out = self.ok("verify-s3", one["id"], two["id"], one["object"])
        self.assertEqual(len(out.splitlines()), 3)
        self.assertEqual({line.split()[0] for line in out.splitlines()}, {"ok"})
        document = self.document("verify-s3", one["id"], two["object"])
        self.assertTrue(document["ok"])
        first, second = document["objects"]
        self.assertEqual((first["id"], first["object"]), (one["id"], one["object"]))
        self.assertEqual(first["sha256"], hashlib.sha256(self.objects()[one["object"]]).hexdigest())
        self.assertEqual((second["object"], second["records"]), (two["object"], 1))

    def test_own_ids_are_found_in_the_span(self):
        self.up()
        self.submit("--id", "no-time-in-it", "--wait")
        self.ok("verify-s3", "no-time-in-it")
        self.ok("verify-s3", "no-time-in-it", "--since", "1h")
        self.refused_names(EXIT_NOTFOUND, "no-time-in-it", "--until", "30m", "--since", "2h")

    def refused_names(self, code, *args):
        done = self.opsctl("verify-s3", *args)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_missing(self):
        self.up()
        there = self.submit("--wait")
        key = "2026/11/21/08/0193504e-0000-7000-8000-000000000000.ndjson"
        done = self.refused_names(EXIT_NOTFOUND, there["id"], "opsctl_nope", key)
        self.assertIn("missing  opsctl_nope\n", done.stdout)
        self.assertIn(f"missing  {key}\n", done.stdout)
        document = self.document("verify-s3", there["id"], key, code=EXIT_NOTFOUND)
        self.assertEqual([o["ok"] for o in document["objects"]], [True, False])
        self.refused(EXIT_USAGE, "key", "verify-s3", "../../token")

    def test_damage(self):
        self.up()
        one, two = self.submit("--wait"), self.submit("--wait")
        self.change(one["object"], b"value", b"eulav")
        done = self.refused_names(EXIT_BAD, one["object"], two["id"])
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["bad", "ok"])
        done = self.refused_names(EXIT_BAD, one["id"])  # nobody can say any more what is in it
        self.assertIn(f"1 damaged object may hold it, such as {one['object']}", done.stdout)
        document = self.document("verify-s3", one["object"], "gone", code=EXIT_BAD)
        self.assertIn("sha256", document["objects"][0]["fault"])
        self.assertNotIn("eulav", self.opsctl("verify-s3", "--body", one["object"]).stdout)

    def test_body(self):
        self.up()
        one = self.submit("--wait", data='{"email_timestream":"1693561101","n":1.00}')
        line = self.objects()[one["object"]].decode()
        self.assertEqual(self.ok("verify-s3", "--body", one["object"]), line)
        self.assertEqual(self.ok("verify-s3", "--body", one["id"]), line)
        self.assertEqual(self.ok("verify-s3", "--body"), line)
        out = self.ok("verify-s3", "--body", "--json", one["id"])
        self.assertIn('"n":1.00', out)
        self.assertEqual(json.loads(out)["objects"][0]["contents"], [json.loads(line)])

    def test_body_of_a_span(self):
        """With --json too: a document for each record, and the verdict behind them."""
        self.up()
        sent = [self.submit("--wait", data='{"email_timestream":"1693561101","n":1.00}') for _ in range(3)]
        out = self.ok("verify-s3", "--body", "--json")
        documents = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([d["schema"] for d in documents],
                         ["opsctl/verify-s3-record/1"] * 3 + ["opsctl/verify-s3-span/1"])
        self.assertEqual([d["id"] for d in documents[:3]], [s["id"] for s in sent])
        self.assertEqual(out.count('"n":1.00'), 3)
        self.assertEqual(documents[-1]["records"], 3)
        self.change(sent[0]["object"], b"1.00", b"2.00")
        done = self.refused_names(EXIT_BAD, "--body")
        self.assertEqual(len([json.loads(line) for line in done.stdout.splitlines()]), 2)  # records alone
        self.assertIn(sent[0]["object"], done.stderr)

    def test_waits_for_what_is_missing(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        one = self.submit()
        process = subprocess.Popen([self.opsctl_path, "verify-s3", "--timeout", "5m", one["id"]],
                                   stdout=subprocess.PIPE, env=self.env, text=True)
        self.refused_names(EXIT_NOTFOUND, one["id"])
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_OK)
        self.assertTrue(out.startswith("ok "))

    # ---- a span ----

    def span(self, *args, code=EXIT_OK):
        """The document of one that was compared with what the worker says of itself, which must say it in time."""
        for done in iter(lambda: self.opsctl("verify-s3", "--json", *args), None):
            document = json.loads(done.stdout)
            if document["worker"] is not None:
                break
        self.assertEqual(done.returncode, code, done.stdout)
        return document

    def test_span(self):
        self.up()
        self.ok("submit", "--count", "100", "--wait")
        document = self.span("--since", "1h")
        self.assertTrue(document["ok"])
        self.assertEqual((document["records"], document["duplicate_ids"]), (100, 0))
        self.assertEqual(document["objects"], len(self.objects()))
        self.assertEqual(document["worker"], "same")
        out = self.ok("verify-s3")
        self.assertIn("records    100\n", out)
        self.assertIn("verdict    ok\n", out)
        future = self.span("--until", "2999-01-01T00:00:00Z")
        self.assertEqual((future["records"], future["worker"]), (100, "same"))
        empty = self.document("verify-s3", "--since", "2h", "--until", "1h")
        self.assertEqual((empty["ok"], empty["objects"], empty["worker"]), (True, 0, None))
        self.assertEqual(self.document("verify-s3", "--since", "2026-01-01T00:00:00Z")["records"], 100)

    def test_span_for_a_reader_that_goes_away(self):
        """What was not counted to the end is not held against the worker's count."""
        self.up()
        self.ok("submit", "--count", "300", "--payload-bytes", "2000", "--rate", "1000", "--wait")
        process = subprocess.Popen([self.opsctl_path, "verify-s3", "--body"], stdout=subprocess.PIPE, env=self.env)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(LIMIT_S), EXIT_OK)

    def test_span_with_damage(self):
        self.up()
        one, _ = self.submit("--wait"), self.submit("--wait")
        self.change(one["object"], b"value", b"eulav")
        document = self.span(code=EXIT_BAD)
        self.assertEqual((document["objects"], document["records"], document["faulty_objects"]), (2, 1, 1))
        self.assertEqual(document["faults"][0]["what"], one["object"])
        self.assertEqual(document["worker"], "same")  # it is damaged, not lost
        done = self.opsctl("verify-s3")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("verdict    bad\n", done.stdout)

    def test_lost_object(self):
        self.up()
        one = self.submit("--wait")
        self.submit("--wait")
        wait_until(lambda: self.document("queue", "stat")["in_flight"] == 0, "the worker has counted both")
        (self.local / "store" / one["object"]).unlink()
        document = self.span(code=EXIT_BAD)
        self.assertEqual((document["objects"], document["worker"]), (1, "differs"))

    def test_duplicate_ids(self):
        """Two records of one id, as two tasks of ops-api may make them of a client's retry."""
        up = self.up()
        self.submit("--id", "twice", "--wait")
        os.kill(up.ready["api_pid"], signal.SIGKILL)
        up.wait_for("restarted", "ops-api")
        self.submit("--id", "twice", "--wait")
        document = self.document("verify-s3", code=EXIT_BAD)
        self.assertEqual((document["records"], document["duplicate_ids"]), (2, 1))
        done = self.refused_names(EXIT_BAD, "twice")
        self.assertEqual(done.stdout.count("ok "), 2)
        self.assertIn("is in 2 objects", done.stderr)

    def test_other_keys_are_counted(self):
        self.up()
        self.submit("--wait")
        self.put("readme.txt", b"hello")
        document = self.document("verify-s3")
        self.assertEqual((document["ok"], document["objects"]), (True, 1))

    def test_foreign(self):
        """A message that ops-api did not make: any bytes, and no record."""
        self.up()
        with self.database() as database:
            sent_at_ms = int(time.time() * 1000)
            last, = database.execute("SELECT received_to FROM state").fetchone()
            database.execute("INSERT INTO message (id, sent_at_ms, record_count, object, sha256,"
                             " traceparent, body) VALUES (?, ?, 0, '', '', '', ?)",
                             (last + 1, sent_at_ms, b"any bytes"))
        self.submit("--wait")
        wait_until(lambda: list((self.local / "store").glob("foreign/*/*/*/*/[!.]*")), "it is stored")
        document = self.document("verify-s3")
        self.assertEqual((document["ok"], document["objects"], document["foreign_objects"]), (True, 2, 1))
        self.assertEqual(document["records"], 1)
        key, = [str(p.relative_to(self.local / "store"))
                for p in (self.local / "store").glob("foreign/*/*/*/*/[!.]*")]
        self.assertTrue(self.document("verify-s3", key)["objects"][0]["foreign"])

    # ---- what lands ----

    def follow(self, *args):
        process = subprocess.Popen([self.opsctl_path, "verify-s3", "--follow", *args], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def test_follow(self):
        self.up()
        old = self.submit("--wait")
        process = self.follow("--json", "--body", "--since", "1h")
        seen = [json.loads(process.stdout.readline())]
        self.assertEqual(seen[0]["id"], old["id"])
        ids = [self.submit("--wait")["id"] for _ in range(3)]
        seen += [json.loads(process.stdout.readline()) for _ in range(3)]
        self.assertEqual([s["id"] for s in seen[1:]], ids)
        self.assertEqual(seen[1]["schema"], "opsctl/verify-s3-record/1")
        self.assertEqual(seen[1]["data"], json.loads(PAYLOAD))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGINT)
        self.assertEqual(json.loads(out)["schema"], "opsctl/error/1")

    def test_follow_begins_now(self):
        self.up()
        old = self.submit("--wait")
        self.assertEqual(self.ok("verify-s3", "--follow", "--timeout", "600ms"), "")
        process = self.follow("--body")
        while not select.select([process.stdout], [], [], 0.3)[0]:  # it has begun when it sees the first of these
            self.submit("--wait")
        self.assertNotEqual(json.loads(process.stdout.readline())["id"], old["id"])

    def test_follow_sees_what_is_made_during_its_first_look(self):
        """That may take seconds. A key of an hour ahead stands for one that lands while it lists."""
        self.up()
        self.submit("--wait")
        made_at_ms = int(time.time() * 1000) + 3600000
        hour = time.strftime("%Y/%m/%d/%H", time.gmtime(made_at_ms // 1000))
        digits = f"{made_at_ms:012x}"
        key = f"{hour}/{digits[:8]}-{digits[8:]}-7000-8000-000000000000.ndjson"
        self.put(key, b"without a digest\n")
        done = self.opsctl("verify-s3", "--follow", "--timeout", "600ms")
        self.assertEqual(done.stdout, "")
        self.assertIn(key, done.stderr)

    def test_follow_sees_what_lands_late(self):
        """A key that was made before those that are there already, and before the last look."""
        up = self.up()
        freeze(up.ready["worker_pid"])
        late, soon = self.submit(), self.submit()
        database = self.database()
        with database:  # the first is with a worker that will never be done
            first, = database.execute("SELECT min(id) FROM message").fetchone()
            database.execute("INSERT INTO lease (id, until_ms, delivery, receive_count)"
                             " VALUES (?, ?, 1, 1)", (first, int(time.time() * 1000) + 3600000))
            database.execute("UPDATE state SET received_to = ?, deliveries = 2", (first,))
        process = self.follow("--json", "--since", "1h")
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        self.assertEqual(json.loads(process.stdout.readline())["id"], soon["id"])
        with database:
            database.execute("UPDATE lease SET until_ms = 1")
        self.submit()  # wakes the worker
        ids = {json.loads(process.stdout.readline())["id"] for _ in range(2)}
        self.assertIn(late["id"], ids)

    def test_follow_tells_damage(self):
        self.up()
        one = self.submit("--wait")
        self.change(one["object"], b"value", b"eulav")
        done = self.opsctl("verify-s3", "--follow", "--since", "1h", "--timeout", "500ms")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn(one["object"], done.stderr)

    def test_reader_that_goes_away_ends_it(self):
        self.up()
        process = self.follow("--since", "1h")
        process.stdout.close()
        self.submit()
        self.assertEqual(process.wait(LIMIT_S), EXIT_OK)
        process.stdout = open(os.devnull)

    # ---- usage ----

    def test_usage(self):
        for args, text in ((["--since", "yesterday"], "--since"), (["--until", "x"], "--until"),
                           (["--since", "1h", "--until", "2h"], "before"),
                           (["--since", "2999-01-01T00:00:00Z"], "past"), (["--since", "0s"], "past"),
                           (["--late", "5s"], "--late"), (["--timeout", "5s"], "--timeout"),
                           (["a", ""], "name 2 is empty"),
                           (["--follow", "x"], "--follow"), (["--follow", "--until", "1h"], "--follow")):
            self.refused(EXIT_USAGE, text, "verify-s3", *args)

    def test_no_store(self):
        done = self.opsctl("verify-s3", "--json")
        self.assertNotEqual(done.returncode, EXIT_OK)
        self.assertIn("opsctl up", json.loads(done.stdout)["error"]["next"])


if __name__ == "__main__":
    main()
