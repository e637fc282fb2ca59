#!/usr/bin/env python3
"""requests.py API_ROOT WORKER_ROOT OPSCTL_ROOT: the images' root file systems at work, as root.

What a container runtime does for a read-only root file system is done by util-linux here: own
namespaces for mounts, processes and IPC, the root mounted read-only, a volume at /tmp, no
privileges. Both services share the volume; every request shape of tests/data/seed-requests is sent
to ops-api, and opsctl, from its own image, must find all that was accepted.
"""
import http.client
import json
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
CASES = json.loads((DATA / "seed-requests/requests.json").read_text())["cases"]
USER = 65532
LIMIT_S = 300  # for what should take milliseconds: only a hang is a failure
INSIDE = """
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount --bind "$2" "$1/tmp"
root=$1
shift 2
exec setpriv --no-new-privs chroot --userspec=65532:65532 "$root" "$@"
"""
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",
    "OPS_QUEUE": "sqlite:/tmp/queue.db",
    "OPS_STORE": "file:/tmp/store",
    "OPS_SECRET": "file:/tmp/token",
    "OPS_LISTEN": "127.0.0.1:0",
    "OPS_ADMIN_LISTEN": "127.0.0.1:0",
    "OPS_LOG_FORMAT": "json",
    "OPS_DRAIN_GRACE_S": "0",
}


def command(root, volume, *words):
    return ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child",
            "sh", "-euc", INSIDE, "sh", root, volume, *words]


class Service:
    def __init__(self, root, volume, program):
        self.root, self.volume, self.program = root, volume, program
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command(root, volume, program), env=ENVIRONMENT,
                                        stderr=self.log)
        self.ports = {}
        self.await_start()

    def events(self):
        """Of whole lines. Not by seek(): the service writes at the same offset."""
        log = os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0).decode()
        for line in log.split("\n")[:-1]:
            yield json.loads(line) if line.startswith("{") else {"message": line}

    def await_start(self):
        until = time.monotonic() + LIMIT_S
        while not any(event["message"] == "started" for event in self.events()):
            ended = self.process.poll()
            assert ended is None and time.monotonic() < until, \
                f"{self.program}, status {ended}: {list(self.events())}"
            time.sleep(0.05)
        self.ports = {event["role"]: event["server.port"] for event in self.events()
                      if event["message"] == "listening"}

    def is_alive(self):
        admin = dict(ENVIRONMENT, OPS_ADMIN_LISTEN=f"127.0.0.1:{self.ports['admin']}")
        return subprocess.run(command(self.root, self.volume, self.program, "--healthcheck"),
                              env=admin, stdout=subprocess.DEVNULL).returncode == 0

    def stop(self):
        """SIGTERM to the service itself, the only child of unshare."""
        parent = self.process.pid
        child = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]
        os.kill(int(child), signal.SIGTERM)
        self.process.wait(timeout=LIMIT_S)
        assert self.process.returncode == 0, f"{self.program}: {self.process.returncode}"


def send(port, token, case):
    body = case.get("raw_body")
    if body is None and "body" in case:
        body = json.dumps(case["body"])
    theirs = case.get("server_token", "my-secret-token")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    connection.request(case["method"], case["path"], headers=case.get("headers", {}),
                       body=body.replace(theirs, token).encode() if body else None)
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == case["expect"]["status"], f"{case['name']}: {answer.status} {text}"
    return json.loads(text)["id"] if answer.status == 200 and case["method"] == "POST" else None


def opsctl(root, volume, *words):
    done = subprocess.run(command(root, volume, "/opsctl", *words), env=ENVIRONMENT, text=True,
                          capture_output=True, timeout=LIMIT_S)
    assert done.returncode == 0, f"opsctl {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def make_volume(volume):
    token = secrets.token_hex(16)
    file = pathlib.Path(volume, "token")
    file.write_text(token)
    file.chmod(0o400)
    os.chown(file, USER, USER)
    os.chown(volume, USER, USER)
    return token


def exercise(roots, volume, services):
    token = make_volume(volume)
    services.append(Service(roots[0], volume, "/ops-api"))
    services.append(Service(roots[1], volume, "/ops-worker"))
    for service in services:
        assert service.is_alive(), f"{service.program} --healthcheck"

    port = services[0].ports["public"]
    ids = [i for i in (send(port, token, case) for case in CASES) if i]
    assert len(ids) > 5, f"only {len(ids)} accepted"
    opsctl(roots[2], volume, "submit", "--wait", "--timeout", "4m", "--url", f"http://127.0.0.1:{port}",
           "--secret", "file:/tmp/token", "--store", "file:/tmp/store")
    opsctl(roots[2], volume, "verify-s3", "--timeout", "4m", "--store", "file:/tmp/store", *ids)
    while services:
        services[0].stop()
        del services[0]
    print(f"{len(CASES)} requests, {len(ids)} accepted and stored; both services ended with 0")


def main():
    services, began = [], time.monotonic()
    with tempfile.TemporaryDirectory() as volume:
        try:
            exercise(sys.argv[1:4], volume, services)
        finally:
            for service in services:
                service.process.kill()
    print(f"{time.monotonic() - began:.1f} s")


main()
