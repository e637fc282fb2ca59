"""What the mocked tests left behind: the state of each run that applied.

The lane keeps what `terraform test -json -verbose` says of a directory in
build/terraform/<directory>/test.jsonl. faults.py has a tree and results of its own: TERRAFORM_ROOT,
in which terraform/ is, and TERRAFORM_RESULTS. What distinct.py makes is below "distinct".
"""
import json
import os
import pathlib
from typing import Iterator, NamedTuple

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ROOT = pathlib.Path(os.environ.get("TERRAFORM_ROOT", REPOSITORY))
RESULTS = pathlib.Path(os.environ.get("TERRAFORM_RESULTS", REPOSITORY / "build/terraform"))


class Run(NamedTuple):
    directory: str  # "terraform/modules/queue"
    name: str  # of the file and of the run in it
    module: dict  # the root module of the state
    outputs: dict  # as `terraform output -json` prints them
    text: str  # the state, as JSON

    def __str__(self):
        return f"{self.directory}: {self.name}"


def runs(*below: str) -> Iterator[Run]:
    """The applied runs of the directories that are, or are below, one of these."""
    for log in sorted(RESULTS.rglob("test.jsonl")):
        directory = str(log.parent.relative_to(RESULTS))
        if not any(directory == b or directory.startswith(b + "/") for b in below):
            continue
        for line in log.read_text().splitlines():
            event = json.loads(line)
            if event["type"] == "test_state":
                yield run_of(directory, event)


def run_of(directory, event):
    state = event["test_state"]
    values = state.get("values", state)  # OpenTofu has a level more
    name = f"{pathlib.Path(event['@testfile']).name} {event['@testrun']}"
    return Run(directory.removeprefix("distinct/"), name, values.get("root_module", {}), values.get("outputs", {}),
               json.dumps(values))


def resources(module: dict, *types: str) -> Iterator[dict]:
    """The managed resources of these types, or of all, in the module and its children."""
    for resource in module.get("resources", []):
        if resource["mode"] == "managed" and (not types or resource["type"] in types):
            yield resource
    for child in module.get("child_modules", []):
        yield from resources(child, *types)


def report(found, problems):
    """Print what was looked at and what is wrong with it; the exit status."""
    for problem in problems:
        print(problem)
    print(f"{found}: {len(problems)} problems")
    return 1 if problems else 0
