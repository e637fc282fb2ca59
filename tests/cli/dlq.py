"""opsctl dlq: dead letters judged, shown, put back, removed."""
import os
import pathlib
import pty
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

BROKEN = "CAST(replace(CAST(body AS TEXT), 'opsctl', 'other!') AS BLOB)"  # its digest does not fit


class DlqTest(SystemTest):
    def letters(self):
        return self.document("dlq", "ls")["letters"]

    def test_empty(self):
        self.up()
        done = self.opsctl("dlq", "ls")
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, ""))
        self.assertEqual(done.stderr, "no dead letters\n")
        document = self.document("dlq", "ls")
        self.assertEqual((document["letters"], document["count"]), ([], 0))
        for verb, done in (("redrive", "redriven"), ("purge", "purged")):
            self.assertEqual(self.ok("dlq", verb, "--all"), f"{done} 0\n")  # nothing to ask about

    def test_ls(self):
        ids = self.bury(None, BROKEN)
        self.assertEqual(len(ids), 2)
        good, bad = self.letters()
        self.assertEqual((good["verdict"], good["why"]), ("would_pass", None))
        self.assertEqual(bad["verdict"], "damaged")
        self.assertIn("digest", bad["why"])
        self.assertEqual((good["receives"], good["records"], good["foreign"]), (5, 1, False))
        document = self.document("dlq", "ls", "--max", "1")
        self.assertEqual((document["count"], document["more"]), (1, True))
        done = self.opsctl("dlq", "ls")
        self.assertEqual(done.returncode, EXIT_OK)
        header, first, second, _, *causes = done.stdout.splitlines()
        self.assertEqual(header.split(), ["ID", "AGE", "RECEIVES", "BYTES", "OBJECT", "VERDICT"])
        self.assertTrue(first.startswith(ids[0]) and first.rstrip().endswith("would pass"))
        self.assertIn("still fails: ", second)
        self.assertEqual([line.split()[:3] for line in causes], [
            ["LETTERS", "VERDICT", "CAUSE"], ["1", "would", "pass"], ["1", "still", "fails"]])
        self.assertEqual(done.stderr, "1 letter would be stored now\nrun: opsctl dlq redrive --passing\n")

    def test_body_that_was_lost(self):
        """The queue has lost the time with it."""
        ids = self.bury(None)
        with self.database() as database:
            database.execute("DELETE FROM message WHERE id = ?", (ids[0],))
        letter, = self.letters()
        self.assertEqual((letter["sent_at"], letter["age_s"], letter["verdict"]), (None, None, "damaged"))
        self.assertEqual(self.ok("dlq", "ls").splitlines()[1].split()[:3], [ids[0], "unknown", "5"])
        self.assertNotIn("1970", self.ok("dlq", "show", ids[0]))

    def test_fits_a_terminal(self):
        """Nothing is cut: what has no place in a row stands below it."""
        ids = self.bury(None, "x'00'")
        shown = self.on_terminal("dlq", "ls", "--color=never", columns=80).splitlines()
        self.assertEqual([line for line in shown if len(line) > 80], [])
        for letter in self.document("dlq", "ls")["letters"]:
            self.assertIn(letter["id"], ids)
            self.assertTrue(any(line.startswith("    " + letter["object"]) for line in shown), shown)

    def test_next_step_is_for_the_same_system(self):
        self.bury(None)
        name = self.other_context("mine", queue=f"sqlite:{self.local}/queue.db", store=f"file:{self.local}/store",
                                  secret=f"file:{self.local}/token")
        for args, step in (((), "redrive --passing"), (("--context", name), f"redrive --passing --context {name}")):
            self.assertTrue(self.opsctl("dlq", "ls", *args).stderr.endswith(f"\nrun: opsctl dlq {step}\n"))

    def test_what_ops_api_says(self):
        """Whatever changed since a record was accepted: it is judged by the code that accepts."""
        changes = ('"1693561101"', '"yesterday"'), ('"email_timestream":', '"something_else":'), ('"value"', '"other"')
        ids = self.bury(None, None, None)
        with self.database() as database:
            for row, (old, new) in zip(ids, changes):
                body, = database.execute("SELECT body FROM message WHERE id = ?", (row,)).fetchone()
                body = body.replace(old.encode(), new.encode())
                database.execute("UPDATE message SET body = ?, sha256 = ? WHERE id = ?",
                                 (body, hashlib.sha256(body).hexdigest(), row))
        first, second, third = self.letters()
        self.assertEqual([l["verdict"] for l in (first, second, third)],
                         ["not_acceptable", "not_acceptable", "would_pass"])
        self.assertRegex(first["why"], r"^record opsctl_\S+: email_timestream: must be ")
        self.assertRegex(second["why"], r"^record opsctl_\S+: .*four")

    def test_causes_are_counted(self):
        """Whichever record it was, the reason is the same."""
        ids = self.bury(None, None, None)
        with self.database() as database:
            for row in ids[:2]:
                body, = database.execute("SELECT body FROM message WHERE id = ?", (row,)).fetchone()
                body = body.replace(b'"1693561101"', b'"yesterday"')
                database.execute("UPDATE message SET body = ?, sha256 = ? WHERE id = ?",
                                 (body, hashlib.sha256(body).hexdigest(), row))
        causes = self.document("dlq", "ls")["causes"]
        self.assertEqual([(c["verdict"], c["letters"], c["example"]) for c in causes],
                         [("not_acceptable", 2, ids[0]), ("would_pass", 1, ids[2])])
        self.assertNotIn("opsctl_", causes[0]["why"])

    def test_what_the_store_says(self):
        self.bury(None, None)
        one, two = self.letters()
        store = self.local / "store"
        for letter, change in ((one, b""), (two, b"x")):
            body = self.opsctl("dlq", "show", "--body", letter["id"]).stdout.encode()
            database = self.database()
            with database:  # the worker stores a copy under the key; then the letter differs or not
                state, = database.execute("SELECT received_to FROM state").fetchone()
                database.execute("INSERT INTO message (id, sent_at_ms, record_count, object, sha256,"
                                 " traceparent, body) VALUES (?, 1, 1, ?, ?, '', ?)",
                                 (state + 1, letter["object"], hashlib.sha256(body + change).hexdigest(),
                                  body + change))
            with Up(self) as up:
                wait_until(lambda: (store / letter["object"]).exists(), "it is stored")
                up.stop()
        self.assertEqual([l["verdict"] for l in self.letters()], ["stored_already", "clashes"])
        self.assertEqual(self.document("dlq", "redrive", "--yes", one["id"])["skipped"], 1)
        done = self.opsctl("dlq", "redrive", "--all", "--dry-run")
        self.assertIn("left alone 1, stored already\nrun: opsctl dlq purge --stored", done.stderr)
        self.assertEqual(self.document("dlq", "purge", "--stored", "--yes")["purged"], 1)
        self.assertEqual([l["verdict"] for l in self.letters()], ["clashes"])

    def test_show(self):
        ids = self.bury(None)
        out = self.ok("dlq", "show", ids[0])
        for word in (f"id        {ids[0]}\n", "receives  5\n", "verdict   would pass\n", "record    opsctl_"):
            self.assertIn(word, out)
        document = self.document("dlq", "show", ids[0])
        body = self.ok("dlq", "show", "--body", ids[0])
        record = json.loads(body)
        self.assertEqual(document["record_ids"], [record["id"]])
        self.assertEqual(record["data"], json.loads(PAYLOAD))
        self.assertEqual(document["sha256"], hashlib.sha256(body.encode()).hexdigest())
        self.assertEqual(self.document("dlq", "show", "--body", ids[0])["body"], body)
        err = self.refused(EXIT_NOTFOUND, "no-such-id", "dlq", "show", "no-such-id")
        self.assertIn("opsctl dlq ls", err)

    def test_redrive_one(self):
        ids = self.bury(None, None)
        self.assertEqual(self.ok("dlq", "redrive", "-n", ids[1]),
                         f"ID  VERDICT\n{ids[1]}   would pass\nwould be redriven 1\n")
        self.assertEqual(len(self.letters()), 2)
        self.assertEqual(self.document("dlq", "redrive", "--yes", ids[1])["redriven"], 1)
        self.assertEqual([l["id"] for l in self.letters()], ids[:1])
        self.up()
        wait_until(lambda: len(self.records()) == 1, "it is stored")
        self.assertEqual(self.document("verify-s3")["records"], 1)

    def test_redrive_all(self):
        ids = self.bury(None, BROKEN, None)
        dry = self.ok("dlq", "redrive", "--all", "-n").splitlines()
        self.assertTrue(dry[2].startswith(f"{ids[1]}   still fails: the body"), dry)
        self.assertEqual(dry[4], "would be redriven 3, 1 of which would fail again")
        document = self.document("dlq", "redrive", "--all", "-n")
        self.assertEqual([(l["id"], l["verdict"]) for l in document["letters"]],
                         list(zip(ids, ("would_pass", "damaged", "would_pass"))))
        self.assertEqual((document["verdicts"]["damaged"], document["redriven"]), (1, 3))
        self.assertEqual(self.ok("dlq", "redrive", "--all", "-y"), "redriven 3, 1 of which will fail again\n")
        self.assertEqual(self.letters(), [])
        self.up()
        wait_until(lambda: len(self.records()) == 2, "the good ones are stored")

    def test_redrive_those_that_pass(self):
        ids = self.bury(None, BROKEN, None)
        code, shown = self.answer("y\n", "dlq", "redrive", "--passing")
        self.assertEqual(code, EXIT_OK)
        self.assertIn("Put back 2 dead letters of context local?", shown)
        self.assertEqual([l["id"] for l in self.letters()], ids[1:2])
        self.assertEqual(self.ok("dlq", "redrive", "--passing"), "redriven 0\n")
        self.refused(EXIT_USAGE, "--passing", "dlq", "redrive", "--passing", "--all")

    def test_the_first_goes_first(self):
        """The others follow when its object is stored; without a worker they do not."""
        ids = self.bury(None, None, None)
        with Up(self) as up:
            done = self.opsctl("dlq", "redrive", "--passing", "--yes", "--rate", "100")
            self.assertEqual((done.returncode, done.stdout), (EXIT_OK, "redriven 3\n"), done.stderr)
            self.assertRegex(done.stderr, r"^the first is stored: \S+\.ndjson\n$")
            wait_until(lambda: len(self.records()) == 3, "all are stored")
            up.stop()
        self.assertEqual(self.letters(), [])
        self.assertEqual(len(ids), 3)

    def test_the_first_does_not_arrive(self):
        self.bury(None, None, None)
        with Up(self) as up:
            worker = up.ready["worker_pid"]
            freeze(worker)
            try:
                err = self.refused(EXIT_TIMED_OUT, "the other 2 were left alone",
                                   "dlq", "redrive", "--passing", "--yes", "--timeout", "200ms")
            finally:
                os.kill(worker, signal.SIGCONT)
            self.assertIn("opsctl health", err)
            self.assertEqual(self.document("dlq", "redrive", "--passing", "--yes", "--at-once")["redriven"], 2)
            wait_until(lambda: len(self.records()) == 3, "all are stored")
            up.stop()

    def test_read_only(self):
        """Nothing is changed in such a context; dry runs are."""
        ids = self.bury(None)
        self.contexts.parent.mkdir(parents=True, exist_ok=True)
        self.contexts.touch(0o600)
        values = f"queue = sqlite:{self.local}/queue.db\nstore = file:{self.local}/store\n"
        self.contexts.write_text(f"[look]\n{values}access = read-only\n[sure]\n{values}access = confirm\n")
        for verb in ("redrive", "purge"):
            self.refused(EXIT_PERMISSION, "context look is read-only", "dlq", verb, "--yes", *ids, "--context", "look")
            self.ok("dlq", verb, "--dry-run", *ids, "--context", "look")
        self.refused(EXIT_USAGE, "--confirm sure", "dlq", "purge", "--yes", *ids, "--context", "sure")
        purge = ("dlq", "purge", *ids, "--context", "sure")
        code, shown = self.answer("y\n", *purge, mark=b"to go on:")
        self.assertEqual(code, EXIT_BAD)
        self.assertIn("context sure, 1 of which would be stored now; what is not stored is lost then? "
                      "Type sure to go on:", shown)
        self.assertIn("not confirmed, nothing was changed", shown)
        self.assertEqual(len(self.letters()), 1)
        self.assertEqual(self.answer("sure\n", *purge, mark=b"to go on:")[0], EXIT_OK)
        self.assertEqual(self.letters(), [])
        ids = self.bury(None)
        self.refused(EXIT_USAGE, "the context is sure", "dlq", "purge", "--confirm", "other", *ids, "--context", "sure")
        self.assertEqual(self.document("dlq", "purge", "--confirm", "sure", *ids, "--context", "sure")["purged"], 1)

    def test_purge(self):
        ids = self.bury(None, None, None)
        self.assertEqual(self.ok("dlq", "purge", "--dry-run", "--all").splitlines()[-1],
                         "would be purged 3, 3 of which would be stored now")
        self.assertEqual(self.ok("dlq", "purge", "--yes", ids[0]), "purged 1, 1 of which would have been stored\n")
        self.assertEqual([l["id"] for l in self.letters()], ids[1:])
        self.assertEqual(self.document("dlq", "purge", "--yes", "--all")["purged"], 2)
        self.assertEqual(self.letters(), [])

    def test_one_wrong_id_changes_nothing(self):
        ids = self.bury(None)
        for verb in ("redrive", "purge"):
            self.refused(EXIT_NOTFOUND, "no dead letter has the id 'nope'\n", "dlq", verb, "--yes", ids[0], "nope")
        self.assertEqual(len(self.letters()), 1)

    def test_an_id_named_twice(self):
        ids = self.bury(None, None)
        self.assertEqual(self.ok("dlq", "redrive", "-n", ids[0], ids[0]).splitlines()[1:],
                         [f"{ids[0]}   would pass", "would be redriven 1"])
        self.refused(EXIT_NOTFOUND, "has the id 'no', nor 1 more of these 3", "dlq", "purge", "--yes", "no", ids[0], "pe")
        self.assertEqual(self.document("dlq", "purge", "--yes", ids[0], ids[0])["purged"], 1)
        self.assertEqual([l["id"] for l in self.letters()], ids[1:])

    def test_all_are_those_that_were_asked_about(self):
        """A letter that dies while the question stands was not agreed to."""
        self.bury(None)
        code, shown = self.answer("y\n", "dlq", "purge", "--all", while_asked=self.one_more)
        self.assertEqual(code, EXIT_OK)
        self.assertIn("Remove for good 1 dead letter of", shown)
        self.assertEqual([l["receives"] for l in self.letters()], [7])

    def one_more(self):
        database = self.database()
        with database:
            (last,), = database.execute("SELECT max(id) FROM message")
            database.execute("INSERT INTO message (id, sent_at_ms, record_count, object, sha256, traceparent, body)"
                             " SELECT id + 1, sent_at_ms, record_count, '', sha256, '', body FROM message WHERE id = ?", (last,))
            database.execute("INSERT INTO dead (id, receive_count) VALUES (?, 7)", (last + 1,))
            database.execute("UPDATE state SET received_to = ?", (last + 1,))
        database.close()

    def test_question(self):
        ids = self.bury(None)
        for verb in ("redrive", "purge"):
            err = self.refused(EXIT_USAGE, "terminal", "dlq", verb, ids[0])
            self.assertIn("--yes", err)
            self.refused(EXIT_USAGE, "--all", "dlq", verb)
            self.refused(EXIT_USAGE, "--all", "dlq", verb, "--all", ids[0])
        self.assertEqual(self.answer("n\n", "dlq", "purge", ids[0])[0], EXIT_BAD)
        self.assertEqual(len(self.letters()), 1)
        code, shown = self.answer("y\n", "dlq", "purge", ids[0])
        self.assertEqual(code, EXIT_OK)
        self.assertIn("Remove for good 1 dead letter of context local", shown)
        self.assertEqual(self.letters(), [])

    def answer(self, text, *args, while_asked=lambda: None, mark=b"[y/N]"):
        """Run it on a terminal and type; (exit status, all that was shown)."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.opsctl_path, ["opsctl", *args], self.env)
        shown = b""
        try:
            while mark not in shown:
                shown += os.read(terminal, 1000)
            while_asked()
            os.write(terminal, text.encode())
            while True:
                shown += os.read(terminal, 1000)
        except OSError:
            pass  # it ended
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


if __name__ == "__main__":
    main()
