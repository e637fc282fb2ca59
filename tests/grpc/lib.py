"""What the tests of gRPC share: the program that asks, and tables of answers."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

TOOL = pathlib.Path(sys.argv[1]).resolve()
LIMIT_S = 300  # for what should take milliseconds: only a hang is a failure
KEEP = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH")


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)


class Asking(unittest.TestCase):
    def ask(self, url, timeout_ms=LIMIT_S * 1000, **env):
        kept = {k: v for k, v in os.environ.items() if k in KEEP}
        done = subprocess.run([TOOL, url, str(timeout_ms)], text=True, capture_output=True, env=kept | env,
                              timeout=2 * LIMIT_S)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def expect(self, url, **members):
        """The answer has these members; `part` is a part of its text."""
        part = members.pop("part", "")
        got = self.ask(url)
        self.assertIn(part, got["text"])
        self.assertEqual({k: got.get(k) for k in members}, members, got)
