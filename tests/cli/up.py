"""opsctl up: start, supervision, stop. The services are fakes, so that they can misbehave."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lib import *


class UpTest(Cli):
    """opsctl looks for the services beside itself: so it is copied to where the fakes are."""

    def setUp(self):
        super().setUp()
        place = self.home / "bin"
        place.mkdir()
        self.opsctl_path = pathlib.Path(shutil.copy(self.opsctl_path, place / "opsctl"))
        for name in ("ops-api", "ops-worker"):
            shutil.copy(HERE / "fake_service.py", place / name)
            (place / name).chmod(0o755)

    def log(self, name):
        return (self.local / f"{name}.log").read_text()

    # ---- start ----

    def test_start_and_stop(self):
        with Up(self) as up:
            self.assertTrue(up.ready["url"].startswith("http://127.0.0.1:"))
            self.assertNotEqual(up.ready["url"], "http://127.0.0.1:0")
            self.assertTrue(up.ready["token_is_new"])
            self.assertEqual(up.ready["dir"], str(self.local))
            context = self.document("context", "show")
            self.assertEqual(context["values"]["url"], up.ready["url"])
            code, events, err = up.stop()
        self.assertEqual((code, err), (EXIT_OK, ""))
        # Between two looks a slow machine may have been silent.
        self.assertEqual([e["event"] for e in events if e["event"] not in ("silent", "answers")],
                         ["starting", "ready", "draining", "ended", "ended", "stopped"])
        self.assertEqual([e["service"] for e in events if e["event"] == "ended"],
                         ["ops-api", "ops-worker"])
        self.assertFalse((self.local / "up.ini").exists())

    def test_every_event_has_schema_and_time(self):
        with Up(self) as up:
            _, events, _ = up.stop()
        for event in events:
            self.assertEqual(event["schema"], "opsctl/up/1")
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def text_of(self, *args):
        """What it prints for people, from start to stop by Ctrl-C."""
        process = subprocess.Popen([self.opsctl_path, *patient(["up", "--listen", "127.0.0.1:0", *args])],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.env, text=True)
        text = ""
        for line in process.stdout:
            text += line
            if "Ctrl-C" in line:
                process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual((process.returncode, err), (EXIT_OK, ""))
        self.assertNotIn("\033", text)
        return text

    def test_text_says_what_to_do_next(self):
        text = self.text_of()
        for hint in ("opsctl submit --wait", "opsctl health", "opsctl verify-s3 --follow"):
            self.assertIn(f"  {hint}\n", text)
        self.assertRegex(text, r"token      [0-9a-f]{8} \(fingerprint of a new one\)")
        self.assertRegex(self.text_of(), r"token      [0-9a-f]{8} \(fingerprint\)")

    def test_hints_name_the_directory_and_the_context(self):
        """Copied to another terminal, they must reach this system, not the one that is current there."""
        self.ok("context", "import", "prod", "--use", stdin='{"api_url":{"value":"https://x.example"}}')
        other = self.home / "it's here"
        hint = f"  OPSCTL_LOCAL_DIR='{self.home}/it'\\''s here' opsctl --context local health\n"
        self.assertIn(hint, self.text_of("--dir", str(other)))
        with Up(self, "--dir", str(other)) as up:
            shown = self.document("context", "show", "local", env={"OPSCTL_LOCAL_DIR": str(other)})
            self.assertEqual(shown["values"]["url"], up.ready["url"])

    def test_token_is_made_once_and_private(self):
        with Up(self) as up:
            first = up.ready["fingerprint"]
            up.stop()
        token = (self.local / "token").read_text()
        self.assertRegex(token, r"^whsec_[A-Za-z0-9+/]{43}=\n$")
        self.assertEqual(stat.S_IMODE((self.local / "token").stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.local.stat().st_mode), 0o700)
        with Up(self) as up:
            self.assertEqual(up.ready["fingerprint"], first)
            self.assertFalse(up.ready["token_is_new"])

    def test_token_others_can_read_is_refused(self):
        self.local.mkdir(parents=True)
        (self.local / "token").write_text("my-secret-token\n")
        (self.local / "token").chmod(0o644)
        self.refused(EXIT_CONFIG, "lets others at it", "up", "--listen", "127.0.0.1:0")

    def test_services_get_urls_never_the_token(self):
        with Up(self) as up:
            token = (self.local / "token").read_text().strip()
            for pid in (up.ready["api_pid"], up.ready["worker_pid"]):
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode()
                self.assertNotIn(token, command)
                self.assertIn(f"--queue=sqlite:{self.local}/queue.db", command)

    def test_all_ports_are_free_ones_unless_named(self):
        with Up(self):
            state = (self.local / "up.ini").read_text()
            for fixed in (":8080", ":9090", ":9091"):
                self.assertNotIn(fixed, state)

    # ---- what can be wrong ----

    def test_second_up_names_the_first(self):
        with Up(self) as up:
            err = self.refused(EXIT_BAD, "runs there already", "up", "--listen", "127.0.0.1:0")
            self.assertIn(f"process {up.process.pid}; Ctrl-C", err)
            document = self.document("up", "--listen", "127.0.0.1:0", code=EXIT_BAD)
            self.assertEqual(document["schema"], "opsctl/error/1")
            self.assertEqual(document["error"]["code"], "conflict")
            self.assertEqual(self.document("context", "show")["values"]["url"], up.url)

    def test_others_that_look_whether_it_runs(self):
        """They share the lock, and may be long about it: that is no other `up`."""
        self.local.mkdir(parents=True)
        with open(self.local / "up.lock", "w") as other:
            fcntl.flock(other, fcntl.LOCK_SH)
            up = self.enterContext(Up(self, wait=False))
            time.sleep(0.5)
            fcntl.flock(other, fcntl.LOCK_UN)
            up.wait_for("ready")

    def test_port_in_use(self):
        for reuse_port in (False, True):  # the second is what another ops-api does
            with socket.socket() as s:
                if reuse_port:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                s.bind(("127.0.0.1", 0))
                s.listen()
                port = s.getsockname()[1]
                err = self.refused(EXIT_CONFIG, f"port {port} of 127.0.0.1 is in use",
                                   "up", "--listen", f"127.0.0.1:{port}")
                self.assertIn("--listen", err)

    def test_bad_address(self):
        for address in ("localhost:80", "127.0.0.1", "127.0.0.1:99999", ":x"):
            self.refused(EXIT_USAGE, "--listen", "up", "--listen", address)

    def test_directory_that_cannot_be_made(self):
        err = self.refused(EXIT_CONFIG, "/proc/no", "up", "--listen", "127.0.0.1:0", "--dir", "/proc/no/such")
        self.assertNotIn("run: opsctl up", err)

    def test_corrupt_queue(self):
        self.local.mkdir(parents=True)
        (self.local / "queue.db").write_bytes(b"not a database" * 100)
        done = self.opsctl("up", "--listen", "127.0.0.1:0")
        self.assertIn("queue.db", done.stderr)
        self.assertEqual(done.returncode, EXIT_CONFIG)

    def test_program_missing(self):
        (self.home / "bin/ops-worker").unlink()
        done = self.opsctl("up", "--listen", "127.0.0.1:0", "--json", env={"PATH": str(self.home)})
        self.assertEqual(done.returncode, EXIT_NOTFOUND, done.stderr)
        self.assertIn("ops-worker", done.stderr)

    def test_service_that_refuses_its_settings(self):
        done = self.opsctl("up", "--listen", "127.0.0.1:0", "--json", env={"FAKE_API": "exit:3"})
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("ops-api exited with status 3, 1 time without", done.stderr)
        self.assertIn("cannot start", done.stderr)  # the end of its log
        last = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(last["schema"], "opsctl/error/1")
        self.assertIn("ops-api.log", last["error"]["next"])

    def test_last_lines_of_a_long_log(self):
        done = self.opsctl("up", "--listen", "127.0.0.1:0", env={"FAKE_API": "loud:3"})
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("cannot start", done.stderr)

    def test_service_that_never_gets_far(self):
        done = self.opsctl("up", "--listen", "127.0.0.1:0", "--json", env={"FAKE_WORKER": "exit:1"})
        self.assertEqual(done.returncode, EXIT_BAD)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(sum(e.get("event") == "exited" for e in events), 4)
        self.assertEqual(sum(e.get("event") == "given-up" for e in events), 1)

    def test_service_that_is_never_ready(self):
        done = self.opsctl("up", "--listen", "127.0.0.1:0", "--timeout", "500ms", env={"FAKE_API": "deaf"})
        self.assertEqual(done.returncode, EXIT_TIMED_OUT)
        self.assertIn("not ready after 500ms", done.stderr)

    def test_others_while_it_starts(self):
        """There are no URLs yet; nobody is told to start what is starting."""
        with Up(self, env={"FAKE_API": "deaf"}, wait=False) as up:
            up.wait_for("starting")
            err = self.refused(EXIT_REMOTE, "is not ready yet", "token", "check")
            self.assertNotIn("opsctl up\n", err)
            rows = {r["name"]: r for r in self.document("health", code=EXIT_BAD)["checks"]}
            self.assertIn("is not ready yet", rows["api"]["why"])
            up.stop()

    # ---- supervision ----

    def test_killed_service_is_started_again(self):
        with Up(self) as up:
            for service, key in (("ops-api", "api_pid"), ("ops-worker", "worker_pid")):
                os.kill(up.ready[key], signal.SIGKILL)
                gone = up.wait_for("exited", service)
                self.assertEqual(gone["pid"], up.ready[key])
                self.assertIn("signal 9", gone["reason"])
                again = up.wait_for("restarted", service)
                self.assertNotEqual(again["pid"], up.ready[key])
                self.assertIn(str(again["pid"]), (self.local / "up.ini").read_text())
            self.assertEqual(self.document("context", "show")["values"]["url"], up.url)
            code, _, _ = up.stop()
        self.assertEqual(code, EXIT_OK)

    def test_service_that_was_ready_is_never_given_up(self):
        with Up(self) as up:
            pid = up.ready["worker_pid"]
            for _ in range(6):
                os.kill(pid, signal.SIGKILL)
                pid = up.wait_for("restarted", "ops-worker")["pid"]
            self.assertEqual(up.stop()[0], EXIT_OK)

    def test_service_that_refuses_for_a_while_is_not_given_up(self):
        """As with a store that is away for longer than five tries take; ops-api goes on."""
        with Up(self) as up:
            program = self.home / "bin/ops-worker"
            program.rename(self.home / "bin/elsewhere")
            program.write_text("#!/bin/sh\nexit 3\n")
            program.chmod(0o755)
            os.kill(up.ready["worker_pid"], signal.SIGKILL)
            for _ in range(6):
                up.wait_for("exited", "ops-worker")
            (self.home / "bin/elsewhere").rename(program)
            up.wait_for("restarted", "ops-worker")
            self.assertTrue(is_alive(up.ready["api_pid"]))
            self.assertEqual(up.stop()[0], EXIT_OK)

    def test_start_that_fails_later_is_tried_again(self):
        with Up(self) as up:
            program = self.home / "bin/ops-worker"
            program.rename(self.home / "bin/elsewhere")
            os.kill(up.ready["worker_pid"], signal.SIGKILL)
            up.wait_for("exited", "ops-worker")
            self.assertIn("ops-worker was not started", up.process.stderr.readline())
            (self.home / "bin/elsewhere").rename(program)
            up.wait_for("restarted", "ops-worker")
            self.assertEqual(up.stop()[0], EXIT_OK)

    def test_stopped_service_is_noticed(self):
        with Up(self) as up:
            freeze(up.ready["worker_pid"])
            up.wait_for("silent", "ops-worker")
            os.kill(up.ready["worker_pid"], signal.SIGCONT)
            up.wait_for("answers", "ops-worker")

    def test_nothing_outlives_it(self):
        with Up(self) as up:
            os.kill(up.process.pid, signal.SIGKILL)
            for key in ("api_pid", "worker_pid"):
                wait_until(lambda: not is_alive(up.ready[key]), f"{key} ended")
        with Up(self) as up:  # what it left behind is in nobody's way
            self.assertFalse(up.ready["token_is_new"])

    def test_hangup_is_handed_on(self):
        with Up(self) as up:
            up.process.send_signal(signal.SIGHUP)
            up.wait_for("reload")
            for name in ("ops-api", "ops-worker"):
                wait_until(lambda: f'"number": {int(signal.SIGHUP)}' in self.log(name), "handed on")

    def test_reader_that_goes_away_stops_it(self):
        with Up(self) as up:
            up.process.stdout.close()  # seen without anything to say
            self.assertEqual(up.process.wait(LIMIT_S), EXIT_OK)
            self.assertEqual(up.process.stderr.read(), "")
            up.process.stdout = open(os.devnull)

    def test_reader_that_goes_away_at_once(self):
        """The services may not even have come to wait for signals."""
        with Up(self, wait=False) as up:
            up.process.stdout.readline()
            up.process.stdout.close()
            self.assertEqual(up.process.wait(LIMIT_S), EXIT_OK)
            up.process.stdout = open(os.devnull)

    def test_second_signal_changes_nothing(self):
        with Up(self) as up:
            up.process.send_signal(signal.SIGINT)
            code, events, _ = up.stop(signal.SIGINT)
        self.assertEqual(code, EXIT_OK)
        self.assertEqual(events[-1]["event"], "stopped")


if __name__ == "__main__":
    main()
