#!/usr/bin/env python3
"""iam.py SIMULATOR [--write] [DIRECTORY...]: what each role may do, by trying all actions of AWS.

Judged is every role that any root, example or module makes in its mocked tests, in each form that it
takes there: in the states that distinct.py has made. tools/iam/sweep.mjs in the directory SIMULATOR judges the
policies, with every resource that they name, its neighbours, the other resources of the same state,
and strangers. What it finds must be, line for line, what tests/terraform/<directory>.txt
below iam/ says: a line too many is a permission that nobody asked for, one too few a program that
will fail. A role without lines is one that nobody judged, and fails.

    [NAME]                  a role; of RUN: as that run of the tests makes it
    by PRINCIPAL CONDITION  who may take it
    attached ARN            a policy of AWS's own, which is not looked into
    SERVICE:ACTION RESOURCE what it may do; *: with any, or the action knows no resources
    @ KEY=VALUE             begins what is allowed in that context and not without

With --write the files are renewed, to be read before they are committed.
"""
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

import distinct
from mocked import ROOT, report, resources, runs

EXPECTED = pathlib.Path(__file__).parent / "iam"
# Tried for everybody: what is somebody else's.
STRANGERS = """
arn:aws:sqs:eu-central-1:123456789012:stranger arn:aws:sqs:eu-central-1:999999999999:stranger
arn:aws:s3:::stranger arn:aws:s3:::stranger/in/object
arn:aws:ssm:eu-central-1:123456789012:parameter/stranger
arn:aws:kms:eu-central-1:123456789012:key/stranger
arn:aws:iam::123456789012:role/administrator arn:aws:iam::123456789012:user/stranger
arn:aws:ecs:eu-central-1:123456789012:service/stranger/stranger
arn:aws:ecs:eu-central-1:123456789012:task/stranger/a arn:aws:ecs:eu-central-1:123456789012:cluster/stranger
arn:aws:ecr:eu-central-1:123456789012:repository/stranger
arn:aws:ec2:eu-central-1:123456789012:instance/i-00000000000000000
arn:aws:logs:eu-central-1:123456789012:log-group:/stranger:log-stream:a
arn:aws:sns:eu-central-1:123456789012:stranger
arn:aws:secretsmanager:eu-central-1:123456789012:secret:stranger-AbCdEf
""".split()


class Role(NamedTuple):
    title: str
    trust: dict
    policies: list
    managed: list  # ARNs of policies that are AWS's own
    siblings: frozenset  # the resources of the same state


# ---- the roles of a state ----

def policies_by_role(module):
    """Role's name -> its policies, inline and attached."""
    own = {p["values"]["arn"]: p["values"]["policy"] for p in resources(module, "aws_iam_policy")}
    found = {role["values"]["name"]: ([], []) for role in resources(module, "aws_iam_role")}
    for policy in resources(module, "aws_iam_role_policy"):
        found[policy["values"]["role"]][0].append(json.loads(policy["values"]["policy"]))
    for attached in resources(module, "aws_iam_role_policy_attachment"):
        arn = attached["values"]["policy_arn"]
        documents, managed = found[attached["values"]["role"]]
        if arn in own:
            documents.append(json.loads(own[arn]))
        else:
            managed.append(arn)
    return found


WITHIN = {"aws_s3_bucket": "/elsewhere/object", "aws_cloudwatch_log_group": ":log-stream:a"}


def arns(module):
    """Of the resources in a state, and of something within those that hold anything."""
    found = set()
    for resource in resources(module, *distinct.SHAPES):
        arn = resource["values"].get("arn") or resource["values"]["id"]
        found |= {arn, arn + WITHIN.get(resource["type"], "")}
    return frozenset(found)


def roles_of(run):
    trusts = {r["values"]["name"]: json.loads(r["values"]["assume_role_policy"])
              for r in resources(run.module, "aws_iam_role")}
    for name, (policies, managed) in policies_by_role(run.module).items():
        yield Role(name, trusts[name], policies, managed, arns(run.module))
    if "probe_policy" in run.outputs:
        document = json.loads(run.outputs["probe_policy"]["value"])
        yield Role("probe", {"Statement": []}, [document], [], arns(run.module))


def roles_in(directory):
    """Each role of the directory's tests, and again where a run makes it otherwise; without policies where
    only who may take it is other."""
    seen = {}
    for run in runs(f"distinct/{directory}"):
        for role in roles_of(run):
            forms = seen.setdefault(role.title, [])
            trust = json.dumps(role.trust, sort_keys=True)
            may = json.dumps([role.policies, role.managed], sort_keys=True)
            if trust in forms and may in forms:
                continue
            title = f"{role.title} of {run.name.split()[1]}" if forms else role.title
            is_new = may not in forms
            forms += [trust, may]
            yield role._replace(title=title) if is_new else role._replace(title=title, policies=[], managed=[])


# ---- what they may ----

def listed(value):
    return value if isinstance(value, list) else [value]


def values_of(document, member):
    """All texts under that member of the policy's statements."""
    for statement in document["Statement"]:
        yield from listed(statement.get(member, []))


def neighbour(arn):
    return re.sub(r"(/in|/\*|:\*)?$", r"-other\1", arn, count=1)


def candidates(role):
    """Every resource that a policy names, a neighbour of each, siblings and strangers. A pattern stands for one."""
    named = {arn for p in role.policies for arn in values_of(p, "Resource") if arn != "*"}
    both = named | {neighbour(arn) for arn in named} | role.siblings
    streams = {arn[:-1] + "log-stream:a" for arn in both if ":log-group:" in arn and arn.endswith(":*")}
    return sorted({arn.replace("*", "any") for arn in both | streams} | set(STRANGERS))


def contexts(policies):
    """What conditions ask for, each value once; and first of all nothing."""
    asked = {json.dumps(s["Condition"], sort_keys=True) for p in policies for s in p["Statement"]
             if s.get("Condition")}
    yield {}
    for condition in sorted(asked):
        keys = [(key, listed(value)) for keys in json.loads(condition).values() for key, value in keys.items()]
        for values in itertools.product(*(values for _, values in keys)):
            yield {key: value.replace("*", "") for (key, _), value in zip(keys, values)}


def answer(simulator, requests):
    done = subprocess.run(["node", "sweep.mjs"], cwd=simulator, text=True, stdout=subprocess.PIPE, check=True,
                          input=json.dumps(requests))
    return json.loads(done.stdout)


def sweep(simulator, roles):
    """Role by role: (context, what is allowed in it). One process for each core."""
    requests = [[{"policies": role.policies, "resources": candidates(role), "context": context}
                 for context in contexts(role.policies)] for role in roles]
    flat = [request for group in requests for request in group]
    cores = os.cpu_count()
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        shares = list(pool.map(lambda i: answer(simulator, flat[i::cores]), range(cores)))
    answers = (shares[i % cores][i // cores] for i in range(len(flat)))
    return [[(request["context"], next(answers)) for request in group] for group in requests]


def trusted(document):
    for statement in document["Statement"]:
        who = [f"{kind}={name}" for kind, names in statement["Principal"].items() for name in listed(names)]
        when = [f"{operator}:{key}={value}" for operator, keys in statement.get("Condition", {}).items()
                for key, values in sorted(keys.items()) for value in listed(values)]
        yield " ".join(["by", *who, *when])


def lines_of(role, answers):
    yield from trusted(role.trust)
    yield from (f"attached {arn}" for arn in sorted(role.managed))
    always = answers[0][1]["allowed"]
    yield from always
    for context, answer in answers[1:]:
        more = sorted(set(answer["allowed"]) - set(always))
        if more:
            yield "@ " + " ".join(f"{k}={v}" for k, v in sorted(context.items()))
            yield from more


# ---- what is expected ----

def expectations(file):
    """Title -> lines."""
    found, lines = {}, []
    for line in file.read_text().splitlines() if file.exists() else []:
        if line.startswith("["):
            lines = found.setdefault(line[1:].replace("]", "", 1), [])
        elif line and line[0] != "#":
            lines.append(line)
    return found


def compare(name, wanted, got):
    yield from (f"{name}: [{title}]: nobody judged this role" for title in got if title not in wanted)
    yield from (f"{name}: [{title}]: there is no such role" for title in wanted if title not in got)
    for title in set(got) & set(wanted):
        may, should = got[title], wanted[title]
        yield from (f"{name}: [{title}]: may, and should not: {line}" for line in may if line not in should)
        yield from (f"{name}: [{title}]: should, and may not: {line}" for line in should if line not in may)


# What no plan may see, of anything or of what is not Terraform's.
CONTENT = re.compile(r"secretsmanager:GetSecretValue |sqs:ReceiveMessage |ecr:BatchGetImage |"
                     r"logs:(Get|Filter|StartQuery)|(s3:GetObject\w*|ssm:GetParameter\w*) (\*$|.*stranger)")


def harmful(name, role, answers):
    """A role that plans changes nothing and sees no content, whatever the list says that somebody renewed."""
    for _, answer in answers if role.title.split()[0].endswith("-plan") else ():
        # To decrypt is a change in the eyes of AWS; of which key, the list says.
        yield from (f"{name}: [{role.title}]: changes: {line}" for line in answer["changes"]
                    if not line.startswith("kms:Decrypt arn:"))
        yield from (f"{name}: [{role.title}]: sees content: {line}" for line in answer["allowed"]
                    if CONTENT.match(line))


def nameless(name, role):
    """A resource without an ARN is one that distinct.py gives none: it would be judged by chance."""
    principals = [p for s in role.trust["Statement"] for p in listed(s["Principal"].get("Federated", []))]
    for policy in role.policies:
        for text in [*values_of(policy, "Resource"), *principals]:
            if text != "*" and not text.startswith("arn:"):
                yield f"{name}: [{role.title}]: '{text}' is no ARN"


def written(got):
    titles = {title: f"[{title.replace(' ', '] ', 1)}" + ("" if " " in title else "]") for title in got}
    return "\n".join("\n".join([titles[title], *lines]) + "\n" for title, lines in got.items())


def main():
    simulator, *chosen = [word for word in sys.argv[1:] if word != "--write"]
    directories = [d for d in distinct.with_roles(ROOT) if not chosen or d in chosen]
    by_directory = {d: list(roles_in(d)) for d in directories}
    answers = iter(sweep(simulator, [role for roles in by_directory.values() for role in roles]))
    problems = []
    for directory, roles in by_directory.items():
        file = EXPECTED / f"{directory.removeprefix('terraform/')}.txt"
        swept = [(role, next(answers)) for role in roles]
        got = {role.title: list(lines_of(role, found)) for role, found in swept}
        for role, found in swept:
            problems += [*nameless(directory, role), *harmful(directory, role, found)]
        if "--write" in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(written(got))
        problems += compare(directory, expectations(file), got)
    if not chosen:
        files = {str(f.relative_to(EXPECTED))[:-4] for f in EXPECTED.rglob("*.txt")}
        problems += [f"{name}: makes no role" for name in files - {d.removeprefix("terraform/") for d in directories}]
    return report(f"{sum(map(len, by_directory.values()))} roles", problems)


if __name__ == "__main__":
    sys.exit(main())
