"""opsctl health and queue stat."""
import contextlib
import pathlib
import pty
import re
import shlex
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

ROWS = ["api", "worker", "queue", "dead letters", "store", "secret", "token", "progress", "errors"]


def timeless(text):
    """Without what a clock says that stands at the beginning, in a replay, and went on, when it was recorded."""
    return re.sub(r'last stored \d+ s|"(at|since_last_success_s|age_s)":[^,}]+', "then", text)


class HealthTest(SystemTest):
    def states(self, *args, code=EXIT_OK):
        document = self.document("health", *args, code=code)
        self.assertEqual(document["healthy"], code == EXIT_OK)
        self.rows = {c["name"]: c for c in document["checks"]}
        self.assertEqual(list(self.rows), ROWS)
        for row in self.rows.values():
            if row["state"] in ("bad", "warn"):
                self.assertTrue(row["why"] and row["next"], row)
        return {name: row["state"] for name, row in self.rows.items()}

    def test_healthy(self):
        self.up()
        self.submit("--wait")
        self.assertEqual(set(self.states().values()), {"ok"})
        self.assertEqual(self.rows["queue"]["values"]["visible"], 0)
        self.assertIn(hashlib.sha256(self.token().encode()).hexdigest()[:8], self.rows["secret"]["detail"])
        out = self.ok("health")
        self.assertEqual([line[:12].strip() for line in out.splitlines()], ROWS + ["healthy"])
        self.assertNotIn("\033", out)
        self.assertIn("\033[32mok", self.ok("health", "--color", "always"))
        self.assertNotIn(self.token(), out)

    def test_nothing_runs(self):
        """Whatever listens on the default ports is another system: it is not asked."""
        up = self.up()
        up.stop()
        state = self.local / "up.ini"
        state.write_text(f"url = {up.url}\nworker-admin-url = {up.url}\n")  # of one that was killed
        states = self.states(code=EXIT_BAD)
        self.assertEqual((states["api"], states["worker"]), ("bad", "bad"))
        self.assertEqual(self.rows["api"]["why"], f"nothing runs in {self.local}")
        self.assertEqual(self.rows["worker"]["next"], "run: opsctl up")
        self.assertEqual(states["token"], "skipped")
        self.assertEqual((states["queue"], states["store"], states["secret"]), ("ok", "ok", "ok"))
        self.assertEqual(states["progress"], "skipped")

    def test_never_started(self):
        states = self.states(code=EXIT_BAD)
        self.assertEqual({states[n] for n in ("api", "worker", "queue", "store", "secret")}, {"bad"})
        done = self.opsctl("health")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("unhealthy\n", done.stdout)
        self.assertIn("next: ", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_never_started_is_one_cause(self):
        causes = self.document("health", "--why", code=EXIT_BAD)["causes"]
        self.assertEqual([c["name"] for c in causes], ["not-running"])

    def test_stopped_by_a_signal(self):
        up = self.up()
        pid = up.ready["worker_pid"]
        freeze(pid)
        self.submit()
        def look(timeout):
            cause, = self.document("health", "--why", "--timeout", timeout, code=EXIT_BAD)["causes"]
            self.assertEqual((cause["name"], cause["next"]), ("worker-fails", f"run: kill -CONT {pid}"))
            return cause

        cause = given_time(look)
        self.assertIn("stopped by a signal", cause["text"])
        self.assertIn("1 message in the queue", cause["evidence"])
        os.kill(pid, signal.SIGCONT)

    def test_replay_of_one_machine(self):
        """Queue, store and secret speak no HTTP; what was found out about them is kept."""
        up = self.up()
        self.submit("--wait")
        file = self.home / "recording"
        runs = (["queue", "stat"], ["health"], ["health", "--why"], ["health", "--json"])
        recorded = {}
        for i, args in enumerate(runs):
            recorded[i] = self.ok(*args, "--record", f"{file}{i}")
            self.assertNotIn(self.token(), pathlib.Path(f"{file}{i}").read_text())
        up.stop()
        for i, args in enumerate(runs):
            with self.subTest(args):
                code, out, errors = self.replayed(f"{file}{i}", *args)
                self.assertEqual((code, timeless(out), errors), (EXIT_OK, timeless(recorded[i]), ""))

    def test_replay_of_dead_letters(self):
        self.bury(None, "replace(body, 'email_timestream', 'other')")
        file = self.home / "recording"
        recorded = self.opsctl("health", "--why", "queue", "dead letters", "--record", file)
        self.assertIn("1 would pass", recorded.stdout)
        self.assertEqual(self.replayed(file, "health", "--why", "queue", "dead letters"),
                         (recorded.returncode, recorded.stdout, ""))

    def test_replay_claims_nothing(self):
        """Of a command that was killed there is no end: nothing is known of what is on one machine."""
        self.up()
        file = self.home / "recording"
        self.ok("health", "--why", "--record", file)
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
        document = self.document("--replay", file, "health", "--why")
        self.assertEqual((document["healthy"], document["causes"]), (True, []))
        self.assertEqual({c["name"]: c["state"] for c in document["checks"]},
                         {"api": "ok", "worker": "ok", "queue": "unchecked", "dead letters": "skipped",
                          "store": "unchecked", "secret": "unchecked", "token": "skipped", "progress": "ok",
                          "errors": "ok"})

    def replayed(self, file, *args):
        """(exit status, output, errors), less that a next step is for the system that was recorded."""
        done = self.opsctl("--replay", file, *args)
        words = [text.replace("on the system that was recorded, ", "").replace(" --context local", "")
                 for text in (done.stdout, done.stderr)]
        return done.returncode, *words

    def test_replay_of_what_could_not_be_used(self):
        """It says what was said then: also where a system runs by now, and of one that was only ill."""
        file = self.home / "recording"
        for args in (["token", "show"], ["queue", "stat"], ["health"], ["health", "--why"]):
            recorded = self.opsctl(*args, "--record", file)
            self.assertEqual(self.replayed(file, *args), (recorded.returncode, recorded.stdout, recorded.stderr))
        self.assertIn("the system of this machine does not run", recorded.stdout)
        self.up()
        self.assertEqual(self.replayed(file, "health", "--why"), (EXIT_BAD, recorded.stdout, ""))
        (self.local / "token").chmod(0o644)
        recorded = self.opsctl("health", "secret", "--record", file)
        self.assertIn("chmod 600", recorded.stdout)
        self.assertEqual(self.replayed(file, "health", "secret"), (EXIT_BAD, recorded.stdout, ""))

    def test_one_that_hangs_hides_no_other(self):
        up = self.up()
        freeze(up.ready["worker_pid"])

        def look(timeout):
            states = self.states("--timeout", timeout, code=EXIT_BAD)
            self.assertEqual([states[n] for n in ROWS[:7]], ["ok", "bad", "ok", "ok", "ok", "ok", "ok"])

        given_time(look)
        self.assertIn("ops-worker.log", self.rows["worker"]["next"])

    def test_secret_others_can_read(self):
        self.up()
        (self.local / "token").chmod(0o644)
        states = self.states(code=EXIT_BAD)
        self.assertEqual((states["secret"], states["token"]), ("bad", "skipped"))
        self.assertEqual(self.rows["secret"]["next"], f"run: chmod 600 {self.local}/token")
        self.assertNotIn("run: ", self.rows["secret"]["why"])

    def test_wrong_token(self):
        """The system is well, but who works with this context is refused."""
        up = self.up()
        token = "whsec_" + "A" * 43 + "="
        wrong = self.file("wrong", token + "\n")
        os.chmod(wrong, 0o600)
        self.contexts.parent.mkdir(parents=True)
        self.contexts.write_text(f"[other]\nurl = {up.url}\nsecret = file:{wrong}\n")
        self.contexts.chmod(0o600)
        states = self.states("--context=other", code=EXIT_BAD)
        self.assertEqual((states["api"], states["secret"], states["token"]), ("ok", "ok", "bad"))
        self.assertEqual((self.rows["token"]["values"], self.rows["token"]["next"]),
                         ({"status": 401}, "run: opsctl token check --context other"))
        cause, = self.document("health", "--why", "--context=other", code=EXIT_BAD)["causes"]
        told = " ".join((cause["text"], *cause["evidence"], cause["next"]))
        for known in (hashlib.sha256(token.encode()).hexdigest()[:8], "401", "opsctl token check"):
            self.assertIn(known, told)
        self.assertNotIn("rotated", told)  # nobody knows that
        checked = self.document("context", "check", "other", code=EXIT_BAD)
        self.assertEqual({p["part"]: p["state"] for p in checked["parts"]},
                         {"token": "ok", "queue": "not set", "store": "not set", "ops-api": "bad"})
        self.assertIn("refuses the token", checked["parts"][3]["detail"])
        self.assertIn("accepts the token", self.document("context", "check")["parts"][3]["detail"])
        self.assertEqual(self.document("queue", "stat")["visible"], 0)  # asking queues nothing

    def test_next_steps_stay_in_the_context(self):
        """What is typed as it stands asks the same system; also where `current` names another."""
        up = self.up()
        wrong = self.file("wrong", "whsec_" + "A" * 43 + "=\n")
        os.chmod(wrong, 0o600)
        self.contexts.parent.mkdir(parents=True)
        self.contexts.write_text(f"[other]\nurl = {up.url}\nsecret = file:{wrong}\n"
                                 "queue = sqlite:/nonexistent/queue.db\n")
        self.contexts.chmod(0o600)
        named = self.opsctl("submit", "--json", "--context", "other").stdout
        found = self.opsctl("submit", "--json", env={"OPSCTL_CONTEXT": "other"}).stdout
        self.assertIn('"run: opsctl token check --context other"', named)
        self.assertIn('"run: opsctl token check"', found)
        document = self.document("health", "--why", "--context", "other", code=EXIT_BAD)
        steps = [x["next"] for x in document["checks"] + document["causes"] if x["next"]]
        steps = [s for s in steps if s.startswith("run: opsctl ")]
        self.assertTrue(steps)
        for s in steps:
            self.assertRegex(s, "context (check )?other$")
        unnamed = self.document("health", "--why", "--url", up.url, "--secret", f"file:{wrong}", code=EXIT_BAD)
        for x in (unnamed["checks"][6], unnamed["causes"][0]):
            self.assertEqual(x["next"], "run: opsctl token check  # with the same options")

    def test_next_step_of_a_service(self):
        """Its log, as the command that prints it where the context names it."""
        for logs, want in (("/ecs/api", "run: opsctl logs --service api --since 15m --context other"),
                           ("", "see: the log of ops-api")):
            self.other_context("other", url=unused_url(), **{"service.api.logs": logs} if logs else {})
            self.assertIn("api", self.states("--context=other", code=EXIT_BAD))
            self.assertEqual((self.rows["api"]["state"], self.rows["api"]["next"]), ("bad", want))

    def test_fits_a_terminal(self):
        """Also what could not be checked, all in one list; a command is one line, to be copied."""
        keys = {f"service.service-{i}.ecs": f"prod-{i}" for i in range(6)}
        self.other_context("other", url=unused_url(), cluster="prod", region="eu-central-1", **keys)
        self.env |= {"AWS_ENDPOINT_URL": unused_url(), "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
        lines = self.on_terminal("health", "--context=other", "--color=never", columns=80).splitlines()
        self.assertTrue([line for line in lines if line.startswith("could not be checked: ")])
        self.assertEqual([line for line in lines if len(line) > 80 and " next: " not in line], [])

    def test_nothing_to_ask(self):
        """A token that can be read says nothing about a system."""
        token = self.file("token", "whsec_" + "A" * 43 + "=\n")
        os.chmod(token, 0o600)
        self.contexts.parent.mkdir(parents=True)
        self.contexts.write_text(f"[other]\nsecret = file:{token}\n")
        self.contexts.chmod(0o600)
        self.assertEqual(self.states("--context=other", code=EXIT_BAD)["secret"], "ok")
        done = self.opsctl("health", "--context=other")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("\nunknown: neither ops-api nor the queue nor the store", done.stdout)

    def test_dead_letters_are_a_warning(self):
        self.bury(None)
        self.up()
        self.assertEqual(self.states()["dead letters"], "warn")
        self.assertIn("opsctl dlq ls", self.rows["dead letters"]["next"])

    def test_why_letters_are_dead(self):
        """Read where reading changes nothing; each reason is counted."""
        refused = "replace(body, 'email_timestream', 'other')"
        self.bury(None, refused, refused, None, None)
        with self.database() as database:  # its own digest: it is whole, and not acceptable
            for id, body in database.execute("SELECT id, body FROM message").fetchall():
                digest = hashlib.sha256(body if isinstance(body, bytes) else body.encode()).hexdigest()
                database.execute("UPDATE message SET sha256 = ? WHERE id = ?", (digest, id))
        database.close()
        def letters():
            return [{**letter, "age_s": None} for letter in self.document("dlq", "ls")["letters"]]

        before = letters()
        cause, = (c for c in self.document("health", "--why", code=EXIT_BAD)["causes"] if c["name"] == "dead-letters")
        self.assertEqual(cause["evidence"][0], "3 would pass")
        self.assertRegex(cause["evidence"][1], r"^2 not acceptable: \S")
        self.assertEqual(letters(), before)
        clash = next(letter["object"] for letter in before if letter["verdict"] == "would_pass")
        (self.local / "store" / clash).parent.mkdir(parents=True, exist_ok=True)
        (self.local / "store" / clash).write_bytes(b"other\n")
        cause, = (c for c in self.document("health", "--why", code=EXIT_BAD)["causes"] if c["name"] == "dead-letters")
        self.assertIn("2 would pass", cause["evidence"])  # as dlq ls has it
        self.assertRegex(" ".join(cause["evidence"]), "1 still fails: store key")

    def test_stuck(self):
        """Messages wait for minutes and nothing is stored."""
        up = self.up()
        freeze(up.ready["worker_pid"])
        self.submit()
        with self.database() as database:
            database.execute("UPDATE message SET sent_at_ms = sent_at_ms - 600000")
            database.execute("INSERT INTO lease (id, until_ms, delivery, receive_count)"
                             " SELECT id, ?, 1, 1 FROM message", (int(time.time() * 1000) + 3600000,))
            database.execute("UPDATE state SET received_to = (SELECT max(id) FROM message),"
                             " deliveries = deliveries + 1")
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        self.assertEqual(self.states(code=EXIT_BAD)["progress"], "bad")
        self.assertIn("1 message in the queue", self.rows["progress"]["why"])

    def test_errors_are_shown_by_the_next_step(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        path = self.local / "store" / self.submit()["object"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"other\n")
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        wait_until(lambda: self.states()["errors"] == "warn", "the worker refuses the message")
        step = self.rows["errors"]["next"]
        self.assertTrue(step.startswith("run: opsctl logs "), step)
        shown = self.ok(*shlex.split(step)[2:])
        self.assertEqual({line.split()[2] for line in shown.splitlines()}, {"error"})
        self.assertIn("message refused", shown)

    def test_watch(self):
        up = self.up()
        process = self.watch("--interval", "100ms", "--timeout", "300ms", stdout=subprocess.PIPE)
        first = [process.stdout.readline() for _ in ROWS]
        self.assertEqual([line.split("  ")[1].split(" ")[0] for line in first],
                         [row.split(" ")[0] for row in ROWS])
        freeze(up.ready["worker_pid"])
        self.until(process, lambda line: re.search(r"^\d{4}-\d\d-\d\dT\S+Z  worker +bad +GET ", line))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGINT)
        self.assertNotIn("\033", "".join(self.shown) + out)

    def watch(self, *args, **more):
        return subprocess.Popen([self.opsctl_path, *patient(["health", "--watch", *args])], text=True,
                                stderr=subprocess.PIPE, env=self.env, **more)

    def until(self, process, is_so):
        """What it tells, to the line that is so; other rows may change before, on a slow machine."""
        self.shown = []
        for line in process.stdout:
            self.shown.append(line)
            if is_so(line):
                return
        raise AssertionError(f"it ended: {self.shown} {process.stderr.read()}")

    def test_watch_ends_with_its_reader(self):
        """No row changes and the next look is far away: still nobody is there to see it."""
        self.up()
        for more in ([], ["--json"]):
            with self.watch("--interval", "1h", *more, stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                process.stdout.close()
                self.assertEqual(process.wait(LIMIT_S), EXIT_OK)
                self.assertEqual(process.stderr.read(), "")

    def test_watch_on_a_terminal_shows_the_time(self):
        self.up()
        master, slave = pty.openpty()
        with self.watch("--interval", "100ms", stdin=slave, stdout=slave) as process:
            os.close(slave)
            shown = b""
            while shown.count(b"healthy") < 2:
                shown += os.read(master, 4096)
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(OSError):  # EIO: it is gone
                while True:
                    shown += os.read(master, 4096)
            process.wait(LIMIT_S)
        os.close(master)
        self.assertRegex(shown.decode(), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  context local")

    def test_watch_asks_about_the_token_now_and_then(self):
        """Each question is a line in the log of ops-api; a token that is new or was bad is asked about."""
        up = self.up()
        token = pathlib.Path(self.file("token", self.token() + "\n"))  # ops-api keeps to its own
        token.chmod(0o600)
        self.other_context("other", url=up.url, secret=f"file:{token}")
        metrics = self.document("context", "show")["values"]["api-admin-url"] + "/metrics"
        looks = lambda: int((re.findall(r'route="/health",method="GET",code="200"} (\d+)',
                                        urllib.request.urlopen(metrics).read().decode()) or [0])[0])
        asked = lambda: (self.local / "ops-api.log").read_text().count('"token-accepted"')
        is_bad = lambda line: any(c["name"] == "token" and c["state"] == "bad" for c in json.loads(line)["checks"])
        began = time.monotonic()
        with self.watch("--context=other", "--interval", "100ms", "--json", stdout=subprocess.PIPE) as process:
            json.loads(process.stdout.readline())
            wait_until(lambda: looks() > 3, "it has looked again")
            self.assertLessEqual(asked(), 1 + (time.monotonic() - began) // 60)
            token.write_text("another-token\n")
            self.until(process, is_bad)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=LIMIT_S)

    def test_watch_json(self):
        up = self.up()
        worker = lambda line: next(c["state"] for c in json.loads(line)["checks"] if c["name"] == "worker")
        process = self.watch("--interval", "100ms", "--timeout", "300ms", "--json", stdout=subprocess.PIPE)
        self.until(process, lambda line: json.loads(line)["healthy"])
        freeze(up.ready["worker_pid"])
        self.until(process, lambda line: worker(line) == "bad")
        self.assertFalse(json.loads(self.shown[-1])["healthy"])
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGTERM)
        for line in out.splitlines():
            json.loads(line)


class QueueTest(SystemTest):
    def test_stat(self):
        up = self.up()
        self.submit("--wait")
        wait_until(lambda: "in flight  0\n" in self.ok("queue", "stat"), "it is deleted")
        self.assertEqual(self.ok("queue", "stat").splitlines(),
                         ["waiting    0", "in flight  0", "dead       0", "oldest     none"])
        freeze(up.ready["worker_pid"])
        self.submit()
        document = self.document("queue", "stat")
        self.assertEqual((document["visible"], document["in_flight"], document["dead"]), (1, 0, 0))
        self.assertEqual(document["schema"], "opsctl/queue-stat/1")

    def test_no_queue(self):
        err = self.refused(EXIT_NOTFOUND, "queue.db", "queue", "stat")
        self.assertIn("opsctl up", err)


if __name__ == "__main__":
    main()
