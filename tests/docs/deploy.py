"""Every command of docs/deploy-aws.md: the shell reads it, opsctl knows its options, what it names in terraform/ is there.

Called with the path of opsctl. Lines of the AWS CLI are read by that program itself, where it is installed.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPSCTL = sys.argv[1]
AWS = pathlib.Path(os.environ.get("DEPS_DIR", pathlib.Path.home() / ".cache/ops-deps")) / "peers/aws-venv/bin/aws"
PLACEHOLDERS = {"REGION": "eu-central-1", "ACCOUNT": "123456789012", "OWNER/REPOSITORY": "example/ops",
                "DIGEST": "0" * 64}
# Commands that the AWS CLI has beside the operations of AWS have no skeleton.
ITS_OWN = {("configure", "get")}
failures = []


def check(condition, line, text):
    if not condition:
        failures.append(f"{line}\n    {text}")


def commands():
    text = (ROOT / "docs/deploy-aws.md").read_text()
    return re.findall(r"^    (\S.*)$", text, flags=re.M)


def filled(line):
    for name, value in PLACEHOLDERS.items():
        line = re.sub(rf"(?<![A-Z]){name}(?![A-Z])", value, line)
    return line


def run(*argv, cwd=None):
    return subprocess.run(argv, capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL)


def parts(line):
    """The simple commands of a line, as words, without redirections and what is set before them."""
    for part in re.split(r"\s(?:\||&&)\s", line.strip("()")):
        words = [w for w in shlex.split(part) if not w.startswith(">")]
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        yield words


def declared(directory, kind, name):
    text = "".join(path.read_text() for path in directory.glob("*.tf"))
    return re.search(rf'^{kind} "{re.escape(name)}"', text, flags=re.M)


def check_terraform(line, words):
    place = next((w.partition("=")[2] for w in words if w.startswith("-chdir=")), None)
    if not place:
        check(False, line, "terraform without -chdir: from where?")
        return
    directory = ROOT / place
    check(directory.is_dir(), line, f"{place} is not there")
    for before, word in zip(words, words[1:]):
        if before == "-var":
            check(declared(directory, "variable", word.partition("=")[0]), line, f"{place} has no variable {word}")
        if before in ("-raw", "-json") and not word.startswith("-"):
            check(declared(directory, "output", word), line, f"{place} has no output {word}")
    for word in words:
        for module in re.findall(r"module\.(\w+)", word if word.startswith("-target=") else "")[:1]:
            check(declared(directory, "module", module), line, f"{place} has no module {module}")


def check_opsctl(line, words):
    done = run(OPSCTL, *words[1:], "--help")
    check(done.returncode == 0 and done.stdout.startswith("Usage: opsctl " + words[1]), line, done.stderr or done.stdout[:200])


def check_aws(line, words):
    with tempfile.TemporaryDirectory() as here:
        (pathlib.Path(here) / "token").write_text("x")
        done = run(AWS, *words[1:], "--generate-cli-skeleton", "input", cwd=here)
        check(done.returncode == 0, line, done.stderr)


CHECKS = {"terraform": check_terraform, "opsctl": check_opsctl, "aws": check_aws}


def main():
    lines, unread = commands(), 0
    check(len(lines) > 25, "docs/deploy-aws.md", f"{len(lines)} commands found")
    for line in lines:
        done = run("bash", "-n", "-c", filled(line))
        check(done.returncode == 0, line, done.stderr)
        for words in parts(filled(line)):
            if tuple(words[1:3]) in ITS_OWN:
                continue
            if words[0] == "aws" and not AWS.exists():
                unread += 1
            elif words[0] in CHECKS:
                CHECKS[words[0]](line, words)
    for text in failures:
        print(text, file=sys.stderr)
    print(f"{len(lines)} commands, {len(failures)} failures")
    if unread:
        print(f"{unread} commands of the AWS CLI not read: it is not installed")
    sys.exit(1 if failures else 0)


main()
