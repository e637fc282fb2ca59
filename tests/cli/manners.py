"""What every command of opsctl has in common: options anywhere, help, errors, JSON, colours, output."""
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *


class Options(Cli):
    def test_global_options_stand_anywhere(self):
        for args in (["--json", "context", "ls"], ["context", "--json", "ls"], ["context", "ls", "--json"],
                     ["--color=never", "context", "--context", "local", "ls", "--json"],
                     ["--", "context", "ls", "--json"]):
            if args[0] == "--":  # behind it, everything is a word
                self.refused(EXIT_USAGE, "'--json' is too much", *args)
            else:
                self.assertEqual(json.loads(self.ok(*args))["schema"], "opsctl/context-ls/1")

    def test_both_ways_to_give_a_value(self):
        for args in (["--context=local"], ["--context", "local"]):
            self.assertEqual(self.document("context", "show", *args)["decided_by"], "--context")

    def test_the_last_value_counts(self):
        self.assertEqual(self.document("context", "show", "--context", "x", "--context=local")["context"], "local")

    def test_wrong_options(self):
        cases = (
            (["up", "--lisen", "x"], "unknown option '--lisen'; did you mean '--listen'?"),
            (["up", "--zzzzzz"], "unknown option '--zzzzzz'\n"),
            (["up", "-Z"], "unknown option '-Z'"),
            (["--listen", "x", "up"], "belongs behind the command"),
            (["up", "--timeout"], "--timeout needs a value: TIME"),
            (["up", "--timeout", "--json"], "--timeout needs a value: TIME"),
            (["up", "--timeout=5"], "'5' is not a time such as 500ms, 30s"),
            (["up", "--timeout=1ms"], "not within 100 to 3600000 ms"),
            (["up", "--timeout=99999999999999999d"], "is not a time"),
            (["up", "--log-level=loud"], "not one of debug|info"),
            (["up", "--dir="], "the value is empty"),
            (["up", "--json=yes"], "--json takes no value"),
            (["dlq", "ls", "--max", "0"], "0 is not within 1 to 1000000"),
            (["dlq", "ls", "--max", "-5"], "-5 is not within"),
            (["dlq", "ls", "--max", "9" * 30], "is not a whole number"),
            (["dlq", "ls", "--max", "1x"], "is not a whole number"),
            (["--color=blue"], "not one of auto|always|never"),
        )
        for args, text in cases:
            with self.subTest(args=args):
                self.assertIn("run: opsctl", self.refused(EXIT_USAGE, text, *args))

    def test_wrong_commands(self):
        cases = (
            (["tokne"], "unknown command 'tokne'; did you mean 'token'?"),
            (["dlq", "lst"], "did you mean 'dlq ls'?"),
            (["redrive"], "did you mean 'dlq redrive'?"),
            (["qqqqqqqq"], "unknown command 'qqqqqqqq'\n"),
            (["x" * 5000], "unknown command"),
            (["version", "now"], "'version' takes no operands: 'now' is too much"),
            (["context", "use"], "'context use' needs NAME"),
            (["help", "nope"], "unknown command 'nope'"),
        )
        for args, text in cases:
            with self.subTest(args=args):
                self.refused(EXIT_USAGE, text, *args)

    def test_usage_errors_are_text_even_with_json(self):
        self.refused(EXIT_USAGE, "unknown command", "--json", "tokne")
        self.refused(EXIT_USAGE, "unknown option", "version", "--jsn", "--json")


class Help(Cli):
    def test_help_anywhere(self):
        want = self.ok("help", "token", "rotate")
        for args in (["token", "rotate", "-h"], ["-h", "token", "rotate"], ["token", "--help", "rotate"],
                     ["token", "rotate", "--bogus", "--help"], ["token", "rotate", "too", "many", "-h"],
                     ["token", "rotate", "-nh"]):
            with self.subTest(args=args):
                self.assertEqual(self.ok(*args), want)

    def test_nouns_and_everything(self):
        self.assertIn("Usage: opsctl dlq COMMAND", self.ok("dlq", "--help"))
        self.assertIn("Usage: opsctl COMMAND", self.ok("--help"))
        self.assertIn("Usage: opsctl COMMAND", self.ok("mistyped", "--help"))
        self.assertEqual(self.ok("--help"), self.ok("help"))

    def test_no_command(self):
        for args in ([], ["dlq"], ["--json"]):
            done = self.opsctl(*args)
            self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""))
            self.assertIn("Usage: opsctl", done.stderr)

    def test_lines_fit_a_terminal(self):
        for line in self.ok("--help").splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_version(self):
        for args in (["--version"], ["version"], ["dlq", "--version"]):
            self.assertRegex(self.ok(*args), r"^opsctl \d+\.\d+\.\d+\n$")
        libraries = self.document("version")["libraries"]
        self.assertEqual(list(libraries), ["libcurl", "openssl", "sqlite", "cjson", "expat"])
        for version in libraries.values():
            self.assertRegex(version, r"\d+\.\d+")

    def test_json_of_the_table(self):
        table = self.document("help")
        self.assertIn("up", [c["name"] for c in table["commands"]])
        self.assertEqual([c["name"] for c in self.document("help", "dlq", "ls")["commands"]], ["dlq ls"])
        self.assertEqual(self.document("dlq", "ls", "-h"), self.document("help", "dlq", "ls"))


class Failures(Cli):
    """With --json a failure is one document, and the text is still on stderr."""

    def test_document(self):
        done = self.opsctl("token", "show", "--json")
        self.assertEqual(done.returncode, EXIT_NOTFOUND)
        document = json.loads(done.stdout)
        self.assertEqual(document["schema"], "opsctl/error/1")
        self.assertEqual(document["error"]["exit"], EXIT_NOTFOUND)
        self.assertEqual(document["error"]["code"], "not_found")
        self.assertEqual(document["error"]["next"], "run: opsctl up")
        self.assertEqual(done.stderr, f"opsctl: {document['error']['message']}\nrun: opsctl up\n")

    def test_every_command_answers_in_json(self):
        """Nothing runs and nothing is there: whatever a command says, it is JSON."""
        operands = {"NAME": ["x"], "ID": ["x"], "bash|zsh|fish": ["bash"]}
        for command in self.document("help")["commands"]:
            if command["name"] == "up":
                continue  # would run
            args = command["name"].split() + operands.get(command["operands"], [])
            with self.subTest(args=args):
                done = self.opsctl(*args, "--json", stdin="{}")
                documents = [json.loads(line) for line in done.stdout.splitlines()]
                if done.returncode == EXIT_USAGE:
                    self.assertEqual(documents, [])
                    continue
                self.assertTrue(documents, done.stderr)
                if not command["is_stream"]:
                    self.assertEqual(len(documents), 1)
                for document in documents:
                    self.assertRegex(document["schema"], r"^opsctl/[a-z0-9-]+/1$")
                if done.returncode > EXIT_BAD:
                    self.assertEqual(documents[-1]["error"]["exit"], done.returncode)

    def test_hints_have_one_form(self):
        """A command in a hint stands behind "run: ", as it is to be typed; so it does in a note."""
        root = HERE.parents[1] / "cmd/opsctl"
        hints = [hint for path in sorted(root.glob("*.c")) for hint in
                 re.findall(r'(?:cli_next|look_judge|row_judge)\([^;]*?"([^";]*)"\)', path.read_text())]
        self.assertGreater(len(hints), 20)
        for hint in hints:
            self.assertNotRegex(hint, r"^(?!run: ).*\bopsctl [a-z]", hint)
            self.assertNotRegex(hint, r"^(try|look|start)\b", hint)

    def test_hints_can_be_typed(self):
        """A remark on a command stands behind #."""
        for args in (["restart", "api"], ["rollback", "api"], ["deploy", "api", "--image", "x@sha256:" + "a" * 64]):
            err = self.refused(EXIT_CONFIG, "no services of ECS", *args)
            self.assertRegex(err, r"\nrun: opsctl up  # of .*\n$|\nrun: opsctl up  # when .*\n$")

    def test_options_that_name_a_system_name_all_of_it(self):
        self.refused(EXIT_CONFIG, "--store (URL of the store) is needed, too: the options name another system",
                     "probe", "--url", "http://127.0.0.1:1")

    def test_what_options_leave_out(self):
        """There is no context that could have it."""
        token = self.home / "token"
        token.write_text("x" * 32)
        token.chmod(0o600)
        done = self.opsctl("health", "--secret", f"file:{token}")
        self.assertEqual(done.returncode, EXIT_BAD, done.stderr)
        self.assertNotIn("the context has no", done.stdout)
        for row in (r"api +- +--url is not given", r"worker +- +worker-admin-url comes with a context only",
                    r"dead letters +- +--queue is not given", r"store +- +--store is not given"):
            self.assertRegex(done.stdout, row)

    def test_verbose_shows_what_it_works_on(self):
        done = self.opsctl("queue", "stat", "-v")
        self.assertIn(f"queue             sqlite:{self.local}/queue.db\n", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_wrong_use_of_a_command_names_its_help(self):
        self.assertIn("run: opsctl dlq purge --help", self.refused(EXIT_USAGE, "--all", "dlq", "purge"))

    def test_no_home(self):
        del self.env["HOME"]
        self.refused(EXIT_CONFIG, "HOME", "context", "ls")


class Output(Cli):
    def run_with_stdout(self, stdout, *args):
        done = self.opsctl(*args, stdout=stdout, stderr=subprocess.PIPE)
        return done.returncode, done.stderr

    def test_full(self):
        with open("/dev/full", "w") as full:
            for args in (["version"], ["version", "--json"], ["--help"], ["context", "ls"]):
                code, err = self.run_with_stdout(full, *args)
                self.assertEqual((code, err), (EXIT_REMOTE, "opsctl: standard output: No space left on device\n"))

    def test_closed(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" version >&-', self.opsctl_path], env=self.env,
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, EXIT_REMOTE)
        self.assertEqual(done.stderr, "opsctl: standard output: Bad file descriptor\n")

    def test_closed_descriptors_are_not_reused(self):
        """Were fd 1 free, the next file opened would take it and the answer would go there."""
        self.ok("context", "import", "x", stdin='{"api_url":{"value":"https://x.example"}}')
        before = self.contexts.read_text()
        subprocess.run(["sh", "-c", 'exec "$0" context ls <&- >&- 2>&-', self.opsctl_path], env=self.env)
        self.assertEqual(self.contexts.read_text(), before)

    def test_nothing_to_say_is_no_error(self):
        with open("/dev/full", "w") as full:
            self.assertEqual(self.run_with_stdout(full, "context", "use", "local")[0], EXIT_OK)

    def test_reader_that_went_away(self):
        reader, writer = os.pipe()
        os.close(reader)
        for args in (["--help"], ["help", "--json"]):
            self.assertEqual(self.run_with_stdout(writer, *args), (EXIT_OK, ""))
        code, _ = self.run_with_stdout(writer, "token", "show", "--json")
        self.assertEqual(code, EXIT_NOTFOUND)  # what it would have said stays true
        os.close(writer)


class Signals(Cli):
    def test_commands_die_at_once(self):
        """Shells report it as 130 and 143; waiting for an answer is no reason to go on."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            outputs = '{"api_url":{"value":"http://127.0.0.1:%d"}}' % server.getsockname()[1]
            self.ok("context", "import", "silent", stdin=outputs)
            for number in (signal.SIGINT, signal.SIGTERM):
                process = subprocess.Popen([self.opsctl_path, "context", "check", "silent"], env=self.env,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                connection, _ = server.accept()  # now it waits for what never comes
                process.send_signal(number)
                self.assertEqual(process.wait(LIMIT_S), -number)
                self.assertEqual(process.stderr.read(), b"")
                process.stderr.close()
                connection.close()


class Plans(Cli):
    """Of a context on AWS, which is not called."""
    OUTPUTS = {
        "account_id": "123456789012", "region": "eu-west-1", "token_parameter_name": "/ops/token",
        "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/ops", "bucket_name": "ops", "cluster_name": "prod",
        "services": {name: {"ecs_service": f"prod-{name}", "log_group": f"/prod/{name}", "target_group_arns": arns}
                     for name, arns in (("api", ["arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/1"]),
                                        ("worker", []))},
    }

    def setUp(self):
        super().setUp()
        outputs = {name: {"value": value} for name, value in self.OUTPUTS.items()}
        self.ok("context", "import", "prod", "--use", stdin=json.dumps(outputs))

    def test_only_what_is_named(self):
        cases = (
            (["restart", "worker"], "prod-worker", "prod-api", ["sqs", "s3", "ssm"]),
            (["deploy", "api", "--image", "x"], "prod-api", "prod-worker", ["sqs", "s3", "ssm"]),
            (["rollback", "worker"], "prod-worker", "prod-api", ["sqs", "s3", "ssm"]),
            (["health", "worker"], "prod-worker", "prod-api", ["sqs", "s3", "ssm", "elasticloadbalancing"]),
            (["health", "store"], "ops", "prod-", ["sqs", "ssm", "ecs"]),
            (["logs", "--service", "api"], "/prod/api", "/prod/worker", ["sqs", "ecs"]),
            (["health"], "prod-api", "nobody", []),
        )
        for args, named, other, uncalled in cases:
            with self.subTest(args=args):
                calls = self.document(*args, "--plan")["calls"]
                text = json.dumps([call["resources"] for call in calls])
                self.assertIn(named, text)
                self.assertNotIn(other, text)
                self.assertEqual({call["service"] for call in calls} & set(uncalled), set())

    def test_unknown_service(self):
        err = self.refused(EXIT_NOTFOUND, "no service 'nobody', but: api, worker", "restart", "nobody", "--plan")
        self.assertNotIn("nothing was called", err)

    def test_nothing_was_called(self):
        """Said of free calls too; where there are none, there is nothing to say."""
        for args, text in ((["restart", "api"], "nothing was called\n"),
                           (["queue", "stat"], "prices are those of us-east-1; nothing was called\n"),
                           (["restart", "api", "--context", "local"], "")):
            with self.subTest(args=args):
                self.assertEqual(self.opsctl(*args, "--plan").stderr, text)

    def test_fits_a_terminal(self):
        """What has no place in a line stands below it; without a terminal a row is a line."""
        for command in ("verify", "restart api", "token show", "context check"):
            args = (*command.split(), "--plan", "--color=never")
            lines = self.on_terminal(*args, columns=80).splitlines()
            self.assertEqual([line for line in lines if len(line) > 80], [])
            shown, rows = " ".join(lines).split(), self.ok(*args).split()
            self.assertEqual(shown[:len(rows)], rows)


class Colours(Cli):
    """stdout is a terminal here, unless pipes are asked for."""

    def test_rules(self):
        cases = (
            ({}, [], True),
            ({"NO_COLOR": "1"}, [], False),
            ({"NO_COLOR": ""}, [], True),
            ({"NO_COLOR": "1"}, ["--color=always"], True),
            ({"CLICOLOR": "0"}, [], False),
            ({"CLICOLOR": "1"}, [], True),
            ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, [], True),
            ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, [], False),
            ({"TERM": "dumb"}, [], False),
            ({}, ["--color=never"], False),
            ({"CLICOLOR_FORCE": "1"}, ["--color=never"], False),
        )
        for env, args, want in cases:
            with self.subTest(env=env, args=args):
                self.assertEqual("\033[" in self.on_terminal("context", "ls", *args, env=env), want)

    def test_pipes(self):
        for env, args, want in (({}, [], False), ({"CLICOLOR_FORCE": "1"}, [], True),
                                ({"CLICOLOR_FORCE": "0"}, [], False), ({}, ["--color=always"], True)):
            with self.subTest(env=env, args=args):
                self.assertEqual("\033[" in self.ok("context", "ls", *args, env=env), want)

    def test_json_is_never_coloured(self):
        self.assertNotIn("\033[", self.ok("context", "ls", "--json", "--color=always"))


class Questions(Cli):
    def setUp(self):
        super().setUp()
        self.ok("context", "import", "prod", "--use", stdin='{"token_parameter_name":{"value":"/x"}}')
        token = self.home / "token"
        token.write_text("whsec_" + "A" * 43 + "=\n")
        token.chmod(0o600)
        text = self.contexts.read_text().replace("ssm:/x", f"file:{token}")
        self.contexts.write_text(text)

    def test_nothing_waits_without_a_terminal(self):
        err = self.refused(EXIT_USAGE, "nobody is asked", "token", "rotate")
        self.assertIn("--yes", err)

    def test_answers(self):
        for answer, args, code in (("n\n", [], EXIT_BAD), ("\n", [], EXIT_BAD), ("n\n", ["--no-input"], EXIT_USAGE)):
            before = (self.home / "token").read_text()
            master, slave = pty.openpty()
            process = subprocess.Popen([self.opsctl_path, "token", "rotate", *args], stdin=slave, stderr=slave,
                                       stdout=subprocess.DEVNULL, env=self.env)
            os.write(master, answer.encode())
            self.assertEqual(process.wait(LIMIT_S), code)
            os.close(slave)
            os.close(master)
            self.assertEqual((self.home / "token").read_text(), before)


if __name__ == "__main__":
    main()
