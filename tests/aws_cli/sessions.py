#!/usr/bin/env python3
"""opsctl exec: a command in a container, its output and its exit status; and what is missing for it."""
import os
import pathlib
import pty
import shutil
import subprocess

from ecs_world import *

TOKEN = "session-token-sentinel"
RUNTIME = "0123456789abcdef0123456789abcdef-1234567890"


def running_task(number, agent="RUNNING", can_exec=True, **more):
    container = {"name": "api", "lastStatus": "RUNNING", "runtimeId": RUNTIME}
    if agent:
        container["managedAgents"] = [{"name": "ExecuteCommandAgent", "lastStatus": agent}]
    return {"taskArn": f"{ARN}task/prod/{number:032x}", "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
            "taskDefinitionArn": f"{ARN}task-definition/prod-api:1", "startedBy": "ecs-svc/1", "createdAt": NOW,
            "enableExecuteCommand": can_exec, "containers": [container], **more}


class Sessions(OnEcs):
    def setUp(self):
        super().setUp()
        self.tools = self.home / "bin"
        self.tools.mkdir()
        shutil.copy(pathlib.Path(__file__).parent / "fake_plugin.py", self.tools / "session-manager-plugin")
        (self.tools / "session-manager-plugin").chmod(0o755)
        self.env |= {"PATH": f"{self.tools}:{os.environ['PATH']}", "PLUGIN_DOOR": self.peers["moto"].url,
                     "PLUGIN_LOG": str(self.home / "log")}

    def tasks(self, *tasks):
        self.answer("ListTasks", result={"taskArns": [t["taskArn"] for t in tasks]})
        self.answer("DescribeTasks", result={"tasks": list(tasks)})

    def session(self, task=1):
        self.answer("ExecuteCommand", result={
            "clusterArn": f"{ARN}cluster/prod", "containerName": "api", "interactive": True,
            "taskArn": f"{ARN}task/prod/{task:032x}",
            "session": {"sessionId": "ecs-execute-command-1", "streamUrl": "wss://x", "tokenValue": TOKEN}})

    def run_in(self, *command, code=EXIT_OK, args=(), env=None):
        self.tasks(running_task(1))
        self.session()
        done = self.opsctl("exec", "api", *args, "--", *command, env=env)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn("opsctl-exit", done.stdout + done.stderr)
        return done

    def test_output_and_status(self):
        cases = ((["echo", "hello"], 0, "hello\n"), (["sh", "-c", "printf x; exit 3"], 3, "x"),
                 (["false"], 1, ""), (["sh", "-c", "exit 255"], 255, ""),
                 (["printf", "%s|", "a b", "it's", "$HOME", '"', "\\", "*"], 0, "a b|it's|$HOME|\"|\\|*|"),
                 (["printf", "opsctl-exit-0123456789abcdef:0\\n"], 0, None), (["seq", "500"], 0, None))
        for command, status, output in cases:
            with self.subTest(command):
                self.forget()
                if output is None:
                    self.tasks(running_task(1))
                    self.session()
                    self.assertEqual(self.opsctl("exec", "api", "--", *command).returncode, status)
                    continue
                out = self.run_in(*command, code=status).stdout
                self.assertEqual(out, "\nStarting session with SessionId: ecs-execute-command-1\n" + output +
                                 "\n\nExiting session with sessionId: ecs-execute-command-1.\n\n")

    def test_what_the_plugin_is_given(self):
        """As the AWS CLI does it, and the token where only we can read it."""
        self.run_in("true")
        seen = json.loads((self.home / "log").read_text())
        self.assertEqual(seen["session"], {"sessionId": "ecs-execute-command-1", "streamUrl": "wss://x",
                                           "tokenValue": TOKEN})
        self.assertEqual(seen["argv"], [
            "AWS_SSM_START_SESSION_RESPONSE", "us-east-1", "StartSession", "",
            f'{{"Target":"ecs:prod_{1:032x}_{RUNTIME}"}}', "https://ssm.us-east-1.amazonaws.com"])
        self.assertNotIn(TOKEN, " ".join(seen["argv"]))
        self.assertEqual((seen["stdin"], seen["stdout"]), (True, True))  # it refuses to work without
        self.assertEqual(self.calls("ExecuteCommand")[0]["params"]["container"], "api")

    def test_which_container(self):
        """Where a task has several, ECS wants one named: that of the context, else the first."""
        several = running_task(1)
        several["containers"].append({"name": "side", "lastStatus": "RUNNING", "runtimeId": "of-the-side"})
        for values, want, runtime in (({"service.api.container": "side"}, "side", "of-the-side"), ({}, "api", RUNTIME)):
            with self.subTest(want):
                self.forget()
                self.values.pop("service.api.container", None)
                self.context(**values)
                self.tasks(several)
                self.session()
                self.assertEqual(self.opsctl("exec", "api", "--", "true").returncode, EXIT_OK)
                self.assertEqual(self.calls("ExecuteCommand")[0]["params"]["container"], want)
                self.assertIn(runtime, json.loads((self.home / "log").read_text())["argv"][4])

    def test_on_a_terminal(self):
        """The session has our standard input then; its output passes through us all the same."""
        self.tasks(running_task(1))
        self.session()
        master, slave = pty.openpty()
        process = subprocess.Popen([lib.PROGRAMS["opsctl"], "exec", "api", "--", "sh", "-c", "echo hello; exit 4"],
                                   stdin=slave, stdout=slave, stderr=slave, env=self.env)
        os.close(slave)
        out = b""
        try:
            while piece := os.read(master, 4096):
                out += piece
        except OSError:  # EIO: the last writer is gone
            pass
        os.close(master)
        self.assertEqual(process.wait(lib.LIMIT_S), 4, out)
        self.assertIn(b"\r\nhello\r", out)
        self.assertNotIn(b"opsctl-exit", out)

    def test_token_is_never_shown(self):
        for more in (["-v"], ["-vv"], ["--json"]):
            self.forget()
            done = self.run_in("true", "typed-secret", args=more)
            self.assertNotIn(TOKEN, done.stdout + done.stderr, more)
            self.assertNotIn("typed-secret", done.stdout + done.stderr, more)

    def test_recording(self):
        """Neither what is typed nor the token is kept; a session cannot be held again."""
        file = self.home / "recording"
        self.run_in("echo", "typed-secret", args=["--record", file])
        kept = file.read_text()
        self.assertIn("ExecuteCommand", kept)
        self.assertNotIn("typed-secret", kept)
        self.assertNotIn(TOKEN, kept)
        (self.home / "log").unlink()
        self.refused_text(EXIT_USAGE, "exec cannot replay", "--replay", file, "exec", "api", "--", "true")
        self.assertFalse((self.home / "log").exists())

    def test_json(self):
        self.tasks(running_task(1))
        self.session()
        done = self.opsctl("exec", "api", "--json", "--", "sh", "-c", "echo out; exit 7")
        self.assertEqual(done.returncode, 7, done.stderr)
        shown = json.loads(done.stdout)
        self.assertEqual((shown["status"], shown["task"]), (7, f"{1:032x}"))
        self.assertIn("out\r\n", shown["output"])
        self.assertEqual((shown["output_bytes"], shown["truncated"]), (len(shown["output"]), False))

    def test_json_of_more_than_is_kept(self):
        """The document says that it does not hold all, and how much there was."""
        limit, more = 4 << 20, 1000
        self.tasks(running_task(1))
        self.session()
        done = self.opsctl("exec", "api", "--json", "--", "sh", "-c",
                           f"head -c {limit + more} /dev/zero | tr '\\0' x; exit 7", env={"PLUGIN_PIECE": "4000"})
        self.assertEqual(done.returncode, 7, done.stderr)
        shown = json.loads(done.stdout)
        self.assertEqual((shown["status"], shown["truncated"], len(shown["output"])), (7, True, limit))
        self.assertGreater(shown["output_bytes"], limit + more)

    def test_no_shell(self):
        done = self.run_in("/bin/echo", "as it is", args=["--no-shell"])
        self.assertIn("\nas it is\n", done.stdout)
        self.assertEqual(self.calls("ExecuteCommand")[0]["params"]["command"], "'/bin/echo' 'as it is'")
        self.assertIn("exit status", done.stderr)

    def test_broken_off(self):
        """No status is not status 0."""
        done = self.run_in("echo", "hello", code=EXIT_REMOTE, env={"PLUGIN_CUT": "10"})
        self.assertIn("exited with status 1", done.stderr)

    def test_which_task(self):
        self.tasks(running_task(1, agent=None), running_task(2))
        self.session(2)
        self.assertEqual(self.opsctl("exec", "api", "--", "true").returncode, EXIT_OK)
        self.assertTrue(self.calls("ExecuteCommand")[0]["params"]["task"].endswith(f"{2:032x}"))
        self.refused_text(EXIT_NOTFOUND, "begins with 'abc'\nrun: opsctl health --why api",
                          "exec", "api", "--task", "abc", "--", "true")
        self.forget()
        self.tasks()
        self.refused_text(EXIT_NOTFOUND, "no task of api is running", "exec", "api", "--", "true")

    def test_usage(self):
        self.refused_text(EXIT_USAGE, "--yes", "exec", "api", "--yes", "--", "true")
        self.refused_text(EXIT_USAGE, "--check", "exec", "api")
        self.refused_text(EXIT_USAGE, "--check", "exec", "api", "--check", "--", "true")
        self.refused_text(EXIT_CONFIG, "run the command here", "exec", "api", "--context", "local", "--", "true")

    def refused_text(self, code, text, *args):
        done = self.opsctl(*args)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(text, done.stderr)

    def test_no_plugin(self):
        self.refused_env(EXIT_NOTFOUND, "session-manager-plugin", {"PATH": str(self.home)})
        self.refused_env(EXIT_CONFIG, "too old", {"PLUGIN_VERSION": "1.2.463.0"})
        self.assertEqual(self.calls("ExecuteCommand"), [])

    def refused_env(self, code, text, env):
        done = self.opsctl("exec", "api", "--", "true", env=env)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertIn("Session Manager plugin", done.stderr)

    def test_consent(self):
        self.context(access="read-only")
        self.refused_text(EXIT_PERMISSION, "read-only", "exec", "api", "--", "true")
        self.context(access="confirm")
        self.refused_text(EXIT_USAGE, "--confirm peers", "exec", "api", "--", "true")
        self.assertEqual(self.calls("ExecuteCommand"), [])

    def test_refused(self):
        for code, want, next_step in (("TargetNotConnectedException", EXIT_BAD, "exec --check api"),
                                      ("InvalidParameterException", EXIT_BAD, "exec --check api"),
                                      ("AccessDeniedException", EXIT_PERMISSION, "context check peers")):
            with self.subTest(code):
                self.forget()
                self.tasks(running_task(1))
                self.answer("ExecuteCommand", error={"code": code, "message": "no", "status": 400})
                done = self.opsctl("exec", "api", "--", "true")
                self.assertIn(done.returncode, (want, EXIT_CONFIG), done.stderr)
                self.assertIn(next_step, done.stderr)

    # ---- --check ----

    def states(self, code=EXIT_OK):
        document = self.document("exec", "--check", "api", code=code)
        self.assertEqual(document["schema"], "opsctl/exec-check/1")
        return [(c["name"], c["state"]) for c in document["checks"]]

    def definition(self, **more):
        container = {"name": "api", "image": "x", **more.pop("container", {})}
        self.answer("DescribeTaskDefinition", result={"taskDefinition": {
            "family": "prod-api", "containerDefinitions": [container], **more}})

    def test_all_is_well(self):
        self.looks(service(deployment(1, 1, "COMPLETED", running=2), enableExecuteCommand=True,
                           platformVersion="1.4.0"))
        self.definition(taskRoleArn="arn:aws:iam::123456789012:role/api")
        self.tasks(running_task(1))
        self.assertEqual(self.states(), [(n, "ok") for n in
                                         ("plugin", "service", "platform", "task role", "file system", "task")])

    def test_all_is_missing(self):
        self.looks(service(deployment(1, 1, "COMPLETED", running=2), platformVersion="1.3.0"))
        self.definition(container={"readonlyRootFilesystem": True})
        self.tasks(running_task(1, agent=None), running_task(2, can_exec=False), running_task(3, agent="STOPPED"))
        self.env["PATH"] = str(self.home)
        self.assertEqual({state for _, state in self.states(EXIT_BAD)}, {"bad"})
        done = self.opsctl("exec", "--check", "api")
        for text in ("enableExecuteCommand is off", "read-only", "1.4.0", "its agent is STOPPED", "not there"):
            self.assertIn(text, done.stdout)

    def test_what_cannot_be_asked(self):
        self.answer("DescribeServices", error={"code": "AccessDeniedException", "message": "no", "status": 400})
        done = self.opsctl("exec", "--check", "api")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertIn("DescribeServices", done.stdout)


if __name__ == "__main__":
    lib.main()
