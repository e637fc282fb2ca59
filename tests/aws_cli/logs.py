"""opsctl logs, on CloudWatch Logs as moto has it."""
import json
import subprocess
import threading
import time

import system
import lib
from between import Between
from system import EXIT_CONFIG, EXIT_CREDENTIALS, EXIT_NOTFOUND, EXIT_OK, EXIT_PERMISSION, EXIT_REMOTE, EXIT_USAGE

GROUPS = {"api": "/ops/api", "worker": "/ops/worker"}
TASK_A, TASK_B = "a1" * 16, "b2" * 16


def line(message, level="info", **more):
    return json.dumps({"@timestamp": "2026-11-21T08:00:00.000Z", "log.level": level, "message": message,
                       "ecs.version": "1.6.0", "service.name": "ops-api", **more})


class OnLogs(system.OnAws):
    PEERS = ("moto",)

    def setUp(self):
        super().setUp()
        self.logs = self.client("logs")
        for service, group in GROUPS.items():
            self.logs.create_log_group(logGroupName=group)
            self.addCleanup(self.logs.delete_log_group, logGroupName=group)
        self.context(**{f"service.{s}.logs": g for s, g in GROUPS.items()})
        self.now = int(time.time() * 1000)
        self.addCleanup(self.door, "answers", "DELETE")

    def clock(self):
        """What `put` counts back from: all of one test from one time, or order would be a matter of speed."""
        return self.now / 1000

    def at(self, ago):
        """A time that does not move while the test runs."""
        at_ms = self.now - int(ago * 1000)
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms // 1000)) + f".{at_ms % 1000:03}Z"

    def stream(self, service, task):
        return f"{service}/app/{task}"

    def put(self, service, task, *events, now=None):
        """Events of (seconds before now, text)."""
        group, stream, since = GROUPS[service], self.stream(service, task), now or self.clock()
        try:
            self.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except self.logs.exceptions.ResourceAlreadyExistsException:
            pass
        self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": int(since * 1000 - ago * 1000), "message": text} for ago, text in events])

    def answer(self, action, **what):
        self.door("answers", "POST", json.dumps({"service": "logs", "action": action, **what}))

    def messages(self, *args):
        return [(o["service"], o["log"]["message"] if isinstance(o["log"], dict) else o["log"])
                for o in map(json.loads, self.ok("logs", "--json", *args).splitlines())]


class Past(OnLogs):
    def test_one_order(self):
        self.put("api", TASK_A, (50, line("1")), (30, line("3")))
        self.put("worker", TASK_B, (40, line("2")), (20, "4, not JSON"))
        self.assertEqual(self.messages(), [("api", "1"), ("worker", "2"), ("api", "3"), ("worker", "4, not JSON")])

    def test_text(self):
        self.put("api", TASK_A, (9, line("stored", "warn", **{"http.request.id": "r 1", "n": 3})))
        self.assertRegex(self.ok("logs"), r'^[0-9:.TZ-]+ api    a1a1a1a1 warn  stored http.request.id="r 1" n=3\n$')

    def test_terminals_are_not_steered(self):
        self.put("api", TASK_A, (9, "a\x1b[2Jb\x07c\u009bd\ne"), (8, line("x\x1b]0;y")))
        out = self.ok("logs", "--color", "never")
        self.assertIn("a?[2Jb?c?d\n    e\n", out)
        self.assertIn("x?]0;y", out)

    def test_colours_by_task(self):
        self.put("api", TASK_A, (9, "x"))
        self.put("api", TASK_B, (8, "y"))
        out = self.ok("logs", "--color", "always").splitlines()
        self.assertNotEqual(out[0].split(" ")[1], out[1].split(" ")[1])

    def test_filters(self):
        self.put("api", TASK_A, (9, line("one", **{"http.request.id": "id-1"})))
        self.put("api", TASK_B, (8, line("two", **{"http.request.id": "id-2"})))
        self.put("worker", TASK_B, (7, line("three")))
        for args, wanted in (
                (["--service", "worker"], ["three"]), (["--service", "worker,api"], ["one", "two", "three"]),
                (["--task", "b2"], ["two", "three"]), (["--task", TASK_A], ["one"]),
                (["--grep", "t(wo|hree)\""], ["two", "three"]), (["--request-id", "id-1"], ["one"]),
                (["--since", self.at(7.5)], ["three"]), (["--since", "1h", "--until", self.at(8.5)], ["one"])):
            with self.subTest(args):
                self.assertEqual([m for _, m in self.messages(*args)], wanted)

    def test_one_stream_is_asked_for_by_its_name(self):
        self.put("api", TASK_A, (9, "x"))
        self.door("calls", "DELETE")
        self.ok("logs", "--task", TASK_A, "--service", "api")
        params = [c["params"] for c in self.calls() if c["action"] == "FilterLogEvents"]
        self.assertEqual([p["logStreamNamePrefix"] for p in params], [self.stream("api", TASK_A)])

    def test_nothing(self):
        self.put("api", TASK_A, (9, "x"))
        done = self.opsctl("logs", "--grep", "no such thing")
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, ""))
        self.assertIn("nothing: 1 line read since 10m, in 2 logs", done.stderr)
        self.refused(EXIT_NOTFOUND, ["no log stream of a task 'c3' in 2 log groups"], "logs", "--task", "c3")

    def test_pages(self):
        """10,000 lines in pages, some of them empty; each once, in order."""
        events = [{"timestamp": self.now - 60_000 + i, "message": str(i), "eventId": f"e{i}", "logStreamName": "s"}
                  for i in range(10_000)]
        pages = [events[:4000], [], events[4000:9000], [], [], events[9000:]]
        for i, page in enumerate(pages):
            token = {"nextToken": f"t{i + 1}"} if i + 1 < len(pages) else {}
            self.answer("FilterLogEvents", result={"events": page, **token},
                        when={"logGroupName": "/ops/api", **({"nextToken": f"t{i}"} if i else {})},
                        times=1)
        self.assertEqual([m for _, m in self.messages("--service", "api")], [str(i) for i in range(10_000)])


    def pages(self, *answers):
        """Of the log of the api, each with the token for the next; one that is None is of a token that is no good."""
        for i, events in enumerate(answers):
            when = {"logGroupName": "/ops/api", **({"nextToken": f"t{i}"} if i else {})}
            if events is None:
                self.answer("FilterLogEvents", when=when, error={
                    "code": "InvalidParameterException", "status": 400,
                    "message": "The specified nextToken is invalid"})
            else:
                self.answer("FilterLogEvents", when=when, times=1, result={"events": events, "nextToken": f"t{i + 1}"})

    def test_a_token_that_is_no_good_any_more(self):
        """It reads on from a little before where it was, since lines may come late; each line once."""
        self.put("api", TASK_A, (60, "before"), (6, "late"), (5, "first"), (4, "second"))
        events = self.logs.filter_log_events(logGroupName=GROUPS["api"])["events"]
        known = next(e for e in events if e["message"] == "first")
        self.door("calls", "DELETE")
        self.pages([known], None)
        self.assertEqual(self.messages("--service", "api"), [
            ("api", "late"), ("api", "first"), ("api", "second")])
        self.assertEqual([c["params"].get("nextToken") for c in self.calls()], [None, "t1", None])
        self.assertEqual(self.calls()[2]["params"]["startTime"], known["timestamp"] - 5000)

    def test_a_token_that_is_no_good_without_a_line(self):
        """Then it is where it began, and not before."""
        self.put("api", TASK_A, (5, "first"))
        self.door("calls", "DELETE")
        self.pages([], None)
        self.assertEqual(self.messages("--service", "api"), [("api", "first")])
        first, _, again = (c["params"].get("startTime") for c in self.calls())
        self.assertEqual(first, again)

    def test_a_token_that_is_never_good(self):
        """Begun again once from each place, not for ever."""
        event = {"timestamp": self.now - 5000, "message": "first", "eventId": "e1", "logStreamName": "s"}
        self.answer("FilterLogEvents", error={"code": "InvalidParameterException", "message": "no", "status": 400},
                    when={"logGroupName": "/ops/api", "nextToken": "t1"})
        self.answer("FilterLogEvents", when={"logGroupName": "/ops/api"}, result={"events": [event], "nextToken": "t1"})
        self.door("calls", "DELETE")
        done = self.opsctl("logs", "--service", "api")
        self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
        self.assertIn("InvalidParameterException", done.stderr)
        self.assertEqual([c["params"].get("nextToken") for c in self.calls()], [None, "t1", None, "t1"])


class Refusals(OnLogs):
    def test_usage(self):
        for args, text in ((["--service", "nobody"], "knows no log of a service 'nobody'"),
                           (["--since", "tomorrow"], "since"), (["--grep", "("], "--grep '('"),
                           (["-f", "--until", "1m"], "--until"), (["--live", "--since", "1m"], "--since"),
                           (["--since", "1m", "--until", "2m"], "before --until")):
            with self.subTest(args):
                done = self.opsctl("logs", *args)
                self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""), done.stderr)
                self.assertIn(text, done.stderr)

    def test_no_logs_in_the_context(self):
        for service in GROUPS:
            del self.values[f"service.{service}.logs"]
        self.context()
        self.refused(EXIT_CONFIG, ["names no log group", "service.<name>.logs"], "logs")

    def test_missing_group(self):
        self.context(**{"service.api.logs": "/no/such"})
        self.put("worker", TASK_A, (5, "still shown"))
        done = self.opsctl("logs")
        self.assertEqual(done.returncode, EXIT_NOTFOUND, done.stderr)
        self.assertIn("still shown", done.stdout)
        self.assertIn("api: ", done.stderr)
        self.assertIn("/no/such", done.stderr)

    def test_refused(self):
        for code, error, status in ((EXIT_PERMISSION, "AccessDeniedException", 400),
                                    (EXIT_CREDENTIALS, "ExpiredTokenException", 400)):
            with self.subTest(error):
                self.answer("FilterLogEvents", error={"code": error, "message": "no", "status": status})
                done = self.opsctl("logs", "--service", "api", "--json")
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(json.loads(done.stdout)["error"]["exit"], code)
                self.door("answers", "DELETE")

    def test_no_credentials(self):
        self.assertEqual(self.opsctl("logs", env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}).returncode,
                         EXIT_CREDENTIALS)

    def test_down(self):
        done = self.opsctl("logs", "--service", "api", env={"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://127.0.0.1:1",
                                                             "AWS_MAX_ATTEMPTS": "1"})
        self.assertEqual((done.returncode, done.stdout), (EXIT_REMOTE, ""))

    def test_throttled_a_while(self):
        self.put("api", TASK_A, (5, "x"))
        self.answer("FilterLogEvents", error={"code": "ThrottlingException", "message": "Rate exceeded",
                                              "status": 400}, times=2)
        self.assertEqual(self.messages("--service", "api"), [("api", "x")])


class Streaming(OnLogs):
    def clock(self):
        return time.time()

    def stream_of(self, *args, env=None):
        """opsctl logs, its lines to be read as they come. A hang ends it."""
        with open(self.home / "stderr", "w") as err:
            process = subprocess.Popen([lib.PROGRAMS["opsctl"], "logs", "--json", *args], env=self.env | (env or {}),
                                       text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
        watch = threading.Timer(lib.LIMIT_S, process.kill)
        watch.start()
        for undo in (process.stdout.close, process.wait, process.kill, watch.cancel):
            self.addCleanup(undo)
        return process

    def stderr(self):
        return (self.home / "stderr").read_text()

    def next(self, process):
        read = json.loads(process.stdout.readline())
        return read["log"], read.get("late", False)


class Following(Streaming):
    def follow(self, *args, env=None):
        return self.stream_of("-f", *args, env=env)

    def test_late_and_new(self):
        """What comes late is printed, once; a new task is told."""
        self.put("api", TASK_A, (5, "first"))
        process = self.follow()
        self.assertEqual(self.next(process), ("first", False))
        second = time.time()
        self.put("api", TASK_A, (0, "second"), now=second)
        self.assertEqual(self.next(process), ("second", False))
        self.put("api", TASK_B, (3, "late"), now=second)
        self.assertEqual(self.next(process), ("late", True))
        self.put("worker", TASK_B, (0, "third"))
        self.assertEqual(self.next(process), ("third", False))

    def test_a_follow_survives(self):
        process = self.follow(env={"AWS_MAX_ATTEMPTS": "1"})
        self.put("api", TASK_A, (0, "before"))
        self.assertEqual(self.next(process)[0], "before")
        self.answer("FilterLogEvents", error={"code": "ThrottlingException", "message": "Rate exceeded",
                                              "status": 400}, times=4)
        self.put("api", TASK_A, (0, "meanwhile"))
        self.assertEqual(self.next(process)[0], "meanwhile")
        self.assertIn("trying again", self.stderr())
        self.assertIn("reconnected after", self.stderr())

    def test_a_reader_that_goes_away(self):
        process = self.follow()
        self.put("api", TASK_A, (0, "x"))
        self.next(process)
        process.stdout.close()
        self.assertEqual(process.wait(lib.LIMIT_S), EXIT_OK)

    def test_interrupt(self):
        process = self.follow()
        self.put("api", TASK_A, (0, "x"))
        self.next(process)
        process.send_signal(2)
        self.assertEqual(process.wait(lib.LIMIT_S), 130)
        self.assertIn("stopped after 1 line\n", self.stderr())

    def test_interrupt_of_a_call_that_hangs(self):
        """What is held is printed at once, and nobody waits for the answer."""
        seen, hangs, over = threading.Event(), threading.Event(), threading.Event()
        self.addCleanup(over.set)

        def answer(call):
            """As moto has it until "x" was seen; then one line more, and then nothing ever."""
            if not seen.is_set() or call.params.get("logGroupName") != GROUPS["api"]:
                return None
            if not held:
                held.append({"timestamp": int(time.time() * 1000), "message": "held", "eventId": "e1", "logStreamName": "s"})
                return 200, json.dumps({"events": held})
            hangs.set()
            return over.wait() and None

        held = []
        with Between({"": self.peers["moto"].url}, answer) as between:
            process = self.follow(env={"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": between.url})
            self.put("api", TASK_A, (0, "x"))
            self.assertEqual(self.next(process)[0], "x")
            seen.set()
            self.assertTrue(hangs.wait(lib.LIMIT_S), "no call hangs")
            process.send_signal(15)
            self.assertEqual(self.next(process)[0], "held")
            self.assertEqual(process.wait(lib.LIMIT_S), 143)


class Live(Streaming):
    def test_live(self):
        """moto's session is a snapshot that ends: what is in it is shown, and another begun.

        Known deviation of moto 5.2.3: whichever group is named, it is the last one that is read.
        """
        self.put("worker", TASK_A, (1, "alive"))
        process = self.stream_of("--live", "--service", "worker")
        self.assertEqual(self.next(process)[0], "alive")
        self.assertIn("billed by the minute", self.stderr())
        self.next(process)
        self.assertRegex(self.stderr(), r"another session\n-- live again; .* opsctl logs --since \S+Z --until \S+Z\n")
        process.send_signal(2)
        self.assertEqual(process.wait(lib.LIMIT_S), 130)

    def test_missing_group(self):
        self.context(**{"service.api.logs": "/no/such"})
        self.refused(EXIT_NOTFOUND, ["/no/such"], "logs", "--live", "--service", "api")


if __name__ == "__main__":
    lib.main()
