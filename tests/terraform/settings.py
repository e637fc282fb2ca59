#!/usr/bin/env python3
"""settings.py OPS_API OPS_WORKER: the real services accept the environments that Terraform gives them.

A service is asked twice: with --healthcheck it checks each variable and starts nothing; then it is
started, on free ports and without credentials, to check what is missing and how the values go
together. A refusal is one line that is no log, with exit status 3.
"""
import json
import os
import subprocess
import sys

from mocked import report, resources, runs

# Where the environments are those of the services, and not of a module's tests.
PLACES = ("terraform/modules/stack", "terraform/environments", "terraform/examples")
PORTS = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]


class Program:
    def __init__(self, path, needs, options):
        self.path, self.needs, self.options = path, needs, options

    def refusal(self, environment, arguments):
        """What the service says against the environment, or nothing."""
        done = subprocess.run([self.path, *arguments, "--healthcheck"], env=environment, text=True,
                              capture_output=True, timeout=30)
        if done.returncode not in (0, 1):
            return done.stderr.strip()
        with subprocess.Popen([self.path, *arguments, *self.options], env=environment, text=True,
                              stderr=subprocess.PIPE) as service:
            first = service.stderr.readline().strip()
            service.terminate()
            service.communicate(timeout=30)
        return "" if first.startswith("{") else first or "said nothing"


def programs(api, worker):
    return [Program(os.path.abspath(api), "OPS_SECRET", PORTS),
            Program(os.path.abspath(worker), "OPS_STORE", PORTS[2:])]


def containers(module):
    for task in resources(module, "aws_ecs_task_definition"):
        for container in json.loads(task["values"]["container_definitions"]):
            variables = {v["name"]: v["value"] for v in container.get("environment") or []}
            if any(name.startswith("OPS_") for name in variables):
                yield task["address"], container, variables


def main():
    services = programs(*sys.argv[1:3])
    problems, seen = [], {}
    for run in runs(*PLACES):
        for address, container, variables in containers(run.module):
            mine = [s for s in services if s.needs in variables]
            if len(mine) != 1:
                problems.append(f"{run}: {address}: neither OPS_SECRET nor OPS_STORE says whose it is")
                continue
            arguments = container.get("command") or []
            # The form of the log is a choice of its own; here its lines must be told from others.
            variables |= {"AWS_EC2_METADATA_DISABLED": "true", "OPS_LOG_FORMAT": "json",
                          "OPS_LOG_LEVEL": "info"} | {
                k: v for k, v in variables.items() if k == "OPS_LOG_FORMAT" and v != "text"}
            key = json.dumps([mine[0].path, arguments, variables], sort_keys=True)
            if key not in seen:
                seen[key] = mine[0].refusal(variables, arguments)
            if seen[key]:
                problems.append(f"{run}: {address}: {seen[key]}")
    if not seen:
        problems.append("no container has a setting of the services")
    return report(f"{len(seen)} different environments of services", problems)


sys.exit(main())
