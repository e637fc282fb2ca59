#!/usr/bin/env python3
"""No secret is in any mocked state, and every directory has one.

Secret is what a test gives to an ephemeral variable, what it calls a sentinel, and what an attribute
holds that the provider calls sensitive: it must be null, or made up by the mock.
"""
import re
import sys

from mocked import ROOT, report, resources, runs

SHORTEST = 12  # a shorter value, given to be refused, may stand anywhere
MOCKED = re.compile(r"[A-Za-z0-9]{1,16}")  # by either engine
VARIABLE = re.compile(r'^variable "(\w+)" \{(.*?)^\}', re.M | re.S)


def ephemeral_values(directory):
    """The texts that the tests of the directory give to its ephemeral variables."""
    names = [name for file in (ROOT / directory).glob("*.tf")
             for name, body in VARIABLE.findall(file.read_text())
             if re.search(r"^\s*ephemeral\s*=\s*true", body, re.M)]
    tests = "".join(file.read_text() for file in (ROOT / directory).glob("tests/*.hcl"))
    return [value for name in names
            for value in re.findall(rf'^\s*{name}\s*=\s*"([^"]+)"', tests, re.M)
            if len(value) >= SHORTEST]


def sentinels(directory):
    """The secrets of tests have such a name, whoever they are given to."""
    tests = (file.read_text() for file in (ROOT / directory).glob("tests/*.hcl"))
    return {word for text in tests for word in re.findall(r"sentinel-[\w-]+", text)}


def directories():
    return {str(file.parent.relative_to(ROOT)) for file in (ROOT / "terraform").rglob("*.tf")
            if "tests" not in file.parts}


def sensitive_texts(values, marks):
    """The texts in `values` at the places that `marks` marks."""
    if marks is True:
        if isinstance(values, str):
            yield values
        elif isinstance(values, (list, dict)):
            for value in values.values() if isinstance(values, dict) else values:
                yield from sensitive_texts(value, True)
    elif isinstance(marks, dict):
        for key, mark in marks.items():
            yield from sensitive_texts((values or {}).get(key), mark)
    elif isinstance(marks, list):
        for value, mark in zip(values or [], marks):
            yield from sensitive_texts(value, mark)


def main():
    problems, count, seen = [], 0, set()
    for run in runs("terraform", "distinct/terraform/bootstrap"):  # whose own tests only plan
        count += 1
        seen.add(run.directory)
        for secret in {*ephemeral_values(run.directory), *sentinels(run.directory)}:
            if secret in run.text:
                problems.append(f"{run}: the state holds the value of a secret variable")
        for resource in resources(run.module):
            for text in sensitive_texts(resource["values"], resource.get("sensitive_values")):
                if text and not MOCKED.fullmatch(text):
                    problems.append(f"{run}: {resource['address']}: holds a sensitive value")
    problems += [f"{directory}: has no mocked state" for directory in sorted(directories() - seen)]
    return report(f"{count} mocked states", problems)


sys.exit(main())
