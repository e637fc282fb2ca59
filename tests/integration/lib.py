"""Real ops-api processes over real sockets: what all integration tests share.

A test file calls main(*cases); each case is a function that calls check(). A case that raises
fails; a file in which nothing was checked fails. Services listen on port 0 and are always ended.
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from processes import is_stopped  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
TOKEN = "my-secret-token"
NOW = "2025-06-09T10:30:45.123Z"
LIMIT_S = 120  # for what should take milliseconds: only a hang is a failure

_program = {"api": sys.argv[1] if len(sys.argv) > 1 else "", "worker": sys.argv[2] if len(sys.argv) > 2 else ""}
_checks = 0
_failures = 0
_case = ""


def check(condition, text):
    global _checks, _failures
    _checks += 1
    if not condition:
        _failures += 1
        print(f"{_case}: {text}", file=sys.stderr)
    return bool(condition)


def check_equal(got, want, text):
    return check(got == want, f"{text}: got {got!r}, want {want!r}")


def main(*cases):
    global _case, _failures
    for case in cases:
        _case = case.__name__
        before = _checks
        try:
            case()
            check(_checks > before, "checked nothing")
        except Exception:  # whatever went wrong, the other cases still run
            _failures += 1
            print(f"{_case}: {traceback.format_exc()}", file=sys.stderr)
    print(f"{len(cases)} cases, {_checks} checks, {_failures} failures")
    sys.exit(1 if _failures or not _checks else 0)


def wait_for(what, why):
    """Call `what` until it returns something true; the result."""
    until = time.monotonic() + LIMIT_S
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {LIMIT_S} s: {why}")
        time.sleep(0.01)


class Service:
    """One running service. Settings are keyword arguments: OPS_SENDERS="2". It has long to drain."""

    def __init__(self, name, directory, arguments=(), preexec=None, **settings):
        self.directory = pathlib.Path(directory)
        self.log_path = self.directory / f"{name}.{uuid.uuid4().hex[:6]}.log"
        base = {k: v for k, v in os.environ.items() if not k.startswith("OPS_")} | {"OPS_DRAIN_TIMEOUT_S": "60"}
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen([_program[name], *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env={**base, **settings}, preexec_fn=preexec)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def events(self, message=None):
        found = []
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if message in (None, event.get("message")):
                    found.append(event)
        return found

    def port(self, role):
        def find():
            if self.child.poll() is not None:
                raise AssertionError(f"ended with {self.child.returncode}: {self.log()[-3000:]}")
            return next((int(e["server.port"]) for e in self.events("listening") if e["role"] == role), None)
        return wait_for(find, f"listening as {role}")

    def admin(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port("admin"), timeout=LIMIT_S)
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers

    def signal(self, number):
        self.child.send_signal(number)

    def freeze(self):
        self.signal(signal.SIGSTOP)
        wait_for(lambda: is_stopped(self.child.pid), "a freeze")

    def end(self):
        """SIGTERM and the exit status; killed when that does not end it."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return "killed"


class Api(Service):
    def __init__(self, directory, arguments=(), preexec=None, token=TOKEN, **settings):
        directory = pathlib.Path(directory)
        secret = directory / "token"
        if token is not None and not secret.exists():
            write_secret(secret, token)
        super().__init__("api", directory, arguments, preexec, **{
            "OPS_LISTEN": "127.0.0.1:0", "OPS_ADMIN_LISTEN": "127.0.0.1:0", "OPS_SECRET": f"file:{secret}",
            "OPS_QUEUE": f"sqlite:{directory}/queue.db", "OPS_LOG_FORMAT": "json", "OPS_DRAIN_GRACE_S": "0",
            **settings})
        self.secret = secret

    def http(self):
        return http.client.HTTPConnection("127.0.0.1", self.port("public"), timeout=LIMIT_S)

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port("public")), timeout=LIMIT_S)

    def records(self):
        """Every record in the queue, in the order of sending, as (line, parsed)."""
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/queue.db?mode=ro", uri=True)) as db:
            bodies = [row[0] for row in db.execute("SELECT body FROM message ORDER BY id")]
        return [(line, json.loads(line)) for body in bodies for line in bytes(body).split(b"\n")[:-1]]

    @contextlib.contextmanager
    def locked_queue(self):
        """Nothing can be committed inside."""
        with contextlib.closing(sqlite3.connect(f"{self.directory}/queue.db", LIMIT_S, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")

    def metric(self, name, labels=None):
        wanted = name + ("{" + labels + "}" if labels else "") + " "
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.admin("/metrics")[1].splitlines()
                   if line.startswith(wanted) or (labels is None and line.startswith(name + "{")))


@contextlib.contextmanager
def api(**settings):
    """An ops-api in a directory of its own; checked to end by itself with status 0."""
    with tempfile.TemporaryDirectory(prefix="ops-it-") as directory:
        service = Api(directory, **settings)
        try:
            service.port("public")
            yield service
        finally:
            status = service.end()
        check_equal(status, 0, "exit status after SIGTERM")


def write_secret(path, token):
    path = pathlib.Path(path)
    temporary = path.with_suffix(".new")
    temporary.write_text(token)
    temporary.chmod(0o600)
    temporary.rename(path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:300]!r}>"


def request(service_or_connection, method, path, body=None, headers=None):
    own = isinstance(service_or_connection, Service)
    connection = service_or_connection.http() if own else service_or_connection
    connection.request(method, path, body, headers or {})
    answer = Answer(connection.getresponse())
    if own:
        connection.close()
    return answer


def post(service_or_connection, body, path="/submit", **headers):
    """POST JSON (a dict, str or bytes); keyword webhook_id becomes the header webhook-id."""
    if isinstance(body, dict):
        body = json.dumps(body)
    sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return request(service_or_connection, "POST", path, body.encode() if isinstance(body, str) else body, sent)


def signed(body, key=TOKEN, ident=None, at=None):
    """Standard Webhooks headers for these body bytes."""
    if isinstance(body, str):
        body = body.encode()
    ident = ident or f"test_{uuid.uuid4().hex}"
    at = str(int(time.time()) if at is None else at)
    raw = base64.b64decode(key[6:]) if key.startswith("whsec_") else key.encode()
    mac = hmac.new(raw, f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook_id": ident, "webhook_timestamp": at,
            "webhook_signature": "v1," + base64.b64encode(mac).decode()}


def flat(**members):
    return json.dumps({"token": TOKEN, "email_timestream": NOW, **members})


def exchange(service, sent, half_close=False):
    """Raw bytes in, everything that comes back until the other side closes.

    Returns (bytes, whether it was closed)."""
    got = b""
    with service.raw() as s:
        try:
            s.sendall(sent)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            while piece := s.recv(65536):
                got += piece
        except TimeoutError:
            return got, False
        except ConnectionError:  # what it did not want to read is reset
            pass
    return got, True


def statuses(raw_bytes):
    """Status codes of all answers in a byte stream."""
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", raw_bytes)]
