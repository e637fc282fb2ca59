"""The examples of the manual pages and of README.md, run as they stand there.

Called with the paths of opsctl, ops-api and ops-worker. Each page gets a home directory in
which `opsctl up` runs, what its examples take for granted (below), and a shell that stops at
the first command that fails.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from lib import *

OUTPUTS = '{"api_url":{"value":"https://api.example.com"},"bucket_name":{"value":"b"},' \
          '"queue_url":{"value":"https://q.example.com/1/q"},"token_parameter_name":{"value":"/t"}}'

# Programs that run until they are interrupted: for a moment here.
FOR_EVER = re.compile(r"^ops-(?:api|worker)\b|--(?:follow|watch)(?!.*--timeout)")
# What is in ECS, of which nothing is here: which calls it would make is all that can be asked. What it does
# is tested in tests/aws_cli.
ON_ECS = re.compile(r"^opsctl (?=(?:deploy|rollback|restart|exec)\b)")
# What is another's: not there, or not ours to try.
PREPARED = {
    "terraform": f"#!/bin/sh\ncat <<'EOF'\n{OUTPUTS}\nEOF\n",
}


# As lib.patient() has it.
PATIENT_OPSCTL = f"""#!/bin/sh
case " $* " in
*' --timeout'* | {' | '.join(f"*' {word} '*" for word in ABOUT)}) ;;
{' | '.join(f"*' {' '.join(words)} '*" for words in PATIENT)}) set -- "$@" --timeout={LIMIT_S}s ;;
esac
exec {PROGRAMS[0]} "$@"
"""


def rendered(page):
    done = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=300", page], capture_output=True,
                          text=True, check=True)
    return re.sub(".\b", "", done.stdout)


def manual_examples(page):
    """Commands behind "$ ", with their further lines behind "> "."""
    section = re.split(r"^[A-Z]", rendered(page).partition("\nEXAMPLES\n")[2], flags=re.M)[0]
    return re.findall(r"^ +\$ (.*(?:\n +> .*)*)", section, flags=re.M)


def readme_examples():
    """Indented lines that begin with opsctl, without the remark at their end."""
    text = (ROOT / "README.md").read_text()
    return [re.sub(r"\s+#.*", "", line) for line in re.findall(r"^    (opsctl .*)$", text, flags=re.M)]


class Examples(Cli):
    def setUp(self):
        super().setUp()
        place = self.home / "bin"
        place.mkdir()
        for path in PROGRAMS[1:]:
            (place / path.name).symlink_to(path)
        for name, text in (PREPARED | {"opsctl": PATIENT_OPSCTL}).items():
            (place / name).write_text(text)
            (place / name).chmod(0o755)
        self.env["PATH"] = f"{place}:{self.env['PATH']}"
        (self.home / "events.ndjson").write_text('{"email_timestream":"1749465045","n":1}\n' * 3)
        # For examples with files in /tmp: theirs are in the home directory.
        (self.home / "token").write_text("my-secret-token\n")
        (self.home / "token").chmod(0o600)

    def script(self, commands):
        lines = ["set -euo pipefail"]
        for command in commands:
            command = re.sub(r"\n +> ", "\n", command).replace("/tmp/", f"{self.home}/")
            command = ON_ECS.sub("opsctl --plan ", command)
            if command.startswith("opsctl up"):
                if "127.0.0.1:0" in command:  # else the ports would be those of a real system
                    lines.append(f"{command} >up.out & up=$!")
                    lines.append("until grep -q Ctrl-C up.out; do kill -0 $up; sleep 0.05; done")
                    lines.append("trap 'kill -INT $up; wait $up' EXIT")
            elif FOR_EVER.search(command):
                lines.append(f"timeout -s INT 1 {command} || [ $? = 124 ]")
            else:
                lines.append(command)
        return "\n".join(lines)

    def run_examples(self, commands):
        with Up(self):
            done = subprocess.run(["bash", "-c", self.script(commands)], env=self.env, cwd=self.home,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, EXIT_OK, f"{commands}\n{done.stdout}\n{done.stderr}")

    def test_readme(self):
        commands = [c for c in readme_examples() if "|" not in c]
        self.assertGreater(len(commands), 3)
        self.run_examples(commands)


def add_page(page):
    def test(self):
        commands = manual_examples(page)
        self.assertTrue(commands, "no examples")
        self.run_examples(commands)
    setattr(Examples, f"test_{page.name}", test)


for path in sorted(ROOT.glob("man/man[178]/*")):
    add_page(path)

if __name__ == "__main__":
    main()
