"""opsctl's gRPC against a real server: health, other methods, TLS, deadlines, what is not gRPC.

Runs itself again with the Python of the tests' venv, which has the packages.
"""
import http.server
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent import futures

VENV = pathlib.Path(os.environ.get("DEPS_DIR") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
                    / "ops-deps") / "venv" / "bin"
if pathlib.Path(sys.prefix) != VENV.parent:
    if not (VENV / "python3").exists():
        sys.exit(f"{VENV}: no such environment; `scripts/test` makes it (setup_python in scripts/setup.sh)")
    os.execv(VENV / "python3", [str(VENV / "python3"), *sys.argv])

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

import lib

HEALTH = "grpc.health.v1.Health/Check"
Serving = health_pb2.HealthCheckResponse


def raw(handler):
    """A method that takes and gives bytes as they are."""
    return grpc.unary_unary_rpc_method_handler(handler)


def refuse(code, details):
    def handler(request, context):
        context.abort(code, details)
    return raw(handler)


def slow(request, context):
    context.add_callback(slow_ended.set)
    slow_began.set()
    slow_ended.wait(lib.LIMIT_S)
    return b""


slow_began, slow_ended = threading.Event(), threading.Event()
METHODS = {
    "Check": raw(lambda request, context: b"\x0a\x02ok" if request == b"" else b"?"),
    "Empty": raw(lambda request, context: b""),
    "Large": raw(lambda request, context: b"x" * 70_000),
    "Denied": refuse(grpc.StatusCode.PERMISSION_DENIED, "no, 100 % \u00e4\n\x1b[31m"),
    "Down": refuse(grpc.StatusCode.UNAVAILABLE, "database"),
    "Slow": raw(slow),
    "Many": grpc.unary_stream_rpc_method_handler(lambda request, context: iter((b"a", b"b"))),
}


def start(test, credentials=None, with_health=True):
    """A server on a free port, stopped at the end of the test; its health servicer."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    servicer = health.HealthServicer()
    if with_health:
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("user.UserService", METHODS),))
    port = (server.add_secure_port("127.0.0.1:0", credentials) if credentials
            else server.add_insecure_port("127.0.0.1:0"))
    server.start()
    test.addCleanup(lambda: server.stop(None).wait())
    test.assertNotEqual(port, 0)
    return port, servicer


class Health(lib.Asking):
    def test_states(self):
        port, servicer = start(self)
        url = f"grpc://127.0.0.1:{port}/{HEALTH}"
        self.expect(url, status="OK", good=True, text="SERVING", http_status=200, timed=True)
        servicer.set("", Serving.NOT_SERVING)
        self.expect(url, status="OK", good=False, text="NOT_SERVING")
        servicer.set("", Serving.UNKNOWN)
        self.expect(url, status="OK", good=False, text="UNKNOWN")

    def test_method_is_the_default(self):
        port, _ = start(self)
        self.expect(f"grpc://127.0.0.1:{port}", good=True, text="SERVING")
        self.expect(f"grpc://localhost:{port}/", good=True, text="SERVING")

    def test_named_service(self):
        port, servicer = start(self)
        long_name = "x" * 150 + ".Long"
        servicer.set("user.UserService", Serving.NOT_SERVING)
        servicer.set(long_name, Serving.SERVING)
        url = f"grpc://127.0.0.1:{port}/{HEALTH}?service="
        self.expect(url + "user.UserService", good=False, text="NOT_SERVING")
        self.expect(url + long_name, good=True, text="SERVING")
        self.expect(url + "nobody", good=False, status="NOT_FOUND", part="SERVICE_UNKNOWN")

    def test_server_without_health(self):
        port, _ = start(self, with_health=False)
        self.expect(f"grpc://127.0.0.1:{port}/{HEALTH}", good=False, status="UNIMPLEMENTED", part="no health service")


class Methods(lib.Asking):
    def test_answers(self):
        port, _ = start(self)
        url = f"grpc://127.0.0.1:{port}/user.UserService/"
        self.expect(url + "Check", good=True, status="OK", text="OK")
        self.expect(url + "Empty", good=True, status="OK")
        self.expect(url + "Down", good=False, status="UNAVAILABLE", text="UNAVAILABLE: database")
        self.expect(url + "Denied", good=False, status="PERMISSION_DENIED", message="no, 100 % \u00e4??[31m")
        self.expect(url + "NoSuchMethod", good=False, status="UNIMPLEMENTED", part="UNIMPLEMENTED: ")
        self.expect(url + "Large", error="corrupt", part="larger than")
        self.expect(url + "Many", error="corrupt", part="not a unary method")

    def test_deadline(self):
        """The server is told, and whoever sees it first ends the call."""
        port, _ = start(self)
        for timeout_ms in (200, 2000, 20_000, 200_000):  # on a slow machine the call does not come that far
            got = self.ask(f"grpc://127.0.0.1:{port}/user.UserService/Slow", timeout_ms)
            self.assertIn("timeout" if "error" in got else "DEADLINE_EXCEEDED", got.values())
            if slow_began.is_set():
                break
        self.assertTrue(slow_ended.wait(lib.LIMIT_S), "the server went on")


class Tls(lib.Asking):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="opsctl-grpc-")
        self.addCleanup(directory.cleanup)
        self.key, self.certificate = (f"{directory.name}/{name}.pem" for name in ("key", "certificate"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)

    def start(self):
        with open(self.key, "rb") as key, open(self.certificate, "rb") as certificate:
            return start(self, grpc.ssl_server_credentials([(key.read(), certificate.read())]))[0]

    def test_own_authority(self):
        port = self.start()
        got = self.ask(f"grpcs://localhost:{port}/{HEALTH}", SSL_CERT_FILE=self.certificate)
        self.assertEqual((got["text"], got.get("good")), ("SERVING", True))

    def test_unknown_authority_and_other_name(self):
        port = self.start()
        got = self.ask(f"grpcs://localhost:{port}/{HEALTH}")
        self.assertEqual(got.get("error"), "config", got)
        got = self.ask(f"grpcs://127.0.0.1:{port}/{HEALTH}", SSL_CERT_FILE=self.certificate)
        self.assertEqual(got.get("error"), "config", got)

    def test_cleartext_to_tls(self):
        got = self.ask(f"grpc://localhost:{self.start()}/{HEALTH}")
        self.assertIn(got.get("error"), ("corrupt", "io"), got)


class NotGrpc(lib.Asking):
    def test_http_1(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        got = self.ask(f"grpc://127.0.0.1:{server.server_port}/{HEALTH}")
        self.assertIn(got.get("error"), ("corrupt", "io"), got)  # the server closes while we still write

    def test_refused(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))  # nobody else can take the port, and nobody listens
            self.expect(f"grpc://127.0.0.1:{s.getsockname()[1]}", error="io")

    def test_urls(self):
        for url in ("http://127.0.0.1/a.B/C", "grpc://", "grpc:///a.B/C", "grpc://h/a.B", "grpc://h/a.B/",
                    "grpc://h//C", "grpc://h/a.B/C/d", "grpc://h/a.B/C?x=1", "grpc://h?x=1", "grpc://h/a.B/C?service=x",
                    "grpc://h?service=" + "x" * 200, "", "grpc://me:secret@h/a.B/C"):
            with self.subTest(url=url):
                got = self.ask(url)
                self.assertEqual(got.get("error"), "invalid", got)


if __name__ == "__main__":
    lib.main()
