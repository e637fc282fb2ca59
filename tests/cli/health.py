"""opsctl health and queue stat."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

ROWS = ["api", "worker", "queue", "dead letters", "store", "secret", "progress", "errors"]


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
        self.nothing_on_default_ports()
        self.up().stop()
        states = self.states(code=EXIT_BAD)
        self.assertEqual((states["api"], states["worker"]), ("bad", "bad"))
        self.assertEqual((states["queue"], states["store"], states["secret"]), ("ok", "ok", "ok"))
        self.assertEqual(states["progress"], "skipped")
        self.assertIn("opsctl up", self.rows["api"]["next"])

    def test_never_started(self):
        self.nothing_on_default_ports()
        states = self.states(code=EXIT_BAD)
        self.assertEqual({states[n] for n in ("api", "worker", "queue", "store", "secret")}, {"bad"})
        done = self.opsctl("health")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("unhealthy\n", done.stdout)
        self.assertIn("next: ", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_one_that_hangs_hides_no_other(self):
        up = self.up()
        os.kill(up.ready["worker_pid"], signal.SIGSTOP)
        states = self.states("--timeout", "200ms", code=EXIT_BAD)
        self.assertEqual([states[n] for n in ROWS[:6]], ["ok", "bad", "ok", "ok", "ok", "ok"])
        self.assertIn("ops-worker.log", self.rows["worker"]["next"])

    def test_secret_others_can_read(self):
        self.up()
        (self.local / "token").chmod(0o644)
        self.assertEqual(self.states(code=EXIT_BAD)["secret"], "bad")

    def test_dead_letters_are_a_warning(self):
        self.bury(None)
        self.up()
        self.assertEqual(self.states()["dead letters"], "warn")
        self.assertIn("opsctl dlq ls", self.rows["dead letters"]["next"])

    def test_stuck(self):
        """Messages wait for minutes and nothing is stored."""
        up = self.up()
        os.kill(up.ready["worker_pid"], signal.SIGSTOP)
        self.submit()
        with self.database() as database:
            database.execute("UPDATE message SET sent_at_ms = sent_at_ms - 600000")
            database.execute("INSERT INTO lease (id, until_ms, delivery, receive_count)"
                             " SELECT id, ?, 1, 1 FROM message", (int(time.time() * 1000) + 60000,))
            database.execute("UPDATE state SET received_to = (SELECT max(id) FROM message),"
                             " deliveries = deliveries + 1")
        os.kill(up.ready["worker_pid"], signal.SIGCONT)
        self.assertEqual(self.states(code=EXIT_BAD)["progress"], "bad")
        self.assertIn("1 messages wait", self.rows["progress"]["why"])

    def test_watch(self):
        up = self.up()
        process = subprocess.Popen([self.opsctl_path, "health", "--watch", "--interval", "100ms",
                                    "--timeout", "300ms"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.env)
        first = [process.stdout.readline() for _ in ROWS]
        self.assertEqual([line.split("  ")[1].split(" ")[0] for line in first],
                         [row.split(" ")[0] for row in ROWS])
        os.kill(up.ready["worker_pid"], signal.SIGSTOP)
        line = process.stdout.readline()
        self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+Z  worker +bad +GET ")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGINT)
        self.assertNotIn("\033", line + out)

    def test_watch_json(self):
        up = self.up()
        process = subprocess.Popen([self.opsctl_path, "health", "--watch", "--interval", "100ms",
                                    "--timeout", "300ms", "--json"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        self.assertTrue(json.loads(process.stdout.readline())["healthy"])
        os.kill(up.ready["worker_pid"], signal.SIGSTOP)
        self.assertFalse(json.loads(process.stdout.readline())["healthy"])
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
        os.kill(up.ready["worker_pid"], signal.SIGSTOP)
        self.submit()
        document = self.document("queue", "stat")
        self.assertEqual((document["visible"], document["in_flight"], document["dead"]), (1, 0, 0))
        self.assertEqual(document["schema"], "opsctl/queue-stat/1")

    def test_no_queue(self):
        err = self.refused(EXIT_NOTFOUND, "queue.db", "queue", "stat")
        self.assertIn("opsctl up", err)


if __name__ == "__main__":
    main()
