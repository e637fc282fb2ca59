"""A wrong setting stops the start with status 3 and one line that says what to do."""
import os
import pathlib
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile

from lib import LIMIT_S, Api, Service, check, check_equal, main, wait_for

WRONG = [
    ({"OPS_QUEUE": None}, ["OPS_QUEUE", "required"]), ({"OPS_SECRET": None}, ["OPS_SECRET", "required"]),
    ({"OPS_QUEUE": "redis:x"}, ["OPS_QUEUE", "redis:x", "sqlite"]),
    ({"OPS_MAX_BODY_BYTES": "many"}, ["OPS_MAX_BODY_BYTES", "many", "whole number"]),
    ({"OPS_MAX_BODY_BYTES": "-1"}, ["OPS_MAX_BODY_BYTES", "-1"]),
    ({"OPS_MAX_BODY_BYTES": "99999999999"}, ["OPS_MAX_BODY_BYTES", "99999999999"]),
    ({"OPS_AUTH": "none"}, ["OPS_AUTH", "none", "either|token|signature"]),
    ({"OPS_LISTEN": "localhost:80"}, ["OPS_LISTEN", "localhost", "numeric"]),
    ({"OPS_LISTEN": "127.0.0.1:99999"}, ["OPS_LISTEN", "99999", "65535"]),
    ({"OPS_LOG_LEVEL": "loud"}, ["OPS_LOG_LEVEL", "loud", "debug"]),
    ({"OPS_NO_SUCH": "1"}, ["OPS_NO_SUCH", "no such setting"]),
    ({"OPS_SECRET": "my-secret-token"}, ["OPS_SECRET", "ssm"]),
    ({"OPS_SECRET": "file:/nonexistent"}, ["/nonexistent"]),
    ({"OPS_SECRET": "env:NOT_SET_HERE"}, ["NOT_SET_HERE"]),
    ({"OPS_QUEUE": "sqlite:/nonexistent/q.db"}, ["/nonexistent/q.db"]),
]


def run(directory, environment=None, arguments=()):
    base = {k: v for k, v in os.environ.items() if not k.startswith("OPS_")}
    settings = {"OPS_LISTEN": "127.0.0.1:0", "OPS_ADMIN_LISTEN": "127.0.0.1:0", "OPS_LOG_FORMAT": "json",
                "OPS_SECRET": f"file:{directory}/token", "OPS_QUEUE": f"sqlite:{directory}/q.db", **(environment or {})}
    settings = {k: v for k, v in settings.items() if v is not None}
    return subprocess.run([sys.argv[1], *arguments], env={**base, **settings}, capture_output=True, text=True, timeout=LIMIT_S)


def wrong_settings():
    with tempfile.TemporaryDirectory() as directory:
        token = pathlib.Path(directory, "token")
        token.write_text("my-secret-token\n")
        token.chmod(0o600)
        for environment, words in WRONG:
            done = run(directory, environment)
            check_equal(done.returncode, 3, f"{environment}: {done.stderr}")
            last = done.stderr.splitlines()[-1]
            check(all(w in last for w in words), f"{environment}: {words} not all in {last}")
            check("my-secret-token" not in done.stderr, "the secret is in the error")
        token.chmod(0o644)
        done = run(directory)
        check(done.returncode == 3 and "chmod 600" in done.stderr, f"secret readable by others: {done.stderr}")
        token.chmod(0o600)
        pathlib.Path(directory, "q.db").write_bytes(b"this is not a database at all" * 100)
        done = run(directory)
        check(done.returncode == 3 and "q.db" in done.stderr, f"corrupt queue: {done.returncode} {done.stderr}")


def command_line():
    with tempfile.TemporaryDirectory() as directory:
        help_text = run(directory, arguments=["--help"])
        check(help_text.returncode == 0 and "OPS_MAX_BODY_BYTES" in help_text.stdout, "--help")
        check(run(directory, {"OPS_AUTH": "bad"}, ["--help"]).returncode == 0, "--help in a wrong environment")
        version = run(directory, arguments=["--version"])
        check(version.returncode == 0 and version.stdout.startswith("ops-api ") and "microhttpd" in version.stdout,
              f"--version: {version.stdout}")
        for arguments in (["--nonsense"], ["operand"], ["--max-body-bytes"]):
            done = run(directory, arguments=arguments)
            check(done.returncode == 2 and arguments[0].strip("-") in done.stderr, f"{arguments}: {done}")
        done = run(directory, arguments=["--max-body-bytes=x"])
        check(done.returncode == 3 and "OPS_MAX_BODY_BYTES" in done.stderr, f"{done}")


def healthcheck():
    with tempfile.TemporaryDirectory() as directory:
        service = Api(directory)
        port = service.port("admin")
        ask = lambda port: run(directory, {"OPS_ADMIN_LISTEN": f"127.0.0.1:{port}"}, ["--healthcheck"])
        # It waits 2 s for an answer, which a busy machine may take.
        wait_for(lambda: ask(port).returncode == 0, "alive")
        check_equal(service.end(), 0, "exit")
        with socket.socket() as nobody:  # the port that was left may be another's by now
            nobody.bind(("127.0.0.1", 0))
            done = ask(nobody.getsockname()[1])
        check_equal(done.returncode, 1, f"gone: {done}")


def both_at_once():
    """api and worker make the same new queue file at the same moment, and both start."""
    for _ in range(10):
        with tempfile.TemporaryDirectory() as directory:
            services = [Api(directory), Service("worker", directory, OPS_QUEUE=f"sqlite:{directory}/queue.db",
                                                OPS_STORE=f"file:{directory}/store", OPS_LOG_FORMAT="json",
                                                OPS_ADMIN_LISTEN="127.0.0.1:0")]
            for service in services:
                wait_for(lambda: service.admin("/readyz")[0] == 200, "both start")
            check_equal([s.end() for s in services], [0, 0], "both ran and ended")
            check_equal(stat.S_IMODE(os.stat(f"{directory}/queue.db").st_mode), 0o600, "mode of the queue file")
            with sqlite3.connect(f"file:{directory}/queue.db?mode=ro", uri=True) as db:
                check_equal(db.execute("PRAGMA journal_mode").fetchone()[0], "wal", "journal mode")


main(wrong_settings, command_line, healthcheck, both_at_once)
