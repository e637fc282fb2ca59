#!/usr/bin/env python3
"""outputs.py OPSCTL: what the roots and examples put out is what `opsctl context import` reads.

The outputs of the mocked apply are given to the real opsctl. The context must be whole, have every
service, and name the queue, the store and the token that the programs of the same state are told.
"""
import json
import os
import subprocess
import sys
import tempfile

from mocked import report, resources, runs

ROOTS = ("terraform/environments", "terraform/examples")
NEEDED = ("url", "secret", "queue", "store", "account", "region", "cluster", "alarms")
SAME = {"queue": "OPS_QUEUE", "store": "OPS_STORE", "secret": "OPS_SECRET"}


def import_outputs(opsctl, outputs):
    """The context, or None and what is wrong."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([opsctl, "context", "import", "mocked", "--json"],
                              env={"HOME": home, "PATH": os.environ["PATH"]}, timeout=60,
                              input=json.dumps(outputs), text=True, capture_output=True)
    if done.returncode != 0:
        return None, f"exit status {done.returncode}: {done.stdout}{done.stderr}".strip()
    return json.loads(done.stdout), ""


def told(module):
    """What the programs are told, by the names of their settings."""
    found = {}
    for task in resources(module, "aws_ecs_task_definition"):
        for container in json.loads(task["values"]["container_definitions"]):
            found |= {v["name"]: v["value"] for v in container.get("environment") or []}
    return found


def differences(run, context):
    """What the context lacks, or has otherwise than the state."""
    values, environment = context["values"], told(run.module)
    yield from (f"the context has no {key}" for key in NEEDED if not values.get(key))
    services = set(run.outputs["services"]["value"])
    if services != set(context["services"]):
        yield f"services are {sorted(services)}, in the context {sorted(context['services'])}"
    for key, name in SAME.items():
        if values.get(key) != environment.get(name):
            yield f"{key} is {values.get(key)} in the context, {name} is {environment.get(name)}"


def main():
    opsctl = os.path.abspath(sys.argv[1])
    problems, count = [], 0
    for run in runs(*ROOTS):
        if "api_url" not in run.outputs:
            continue  # of monitoring alone, or stopped before the end
        count += 1
        context, problem = import_outputs(opsctl, run.outputs)
        if context is None:
            problems.append(f"{run}: {problem}")
        elif "queue_url" in run.outputs:  # not of the platform layout, which is another's
            problems += [f"{run}: {text}" for text in differences(run, context)]
    if count == 0:
        problems.append("no root has the output api_url")
    return report(f"outputs of {count} runs", problems)


sys.exit(main())
