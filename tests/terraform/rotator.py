#!/usr/bin/env python3
"""rotator.py OPSCTL: the statements that the module secret puts out for those who rotate are what opsctl asks for.

No role of ours has them, so the sweep of roles (iam.py) does not meet them. `opsctl iam token` prints what its commands
call of AWS for a secret of that URL; the outputs must allow just that, of the secret, with either backend.
"""
import json
import os
import subprocess
import sys

from mocked import report, runs


def asked(opsctl, url):
    """Actions of the commands below `opsctl token`."""
    done = subprocess.run([opsctl, "--secret", url, "--region", "eu-central-1", "--json", "iam", "token"],
                          env={"HOME": "/none", "PATH": os.environ["PATH"]}, text=True, capture_output=True, check=True)
    return {permission["action"] for permission in json.loads(done.stdout)["permissions"]}


def allowed(outputs):
    """Those that the outputs grant, of keys aside: opsctl cannot know whether a key is the customer's."""
    statements = outputs["read_statements"]["value"] + outputs["write_statements"]["value"]
    return {action for s in statements for action in s["Action"] if not action.startswith("kms:")}


def main():
    opsctl = os.path.abspath(sys.argv[1])
    problems, backends = [], set()
    for run in runs("terraform/modules/secret"):
        if "write_statements" not in run.outputs:
            continue  # stopped before the end
        url = run.outputs["url"]["value"]
        backends.add(url.split(":")[0])
        wanted, given = asked(opsctl, url), allowed(run.outputs)
        problems += [f"{run}: opsctl token needs {action}" for action in sorted(wanted - given)]
        problems += [f"{run}: opsctl token does not need {action}" for action in sorted(given - wanted)]
    if backends != {"ssm", "secretsmanager"}:
        problems.append(f"the tests of the module secret make secrets of {sorted(backends)} only")
    return report("statements of the module secret", problems)


sys.exit(main())
