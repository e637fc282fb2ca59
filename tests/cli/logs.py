"""opsctl logs and tail of a system on this machine."""
import datetime
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

BROKEN = "CAST(replace(CAST(body AS TEXT), 'opsctl', 'other!') AS BLOB)"  # its digest does not fit


def stamp(ago_s=0):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def line(text, ago_s=0, **more):
    return json.dumps({"@timestamp": stamp(ago_s), "log.level": "info", "message": text, **more}) + "\n"


class Stream:
    """A command that prints JSON lines without end. Unbuffered: what was read and not asked for would be lost in stop()."""

    def __init__(self, cli, *args):
        self.process = subprocess.Popen([cli.opsctl_path, *args, "--json"], bufsize=0, env=cli.env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.watch = threading.Timer(LIMIT_S, self.process.kill)
        self.watch.start()
        cli.addCleanup(self.end)

    def next(self):
        text = self.process.stdout.readline()
        if not text:
            raise AssertionError(f"it ended: {self.process.stderr.read().decode()}")
        return json.loads(text)

    def stop(self, number=signal.SIGINT):
        """(exit status, what is left of stdout, stderr)"""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out.decode(), err.decode()

    def end(self):
        self.watch.cancel()
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Files(Cli):
    """Log files as a test writes them; nothing runs."""

    def setUp(self):
        super().setUp()
        self.local.mkdir(parents=True)
        self.api, self.worker = self.local / "ops-api.log", self.local / "ops-worker.log"

    def add(self, path, *lines):
        with open(path, "a") as f:
            f.write("".join(lines))

    def messages(self, *args):
        return [(o["service"], o["log"]["message"] if isinstance(o["log"], dict) else o["log"])
                for o in map(json.loads, self.ok("logs", "--json", *args).splitlines())]

    def test_no_files(self):
        self.refused(EXIT_NOTFOUND, "run: opsctl up", "logs")
        self.add(self.api, line("long ago", 3600))
        done = self.opsctl("logs")
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, ""))
        self.assertIn("nothing: 1 line read since 10m, in 2 logs", done.stderr)

    def test_one_order(self):
        self.add(self.api, line("1", 50), line("3", 30), "a crash without a time\n", line("5", 10))
        self.add(self.worker, line("2", 40), line("4", 20), line("6", 5).rstrip("\n"))
        self.assertEqual(self.messages(), [("api", "1"), ("worker", "2"), ("api", "3"),
                                           ("api", "a crash without a time"), ("worker", "4"), ("api", "5")])

    def test_span(self):
        marks = {}
        for i in range(3600):
            text = line(str(i), 3600 - i)
            marks[i] = json.loads(text)["@timestamp"]
            self.add(self.api, text)
        self.assertEqual([m for _, m in self.messages("--since", marks[3590])], [str(i) for i in range(3590, 3600)])
        self.assertEqual([m for _, m in self.messages("--since", marks[3500], "--until", marks[3503])],
                         ["3500", "3501", "3502"])

    def test_text(self):
        self.add(self.api, line("said", 1, key="v", number=3, two="a b", deep={"a": [1]}, esc="\x1b[2J"))
        self.assertRegex(self.ok("logs"),
                         r'^[-0-9:.TZ]+ api +info  said key=v number=3 two="a b" deep=\{"a":\[1\]\} esc=\?\[2J\n$')

    def test_long_lines(self):
        """What fits of one is shown, and that it was cut, also of one without an end; the next is whole."""
        limit, mark = 1 << 20, " ... (cut: the line is longer than 1 MiB)"
        self.add(self.api, line("before", 5), "a" * limit + "\n", "b" * (limit + 1) + "\n", "c" * 3 * limit + "\n",
                 line("behind", 4), "d" * 2 * limit)
        self.assertEqual(self.messages(), [("api", text) for text in (
            "before", "a" * limit, "b" * limit + mark, "c" * limit + mark, "behind", "d" * limit + mark)])

    def test_usage(self):
        self.add(self.api, line("x"))
        for args in (["--task", "1"], ["--live"], ["--service", "web"]):
            with self.subTest(args):
                self.assertEqual(self.opsctl("logs", *args).returncode, EXIT_USAGE)

    def test_follow(self):
        """Through a restart that makes the file anew, and one that cuts it."""
        self.add(self.api, line("before", 5))
        stream = Stream(self, "logs", "--follow")
        self.assertEqual(stream.next()["log"]["message"], "before")
        half = line("in two pieces")
        self.add(self.api, half[:20])
        self.add(self.api, half[20:])
        self.assertEqual(stream.next()["log"]["message"], "in two pieces")
        self.api.rename(self.api.with_suffix(".1"))
        self.add(self.api.with_suffix(".1"), line("last words"))
        self.add(self.api, line("made anew"))
        self.assertEqual(stream.next()["log"]["message"], "last words")
        self.assertEqual(stream.next()["log"]["message"], "made anew")
        self.api.write_text("")
        self.add(self.api, line("cut"))
        self.assertEqual(stream.next()["log"]["message"], "cut")
        self.add(self.worker, line("of a service that came later"))
        self.assertEqual(stream.next()["service"], "worker")
        code, _, err = stream.stop()
        self.assertEqual(code, EXIT_SIGINT)
        self.assertEqual(err.count("begins anew"), 2)

    def test_interrupted(self):
        """What is held, so that older lines may come before it, is printed, in order, before it ends."""
        for number, status in ((signal.SIGINT, EXIT_SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)):
            with self.subTest(number):
                self.add(self.api, line("first", 5), line("of the future, 2", -7200))
                self.add(self.worker, line("of the future, 1", -3600))
                stream = Stream(self, "logs", "--follow")
                self.assertEqual(stream.next()["log"]["message"], "first")
                code, out, err = stream.stop(number)
                *shown, last = map(json.loads, out.splitlines())
                self.assertEqual([o["log"]["message"] for o in shown], ["of the future, 1", "of the future, 2"])
                self.assertEqual((code, last["error"]["code"], last["error"]["exit"]), (status, "stopped", status))
                self.assertEqual(err, "opsctl: stopped after 3 lines\n")
                self.api.unlink()
                self.worker.unlink()


class DeadLetters(SystemTest):
    def test_arrival(self):
        """What was dead before is no news; what dies meanwhile is shown, once, and why."""
        old, new = self.bury(None, BROKEN)
        with self.database() as database:
            row = database.execute("SELECT * FROM message WHERE id = (SELECT max(id) FROM dead)").fetchone()
            database.execute("DELETE FROM dead WHERE id = ?", (row[0],))
            database.execute("DELETE FROM message WHERE id = ?", (row[0],))
        self.up()
        sent = self.document("submit", "--wait")
        stream = Stream(self, "tail", "--since", "1h")
        self.assertEqual(stream.next()["id"], sent["id"])
        with self.database() as database:
            database.execute(f"INSERT INTO message VALUES ({','.join('?' * len(row))})", row)
            database.execute("INSERT INTO dead (id, receive_count) VALUES (?, 5)", (row[0],))
        database.close()
        letter = stream.next()
        self.assertEqual((letter["schema"], letter["id"], letter["receives"], letter["verdict"]),
                         ("opsctl/tail-dead-letter/1", new, 5, "damaged"))
        self.document("submit", "--wait")
        self.assertEqual(stream.next()["schema"], "opsctl/verify-s3-record/1")


class Tail(Cli):
    def test_records_and_dead_letters(self):
        with Up(self):
            stream = Stream(self, "tail", "--since", "1h")  # else from the moment that it begins, if that is before
            sent = self.document("submit", "--wait")
            landed = stream.next()
            self.assertEqual((landed["schema"], landed["id"]), ("opsctl/verify-s3-record/1", sent["id"]))
            code, out, err = stream.stop()
            self.assertEqual((code, err), (EXIT_SIGINT, "opsctl: stopped after 1 record\n"), out)

    def test_with_logs(self):
        """The line of the audit log and the record: in one stream."""
        with Up(self):
            stream = Stream(self, "tail", "--logs", "--since", "1h")
            sent = self.document("submit", "--wait")
            shown = []
            while {"record", "audit"} - set(shown):
                read = stream.next()
                if read["schema"] == "opsctl/logs/1":
                    shown.append(read["log"]["message"])
                else:
                    self.assertEqual(read["id"], sent["id"])
                    shown.append("record")
            self.assertEqual(shown.count("record"), 1)

    def test_timeout(self):
        with Up(self):
            self.document("submit", "--wait")
            self.assertEqual(len(self.ok("tail", "--since", "1h", "--timeout", "200ms").splitlines()), 1)
            self.assertEqual(self.ok("tail", "--timeout", "200ms"), "")

    def test_nothing_runs(self):
        self.refused(EXIT_NOTFOUND, "opsctl up", "tail")


if __name__ == "__main__":
    main()
