#!/usr/bin/env python3
"""distinct.py [DIRECTORY...]: make states in which no two resources share an ARN, for those who read policies.

The mocks of the modules' own tests give one ARN to all resources of a type: a policy for one queue
would pass for a policy for both. So the tests are run again, in a copy of the tree, with a name of
its own for every resource: its address, which tells in a list of permissions what it is. (Instances
of one for_each share it; OpenTofu cannot tell them apart here.) Assertions are left out, since they
know the other names; the rule against deleting the bucket of the state is lifted.
"""
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Iterator

from mocked import REPOSITORY, RESULTS, ROOT, report, runs

PLACE = RESULTS / "distinct"
HOME = "eu-central-1:123456789012"
# Type -> what AWS would make of the name of such a resource.
SHAPES = {
    "aws_cloudwatch_log_group": {"arn": f"arn:aws:logs:{HOME}:log-group:/%"},
    "aws_ecr_repository": {"arn": f"arn:aws:ecr:{HOME}:repository/%",
                           "repository_url": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/%"},
    "aws_ecs_cluster": {"arn": f"arn:aws:ecs:{HOME}:cluster/%"},
    "aws_ecs_service": {"id": f"arn:aws:ecs:{HOME}:service/ops/%"},
    "aws_ecs_task_definition": {"arn": f"arn:aws:ecs:{HOME}:task-definition/%:1"},
    "aws_iam_openid_connect_provider": {"arn": "arn:aws:iam::123456789012:oidc-provider/%"},
    "aws_iam_role": {"arn": "arn:aws:iam::123456789012:role/%"},
    "aws_kms_key": {"arn": f"arn:aws:kms:{HOME}:key/%"},
    "aws_s3_bucket": {"arn": "arn:aws:s3:::%"},
    "aws_secretsmanager_secret": {"arn": f"arn:aws:secretsmanager:{HOME}:secret:%-AbCdEf"},
    "aws_sns_topic": {"arn": f"arn:aws:sns:{HOME}:%"},
    "aws_sqs_queue": {"arn": f"arn:aws:sqs:{HOME}:%",
                      "url": "https://sqs.eu-central-1.amazonaws.com/123456789012/%"},
    "aws_ssm_parameter": {"arn": f"arn:aws:ssm:{HOME}:parameter/%"},
}
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)"', re.M)
CALL = re.compile(r'^module "(\w+)" \{\n\s*source\s*=\s*"(\.[^"]+)"', re.M)
# terraform fmt, which the lane holds, makes these forms certain.
RUN = re.compile(r'^run "\w+" (?:\{\}|\{$.*?^\})\n?', re.M | re.S)
ASSERT = re.compile(r"^  assert \{$.*?^  \}\n", re.M | re.S)
PLAN = re.compile(r"^  command *= plan\n", re.M)


def addresses(directory, above=()) -> Iterator[tuple]:
    """(modules above, type, name) of each resource that the directory and its modules declare."""
    text = "".join(file.read_text() for file in sorted(directory.glob("*.tf")))
    for kind, name in RESOURCE.findall(text):
        yield above, kind, name
    for name, source in CALL.findall(text):
        yield from addresses((directory / source).resolve(), (*above, name))


def instances(directory):
    """Path of modules, as declared -> such paths with the keys of count and for_each, as applied."""
    found = {}
    for run in runs(directory):
        modules = [run.module]
        for module in modules:
            path = module.get("address", "")
            found.setdefault(re.sub(r"\[.*?\]", "", path), set()).add(path)
            modules += module.get("child_modules", [])
    return found


@functools.cache
def is_tofu():
    return "OpenTofu" in subprocess.run([os.environ["TF"], "version"], text=True, check=True,
                                        stdout=subprocess.PIPE).stdout


def overrides(tree, directory):
    """OpenTofu takes targets without keys, for all instances; Terraform those with, for one each."""
    applied_paths = instances(directory)
    for above, kind, name in addresses(tree / directory):
        label = "-".join((*above, name)).removesuffix("-this")
        values = "".join(f'    {key} = "{shape.replace("%", label)}"\n'
                         for key, shape in SHAPES.get(kind, {}).items())
        path = ".".join(f"module.{module}" for module in above)
        keyed = {f"{path}[0]"} if path else {""}  # where the tests only plan
        paths = {path} if is_tofu() else {path} | applied_paths.get(path, keyed)
        for target in sorted(paths) if values else ():
            target = f"{target}.{kind}.{name}".removeprefix(".")
            yield f"override_resource {{\n  target = {target}\n  values = {{\n{values}  }}\n}}\n"


def applied(text, is_kept):
    """The runs of a test that apply, without what they assert."""
    for run in RUN.findall(text):
        run = ASSERT.sub("", PLAN.sub("", run) if is_kept else run)
        if "expect_failures" not in run and not PLAN.search(run):
            yield run


def rewrite(tree, name):
    """Each test of the directory, so that it applies only, and with names of our own."""
    directory = tree / name
    sources = {file: file.read_text() for file in directory.glob("*.tf")}
    is_kept = any("prevent_destroy = true" in text for text in sources.values())
    for file, text in sources.items():
        file.write_text(text.replace("prevent_destroy = true", "prevent_destroy = false"))
    names = "".join(overrides(tree, name))
    for test in directory.glob("tests/*.tftest.hcl"):
        text = test.read_text()
        runs = "".join(applied(text, is_kept))
        test.write_text(RUN.sub("", text) + names + runs)


def engine(copy, directory, *words):
    return subprocess.run([os.environ["TF"], f"-chdir={copy / directory}", *words], text=True,
                          env=dict(os.environ, TF_DATA_DIR=str(PLACE / directory / "data")),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def errors(log):
    """What a person wants to read of a run that failed."""
    for line in log.splitlines():
        event = json.loads(line)
        if event["@level"] == "error":
            yield f"{event['@message']}: {event.get('diagnostic', {}).get('detail', '')}"


def run_tests(copy, directory):
    """Leaves the states for mocked.runs(); what went wrong, or nothing."""
    (PLACE / directory).mkdir(parents=True)
    ready = engine(copy, directory, "init", "-backend=false", "-input=false", "-no-color")
    if ready.returncode != 0:
        return f"{directory}: {ready.stdout}"
    done = engine(copy, directory, "test", "-json", "-verbose")
    (PLACE / directory / "test.jsonl").write_text(done.stdout)
    return "" if done.returncode == 0 else "\n".join([directory, *errors(done.stdout)])


def with_roles(tree):
    return sorted({str(file.parent.relative_to(tree)) for file in tree.rglob("*.tf")
                   if any(kind == "aws_iam_role" for _, kind, _ in addresses(file.parent))})


def main():
    chosen = sys.argv[1:]
    shutil.rmtree(PLACE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        copy = pathlib.Path(place)
        shutil.copytree(ROOT / "terraform", copy / "terraform")
        (copy / "packaging").symlink_to(REPOSITORY / "packaging")  # monitoring reads files of it
        directories = [d for d in with_roles(copy) if not chosen or d in chosen]
        for directory in directories:
            rewrite(copy, directory)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = [text for text in pool.map(lambda d: run_tests(copy, d), directories) if text]
    return report(f"{len(directories)} directories that make roles", problems)


if __name__ == "__main__":
    sys.exit(main())
