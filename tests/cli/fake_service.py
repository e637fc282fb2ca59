#!/usr/bin/env python3
"""Stands in for ops-api or ops-worker where a test wants one that misbehaves.

Listens where it is told, says so in its log, answers /readyz, ends with 0 on SIGTERM.
FAKE_<NAME> (API, WORKER) in the environment makes it do otherwise:
	exit:N		end with status N at once
	loud:N		the same, after 400 KiB of log
	deaf		never answer /readyz with 200
	stubborn	ignore SIGTERM
"""
import http.server
import json
import os
import signal
import sys
import threading

NAME = os.path.basename(sys.argv[0])
OPTIONS = dict(a.removeprefix("--").split("=", 1) for a in sys.argv[1:])
BEHAVIOUR = os.environ.get("FAKE_" + NAME.removeprefix("ops-").upper(), "")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if BEHAVIOUR == "deaf" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def log(message, **fields):
    print(json.dumps({"message": message, **fields}), file=sys.stderr, flush=True)


def listen(role, address):
    host, port = address.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log("listening", role=role, **{"server.address": host, "server.port": server.server_address[1]})


if BEHAVIOUR.startswith(("exit:", "loud:")):
    for _ in range(400 if BEHAVIOUR.startswith("loud:") else 0):
        log("loud", text="x" * 1024)
    log("cannot start", options=OPTIONS)
    sys.exit(int(BEHAVIOUR[len("exit:"):]))

signals = {signal.SIGTERM, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
if NAME == "ops-api":
    listen("api", OPTIONS["listen"])
listen("admin", OPTIONS["admin-listen"])
while True:
    number = signal.sigwait(signals)
    log("signal", number=number)
    if number == signal.SIGTERM and BEHAVIOUR != "stubborn":
        os._exit(0)
