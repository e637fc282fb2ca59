"""opsctl reconcile: what was accepted against what became of it; and opsctl verify on this machine."""
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

EXIT_IN_PROGRESS = 8


class Reconcile(SystemTest):
    def account(self, code=EXIT_OK, *args):
        return self.document("reconcile", *args, code=code)

    def objects(self):
        return sorted((self.local / "store").rglob("*.ndjson"))

    def test_balanced(self):
        """Also with what was refused after its signature was good, and what came with a token alone."""
        self.up()
        self.ok("submit", "--count", "20", "--wait")
        self.ok("submit", "--auth", "token", "--wait")
        self.assertEqual(self.opsctl("submit", "--data", NOT_ACCEPTABLE).returncode, EXIT_BAD)
        self.ok("token", "check")  # no request of a client
        log = self.local / "ops-api.log"  # opsctl up writes it, a moment later
        wait_until(lambda: log.read_text().count("submission-refused") == 2, "both refusals are in the log")
        done = self.account()
        self.assertEqual((done["verdict"], done["ids_accepted"], done["unnamed_accepted"], done["records_stored"]),
                         ("balanced", 20, 1, 21))
        self.assertEqual((done["requests_accepted"], done["requests_refused"], done["token_checks"]), (22, 1, 1))
        self.assertIn("1 question of opsctl about the token", " ".join(done["notes"]))
        self.assertIn("without an id in the log", " ".join(done["notes"]))
        text = self.ok("reconcile")
        self.assertTrue(text.endswith("balanced: all that was accepted is accounted for\n"), text)

    def test_lost(self):
        self.up()
        ids = [self.document("submit", "--wait")["id"] for _ in range(3)]
        wait_until(lambda: self.document("queue", "stat")["in_flight"] == 0, "the worker has removed its messages")
        self.objects()[1].unlink()
        done = self.account(EXIT_BAD)
        self.assertEqual((done["verdict"], done["missing"]), ("lost", [ids[1]]))
        shown = self.opsctl("reconcile")
        self.assertIn(f"missing  {ids[1]}\n", shown.stdout)

    def test_doubled(self):
        self.up()
        id = self.document("submit", "--wait")["id"]
        path, = self.objects()
        last = "0" if path.stem[-1] != "0" else "1"
        copy = path.with_stem(path.stem[:-1] + last)
        shutil.copy(path, copy)
        (path.parent / f".{copy.name}.sha256").symlink_to(hashlib.sha256(path.read_bytes()).hexdigest())
        done = self.account(EXIT_BAD)
        self.assertEqual((done["verdict"], done["doubled"], done["missing"]), ("doubled", [id], []))

    def test_unsettled(self):
        up = self.up()
        freeze(up.ready["worker_pid"])
        try:
            id = self.submit()["id"]
            done = self.account(EXIT_IN_PROGRESS)
            self.assertEqual((done["verdict"], done["ids_unsettled"], done["messages_waiting"]), ("unsettled", 1, 1))
            self.assertEqual((done["unsettled"], done["missing"], done["ids_missing"]), ([id], [], 0))
            self.assertIn("unsettled  1\n", self.opsctl("reconcile").stdout)
            self.assertNotIn("missing", self.opsctl("reconcile").stdout)
        finally:
            os.kill(up.ready["worker_pid"], signal.SIGCONT)
        wait_until(lambda: self.opsctl("reconcile").returncode == EXIT_OK, "it is stored")

    def test_dead(self):
        self.bury(None, None)
        done = self.account()
        self.assertEqual((done["verdict"], done["dead_letters"], done["ids_dead"]), ("balanced", 2, 2))

    def test_span(self):
        self.up()
        self.ok("submit", "--wait")
        self.assertEqual(self.account(EXIT_OK, "--until", "2020-01-01T00:00:00Z", "--since", "2019-01-01T00:00:00Z")
                         ["requests_accepted"], 0)
        self.refused(EXIT_USAGE, "--since is not before --until", "reconcile", "--until", "2h")
        self.refused(EXIT_USAGE, "--since 'soon'", "reconcile", "--since", "soon")

    def test_nothing_ran_yet(self):
        self.assertIn("opsctl up", self.refused(EXIT_CONFIG, "ops-api.log", "reconcile"))

    def test_context_without_a_log(self):
        self.contexts.parent.mkdir(parents=True)
        self.contexts.touch(0o600)
        self.contexts.write_text("[x]\nqueue = sqlite:q.db\n")
        self.refused(EXIT_CONFIG, "no service.api.logs", "reconcile", "--context", "x")


class Verify(SystemTest):
    def findings(self, code=EXIT_OK):
        return {(f["check"], f["state"]) for f in self.document("verify", code=code)["findings"]}

    def test_good(self):
        self.up()
        self.assertEqual(self.findings(), {("there", "ok"), ("file modes", "ok"), ("free space", "ok"),
                                           ("versions", "ok")})

    def test_modes(self):
        self.up()
        self.local.chmod(0o755)
        (self.local / "token").chmod(0o644)
        done = self.opsctl("verify")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn(f"bad: local, file modes: {self.local}/token has 644\n  why  ", done.stdout)
        fix = re.search(r"  fix  run: (.*)\n", done.stdout)[1]
        subprocess.run(shlex.split(fix), check=True)  # as it stands there, and it is enough
        self.assertIn(("file modes", "ok"), self.findings())

    def test_modes_where_a_path_has_blanks(self):
        """What is typed as it stands is one word for the shell."""
        self.local = self.home / "my system"
        self.env["OPSCTL_LOCAL_DIR"] = str(self.local)
        self.up()
        self.local.chmod(0o755)
        (self.local / "token").chmod(0o644)
        self.assertIn(f"  fix  run: chmod go= '{self.local}'\n", self.opsctl("verify").stdout)
        self.assertIn(f"run: chmod 600 '{self.local}/token'\n", self.opsctl("token", "show").stderr)

    def test_before_the_first_start(self):
        """Nothing is there, or nothing but its directory."""
        for _ in range(2):
            self.assertEqual(self.findings(EXIT_BAD), {("there", "bad"), ("versions", "ok")})
            self.assertIn(f"no system in {self.local}\n  why  ", self.opsctl("verify").stdout)
            self.local.mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    main()
