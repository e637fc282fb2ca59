"""opsctl context: contexts.ini, its order of precedence, import, check."""
import concurrent.futures
import json
import os
import pathlib
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *

OUTPUTS = json.dumps({
    "api_url": {"value": "https://api.example.com", "type": "string", "sensitive": False},
    "token_parameter_name": {"value": "/ops/prod/token"},
    "queue_url": {"value": "https://sqs.eu-west-1.amazonaws.com/123456789012/ops"},
    "bucket_name": {"value": "ops-prod-data"},
    "account_id": {"value": "123456789012"},
    "region": {"value": "eu-west-1"},
    "something_else": {"value": ["a", "list"]},
})
VALUES = {
    "url": "https://api.example.com",
    "secret": "ssm:/ops/prod/token",
    "queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/ops",
    "store": "s3://ops-prod-data",
    "account": "123456789012",
    "region": "eu-west-1",
}


class Context(Cli):
    def write(self, text, mode=0o600):
        self.contexts.parent.mkdir(parents=True, exist_ok=True)
        self.contexts.write_text(text)
        self.contexts.chmod(mode)

    def names(self, **more):
        return {c["name"]: c["is_current"] for c in self.document("context", "ls", **more)["contexts"]}

    # ---- which ----

    def test_local_needs_no_file(self):
        self.assertEqual(self.names(), {"local": True})
        values = self.document("context", "show")["values"]
        self.assertEqual(values["secret"], f"file:{self.local}/token")
        self.assertEqual(values["queue"], f"sqlite:{self.local}/queue.db")
        self.assertEqual(values["store"], f"file:{self.local}/store")
        self.assertNotIn("url", values)  # nothing runs: what listens on the ports of up is another's
        self.assertIn("local  (not running)", self.ok("context", "ls"))
        self.assertFalse(self.contexts.exists())

    def test_parts_of_another_system(self):
        self.assertEqual(self.document("context", "show", "--store", "s3://b")["context"], "(flags)")
        self.refused(EXIT_USAGE, "--secret is a part of another system than context local",
                     "token", "show", "--context", "local", "--secret", "env:X")
        self.assertEqual(self.document("context", "show", "local", "--region", "x")["context"], "local")

    def test_show_fits_a_terminal(self):
        """A value that has no place behind its key stands below it, whole."""
        store = "s3://" + "a" * 60 + "/prefix"
        self.write(f"[prod]\nstore = {store}\nalarms = prod-\nservice.api.logs = /{'l' * 70}\n")
        lines = self.on_terminal("context", "show", "prod", "--color=never", columns=80).splitlines()
        self.assertEqual([line for line in lines if len(line) > 80], [])
        self.assertIn(f"    {store}", lines)
        self.assertIn("alarms            prod-", lines)
        self.assertIn(f"store             {store}\n", self.ok("context", "show", "prod"))

    def test_a_large_file(self):
        """In JSON it is larger than it is: the list is whole."""
        values = {key: '"' * 170 for key in ("alarms", "cluster", "profile", "region")}
        lines = "".join(f"{key} = {value}\n" for key, value in values.items())
        self.contexts.parent.mkdir(parents=True, exist_ok=True)
        self.contexts.write_text("".join(f"[c{i}]\n{lines}" for i in range(300)))
        self.contexts.chmod(0o600)
        listed = self.document("context", "ls")["contexts"]
        self.assertEqual([c["values"] for c in listed[1:]], [values] * 300)

    def test_order(self):
        self.write("current = a\n[a]\nurl = http://a\n[b]\nurl = http://b\n[c]\nurl = http://c\n")
        for args, env, name, by in (
                ([], {}, "a", "contexts.ini"),
                ([], {"OPSCTL_CONTEXT": "b"}, "b", "OPSCTL_CONTEXT"),
                ([], {"OPSCTL_CONTEXT": ""}, "a", "contexts.ini"),
                (["--context", "c"], {"OPSCTL_CONTEXT": "b"}, "c", "--context"),
                (["local"], {"OPSCTL_CONTEXT": "b"}, "local", "operand")):
            with self.subTest(args=args, env=env):
                shown = self.document("context", "show", *args, env=env)
                self.assertEqual((shown["context"], shown["decided_by"]), (name, by))
        self.assertEqual(self.names(), {"local": False, "a": True, "b": False, "c": False})

    def test_directories(self):
        env = {"XDG_CONFIG_HOME": str(self.home / "c"), "XDG_STATE_HOME": str(self.home / "s")}
        self.ok("context", "import", "x", stdin=OUTPUTS, env=env)
        self.assertTrue((self.home / "c/opsctl/contexts.ini").exists())
        values = self.document("context", "show", "local", env=env)["values"]
        self.assertEqual(values["secret"], f"file:{self.home}/s/opsctl/local/token")
        relative = {"XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "s"}  # to be ignored, says the XDG standard
        values = self.document("context", "show", "local", env=relative)["values"]
        self.assertEqual(values["secret"], f"file:{self.local}/token")
        values = self.document("context", "show", "local", env={"OPSCTL_LOCAL_DIR": "here"}, cwd=self.home)["values"]
        self.assertEqual(values["secret"], f"file:{self.home}/here/token")

    # ---- changes ----

    def test_changes_at_the_same_time(self):
        names = [f"c{i}" for i in range(16)]
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda name: self.ok("context", "import", name, stdin=OUTPUTS), names))
        self.assertEqual(set(names) - set(self.names()), set())

    def test_use(self):
        self.write("; mine\n[a]\nurl = http://a\n")
        self.ok("context", "use", "a")
        self.assertTrue(self.names()["a"])
        self.assertEqual(self.contexts.read_text(), "current = a\n; mine\n[a]\nurl = http://a\n")
        self.ok("context", "use", "local")
        self.assertEqual(self.contexts.read_text(), "current = local\n; mine\n[a]\nurl = http://a\n")
        self.refused(EXIT_CONFIG, "unknown context 'b'", "context", "use", "b")
        done = self.opsctl("context", "use", "a", env={"OPSCTL_CONTEXT": "local"})
        self.assertIn("OPSCTL_CONTEXT=local in the environment goes before it", done.stderr)

    def test_import(self):
        shown = self.document("context", "import", "prod", "--use", stdin=OUTPUTS)
        self.assertEqual(shown["values"], VALUES)
        self.assertEqual(stat.S_IMODE(self.contexts.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.contexts.parent.stat().st_mode), 0o700)
        shown = self.document("context", "show")
        self.assertEqual((shown["context"], shown["values"]), ("prod", VALUES))

    def test_import_services(self):
        outputs = json.loads(OUTPUTS) | {
            "store_url": {"value": "s3://ops-prod-data/in/"}, "cluster_name": {"value": "prod"},
            "alarm_prefix": {"value": "prod-"}, "access": {"value": "confirm"},
            "services": {"value": {"api": {"ecs_service": "prod-api", "target_group_arns": ["arn:1"], "elb": None,
                                           "log_group": "/prod/api", "probe": "https://api.example.com/health"}}}}
        shown = self.document("context", "import", "prod", "--use", stdin=json.dumps(outputs))
        self.assertEqual(shown["values"]["store"], "s3://ops-prod-data/in/")
        self.assertEqual([shown["values"][k] for k in ("cluster", "alarms", "access")], ["prod", "prod-", "confirm"])
        self.assertEqual(shown["services"], {"api": {"ecs": "prod-api", "targets": "arn:1", "logs": "/prod/api",
                                                     "probe": "https://api.example.com/health"}})
        self.assertEqual(self.document("context", "show")["services"], shown["services"])
        bad = {"services": {"value": {"api": {"probe": "x"}}}, "api_url": {"value": "https://x"}}
        self.refused(EXIT_CONFIG, "output services: service api: probe: 'x' begins with none of", "context", "import",
                     "other", stdin=json.dumps(bad))

    def test_import_keeps_the_rest(self):
        self.write("current = b\n# head\n\n[prod]\n# old\nurl = http://old\nregion = x\n\n[b]\nurl = http://b ; note\n")
        self.ok("context", "import", "prod", stdin='{"api_url":{"value":"http://new"}}')
        self.assertEqual(self.contexts.read_text(),
                         "current = b\n# head\n\n[prod]\nurl = http://new\n\n[b]\nurl = http://b ; note\n")
        self.assertEqual(self.document("context", "show", "b")["values"], {"url": "http://b"})

    def test_import_dry_run(self):
        shown = self.document("context", "import", "prod", "-n", "--use", stdin=OUTPUTS)
        self.assertEqual((shown["dry_run"], shown["values"]), (True, VALUES))
        self.assertFalse(self.contexts.exists())

    def test_import_says_what_is_missing(self):
        done = self.opsctl("context", "import", "x", stdin='{"api_url":{"value":"http://a"}}')
        self.assertEqual(done.returncode, EXIT_OK)
        self.assertIn("no output queue_url", done.stderr)

    def test_import_of_nonsense(self):
        cases = (
            ("", EXIT_BAD, "standard input"), ("{", EXIT_BAD, "standard input"),
            ("[]", EXIT_BAD, "none of the outputs is known"), ("{}", EXIT_BAD, "none of the outputs"),
            ('{"api_url":{"value":"ftp://x"}}', EXIT_CONFIG, "api_url: url: 'ftp://x' begins with none of"),
            ('{"account_id":{"value":"12"}}', EXIT_CONFIG, "12 digits"),
            ('{"api_url":{"value":"http://%s"}}' % ("x" * 2000), EXIT_BAD, "longer than 1023"),
            ('{"api_url":{"value":"http://%s"}}' % ("x" * 300), EXIT_BAD, "longer than"),
            ('{"api_url":{"value":"http://a\\n[local]"}}', EXIT_BAD, "control character"),
        )
        for text, code, want in cases:
            with self.subTest(text=text[:40]):
                self.refused(code, want, "context", "import", "x", stdin=text)
                self.assertFalse(self.contexts.exists())

    def test_import_runs_terraform(self):
        fake = self.home / "bin"
        fake.mkdir()
        (fake / "terraform").write_text('#!/bin/sh\n[ "$1 $2 $3" = "-chdir=/infra output -json" ] || exit 7\n'
                                        f"cat <<'EOF'\n{OUTPUTS}\nEOF\n")
        (fake / "terraform").chmod(0o755)
        path = {"PATH": f"{fake}:{os.environ['PATH']}"}
        shown = self.document("context", "import", "x", "--from-terraform", "/infra", env=path)
        self.assertEqual(shown["values"], VALUES)
        self.refused(EXIT_BAD, "terraform exited with status 7", "context", "import", "x",
                     "--from-terraform=/other", env=path)
        self.refused(EXIT_NOTFOUND, "program terraform", "context", "import", "x", "--from-terraform=/x",
                     env={"PATH": str(self.home)})

    def test_names(self):
        for name in ("local", "", "a b", "a]", "../x", "x" * 50, "ä"):
            self.refused(EXIT_USAGE, "context", "context", "import", name, stdin=OUTPUTS)
        self.ok("context", "import", "x" * 49, stdin=OUTPUTS)
        self.assertIn("x" * 49, self.names())

    def test_rm(self):
        self.write("current = a\n[a]\nurl = http://a\n[b]\nurl = http://b\n")
        self.ok("context", "rm", "a", "--dry-run")
        self.assertIn("a", self.names())
        self.ok("context", "rm", "a")
        self.assertEqual(self.names(), {"local": True, "b": False})
        for more in ([], ["--dry-run"]):
            self.refused(EXIT_CONFIG, "unknown context 'a'", "context", "rm", "a", *more)
        self.refused(EXIT_USAGE, "built in", "context", "rm", "local")

    # ---- a file that is wrong ----

    def test_wrong_files(self):
        cases = (
            ("[a]\nurl = http://a\nulr = x\n", "[a]: unknown key 'ulr'"),
            ("[a]\nurl = ftp://a\n", "[a]: url: 'ftp://a'"),
            ("[a]\nnonsense\n", ":2: neither [section] nor key = value"),
            ("[a]\nurl = http://a\nurl = http://b\n", ":3: the key is there twice"),
            ("[a]\nurl = http://%s\n" % ("x" * 200), ":2: the line is too long"),
        )
        for text, want in cases:
            with self.subTest(want=want):
                self.write(text)
                self.refused(EXIT_CONFIG, want, "--context", "a", "queue", "stat")

    def test_file_others_can_read(self):
        self.write("[a]\nurl = http://a\n", 0o640)
        for command in ("context show a", "context use a", "context rm a", "health --context a"):
            err = self.refused(EXIT_CONFIG, "mode 640 lets others in", *command.split())
            self.assertTrue(err.endswith(f"\nrun: chmod 600 {self.contexts}\n"), err)
        self.assertEqual(self.document("context", "show", "local")["context"], "local")

    def test_next_step_does_not_fail_likewise(self):
        """`context ls` lists names, where it can read them."""
        self.write("[a]\nurl = http://a\n")
        err = self.refused(EXIT_CONFIG, "unknown context 'b'", "health", "--context", "b")
        self.assertTrue(err.endswith("\nrun: opsctl context ls\n"), err)
        self.write("[a]\nurl = http://a\nurl = http://b\n")
        err = self.refused(EXIT_CONFIG, "contexts.ini:3", "health", "--context", "a")
        self.assertTrue(err.endswith("\nsee: opsctl.conf(5)\n"), err)

    def test_without_credentials(self):
        """The command that all others send there says how to get some."""
        self.env["AWS_EC2_METADATA_DISABLED"] = "true"
        (self.home / ".aws").mkdir()
        (self.home / ".aws/config").write_text("[profile p]\nregion = eu-west-1\n")
        for profile, way in (("", "log in with aws sso login, or set some with aws configure"),
                             ("profile = p\n", "log in with aws sso login --profile p, "
                                               "or set some with aws configure --profile p")):
            self.write(f"[a]\nregion = eu-west-1\nqueue = {VALUES['queue']}\n{profile}")
            err = self.refused(EXIT_CREDENTIALS, "redentials", "queue", "stat", "--context", "a")
            self.assertIn("run: opsctl context check a", err)
            done = self.opsctl("context", "check", "a")
            self.assertEqual((done.returncode, done.stderr), (EXIT_CREDENTIALS, f"caller: {way}\n"))

    def test_missing_key_is_named(self):
        self.write("[a]\nurl = http://a\n")
        self.refused(EXIT_CONFIG, "context 'a' has no secret", "--context", "a", "token", "show")

    # ---- check ----

    def test_check(self):
        self.write("[a]\nurl = http://127.0.0.1:1\nsecret = env:NOT_SET\n")
        checked = self.document("context", "check", "a", code=EXIT_BAD)
        self.assertEqual({p["part"]: p["state"] for p in checked["parts"]},
                         {"token": "bad", "queue": "not set", "store": "not set", "ops-api": "bad"})
        done = self.opsctl("context", "check", "a")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("NOT_SET", done.stdout)


if __name__ == "__main__":
    main()
