"""opsctl completion, tried in the shells themselves; what is offered at all is compared with the
command table in tests/docs."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *

import pexpect

# The words before the cursor, and what the last one becomes or what is offered for it.
CASES = (
    (["he"], ["health", "help"]),
    (["tok"], ["token"]),
    (["token", ""], ["check", "history", "rotate", "show"]),
    (["token", "rotate", "--dry"], ["--dry-run"]),
    (["--color", "a"], ["always", "auto"]),
    (["context", "use", ""], ["local", "prod", "test"]),
    (["--context", "p"], ["prod"]),
    (["queue", "stat", "--profile", ""], ["build", "deploy"]),
    (["--context", "prod", "health", ""], ["api", "worker"]),
    (["--context=prod", "logs", "--service", "w"], ["worker"]),
    (["--context", "local", "health", ""], ["api", "worker"]),
    (["logs", "--context", "local", "--service", "a"], ["api"]),
    (["--context", "local", "restart", ""], []),  # it has no services of ECS
    (["restart", "--context", "prod", ""], ["api", "worker"]),
    (["restart", "--context", "test", ""], []),
    (["--context", "prod", "logs", "--task", ""], ["0123456789abcdef"]),
    (["token", "--context", "prod", "sh"], ["show"]),
    (["completion", "f"], ["fish"]),
    (["help", "dlq", "p"], ["purge"]),
    (["submit", "pay"], ["payload.json"]),
    (["up", "--dir", "pay"], ["payloads"]),
    (["token", "rotate", "--from-file", "payload.j"], ["payload.json"]),
    (["nothing", ""], []),
    (["--", "dl"], ["dlq"]),
)


class Completion(Cli):
    def setUp(self):
        super().setUp()
        services = {"api": {"ecs_service": "a"}, "worker": {"ecs_service": "w"}}
        for name, more in ("prod", {"services": {"value": services}, "cluster_name": {"value": "c"}}), ("test", {}):
            self.ok("context", "import", name, stdin=json.dumps({"api_url": {"value": "http://x"}, **more}))
        (self.home / ".cache/opsctl").mkdir(parents=True)
        tasks = self.home / ".cache/opsctl/tasks-prod"
        tasks.write_text("0123456789abcdef\tprod-api\n")
        os.utime(tasks, (time.time() + 86400,) * 2)  # they are kept for half a minute: this is always
        (self.home / ".aws").mkdir()
        (self.home / ".aws/config").write_text("[profile build]\nregion = x\n[profile deploy]\nregion = y\n")
        self.place = self.home / "bin"
        self.place.mkdir()
        (self.place / "opsctl").symlink_to(self.opsctl_path)
        self.env["PATH"] = f"{self.place}:{self.env['PATH']}"
        (self.home / "payload.json").touch()
        (self.home / "payloads").mkdir()
        for shell in ("bash", "zsh", "fish"):
            (self.home / shell).write_text(self.ok("completion", shell))

    def shell(self, *args):
        done = subprocess.run(args, env=self.env, cwd=self.home, capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""), args)
        return done.stdout

    def test_bash(self):
        for words, want in CASES:
            if words[0] == "--":
                continue  # readline's own business
            with self.subTest(words=words):
                script = (f"source ./bash; COMP_WORDS=(opsctl {' '.join(w or chr(39) * 2 for w in words)}); "
                          f"COMP_CWORD={len(words)}; _opsctl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
                got = [line for line in self.shell("bash", "--norc", "-c", script).splitlines() if line]
                self.assertEqual(sorted(got), [w for w in want if w != "payloads" or words[0] == "up"]
                                 if words[0] != "submit" else ["payload.json", "payloads"])

    def test_bash_splits_at_equal_signs(self):
        for words, want in (("--color = a", ["auto", "always"]), ("--color =", ["auto", "always", "never"]),
                            ("up --dir = pay", ["payloads"])):
            parts = words.split()
            script = (f"source ./bash; COMP_WORDS=(opsctl {words}); COMP_CWORD={len(parts)}; _opsctl; "
                      "printf '%s\\n' \"${COMPREPLY[@]}\"")
            got = self.shell("bash", "--norc", "-c", script).split()
            if parts[-1] == "=":  # an empty part follows the sign
                got = [g.removeprefix("=") for g in got]
            self.assertEqual(got, want, words)

    def test_bash_on_a_terminal(self):
        shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=self.env | {"PS1": "> "},
                              cwd=str(self.home), encoding="utf-8", timeout=LIMIT_S)
        shell.expect_exact("> ")
        shell.sendline("source ./bash; bind 'set enable-bracketed-paste off'; PS1='ready''> '")  # unlike its echo
        shell.expect_exact("ready> ")
        shell.send("opsctl tok\tro\t--js\t")
        shell.expect_exact("token rotate --json ")
        shell.sendcontrol("u")
        shell.send("opsctl context --color=alw\t")
        shell.expect_exact("--color=always ")
        shell.close()

    def test_fish(self):
        self.shell("fish", "--no-execute", "fish")
        for words, want in CASES:
            if words[0] == "--":
                continue
            with self.subTest(words=words):
                line = "opsctl " + " ".join(words)
                out = self.shell("fish", "--no-config", "-c", f'source ./fish; complete -C "{line}"')
                got = [row.split("\t")[0].rstrip("/") for row in out.splitlines()]
                if words[0] == "submit":
                    want = ["payload.json", "payloads"]
                self.assertEqual(sorted(got), want)
        out = self.shell("fish", "--no-config", "-c", 'source ./fish; complete -C "opsctl --color=a"')
        self.assertEqual([row.split("\t")[0] for row in out.splitlines()], ["--color=always", "--color=auto"])

    def test_zsh(self):
        self.shell("zsh", "-n", "zsh")
        functions = self.home / "functions"
        functions.mkdir()
        (functions / "_opsctl").write_text((self.home / "zsh").read_text())
        shell = pexpect.spawn("zsh", ["-f", "-i"], env=self.env | {"PS1": "> "}, cwd=str(self.home),
                              encoding="utf-8", timeout=LIMIT_S)
        shell.expect_exact("> ")
        shell.sendline("unsetopt zle_bracketed_paste; fpath=($PWD/functions $fpath); "
                       "autoload -U compinit; compinit -u -D; PS1='ready''> '")
        for keys, want in (("opsctl tok\tro\t--js\t", "opsctl token rotate --json"),
                           ("opsctl --context pr\t", "opsctl --context prod"),
                           ("opsctl --color=alw\t", "opsctl --color=always"),
                           ("opsctl completion f\t", "opsctl completion fish"),
                           ("opsctl up --dir payl\t", "opsctl up --dir payloads")):
            with self.subTest(keys=keys):
                shell.expect_exact("ready> ")
                shell.send(keys)
                shell.send("\x01echo '<\x05>'\r")  # the line as an argument of echo shows what it became
                shell.expect(r"\r\n<(.*)>\r\n")
                self.assertEqual(shell.match[1], want)
        shell.close()

    def test_names_of_a_broken_file(self):
        self.contexts.write_text("nonsense\n")
        self.assertEqual(self.ok("__complete", "context", "use", ""), "local\tcontext\n")


if __name__ == "__main__":
    main()
