"""svc/api/openapi.yaml is valid, says what the route table says, and is true of the running service.

Runs itself again with the Python of the tests' venv, which has the packages.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = pathlib.Path(os.environ.get("DEPS_DIR") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
                    / "ops-deps") / "venv" / "bin"
if pathlib.Path(sys.prefix) != VENV.parent:
    if not (VENV / "python3").exists():
        sys.exit(f"{VENV}: no such environment; `scripts/test` makes it (setup_python in scripts/setup.sh)")
    os.execv(VENV / "python3", [str(VENV / "python3"), *sys.argv])

import yaml
from openapi_spec_validator import validate

from lib import LIMIT_S, TOKEN, api, check, check_equal, main, post, request

DOCUMENT = ROOT / "svc" / "api" / "openapi.yaml"


def load():
    return yaml.safe_load(DOCUMENT.read_text())


def is_valid():
    document = load()
    validate(document)
    check_equal(document["openapi"], "3.1.0", "version")


def routes():
    """(path, method) -> statuses, read from the C table."""
    source = (ROOT / "svc" / "api" / "routes.c").read_text()
    numbers = lambda text: {int(n) for n in re.findall(r"\d{3}", text)}
    macros = {name: numbers(body) for name, body in re.findall(r"#define (\w+_STATUSES)\s+\{([^}]*)\}", source)}
    rows = re.findall(r'\{ "(/[a-z]*)",\s+"([A-Z]+)",[^}]*?(\w+_STATUSES|\{[^}]*\}) \}', source)
    return {(path, method.lower()): macros.get(statuses) or numbers(statuses) for path, method, statuses in rows}


def agrees_with_routes():
    document, table = load(), routes()
    check(len(table) > 10, f"the table was read: {table}")
    documented = {(path, method): {int(s) for s in operation["responses"]}
                  for path, item in document["paths"].items() for method, operation in item.items()}
    check_equal(documented, table, "operations and their statuses")


def examples_are_true():
    examples = load()["components"]["requestBodies"]["Submission"]["content"]["application/json"]["examples"]
    with api() as service:
        for path in ("/", "/submit", "/publish"):
            for name, example in examples.items():
                check_equal(post(service, example["value"], path).status, 200, f"{path} {name}")


def probed():
    """schemathesis: documented statuses, types, headers and bodies only, whatever is sent."""
    checks = ("not_a_server_error,status_code_conformance,content_type_conformance,"
              "response_headers_conformance,response_schema_conformance")
    with api() as service:
        command = [VENV / "schemathesis", "run", DOCUMENT, "--url", f"http://127.0.0.1:{service.port('public')}",
                   "--checks", checks, "--max-examples", "25", "--seed", "7", "--phases", "examples,coverage,fuzzing",
                   "-H", f"Authorization: Bearer {TOKEN}", "--request-timeout", str(LIMIT_S),
                   "--suppress-health-check", "too_slow"]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                              cwd=service.directory)
        check_equal(done.returncode, 0, f"schemathesis:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
        check_equal(request(service, "GET", "/health").status, 200, "still healthy")


main(is_valid, agrees_with_routes, examples_are_true, probed)
