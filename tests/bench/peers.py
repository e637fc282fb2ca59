"""The processes that a benchmark starts and always ends: our services, nginx, gunicorn, wrk."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TOKEN = "bench-token-0123456789abcdef"
HERE = pathlib.Path(__file__).resolve().parent
LIMIT_S = 120  # for what should take milliseconds: only a hang is a failure


def high_water_kib(pid):
    """The most memory that a process has had so far; 0 when it has ended."""
    found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def pinned(core, command):
    return ["taskset", "-c", str(core), *command] if core is not None else command


class Process:
    """A child with its own log file, ended by its pid when the with-block ends."""

    def __init__(self, command, log, env=None, core=None, stop=signal.SIGTERM):
        self.log_path = pathlib.Path(log)
        self.stop = stop
        with open(log, "ab") as out:
            self.child = subprocess.Popen(pinned(core, [str(c) for c in command]), stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=out, env={**os.environ, **(env or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(self.stop)
            try:
                self.child.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def wait_for(self, what, seconds=LIMIT_S):
        """Call `what` until it returns something true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.child.poll() is not None:
                break
            found = what()
            if found:
                return found
            time.sleep(0.02)
        sys.exit(f"{self.child.args}: did not start; its log:\n{self.log_path.read_text()[-2000:]}")

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.child.pid}/status").read_text())[1])

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listening(log, role):
    """The port in the `listening` line of a service's log."""
    for line in log.read_text().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("message") == "listening" and event["role"] == role:
            return int(event["server.port"])
    return None


def api(build, work, core=None, **settings):
    secret = work / "token"
    if not secret.exists():
        secret.write_text(TOKEN)
        secret.chmod(0o600)
    env = {"OPS_LISTEN": "127.0.0.1:0", "OPS_ADMIN_LISTEN": "127.0.0.1:0", "OPS_SECRET": f"file:{secret}",
           "OPS_QUEUE": f"sqlite:{work}/queue.db", "OPS_LOG_FORMAT": "json", "OPS_LOG_LEVEL": "info",
           "OPS_DRAIN_GRACE_S": "0", **settings}
    process = Process([build / "svc/api/ops-api"], work / "api.log", env, core)
    return process


def worker(build, work, core=None, **settings):
    env = {"OPS_ADMIN_LISTEN": "127.0.0.1:0", "OPS_QUEUE": f"sqlite:{work}/queue.db",
           "OPS_STORE": f"file:{work}/store", "OPS_LOG_FORMAT": "json", "OPS_LOG_LEVEL": "info", **settings}
    return Process([build / "svc/worker/ops-worker"], work / "worker.log", env, core)


def nginx(work, port, core=None):
    conf = work / "nginx.conf"
    conf.write_text(f"""daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {work}/nb; proxy_temp_path {work}/np;
  fastcgi_temp_path {work}/nf; uwsgi_temp_path {work}/nu; scgi_temp_path {work}/ns;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok\\n"; }} }} }}
""")
    process = Process(["nginx", "-c", conf, "-p", work], work / "nginx.log", core=core)
    process.wait_for(lambda: answers(port, "GET", "/"))
    return process


def gunicorn(work, port, core=None):
    cache = pathlib.Path(os.environ.get("DEPS_DIR", pathlib.Path.home() / ".cache/ops-deps"))
    program = cache / "venv/bin/gunicorn"
    process = Process([program, "-w", "2", "--threads", "16", "-b", f"127.0.0.1:{port}", "--chdir", HERE,
                       "flask_app:app"], work / "gunicorn.log", {"BENCH_TOKEN": TOKEN}, core)
    process.wait_for(lambda: answers(port, "GET", "/"))
    return process


def answers(port, method, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request(method, path)
        return connection.getresponse().status > 0
    except OSError:
        return False


def ratio(ours, theirs):
    """A machine that is busy elsewhere may have done nothing at all in a short slot."""
    return ours / theirs if theirs else 0.0


def wrk(port, requests, seconds, connections, core=None):
    """One wrk slot with post.lua; its counts as a dictionary."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / "post.lua",
               f"http://127.0.0.1:{port}", "--", requests]
    out = subprocess.run(pinned(core, [str(c) for c in command]), capture_output=True, text=True, check=True).stdout
    found = re.search(r"BENCH (.*)", out)
    if not found:
        sys.exit(f"wrk said: {out}")
    return {k: float(v) for k, v in (pair.split("=") for pair in found[1].split())}


def wrk_get(port, seconds, connections, core=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}/"]
    out = subprocess.run(pinned(core, command), capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
