#!/usr/bin/env python3
"""outputs.py OPSCTL: what the roots and examples put out is what `opsctl context import` reads.

The outputs of the mocked apply are given to the real opsctl, and the context must be whole.
"""
import json
import os
import subprocess
import sys
import tempfile

from mocked import report, runs

ROOTS = ("terraform/environments", "terraform/examples")
NEEDED = ("url", "secret", "queue", "store", "account", "region")


def import_outputs(opsctl, outputs):
    """What is wrong with them, or nothing."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([opsctl, "context", "import", "mocked", "--json"],
                              env={"HOME": home, "PATH": os.environ["PATH"]}, timeout=60,
                              input=json.dumps(outputs), text=True, capture_output=True)
    if done.returncode != 0:
        return f"exit status {done.returncode}: {done.stdout}{done.stderr}".strip()
    context = json.loads(done.stdout)
    missing = [key for key in NEEDED if not json.dumps(context).count(f'"{key}"')]
    return f"the context has no {', '.join(missing)}" if missing else ""


def main():
    opsctl = os.path.abspath(sys.argv[1])
    problems, count = [], 0
    for run in runs(*ROOTS):
        if "queue_url" not in run.outputs:
            continue  # no root of the pipeline: of monitoring, say
        count += 1
        problem = import_outputs(opsctl, run.outputs)
        if problem:
            problems.append(f"{run}: {problem}")
    if count == 0:
        problems.append("no root has the output queue_url")
    return report(f"outputs of {count} runs", problems)


sys.exit(main())
