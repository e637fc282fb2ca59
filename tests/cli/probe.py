"""opsctl probe: the waterfall, the hop that failed, many in a row, and what must be refused."""
import http.server
import pty
import re
import select
import ssl
import subprocess
import tempfile
import threading

from system import *

HOPS = ["secret", "dns", "tcp", "tls", "first byte", "accepted", "queued", "received", "stored", "visible"]
EXIT_HOP = 20


def freeze_worker(up):
    freeze(up.ready["worker_pid"])


class AcceptsAll(http.server.BaseHTTPRequestHandler):
    """Refuses an empty payload, as if it knew the token, and takes everything else."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b'{"id":"x"}'
        self.send_response(400 if body == b"{}" else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


class ProbeTest(SystemTest):
    def elsewhere(self, **values):
        """A context with the store and token of the local system, and other things as given."""
        known = {"url": "http://127.0.0.1:1", "secret": f"file:{self.local}/token",
                 "queue": f"sqlite:{self.local}/queue.db", "store": f"file:{self.local}/store"}
        return ("--context", self.other_context("other", **known | values))

    def fails_at(self, hop, *args, exit_code=None, **more):
        """The document of a probe that got stuck."""
        done = self.opsctl("probe", "--json", *args, **more)
        self.assertEqual(done.returncode, exit_code or EXIT_HOP + HOPS.index(hop), done.stdout + done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual((document["failed_at"], document["ok"], document["exit"]), (hop, False, done.returncode))
        self.assertTrue(document["error"]["message"])
        return document


class Refused(ProbeTest):
    def test_read_only(self):
        """Nothing is added to such a context, not even asked for: nobody is there to answer."""
        look = self.elsewhere(access="read-only")
        for command in (["probe"], ["probe", "--count", "2"], ["probe", "--negative"], ["submit", "-d", "{}"]):
            with self.subTest(command):
                done = self.opsctl(*command, *look)
                self.assertEqual(done.returncode, EXIT_PERMISSION, done.stdout + done.stderr)
                self.assertIn("context other is read-only", done.stderr)


class Arriving(ProbeTest):
    def test_one(self):
        with self.up():
            document = self.document("probe")
            self.assertEqual((document["schema"], document["ok"], document["status"]), ("opsctl/probe/1", True, 200))
            self.assertEqual([h["hop"] for h in document["hops"]], HOPS)
            notes = {h["hop"]: h["note"] for h in document["hops"] if "note" in h}
            self.assertEqual(notes, {"tls": "not used", "queued": "the store does not keep it",
                                     "received": "the store does not keep it"})
            self.assertEqual(self.ids(), [document["id"]])
            known = [h for h in document["hops"] if "note" not in h]
            end = 0
            for hop in known:  # one after the other, without gaps of note, to the end
                self.assertGreaterEqual(hop["from_ms"], end - 0.01)
                end = hop["from_ms"] + hop["took_ms"]
            self.assertLessEqual(end, document["total_ms"] + 0.01)

    def test_text(self):
        with self.up():
            lines = self.ok("probe").splitlines()
        self.assertRegex(lines[0], r"^opsctl_[0-9a-f-]{36}$")
        self.assertRegex(lines[1], r"\.ndjson$")
        self.assertEqual([line[2:12].strip() for line in lines[2:12]], HOPS)
        self.assertRegex(lines[12], r"^arrived after \d+\.\d ms$")
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)
        self.assertNotIn("█", "".join(lines))

    def test_every_way_to_sign(self):
        with self.up():
            for how in "signature", "token", "bearer":
                self.assertTrue(self.document("probe", "--auth", how)["ok"], how)

    def test_many(self):
        with self.up():
            documents = [json.loads(line) for line in
                         self.ok("probe", "-c", "5", "--interval", "0s", "--json").splitlines()]
            self.assertEqual([d["schema"] for d in documents], ["opsctl/probe/1"] * 5 + ["opsctl/probe-summary/1"])
            summary = documents[-1]
            self.assertEqual((summary["ok"], summary["probes"], summary["arrived"]), (True, 5, 5))
            for hop in summary["hops"]:
                if hop["times"]:
                    self.assertLessEqual(hop["p50_ms"], hop["p95_ms"])
                    self.assertLessEqual(hop["p95_ms"], hop["max_ms"])
            self.assertEqual(len(self.ids()), 5)
            text = self.ok("probe", "-c", "2", "-i", "0s")
            self.assertRegex(text, r"(?m)^1/2  opsctl_\S+  arrived after")
            self.assertRegex(text, r"(?m)^HOP +TIMES +P50 +P95 +MAX$")
            self.assertTrue(text.endswith("2 of 2 probes arrived\n"), text)

    def test_unicode_on_a_terminal_that_has_it(self):
        with self.up():
            for locale, is_unicode in (("C.UTF-8", True), ("en_GB.utf8", True), ("C", False), ("de_DE@euro", False)):
                text = self.on_terminal("probe", LC_ALL=locale)
                self.assertEqual("▏" in text or "█" in text, is_unicode, (locale, text))

    def on_terminal(self, *args, **env):
        main, side = pty.openpty()
        with subprocess.Popen([self.opsctl_path, *patient(args)], stdout=side, env=self.env | env) as process:
            os.close(side)
            text = b""
            while select.select([main], [], [], LIMIT_S)[0]:
                try:
                    text += os.read(main, 4096)
                except OSError:  # the other side was closed
                    break
        os.close(main)
        self.assertEqual(process.returncode, 0, text)
        return text.decode()


class Stuck(ProbeTest):
    def test_nothing_runs(self):
        done = self.opsctl("probe")
        self.assertEqual(done.returncode, EXIT_REMOTE)
        self.assertIn("opsctl up", done.stderr)

    def test_secret(self):
        with self.up():
            self.fails_at("secret", *self.elsewhere(secret="file:/none"), exit_code=EXIT_NOTFOUND)
            open_to_all = self.file("open", "whsec_" + "A" * 40)
            os.chmod(open_to_all, 0o644)
            self.fails_at("secret", *self.elsewhere(secret=f"file:{open_to_all}"), exit_code=EXIT_CONFIG)

    def test_dns(self):
        with self.up():
            self.fails_at("dns", *self.elsewhere(url="http://opsctl-test.invalid"))

    def test_tcp(self):
        with self.up():
            document = self.fails_at("tcp", *self.elsewhere(url=unused_url()))
            self.assertEqual(document["error"]["code"], "io")
            self.assertEqual([h["hop"] for h in document["hops"] if "note" not in h], ["secret", "dns", "tcp"])

    def test_tls(self):
        with self.up() as up:
            self.fails_at("tls", *self.elsewhere(url=up.url.replace("http:", "https:")))

    def test_first_byte(self):
        """A listener that accepts and says nothing."""
        with self.up(), socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            document = given_time(
                lambda timeout: self.fails_at("first byte", "--timeout", timeout, *self.elsewhere(url=url)))
            self.assertEqual(document["error"]["code"], "timeout")

    def test_accepted(self):
        with self.up() as up:
            document = self.fails_at("accepted", *self.elsewhere(url=up.url + "/nowhere"))
            self.assertEqual(document["status"], 404)
            wrong = self.file("wrong", "whsec_" + "A" * 40)
            os.chmod(wrong, 0o600)
            document = self.fails_at("accepted", *self.elsewhere(url=up.url, secret=f"file:{wrong}"))
            self.assertEqual((document["status"], document["error"]["next"]),
                             (401, "run: opsctl token check --context other"))

    def test_received(self):
        """A worker that stands still."""
        with self.up() as up:
            freeze_worker(up)
            document = given_time(lambda timeout: self.fails_at("received", "--timeout", timeout))
            self.assertRegex(document["error"]["message"], r"\b[1-9]\d* waiting")
            self.assertIn("health --why", document["error"]["next"])

    def test_visible(self):
        """It lands in another place than where we look."""
        with self.up() as up:
            other = self.home / "other"
            other.mkdir()
            elsewhere = self.elsewhere(url=up.url, store=f"file:{other}")
            given_time(lambda timeout: self.fails_at("visible", "--timeout", timeout, *elsewhere))

    def test_some_of_many(self):
        with self.up() as up:
            freeze_worker(up)
            summary = given_time(self.some_of_many)
        times = {hop["hop"]: hop["times"] for hop in summary["hops"]}
        for hop in ("secret", "tcp", "first byte", "accepted"):
            self.assertEqual(times[hop], 2, hop)  # passed, before they got stuck
        for hop in ("received", "stored", "visible", "all"):
            self.assertEqual(times[hop], 0, hop)

    def some_of_many(self, timeout):
        done = self.opsctl("probe", "-c", "2", "-i", "0s", "--timeout", timeout, "--json")
        self.assertEqual(done.returncode, EXIT_HOP + HOPS.index("received"))
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((summary["ok"], summary["arrived"], summary["failed_at"]), (False, 0, {"received": 2}))
        return summary

    def test_a_reason_is_told_once(self):
        def look(timeout):
            text = self.opsctl("probe", "-c", "3", "-i", "0s", "--timeout", timeout).stdout
            self.assertRegex(text, r"(?m)^3/3  opsctl_\S+  failed at received after [0-9.]+ ms$")
            self.assertEqual(text.count("is not in the store"), 1)
            self.assertRegex(text, r"(?m)^3 probes failed at received: object .* is not in the store")
            self.assertEqual(text.count("next: run: opsctl health --why"), 1)

        with self.up() as up:
            freeze_worker(up)
            given_time(look)

    def test_interrupted(self):
        """Ctrl-C ends a long run with an account of it."""
        with self.up():
            process = subprocess.Popen([self.opsctl_path, *patient(["probe", "-c", "1000", "-i", "1h"])], env=self.env,
                                       text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, EXIT_SIGINT)
        self.assertIn("1/1000", first)
        self.assertIn("1 of 1 probe arrived", out)


class Tls(ProbeTest):
    """Through something that ends TLS, as a load balancer does."""

    def test_hop(self):
        directory = tempfile.TemporaryDirectory(prefix="opsctl-tls-")
        self.addCleanup(directory.cleanup)
        key, certificate = (f"{directory.name}/{name}.pem" for name in ("key", "certificate"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with self.up() as up, socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self.forward, args=(listener, context, up.url), daemon=True).start()
            url = f"https://localhost:{listener.getsockname()[1]}"
            document = self.document("probe", *self.elsewhere(url=url), env={"SSL_CERT_FILE": certificate})
            hops = {h["hop"]: h for h in document["hops"]}
            self.assertGreater(hops["tls"]["took_ms"], 0)
            self.fails_at("tls", *self.elsewhere(url=url))  # nobody vouches for the certificate

    def forward(self, listener, context, url):
        """One request, which fits into few pieces, and its answer, for each connection."""
        host, port = url.removeprefix("http://").split(":")
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as client, \
                        socket.create_connection((host, int(port))) as server:
                    server.sendall(self.message(client))
                    client.sendall(self.message(server))
            except OSError:  # ssl.SSLError is one: the client did not like the certificate
                pass

    def message(self, connection):
        """Head and body, in however many pieces they come."""
        head = b""
        with connection.makefile("rb") as stream:
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline()
                if not line:
                    raise ConnectionError("it went away")
                head += line
            return head + stream.read(int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]))


class Negative(ProbeTest):
    def test_all_refused(self):
        with self.up():
            document = self.document("probe", "--negative")
            self.assertEqual((document["schema"], document["ok"]), ("opsctl/probe-negative/1", True))
            verdicts = {r["name"]: r["verdict"] for r in document["requests"]}
            self.assertEqual(verdicts.pop("previous token"), "skipped")
            self.assertEqual(set(verdicts.values()), {"ok"})
            self.assertEqual(self.ids(), [document["control"]])
            self.assertGreaterEqual(document["objects_read"], 1)
            self.assertEqual(document["queue_before"]["dead"], 0)

    def test_text(self):
        with self.up():
            lines = self.ok("probe", "--negative").splitlines()
        self.assertEqual(lines[0], "ok       no credentials                401")
        self.assertEqual(lines[-1], "refused, all of them")
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)

    def test_previous_token(self):
        with self.up():
            self.ok("token", "rotate", "--yes")
            document = self.document("probe", "--negative")
        previous = next(r for r in document["requests"] if r["name"] == "previous token")
        self.assertEqual((previous["verdict"], previous["status"]), ("noted", 400))
        self.assertTrue(document["ok"])

    def test_a_system_that_takes_all(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), AcceptsAll)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        with self.up():
            other = self.elsewhere(url=f"http://127.0.0.1:{server.server_port}")
            document = self.document("probe", "--negative", *other, code=EXIT_BAD)
            bad = {r["name"] for r in document["requests"] if r["verdict"] == "bad"}
            self.assertIn("signature too old", bad)
            self.assertEqual(len(bad), len(document["requests"]) - 1)  # there is no previous token
            self.assertEqual(document["control_failed_at"], "accepted")
            self.assertIn("wanted was 401", self.opsctl("probe", "--negative", *other).stdout)

    def test_wrong_token(self):
        wrong = self.file("wrong", "whsec_" + "A" * 40)
        os.chmod(wrong, 0o600)
        with self.up() as up:
            done = self.opsctl("probe", "--negative", *self.elsewhere(url=up.url, secret=f"file:{wrong}"))
        self.assertEqual(done.returncode, EXIT_PERMISSION)
        self.assertIn("refuses the current token", done.stderr)

    def test_worker_that_stands_still(self):
        with self.up() as up:
            freeze_worker(up)

            def look(timeout):
                done = self.opsctl("probe", "--negative", "--timeout", timeout, "--json")
                self.assertEqual(done.returncode, EXIT_HOP + HOPS.index("received"))
                self.assertEqual(json.loads(done.stdout)["control_failed_at"], "received")

            given_time(look)


class Usage(ProbeTest):
    def test_options(self):
        for args in (("--negative", "-c", "2"), ("--negative", "--auth", "token"), ("-i", "1s"), ("-c", "0"),
                     ("--negative", "--interval", "1s"), ("more",), ("--timeout", "0s")):
            with self.subTest(args):
                self.assertEqual(self.opsctl("probe", *args).returncode, EXIT_USAGE)


if __name__ == "__main__":
    main()
