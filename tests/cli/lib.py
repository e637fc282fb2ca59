"""What all tests of opsctl share: the program in a home directory of its own.

A test file is called with the paths of opsctl, ops-api and ops-worker, defines classes of
Cli and ends with lib.main(). Each test has a fresh home, no colours, no terminal.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from patience import ABOUT, LIMIT_S, PATIENT, given_time, patient  # noqa: E402
from processes import is_stopped  # noqa: E402

PROGRAMS = [pathlib.Path(p).resolve() for p in sys.argv[1:4]]
HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"

EXIT_OK, EXIT_BAD, EXIT_USAGE, EXIT_CONFIG, EXIT_CREDENTIALS, EXIT_PERMISSION, EXIT_NOTFOUND = range(7)
EXIT_TIMED_OUT, EXIT_REMOTE, EXIT_SIGINT, EXIT_SIGTERM = 9, 10, 130, 143


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)


class Cli(unittest.TestCase):
    """A home directory, an environment, and the program."""

    def setUp(self):
        self.opsctl_path = PROGRAMS[0]
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="opsctl-test-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.local = self.home / ".local/state/opsctl/local"
        self.contexts = self.home / ".config/opsctl/contexts.ini"
        keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH")
        self.env = {k: v for k, v in os.environ.items() if k in keep}
        self.env |= {"HOME": str(self.home), "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def opsctl(self, *args, stdin="", env=None, **more):
        """Run it to its end; text in, text out."""
        return subprocess.run([self.opsctl_path, *patient(args)], input=stdin, text=True, timeout=LIMIT_S,
                              capture_output="stdout" not in more, env=self.env | (env or {}), **more)

    def ok(self, *args, **more):
        """Run it and expect success; what it printed."""
        done = self.opsctl(*args, **more)
        self.assertEqual(done.returncode, EXIT_OK, f"opsctl {args}: {done.stdout} {done.stderr}")
        return done.stdout

    def document(self, *args, code=EXIT_OK, **more):
        """Run it with --json and expect one document."""
        done = self.opsctl(*args, "--json", **more)
        self.assertEqual(done.returncode, code, f"opsctl {args}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def on_terminal(self, *args, env=None, columns=0):
        """Run it on a terminal of that width, 0: not told; all that it shows."""
        master, slave = pty.openpty()
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 0, columns, 0, 0))
        process = subprocess.Popen([self.opsctl_path, *patient(args)], stdin=subprocess.DEVNULL, stdout=slave,
                                   stderr=slave, env=self.env | (env or {}))
        os.close(slave)
        out = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # EIO: the last writer is gone
                break
            if not piece:
                break
            out += piece
        os.close(master)
        process.wait(LIMIT_S)
        return out.decode()

    def refused(self, code, text, *args, **more):
        """Run it and expect failure: nothing on stdout, the text on stderr."""
        done = self.opsctl(*args, **more)
        self.assertEqual(done.returncode, code, f"opsctl {args}: {done.stderr}")
        self.assertEqual(done.stdout, "")
        self.assertIn(text, done.stderr)
        self.assertLessEqual(len(done.stderr.splitlines()), 2, done.stderr)
        return done.stderr


class Up:
    """A running `opsctl up --json` on free ports. Use it in a with statement."""

    def __init__(self, cli, *args, env=None, wait=True):
        self.events, self.cli = [], cli
        self.process = subprocess.Popen(
            [cli.opsctl_path, *patient(["up", "--json", "--listen", "127.0.0.1:0", *args])], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=cli.env | (env or {}))
        if wait:
            self.ready = self.wait_for("ready")
            self.url = self.ready["url"]

    def wait_for(self, event, service=None):
        """Read events until this one comes, and return it."""
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            seen = self.events[-1]
            if seen.get("event") == event and service in (None, seen.get("service")):
                return seen
        self.process.wait(LIMIT_S)
        raise AssertionError(f"no event {event}: {self.events} {self.process.stderr.read()}")

    def stop(self, number=signal.SIGTERM):
        """Signal it; (exit status, rest of the events, stderr)."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self):
        out, err = self.process.communicate(timeout=LIMIT_S)
        self.events += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode, self.events, err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait(LIMIT_S)


def is_alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def freeze(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), "it is stopped")


def wait_until(condition, what):
    """Poll, since nothing tells us; only a hang takes the whole limit."""
    limit = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"still not so: {what}")
        time.sleep(0.01)
