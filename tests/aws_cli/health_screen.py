#!/usr/bin/env python3
"""opsctl health as people see it: whole texts, and the screen of --watch at 80x24.

With UPDATE_GOLDEN=1 the files in golden/ are written anew; look at what changed before you commit it.
"""
import os
import re
import signal
import threading

from between import Between
from health_world import *
from terminal import Terminal

GOLDEN = pathlib.Path(__file__).parent / "golden"
SICK = "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"


class OnScreen(OnHealth):
    def golden(self, name, text):
        """What differs from run to run is masked: times, ages, fingerprints."""
        for pattern, mask in ((r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "2026-11-21T08:15:30.123Z"),
                              (r"fingerprint [0-9a-f]{8}", "fingerprint 01234567"), (r"\b\d+(\s+)(?:s|min) ago", r"2\1min ago"),
                              (r"for \d+ (s|min)", "for 9 min"), (r"\d+\.\d ms", "1.2 ms")):
            text = re.sub(pattern, mask, text)
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(text, path.read_text(), f"see {path}")

    def trouble(self):
        """Tasks of api run out of memory during a rollout; one target fails; an alarm fires."""
        self.well()
        self.ecs(service(running=1, pending=1, deployments=[
            deployment("IN_PROGRESS", running=0, created_s=540), deployment("COMPLETED", "ACTIVE", running=1)],
            events=[{"id": "1", "createdAt": ago(120), "message": "(service prod-api) has started 1 tasks: (task 3)."}]),
            service("prod-worker"))
        self.rollouts(rollout("IN_PROGRESS", count=2, breaker="MONITORING", startedAt=ago(540)))
        self.targets(target(1), target(2, "unhealthy", *SICK))
        self.tasks(stopped=[stopped(n, 120 * n, exitCode=137, reason="OutOfMemoryError: Container killed due to memory usage")
                            for n in (1, 2)])
        self.logged(1, '{"log.level":"info","message":"reading"}', '{"log.level":"error","message":"too much"}')
        self.alarms(alarm(), alarm("prod-api-5xx", "ALARM"))

    def watch(self, *args, columns=80, lines=24, interval="1h"):
        argv = [lib.PROGRAMS["opsctl"], *patient(["health", "--watch", "--interval", interval, *args])]
        return self.enterContext(Terminal(argv, self.env, columns, lines))

    # ---- whole texts ----

    def test_well(self):
        self.well()
        self.golden("health-well.txt", self.ok("health"))

    def test_trouble(self):
        self.trouble()
        done = self.opsctl("health")
        self.assertEqual((done.returncode, done.stderr), (EXIT_BAD, ""))
        self.golden("health-trouble.txt", done.stdout)
        self.golden("health-why.txt", self.opsctl("health", "--why").stdout)

    def test_colors_are_only_colors(self):
        self.trouble()
        plain = self.opsctl("health", "--why").stdout
        colored = self.opsctl("health", "--why", "--color", "always").stdout
        self.assertIn("\033[31mbad", colored)
        same = lambda text: re.sub(r"\d+ (s|min)", "N", text)
        self.assertEqual(same(re.sub(r"\033\[\d*m", "", colored)), same(plain))

    def test_fits_the_terminal(self):
        self.trouble()
        argv = [lib.PROGRAMS["opsctl"], *patient(["health", "--why"])]
        terminal = self.enterContext(Terminal(argv, self.env, columns=80, lines=100))
        terminal.rest()
        self.golden("health-why-80.txt", terminal.text())

    def test_progress(self):
        """Who waits for longer than a second sees for what; nothing of it stays."""
        self.well()
        over = threading.Event()
        self.addCleanup(over.set)

        def answer(call):
            return over.wait() and None if call.action == "DescribeAlarms" else None

        with Between({"": self.peers["moto"].url}, answer) as between:
            env = self.env | {"AWS_ENDPOINT_URL_CLOUDWATCH": between.url}
            terminal = self.enterContext(Terminal([lib.PROGRAMS["opsctl"], *patient(["health"])], env))
            terminal.until(lambda text: re.search(r"^looking \[#+\.*\] .* alarms$", text), "what it waits for")
            over.set()
            terminal.rest()
        self.assertNotIn("looking", terminal.text())
        self.assertTrue(terminal.text().endswith("\nhealthy\n"))

    # ---- --watch ----

    def test_screen(self):
        self.trouble()
        terminal = self.watch()
        terminal.until(lambda text: "which are well" in text, "a look")
        self.golden("health-watch-80x24.txt", terminal.text())
        self.assertLessEqual(len(terminal.text().splitlines()), 24)

    def test_screen_with_causes(self):
        self.trouble()
        terminal = self.watch("--why")
        terminal.until(lambda text: " 1. " in text, "a cause")
        self.golden("health-watch-why-80x24.txt", terminal.text())

    def test_only_what_has_changed_is_painted(self):
        """Of a look like the one before that is the line with the time."""
        self.well()
        terminal = self.watch(interval="100ms")
        first = terminal.until(lambda text: "worker stopped" in text, "a look")
        self.assertIn(b"\033[2J", first)
        at = lambda: re.search(r"T\S+Z", terminal.text())[0]
        began = at()
        again = terminal.until(lambda _: at() != began, "another look")
        self.assertNotIn(b"\033[2J", again)
        self.assertEqual(set(re.findall(rb"\033\[(\d+);1H\033\[K.", again)), {b"1"})
        self.targets(target(1), target(2, "unhealthy", *SICK))
        terminal.until(lambda text: "1 of 2 healthy" in text, "the target")
        self.assertEqual(terminal.text().splitlines()[0].split("  ")[-1], "unhealthy")

    def test_another_size(self):
        self.trouble()
        terminal = self.watch()
        terminal.until(lambda text: "which are well" in text, "a look")
        terminal.resize(50, 10)
        terminal.until(lambda text: "more check" in text, "the smaller screen")
        self.assertLessEqual(len(terminal.text().splitlines()), 10)
        self.assertIn("unhealthy", terminal.text().splitlines()[0])  # it did not scroll
        terminal.resize(120, 50)
        terminal.until(lambda text: "run: opsctl logs --service api --since 15m" in text, "the larger one")

    def test_nothing_is_cut(self):
        """What is too long for a line goes on in the next, in whole words, and where all fits all is shown."""
        self.trouble()
        words = self.opsctl("health", "--why").stdout.partition("\n\n")[2].split()  # of the causes
        age = re.compile(r"\d+")
        for columns in (80, 60, 30):
            with self.subTest(columns):
                terminal = self.watch("--why", columns=columns, lines=100)
                terminal.until(lambda text: "see: the alarms" in " ".join(text.split()), "the last cause")
                shown = " ".join(terminal.text().split()).partition("which are well ")[2].split()
                long = [word for word in words if len(word) >= columns - 8]  # broken
                if not long:
                    self.assertEqual([age.sub("N", word) for word in shown], [age.sub("N", word) for word in words])
                self.assertEqual(age.sub("N", "".join(shown)), age.sub("N", "".join(words)))

    def test_as_many_causes_as_fit(self):
        """Whole ones, the rest counted; at any height, also one that all of it fills, nothing scrolls."""
        self.trouble()
        terminal = self.watch("--why", lines=100)
        terminal.until(lambda text: " 4. " in text, "all causes")
        whole = terminal.text()
        count = len(whole.splitlines())
        for lines in (count, count - 1, 20, 14, 8):
            with self.subTest(lines=lines):
                terminal = self.watch("--why", lines=lines)
                terminal.until(lambda text: text.strip(), "a look")
                text = terminal.text()
                self.assertIn("unhealthy", text.splitlines()[0])
                shown = len(re.findall(r"^ \d\. ", text, re.M))
                self.assertGreater(shown, 0)
                last = text.splitlines()[-1]
                if lines == count:
                    self.assertEqual(shown, 4)
                else:
                    self.assertEqual(last, f"{4 - shown} more cause{'s' * (shown < 3)}")

    def test_more_rows_than_lines(self):
        """What is wrong is shown; of the rest, how much there is."""
        names = [f"s{n}" for n in range(14)]
        self.well()
        self.values = {k: v for k, v in self.values.items() if not k.startswith("service.")}
        self.context(**{f"service.{name}.ecs": name for name in names})
        self.ecs(*(service(name, running=1 if name == "s7" else 2) for name in names))
        terminal = self.watch()
        text = terminal.until(lambda text: "which are well" in text, "a look") and terminal.text()
        self.assertIn("s7 ecs", text)
        self.assertIn("why: 1 of 2 tasks run", text)
        self.assertNotIn("s8 ecs", text)

    def test_interrupted(self):
        """The terminal is as it was, with the last look on it."""
        self.well()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            terminal = self.watch()
            terminal.until(lambda text: "worker stopped" in text, "a look")
            terminal.process.send_signal(number)
            rest = terminal.rest()
            self.assertEqual(terminal.process.wait(lib.LIMIT_S), code)
            self.assertIn(b"\033[?25h\033[?1049l", rest)
            self.assertIn(b"healthy", rest.partition(b"\033[?1049l")[2])

    def test_interrupted_while_it_asks(self):
        """Nobody waits for what does not answer."""
        self.well()
        self.answers("ecs", "DescribeServices", {"result": {"services": []}, "delay_s": lib.LIMIT_S / 2})
        terminal = self.watch("--timeout", f"{lib.LIMIT_S}s")
        wait_until(lambda: self.calls("DescribeServices"), "it asks")
        terminal.process.send_signal(signal.SIGINT)
        rest = terminal.rest()
        self.assertEqual(terminal.process.wait(lib.LIMIT_S), 130)
        self.assertIn(b"\033[?1049l", rest)
        self.assertNotIn(b"unchecked", rest)

    def test_a_dumb_terminal(self):
        """A line for each row, and nothing that it would not understand."""
        self.well()
        argv = [lib.PROGRAMS["opsctl"], *patient(["health", "--watch", "--interval", "1h"])]
        terminal = self.enterContext(Terminal(["env", "TERM=dumb", *argv], self.env))
        written = terminal.until(lambda text: "worker stopped" in text, "all rows")
        self.assertNotIn(b"\033", written)


if __name__ == "__main__":
    lib.main()
