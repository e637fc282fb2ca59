"""The command table, --help, manual pages, completions and the settings tables say the same.

Called with the paths of opsctl, ops-api and ops-worker.
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPSCTL, API, WORKER = sys.argv[1:4]
PAGES = {p.name: p for p in sorted(ROOT.glob("man/man*/*"))}


def run(*args):
    done = subprocess.run(args, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


TABLE = json.loads(run(OPSCTL, "help", "--json"))
COMMANDS = {c["name"]: c for c in TABLE["commands"]}
GLOBALS = TABLE["global_options"]


def rendered(page):
    """The page as a terminal shows it, on one very long line per paragraph."""
    text = run("mandoc", "-T", "utf8", "-O", "width=900", PAGES[page])
    return re.sub(".\b", "", text)  # overstrikes for bold and underlined


def items(page):
    """{first long option or variable of an .It line: (the line, its text)}"""
    found = {}
    for piece in re.split(r"^\.It ", PAGES[page].read_text(), flags=re.M)[1:]:
        line, _, body = piece.partition("\n")
        name = re.search(r"Fl -([a-z0-9-]+)", line)
        if name:
            found.setdefault(name[1], []).append((line, re.split(r"^\.El", body, flags=re.M)[0]))
    return found


class Manuals(unittest.TestCase):
    def test_lint(self):
        for name, path in PAGES.items():
            with self.subTest(page=name):
                done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], text=True, env={
                    "MANPATH": str(ROOT / "man"), "PATH": "/usr/bin:/bin"}, capture_output=True)
                notes = [line for line in (done.stdout + done.stderr).splitlines() if "mandoc.db" not in line]
                self.assertEqual(notes, [])

    def test_all_are_installed(self):
        listed = set(re.findall(r"'man\d/([^']+)'", (ROOT / "man/meson.build").read_text()))
        self.assertEqual(listed, set(PAGES))

    def test_each_noun_has_a_page(self):
        wanted = {c["manual"] + ".1" for c in COMMANDS.values()}
        self.assertEqual(wanted, {p for p in PAGES if p.endswith(".1")})

    def test_commands_are_in_their_synopsis(self):
        for command in COMMANDS.values():
            if command["manual"] == "opsctl":
                continue
            synopsis = rendered(command["manual"] + ".1").partition("SYNOPSIS")[2].partition("DESCRIPTION")[0]
            self.assertRegex(synopsis, rf"opsctl {re.escape(command['name'])}\b")

    def test_overview_names_every_command(self):
        text = PAGES["opsctl.1"].read_text()
        for name, command in COMMANDS.items():
            self.assertIn(f".It Cm {name}\n", text)
            self.assertIn(command["summary"][1:], text)
        self.assertEqual(len(re.findall(r"^\.It Cm ", text, flags=re.M)), len(COMMANDS))

    def test_options(self):
        pages = {"opsctl": list(GLOBALS)}
        for command in COMMANDS.values():
            pages.setdefault(command["manual"], []).extend(command["options"])
        for page, options in pages.items():
            found = items(page + ".1")
            with self.subTest(page=page):
                self.assertEqual(set(found), {o["name"] for o in options})
            for option in options:
                with self.subTest(page=page, option=option["name"]):
                    self.check_option(option, found[option["name"]])

    def check_option(self, option, entries):
        lines = " ".join(line for line, _ in entries)
        text = " ".join(body for _, body in entries)
        if option["letter"]:
            self.assertRegex(lines, rf"Fl {option['letter']}\b")
        if option["arg"]:
            self.assertIn(f"Ar {option['arg']}", lines)
        for word in (option["choices"] or "").split("|"):
            self.assertIn(word, text + lines)
        if option["default"]:
            self.assertRegex(text, rf"(?<![\w.]){re.escape(option['default'])}(?!\w)")
        if option["type"] == "int" and option["max"] < 10**6:
            self.assertIn(str(option["max"]), text)

    def test_exit_codes(self):
        header = (ROOT / "cmd/opsctl/cli.h").read_text()
        codes = [int(n) for n in re.findall(r"^\tEXIT_\w+ = (\d+),", header, flags=re.M)]
        documented = [int(n) for n in re.findall(r"^\.It (\d+)$", PAGES["opsctl-exit-codes.7"].read_text(), flags=re.M)]
        self.assertEqual(documented, sorted(codes))
        for page in PAGES:
            if page.startswith("opsctl") and page.endswith(".1"):
                section = PAGES[page].read_text().partition(".Sh EXIT STATUS")[2].partition(".Sh")[0]
                for code in re.findall(r"^\.It (\d+)$", section, flags=re.M):
                    self.assertIn(int(code), codes, page)

    def test_keys_of_contexts(self):
        documented = re.findall(r"^\.It Cm (\S+)$", PAGES["opsctl.conf.5"].read_text(), flags=re.M)
        table = re.findall(r'\[CONTEXT_\w+\] = \{ "([\w-]+)"', (ROOT / "cmd/opsctl/context.c").read_text())
        self.assertEqual(documented, table)

    def test_keys_of_services(self):
        text = PAGES["opsctl.conf.5"].read_text()
        documented = re.findall(r"^\.It Cm service\\&\. Ns Ar NAME Ns \.(\S+)$", text, flags=re.M)
        source = (ROOT / "cmd/opsctl/context_service.c").read_text()
        table = re.findall(r'\[SERVICE_\w+\] = \{ "([\w-]+)", "(\w+)"', source)
        self.assertEqual(documented, [name for name, _ in table])
        outputs = PAGES["opsctl-context.1"].read_text()
        for _, output in table:
            self.assertIn(output, outputs)

    def test_outputs_of_terraform(self):
        documented = re.findall(r"^\.It (\w+) Ta (\w+)", PAGES["opsctl-context.1"].read_text(), flags=re.M)
        source = (ROOT / "cmd/opsctl/cmd_context_import.c").read_text()
        table = re.findall(r'\{ "(\w+)", CONTEXT_(\w+),', source)
        self.assertEqual([(o, k.upper()) for o, k in documented], table)


class Help(unittest.TestCase):
    def test_every_option(self):
        for name, command in COMMANDS.items():
            text = run(OPSCTL, *name.split(), "--help")
            for option in command["options"] + GLOBALS:
                long = f"--{option['name']}" + (f" {option['arg']}" if option["arg"] else "")
                letter = f"-{option['letter']}, " if option["letter"] else ""
                self.assertIn(f"{letter}{long}", text, name)

    def test_summaries_are_one_line(self):
        for command in COMMANDS.values():
            self.assertLessEqual(len(command["summary"]), 70, command["name"])
            self.assertNotRegex(command["summary"], r"^[A-Z]|\.$")
            for option in command["options"]:
                self.assertNotRegex(option["help"], r"^[A-Z][a-z]|\.$", command["name"])

    def test_letters_and_names_are_used_once(self):
        for command in COMMANDS.values():
            options = command["options"] + GLOBALS
            for member in ("letter", "name"):
                used = [o[member] for o in options if o[member]]
                self.assertEqual(len(used), len(set(used)), command["name"])


class Completion(unittest.TestCase):
    def complete(self, *words):
        return [line.split("\t")[0] for line in run(OPSCTL, "__complete", *words).splitlines()]

    def test_words(self):
        first = list(dict.fromkeys(name.split()[0] for name in COMMANDS))
        self.assertEqual(self.complete(""), first)
        for noun in first:
            verbs = [n.split()[1] for n in COMMANDS if n.startswith(noun + " ")]
            if verbs:
                self.assertEqual(self.complete(noun, ""), verbs)

    def test_options_and_their_values(self):
        for name, command in COMMANDS.items():
            options = command["options"] + GLOBALS
            words = name.split()
            self.assertEqual(self.complete(*words, "--"), [f"--{o['name']}" for o in options], name)
            for option in options:
                dashed = f"--{option['name']}"
                if option["type"] == "choice":
                    values = option["choices"].split("|")
                    self.assertEqual(self.complete(*words, dashed, ""), values)
                    self.assertEqual(self.complete(*words, f"{dashed}="), [f"{dashed}={v}" for v in values])
                if option["type"] == "file":
                    kind = ":dir" if option["arg"] == "DIR" else ":file"
                    self.assertEqual(self.complete(*words, dashed, ""), [kind])


class Services(unittest.TestCase):
    def check_service(self, program, page):
        rows = re.findall(r"\n  (OPS_\w+), --([\w-]+)\n      (.*)\n      (.*)\n", run(program, "--help"))
        self.assertGreater(len(rows), 5)
        text = PAGES[page].read_text()
        documented = re.findall(r"^\.It Ev (OPS_\w+) , Fl -([\w-]+)$", text, flags=re.M)
        self.assertEqual(documented, [(env, option) for env, option, _, _ in rows])
        for env, _, _, value in rows:
            body = re.split(r"^\.(?:It|El)", text.partition(f".It Ev {env} ,")[2], flags=re.M)[0]
            body = " ".join(body.split())
            with self.subTest(page=page, setting=env):
                for default in re.findall(r"default ([^;]+)", value):
                    self.assertIn(f"default {default}", body)
                for limits in re.findall(r"(\d+ to \d+)", value):
                    self.assertIn(limits, body)
                for word in re.findall(r"[\w-]+(?=\|)|(?<=\|)[\w-]+", value):
                    self.assertIn(word, body)
                self.assertEqual("required" in value, "Required" in body)
        for flag in re.findall(r"\[--(\w+)\]", run(program, "--help")):
            self.assertIn(f".It Fl -{flag}\n", text)

    def test_api(self):
        self.check_service(API, "ops-api.8")

    def test_worker(self):
        self.check_service(WORKER, "ops-worker.8")


class Pages(unittest.TestCase):
    """What README.md and CONTRIBUTING.md point at is there."""

    def test_links_and_paths(self):
        for name in ("README.md", "CONTRIBUTING.md"):
            text = (ROOT / name).read_text()
            links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
            scripts = re.findall(r"\bscripts/[a-z]+(?:\.sh)?", text)
            for path in links + scripts:
                with self.subTest(page=name, path=path):
                    self.assertTrue((ROOT / path).exists())

    def test_commands(self):
        text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
        nouns = {n.split()[0] for n in COMMANDS}
        for line in re.findall(r"^    opsctl (.*)$|`opsctl ([^`]*)`", text, flags=re.M):
            words = [w for w in "".join(line).split() if re.fullmatch(r"[a-z][a-z0-9-]*", w)]
            if words:
                self.assertIn(words[0], nouns, line)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
