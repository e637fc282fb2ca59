#!/usr/bin/env python3
"""Completion of names that only AWS knows: soon, or not at all."""
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from between import Between
from ecs_world import *

IDS = [f"{n:032x}" for n in (1, 2)]


class Completing(OnEcs):
    def setUp(self):
        super().setUp()
        arns = [f"{ARN}task/prod/{n}" for n in IDS]
        self.answer("DescribeTasks", result={"tasks": [
            {"taskArn": a, "lastStatus": "RUNNING", "taskDefinitionArn": f"{ARN}task-definition/prod-api:1"} for a in arns]})
        self.arns = arns

    def complete(self):
        done = self.opsctl("__complete", "exec", "api", "--task", "")
        self.assertEqual((done.returncode, done.stderr), (EXIT_OK, ""))
        return done.stdout

    def test_tasks(self):
        """Asked for once in a while: then they are kept. ECS has a moment to answer, in which a slow machine is late."""
        self.answer("ListTasks", result={"taskArns": self.arns})
        wanted = "".join(f"{n}\tprod-api\n" for n in IDS)
        wait_until(lambda: self.complete() == wanted, "it has an answer in time")
        self.assertEqual({c["action"] for c in self.calls()}, {"ListTasks", "DescribeTasks"})
        kept = self.home / ".cache/opsctl/tasks-peers"
        os.utime(kept, (time.time() + 86400,) * 2)  # for half a minute: this is always
        self.door("calls", "DELETE")
        self.assertEqual((self.complete(), self.calls()), (wanted, []))

    def test_slow(self):
        """Whoever pressed a key does not wait: far less than ECS takes."""
        over = threading.Event()
        self.addCleanup(over.set)
        with Between({"": self.peers["moto"].url}, lambda call: over.wait() and None) as between:
            self.env["AWS_ENDPOINT_URL_ECS"] = between.url
            self.assertLess(min(self.took() for _ in range(3)), 25)  # a call has 30

    def took(self):
        began = time.monotonic()
        self.assertEqual(self.complete(), "")
        return time.monotonic() - began

    def test_refused(self):
        self.answer("ListTasks", error={"code": "AccessDeniedException", "message": "no"})
        self.assertEqual(self.complete(), "")


if __name__ == "__main__":
    lib.main()
