"""What meson install puts where: programs that work from there, manuals, completions."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *

BUILD = PROGRAMS[0].parents[2]


class Install(Cli):
    def setUp(self):
        super().setUp()
        place = self.home / "installed"
        done = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", place],
                              capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.prefix, = (p.parent.parent for p in place.rglob("bin/opsctl"))

    def test_programs_find_each_other(self):
        self.opsctl_path = self.prefix / "bin/opsctl"
        with Up(self) as up:
            self.assertEqual(self.ok("health").splitlines()[-1], "healthy")
            self.assertEqual(up.stop()[0], EXIT_OK)

    def test_manuals(self):
        env = self.env | {"MANPATH": str(self.prefix / "share/man")}
        for page in ("opsctl", "opsctl-submit", "opsctl.conf", "opsctl-exit-codes", "ops-api", "ops-worker"):
            done = subprocess.run(["man", page], env=env, capture_output=True, text=True, timeout=LIMIT_S)
            self.assertIn(page, done.stdout, done.stderr)

    def test_completions(self):
        if not (BUILD / "cmd/opsctl/opsctl.bash").exists():
            self.skipTest("a build with sanitizers makes none")
        share = self.prefix / "share"
        for shell, path in (("bash", "bash-completion/completions/opsctl.bash"),
                            ("zsh", "zsh/site-functions/_opsctl"),
                            ("fish", "fish/vendor_completions.d/opsctl.fish")):
            self.assertEqual((share / path).read_text(), self.ok("completion", shell))
        # bash-completion loads it for the name of the command
        script = ("source /usr/share/bash-completion/bash_completion; _completion_loader opsctl; "
                  "complete -p opsctl")
        env = self.env | {"XDG_DATA_DIRS": str(share), "PATH": f"{self.prefix}/bin:{self.env['PATH']}"}
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.stdout, "complete -F _opsctl opsctl\n", done.stderr)


if __name__ == "__main__":
    main()
