#!/usr/bin/env python3
"""iam.py SIMULATOR [--write] [MODULE]: what each role may do, found by trying all actions that AWS has.

The policies come from mocked states; tools/iam/sweep.mjs in the directory SIMULATOR judges them, with
every resource that the role is about and neighbours of each. What it finds must be, line for line,
what tests/terraform/iam/<module>/<role>.txt says: a line too many is a permission that nobody asked
for, one too few a program that will fail. A line "@ KEY=VALUE" begins what is allowed in that context
and not without. With --write the files are renewed, to be read before they are committed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from mocked import RESULTS, ROOT, report, resources, runs

EXPECTED = pathlib.Path(__file__).parent / "iam"
# Module -> the run whose state has the roles. That of the stack is made here, see stack.tftest.hcl.
SUBJECTS = {"stack": "iam/stack", "github_oidc": "terraform/modules/github_oidc",
            "cluster": "terraform/modules/cluster"}
RUNS = {"github_oidc": "trust_is_exact"}
# Tried for everybody: what is ours and not theirs.
STRANGERS = """
arn:aws:sqs:eu-central-1:123456789012:ops arn:aws:sqs:eu-central-1:123456789012:ops-dlq
arn:aws:s3:::ops-data arn:aws:s3:::ops-data/in/object arn:aws:s3:::ops-data/elsewhere
arn:aws:s3:::ops-data-other/in/object
arn:aws:ssm:eu-central-1:123456789012:parameter/ops/token
arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555
arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000
arn:aws:iam::123456789012:role/administrator arn:aws:iam::123456789012:role/ops-api-task
arn:aws:ecs:eu-central-1:123456789012:service/ops/ops-api arn:aws:ecs:eu-central-1:123456789012:task/ops/a
arn:aws:ecs:eu-central-1:123456789012:cluster/ops arn:aws:ecr:eu-central-1:123456789012:repository/ops-api
arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-api:log-stream:a
arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-worker:log-stream:a
arn:aws:sns:eu-central-1:123456789012:ops-alarms arn:aws:secretsmanager:eu-central-1:123456789012:secret:ops
""".split()


def test_stack():
    """The mocked state of a copy of the stack, with a test of our own in it."""
    place = RESULTS / "iam/stack"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as copy:
        modules = shutil.copytree(ROOT / "terraform/modules", f"{copy}/modules")
        shutil.rmtree(f"{modules}/stack/tests")
        (pathlib.Path(modules) / "stack/tests").mkdir()
        shutil.copy(EXPECTED / "stack.tftest.hcl", f"{modules}/stack/tests")
        engine = [os.environ["TF"], f"-chdir={modules}/stack"]
        environment = dict(os.environ, TF_DATA_DIR=str(place / "data"))
        subprocess.run([*engine, "init", "-backend=false", "-input=false"], env=environment,
                       check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([*engine, "test", "-json", "-verbose"], env=environment, text=True,
                              capture_output=True)
    (place / "test.jsonl").write_text(done.stdout)
    if done.returncode != 0:
        sys.exit(f"the test of the stack's roles failed: {done.stdout}{done.stderr}")


def policies_by_role(module):
    """Role's name -> its policies, inline and attached."""
    roles = [r["values"] for r in resources(module, "aws_iam_role")]
    names = {key: r["name"] for r in roles for key in (r["id"], r["name"])}
    own = {p["values"]["arn"]: p["values"]["policy"] for p in resources(module, "aws_iam_policy")}
    found = {role["name"]: ([], []) for role in roles}
    for policy in resources(module, "aws_iam_role_policy"):
        found[names[policy["values"]["role"]]][0].append(json.loads(policy["values"]["policy"]))
    for attached in resources(module, "aws_iam_role_policy_attachment"):
        arn = attached["values"]["policy_arn"]
        documents, managed = found[names[attached["values"]["role"]]]
        if arn in own:
            documents.append(json.loads(own[arn]))
        else:
            managed.append(arn)
    return found


def values_of(document, member):
    """All texts under that member of the policy's statements."""
    for statement in document["Statement"]:
        value = statement.get(member, [])
        yield from [value] if isinstance(value, str) else value


def neighbour(arn):
    return re.sub(r"(/in|/\*|:\*)?$", r"-other\1", arn, count=1)


def candidates(policies):
    """Every resource that a policy names, a neighbour of each, and strangers. A pattern stands for one."""
    named = {arn for p in policies for arn in values_of(p, "Resource") if arn != "*"}
    both = named | {neighbour(arn) for arn in named}
    return sorted({arn.replace("*", "any") for arn in both} | set(STRANGERS))


def contexts(policies):
    """What conditions ask for, one context for each."""
    asked = {json.dumps(s["Condition"], sort_keys=True) for p in policies for s in p["Statement"]
             if s.get("Condition")}
    for condition in sorted(asked):
        context = {}
        for keys in json.loads(condition).values():
            for key, value in keys.items():
                context[key] = (value if isinstance(value, str) else value[0]).replace("*", "")
        yield context


def sweep(simulator, policies, context):
    request = {"policies": policies, "resources": candidates(policies), "context": context}
    done = subprocess.run(["node", "sweep.mjs"], cwd=simulator, input=json.dumps(request),
                          text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def permissions(simulator, policies, managed):
    lines = [f"attached {arn}" for arn in sorted(managed)]
    always = sweep(simulator, policies, {}) if policies else []
    lines += always
    for context in contexts(policies):
        more = sorted(set(sweep(simulator, policies, context)) - set(always))
        if more:
            lines += ["@ " + " ".join(f"{k}={v}" for k, v in sorted(context.items())), *more]
    return lines


def subjects(only):
    for module, directory in SUBJECTS.items():
        if only and module not in only:
            continue
        states = [run for run in runs(directory) if run.name.endswith(RUNS.get(module, ""))]
        if not states:
            sys.exit(f"{directory} has no mocked state")
        merged = {}
        for run in states:
            for role, policies in policies_by_role(run.module).items():
                merged.setdefault(role, policies)
        for role, (policies, managed) in sorted(merged.items()):
            yield module, role, policies, managed
        if module == "stack":
            yield module, "probe", [json.loads(states[0].outputs["probe_policy"]["value"])], []


def compare(file, got):
    wanted = [line for line in file.read_text().splitlines() if line and line[0] != "#"] \
        if file.exists() else []
    name = file.relative_to(EXPECTED)
    return [f"{name}: may, and should not: {line}" for line in got if line not in wanted] + \
        [f"{name}: should, and may not: {line}" for line in wanted if line not in got]


def main():
    simulator, *only = [word for word in sys.argv[1:] if word != "--write"]
    is_write = "--write" in sys.argv
    problems, count = [], 0
    test_stack()
    for module, role, policies, managed in subjects(only):
        file = EXPECTED / module / f"{role}.txt"
        got = permissions(simulator, policies, managed)
        count += 1
        if is_write:
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in got))
        else:
            problems += compare(file, got)
    return report(f"{count} roles", problems)


sys.exit(main())
