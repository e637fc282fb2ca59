"""opsctl health: how it asks services of a context, by HTTP and by gRPC, on real servers.

Runs itself again with the Python of the tests' venv, which has the packages.
"""
import base64
import http.server
import os
import pathlib
import sys
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

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from system import *

NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
USERS = {
    "Check": grpc.unary_unary_rpc_method_handler(lambda request, context: b"a customer"),
    "Down": grpc.unary_unary_rpc_method_handler(
        lambda request, context: context.abort(grpc.StatusCode.UNAVAILABLE, "the database is away")),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = int(self.path.strip("/"))
        self.send_response(status)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"text")

    def log_message(self, *_):
        pass


class Probes(SystemTest):
    def http(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def grpc(self):
        """With the health service, and user.UserService; its URL and the servicer."""
        server, servicer = grpc.server(futures.ThreadPoolExecutor(4)), health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("user.UserService", USERS),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())
        return f"grpc://127.0.0.1:{port}", servicer

    def probe(self, url, code):
        """The row of a service that is asked so."""
        self.other_context("other", **{"service.users.probe": url})
        document = self.document("health", "--why", "--context=other", code=code)
        self.causes = {c["name"]: c for c in document["causes"]}
        row, = (r for r in document["checks"] if r["service"] == "users")
        self.assertEqual((row["name"], row["state"]), ("probe", "ok" if code == EXIT_OK else "bad"))
        return row

    def test_http(self):
        url = self.http()
        row = self.probe(f"{url}/200", EXIT_OK)
        self.assertRegex(row["detail"], r"^HTTP 200, \d+\.\d ms$")
        self.assertEqual(row["values"]["status"], 200)
        self.assertEqual(self.causes, {})
        self.assertEqual(self.probe(f"{url}/503", EXIT_BAD)["why"], "it answers 503: text")
        self.assertIn("HTTP 503: text", self.causes["probe-fails"]["evidence"])
        self.assertEqual(self.probe(f"{url}/404", EXIT_BAD)["next"],
                         "run: opsctl logs --service users --since 5m --context other")

    def test_grpc(self):
        url, servicer = self.grpc()
        for method in ("grpc.health.v1.Health/Check", "user.UserService/Check"):
            with self.subTest(method):
                self.assertRegex(self.probe(f"{url}/{method}", EXIT_OK)["detail"], r"^gRPC [A-Z]+, \d+\.\d ms$")
        servicer.set("", NOT_SERVING)
        self.assertIn("NOT_SERVING", self.probe(f"{url}/grpc.health.v1.Health/Check", EXIT_BAD)["why"])
        self.assertIn("gRPC NOT_SERVING", self.causes["probe-fails"]["evidence"])
        self.assertIn("the database is away", self.probe(f"{url}/user.UserService/Down", EXIT_BAD)["why"])
        self.assertIn("UNIMPLEMENTED", self.probe(f"{url}/user.UserService/Unknown", EXIT_BAD)["why"])

    def test_recording(self):
        """A replay says of each what was said then; what a method of others answered is nobody's."""
        url, servicer = self.grpc()
        servicer.set("", NOT_SERVING)
        file = self.home / "recording"
        for method, code in (("grpc.health.v1.Health/Check", EXIT_BAD), ("user.UserService/Check", EXIT_OK),
                             ("user.UserService/Down", EXIT_BAD)):
            with self.subTest(method):
                self.other_context("other", **{"service.users.probe": f"{url}/{method}"})
                recorded = self.opsctl("health", "--json", "--context", "other", "--record", file)
                replayed = self.opsctl("health", "--json", "--replay", file)
                rows = [[r for r in json.loads(done.stdout)["checks"] if r["service"] == "users"]
                        for done in (recorded, replayed)]
                self.assertEqual(rows[0][0]["state"], "ok" if code == EXIT_OK else "bad")
                self.assertEqual([(r["state"], r["values"], r["why"]) for r in rows[1]],
                                 [(r["state"], r["values"], r["why"]) for r in rows[0]])
                kept = [json.loads(line).get("body_base64", "") for line in file.read_text().splitlines()]
                self.assertNotIn(b"customer", b"".join(map(base64.b64decode, kept)))

    def test_interrupted(self):
        """One that is connected to and says nothing is not waited for."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.other_context("other", **{"service.users.probe": f"grpc://127.0.0.1:{silent.getsockname()[1]}"})
            process = subprocess.Popen([self.opsctl_path, "health", "--watch", "--context=other", "--timeout", "10m"],
                                       env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(LIMIT_S), EXIT_SIGINT)

    def test_nobody_is_there(self):
        for url in (unused_url() + "/", unused_url().replace("http", "grpc") + "/grpc.health.v1.Health/Check"):
            with self.subTest(url):
                row = self.probe(url, EXIT_BAD)
                self.assertEqual(row["detail"], "no answer")
                self.assertIn("127.0.0.1", row["why"])


class Why(SystemTest):
    """Causes in the system of this machine."""

    def causes(self, *args, code=EXIT_BAD):
        return {c["name"]: c for c in self.document("health", "--why", *args, code=code)["causes"]}

    def test_nothing_runs(self):
        causes = self.causes()
        self.assertEqual(next(iter(causes)), "not-running")
        self.assertEqual(causes["not-running"]["next"], "run: opsctl up")

    def test_well(self):
        self.up()
        self.assertEqual(self.causes(code=EXIT_OK), {})
        self.assertTrue(self.ok("health", "--why").endswith("\nhealthy\n"))

    def test_worker_hangs(self):
        up = self.up()
        freeze(up.ready["worker_pid"])

        def look(timeout):
            causes = self.causes("--timeout", timeout)
            self.assertEqual(list(causes), ["worker-fails"])
            self.assertEqual(causes["worker-fails"]["next"], f"run: kill -CONT {up.ready['worker_pid']}")

        given_time(look)

    def test_some_rows(self):
        self.up()
        self.assertEqual([line.split("  ")[0] for line in self.ok("health", "queue", "store", "errors").splitlines()],
                         ["queue", "store", "errors", "healthy"])
        done = self.opsctl("health", "none")
        self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""))
        self.assertIn("'none' is no row and no service of context 'local'", done.stderr)


if __name__ == "__main__":
    main()
