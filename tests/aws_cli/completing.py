#!/usr/bin/env python3
"""Completion of names that only AWS knows: soon, or not at all."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
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
        """Asked for once in a while: the second time they are kept."""
        self.answer("ListTasks", result={"taskArns": self.arns})
        for _ in range(2):
            self.assertEqual(self.complete(), "".join(f"{n}\tprod-api\n" for n in IDS))
        self.assertEqual([c["action"] for c in self.calls()], ["ListTasks", "DescribeTasks"])

    def test_slow(self):
        """Whoever pressed a key does not wait: far less than ECS takes."""
        self.answer("ListTasks", result={"taskArns": self.arns}, delay_s=20)
        began = time.monotonic()
        self.assertEqual(self.complete(), "")
        self.assertLess(time.monotonic() - began, 15)

    def test_refused(self):
        self.answer("ListTasks", error={"code": "AccessDeniedException", "message": "no"})
        self.assertEqual(self.complete(), "")


if __name__ == "__main__":
    lib.main()
