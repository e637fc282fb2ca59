"""opsctl trace: one record's life, from what each place tells, and what could not be looked at."""
import re

from system import *

EXIT_IN_PROGRESS = 8
NOBODY = "opsctl_01a1fed8-e055-73d9-9bb9-56ad2712dd6a"


class TraceTest(SystemTest):
    def trace(self, name, code=EXIT_OK, *args, **more):
        document = self.document("trace", name, *args, code=code, **more)
        self.assertEqual((document["schema"], document["name"]), ("opsctl/trace/1", name))
        times = [e["at"] for e in document["events"] if e["at"]]
        self.assertEqual(times, sorted(times))
        return document

    def where(self, document):
        return [e["where"] for e in document["events"]]


class Stored(TraceTest):
    def test_by_every_name(self):
        """Record, request and object lead to the same life."""
        with self.up():
            sent = self.submit("--wait")
            for name in sent["id"], sent["request_id"], sent["object"]:
                document = self.trace(name)
                self.assertEqual((document["verdict"], document["ok"]), ("stored", True))
                self.assertEqual((document["id"], document["request_id"], document["object"]),
                                 (sent["id"], sent["request_id"], sent["object"]))
                self.assertEqual(sorted(self.where(document)), ["ops-api", "ops-api", "ops-api", "store"])
                self.assertEqual(document["not_looked_at"], [])
                self.assertIsNone(document["queue"])  # not asked for what is stored

    def test_text(self):
        with self.up():
            sent = self.submit("--wait")
            lines = self.ok("trace", sent["id"]).splitlines()
        self.assertEqual((lines[0], lines[-1]), (sent["id"], "stored"))
        self.assertRegex(lines[1], r"^\d{4}-\d\d-\d\d$")
        events = [line for line in lines[1:-1] if not re.fullmatch(r"\d{4}-\d\d-\d\d", line)]  # at midnight another day
        self.assertRegex(events[0], r"^\d\d:\d\d:\d\d\.\d{3} {13}ops-api       audit event.action=token-accepted")
        self.assertRegex(events[1], r"^\d\d:\d\d:\d\d\.\d{3} +\+(\d+ ms|\d+\.\d (s|min))  ops-api       accepted$")
        self.assertIn("1 record, digest right", events[3])

    def test_fits_a_terminal(self):
        """What has no place in its line stands below, whole: ids and keys are to be copied."""
        with self.up():
            sent = self.submit("--wait")
            args = ("trace", sent["id"], "--color=never")
            lines = self.on_terminal(*args, columns=80).splitlines()
            self.assertEqual([line for line in lines if len(line) > 80], [])
            self.assertEqual(" ".join(lines).split(), self.ok(*args).split())
            self.assertIn(f"{sent['object']}:", " ".join(lines).split())

    def test_among_others_in_one_object(self):
        """Records that share an envelope: each has its own life in it."""
        with self.up() as up:
            freeze(up.ready["worker_pid"])
            ids = [self.submit()["id"] for _ in range(3)]
            os.kill(up.ready["worker_pid"], signal.SIGCONT)
            for name in ids:
                wait_until(lambda name=name: self.opsctl("trace", name).returncode == EXIT_OK, "it is stored")
                self.assertEqual(self.trace(name)["id"], name)

    def test_bearer(self):
        """Without a webhook-id the log knows the request only, the store the record only."""
        with self.up():
            sent = self.submit("--wait", "--auth", "bearer")
            self.assertEqual(self.where(self.trace(sent["id"])), ["ops-api", "ops-api", "store"])
            document = self.trace(sent["request_id"], EXIT_BAD)
            self.assertEqual(document["verdict"], "unclear")
            self.assertEqual([g["where"] for g in document["not_looked_at"]], ["store"])

    def test_id_without_time(self):
        with self.up():
            self.submit("--wait", "--id", "order-17")
            self.assertEqual(self.trace("order-17")["verdict"], "stored")

    def test_damaged(self):
        with self.up():
            sent = self.submit("--wait")
            path = self.local / "store" / sent["object"]
            path.write_bytes(path.read_bytes().replace(b"value", b"other"))
            self.assertEqual(self.trace(sent["object"], EXIT_BAD)["verdict"], "damaged")
            document = self.trace(sent["id"], EXIT_BAD)  # nobody can tell what is in it
            self.assertEqual(document["verdict"], "unclear")
            self.assertIn(f"object {sent['object']} is damaged", document["not_looked_at"][0]["why"])

    def test_twice(self):
        """The same record in another object, as when two tasks took a client's retry."""
        with self.up():
            sent = self.submit("--wait")
            store = self.local / "store"
            copy = sent["object"][:-13] + "000000" + ".ndjson"  # another envelope of that moment
            (store / copy).write_bytes((store / sent["object"]).read_bytes())
            digest = hashlib.sha256((store / copy).read_bytes()).hexdigest()
            name = pathlib.Path(copy)
            (store / name.parent / f".{name.name}.sha256").symlink_to(digest)
            document = self.trace(sent["id"], EXIT_BAD)
        self.assertEqual((document["verdict"], self.where(document).count("store")), ("twice", 2))


class NotStored(TraceTest):
    def test_on_its_way(self):
        with self.up() as up:
            freeze(up.ready["worker_pid"])
            name = self.submit()["id"]
            document = self.trace(name, EXIT_IN_PROGRESS)
            self.assertEqual((document["verdict"], document["queue"]["visible"]), ("on_its_way", 1))

    def test_refused(self):
        with self.up():
            self.opsctl("submit", "-d", NOT_ACCEPTABLE, "--id", "bad-one")
            log = self.local / "ops-api.log"  # opsctl up writes it, a moment later
            wait_until(lambda: "submission-refused" in log.read_text(), "the refusal is in the log")
            document = self.trace("bad-one", EXIT_BAD)
            self.assertEqual(document["verdict"], "refused")
            self.assertEqual(self.where(document), ["ops-api", "ops-api"])  # good token, bad payload

    def test_refused_then_accepted(self):
        with self.up():
            self.opsctl("submit", "-d", NOT_ACCEPTABLE, "--id", "second-try")
            self.submit("--wait", "--id", "second-try")
            self.assertEqual(self.trace("second-try")["verdict"], "stored")

    def test_dead(self):
        self.bury(None, "x'00'")
        ids = [line["webhook.id"] for line in self.api_log() if line.get("event.action") == "token-accepted"]
        document = self.trace(ids[0], EXIT_BAD)
        self.assertEqual(document["verdict"], "dead")
        self.assertIn("after 5 receives: would pass", document["events"][-1]["what"])
        self.assertIsNone(document["events"][-1]["at"])
        self.assertEqual(document["next"], "run: opsctl dlq ls")

    def test_lines_of_others(self):
        """A number, or a part of another's name, is no name: lines are told by their fields."""
        self.bury(None, "x'00'")
        number = sqlite3.connect(self.local / "queue.db").execute("SELECT id FROM message").fetchone()[0]
        other = {"@timestamp": f"2026-11-21T16:00:{number:02}.000Z", "message": "of another"}
        lines = [other | {"messaging.message.id": f"{number}{number}"}, other | {"records": str(number)},
                 other | {"messaging.message.id": str(number), "object": "2026/11/21/16/of-a-queue-before"}]
        mine = other | {"message": "of this one", "messaging.message.id": str(number)}
        with open(self.local / "ops-worker.log", "a") as log:
            log.writelines(json.dumps(line) + "\n" for line in [*lines, mine])
            log.write(f"16:00:00.000 info  ops-worker: in words messaging.message.id={number} x=1\n")
            log.write(f"16:00:00.000 info  ops-worker: another messaging.message.id={number}1\n")
        ids = [line["webhook.id"] for line in self.api_log() if line.get("event.action") == "token-accepted"]
        told = " ".join(e["what"] for e in self.trace(ids[0], EXIT_BAD)["events"])
        self.assertIn("of this one", told)
        self.assertIn("in words", told)
        self.assertNotIn("another", told)

    def test_coarse_clock(self):
        """A file's time is behind the clock by some ms: the store is told after what it follows."""
        with self.up():
            sent = self.submit("--wait")
            path = self.local / "store" / sent["object"]
            made_ms = int(path.name.replace("-", "")[:12], 16)
            os.utime(path, ns=(0, (made_ms - 3) * 1000000))
            self.assertEqual(self.where(self.trace(sent["id"]))[-1], "store")

    def api_log(self):
        return [json.loads(line) for line in (self.local / "ops-api.log").read_text().splitlines()]

    def test_lost(self):
        """Accepted, and then somebody removed it from the store."""
        with self.up():
            sent = self.submit("--wait")
            wait_until(lambda: self.document("queue", "stat")["in_flight"] == 0, "the worker has removed its message")
            (self.local / "store" / sent["object"]).unlink()
            document = self.trace(sent["id"], EXIT_BAD)
        self.assertEqual((document["verdict"], document["next"]), ("lost", "run: opsctl reconcile"))

    def test_nobody_knows(self):
        with self.up():
            for name in NOBODY, "nobody", "2026/11/21/16/01a1fed8-e055-73d9-9cb6-e2ed81ea2f1d.ndjson":
                document = self.trace(name, EXIT_NOTFOUND)
                self.assertEqual(document["verdict"], "unknown")
                self.assertEqual(document["next"], f"run: opsctl trace {name} --since 1d")
            self.assertRegex(self.opsctl("trace", NOBODY).stdout, r"\nlooked from \S+Z to \S+Z\n")

    def test_looks_further_back(self):
        """The next step reaches further than what was looked at, in the same context."""
        with self.up():
            for since, want in (("23h", "1d"), ("1d", "7d"), ("8d", "30d"), ("400d", None)):
                document = self.trace("nobody", EXIT_NOTFOUND, "--since", since, "--context", "local")
                self.assertEqual(document["next"], f"run: opsctl trace nobody --since {want} --context local"
                                 if want else "see whether the id is right")

    def test_places_that_are_shut(self):
        """Without its log and queue a stored record is stored all the same."""
        with self.up() as up:
            sent = self.submit("--wait")
            up.stop()
        (self.local / "ops-api.log").unlink()
        (self.local / "queue.db").unlink()
        document = self.trace(sent["id"])
        self.assertEqual(document["verdict"], "stored")
        self.assertEqual([g["where"] for g in document["not_looked_at"]], ["ops-api"])
        document = self.trace(NOBODY, EXIT_NOTFOUND)
        self.assertEqual([g["where"] for g in document["not_looked_at"]], ["ops-api", "queue", "dead letters"])
        text = self.opsctl("trace", NOBODY).stdout
        self.assertIn("\nnot looked at: queue: ", text)

    def test_long_log(self):
        """More lines than there is room for are counted."""
        with self.up() as up:
            sent = self.submit("--wait")
            up.stop()
        with open(self.local / "ops-worker.log", "a") as log:
            for i in range(300):
                log.write(json.dumps({"@timestamp": f"2026-11-21T16:00:{i % 60:02}.{i:03}Z", "message": f"line {i}",
                                      "object": sent["object"]}) + "\n")
            log.write("x" * 2_000_000 + sent["id"] + "\n")  # longer than a line may be
        document = self.trace(sent["id"])
        self.assertEqual(len(document["events"]), 200)
        self.assertGreater(document["events_left_out"], 100)
        self.assertEqual(document["verdict"], "stored")


class Usage(TraceTest):
    def test_names(self):
        for args in ((), ("a", "b"), ("",), ("a b",), ("x" * 200,), ("a\"b",), ("/" * 600,), ("a", "--since", "soon")):
            with self.subTest(args):
                self.assertEqual(self.opsctl("trace", *args).returncode, EXIT_USAGE)


if __name__ == "__main__":
    main()
