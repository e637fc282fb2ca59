"""docs/runbook.md and docs/comparison.md: every line and every command that they name is one.

Called with the paths of opsctl, ops-api and ops-worker. A line is parsed by opsctl itself, with --plan,
in a context that has everything: a word that is no command, an option that it does not have, or an
operand too many is a failure, and nothing is called.
"""
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from lib import *

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ALARMS = ROOT / "terraform/modules/alarms"
COMPARISON = (ROOT / "docs/comparison.md").read_text()
CONTEXT = """[prod]
url = https://intake.example.com
secret = ssm:/ops/prod/token
queue = https://sqs.eu-west-1.amazonaws.com/123456789012/ops-prod
store = s3://ops-prod-data/in/
account = 123456789012
region = eu-west-1
cluster = prod
alarms = prod-
access = confirm
service.api.ecs = prod-api
service.api.logs = /prod/api
service.api.targets = arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api/1
service.worker.ecs = prod-worker
service.worker.logs = /prod/worker
"""


def lines_of(page):
    """The opsctl part of each indented line."""
    for line in re.findall(r"^    (.*)$", page, flags=re.M):
        line = re.split(r"\s+>", line)[0]
        part = next((p.strip() for p in line.split(" | ") if p.strip().startswith("opsctl ")), None)
        yield line, part


def alarms():
    """What the names of CloudWatch's alarms end with, and that of the rule of failed deployments."""
    metrics = (ALARMS / "metrics.tf").read_text()
    return set(re.findall(r'"\$\{name\}(-[a-z]+)" =>', metrics)) | set(re.findall(r"^    ([a-z]+-[a-z]+) = \{$", metrics, flags=re.M)) \
        | set(re.findall(r'alarm_name +=.*\$\{var\.name\}(-[a-z]+)"', (ALARMS / "main.tf").read_text())) | {"failed-deployment"}


class Pages(Cli):
    def setUp(self):
        super().setUp()
        self.contexts.parent.mkdir(parents=True)
        self.contexts.touch(0o600)
        self.contexts.write_text(CONTEXT)
        self.commands = {c["name"] for c in self.document("help")["commands"]}

    def parse(self, words):
        """Global options stand before the command too: behind -- they would be its own. A recording is
        needed to plan with it."""
        if "--replay" in words:
            self.ok("--help", *words)
            return {"command": words[0]}
        done = self.opsctl("--plan", "--json", *words, cwd=self.home)
        self.assertEqual(done.returncode, EXIT_OK, f"opsctl {words}: {done.stderr}")
        return json.loads(done.stdout)

    def test_each_line_is_a_command(self):
        seen = set()
        for line, part in lines_of(RUNBOOK):
            with self.subTest(line):
                self.assertIsNotNone(part, "no opsctl in it")
                seen.add(self.parse(shlex.split(part)[1:])["command"])
        self.assertGreater(len(seen), 20)

    def test_each_section_has_lines(self):
        for section in RUNBOOK.split("\n## ")[1:]:
            self.assertRegex(section, r"(?m)^    \S", section.splitlines()[0])

    def test_commands_in_the_text(self):
        for page in (RUNBOOK, COMPARISON):
            for text in re.findall(r"`opsctl ([^`]*)`", page):
                words = [w for w in text.split() if re.fullmatch(r"[a-z][a-z0-9-]*", w)]
                with self.subTest(text):
                    self.assertTrue(not words or " ".join(words[:2]) in self.commands or words[0] in self.commands
                                    or any(c.startswith(words[0] + " ") for c in self.commands))

    def test_each_alarm_has_a_line(self):
        section = RUNBOOK.split("\n## An alarm fired\n")[1].split("\n## ")[0]
        rows = dict(re.findall(r"^\| `([a-z-]+)` \| .* \| `opsctl ([^`]*)` \|$", section, flags=re.M))
        self.assertEqual(set(rows), alarms())
        for line in rows.values():
            with self.subTest(line):
                self.parse(["--context", "prod", *shlex.split(line)])

    def test_all_rows_are_compared(self):
        rows = [int(n) for n in re.findall(r"^\| (\d+) \|", COMPARISON, flags=re.M)]
        self.assertEqual(rows, list(range(1, 37)))


if __name__ == "__main__":
    main()
