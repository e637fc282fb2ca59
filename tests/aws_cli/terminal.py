"""A program on a terminal of its own, and the screen that it makes there."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

sys.path.append("/usr/lib/python3/dist-packages")  # pyte is a package of Debian's
import pyte

LIMIT_S = 300  # as in ../peers/lib.py
BEGIN, END = b"\033[?2026h", b"\033[?2026l"  # of a synchronized update: shown as a whole


class Terminal:
    """stdin, stdout and stderr of the program are the terminal."""

    def __init__(self, argv, env, columns=80, lines=24):
        self.master, slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(columns, lines)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env | {"TERM": "xterm"})
        os.close(slave)
        self.written = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT_S)
        os.close(self.master)

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def read(self):
        """What is written next, in one piece; b"" at its end."""
        if not select.select([self.master], [], [], LIMIT_S)[0]:
            raise AssertionError(f"nothing more is shown: {self.text()}")
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # EIO: the program is gone
            piece = b""
        self.stream.feed(piece)
        self.written += piece
        return piece

    def until(self, is_so, what):
        """Read on until a whole screen is so; everything that was written."""
        limit, began = time.monotonic() + LIMIT_S, len(self.written)
        while self.is_painting() or not is_so(self.text()):
            if not self.read() or time.monotonic() > limit:
                raise AssertionError(f"never so: {what}: {self.text()}")
        return self.written[began:]

    def is_painting(self):
        return self.written.rfind(BEGIN) > self.written.rfind(END)

    def rest(self):
        began = len(self.written)
        while self.read():
            pass
        return self.written[began:]

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip() + "\n"
