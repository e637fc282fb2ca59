#!/usr/bin/env python3
"""No secret is in any mocked state.

Secret is what a test gives to an ephemeral variable, and what an attribute holds that the provider
calls sensitive: it must be null, or made up by the mock.
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
    problems, count = [], 0
    for run in runs("terraform"):
        count += 1
        for secret in ephemeral_values(run.directory):
            if secret in run.text:
                problems.append(f"{run}: the state holds the value of an ephemeral variable")
        for resource in resources(run.module):
            for text in sensitive_texts(resource["values"], resource.get("sensitive_values")):
                if text and not MOCKED.fullmatch(text):
                    problems.append(f"{run}: {resource['address']}: holds a sensitive value")
    if count == 0:
        problems.append("there is no mocked state")
    return report(f"{count} mocked states", problems)


sys.exit(main())
