#!/usr/bin/env python3
"""The workflows and the Jenkinsfile: what linters do not see, and the steps that need no cloud, run as GitHub would."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
JENKINS = (ROOT / "Jenkinsfile").read_text()
LANES = {line.split("\t")[0] for line in subprocess.run(
    [ROOT / "scripts/test", "--list"], text=True, capture_output=True, check=True).stdout.splitlines()}


def jobs():
    for name, flow in FLOWS.items():
        for job in flow["jobs"]:
            yield f"{name}/{job}", flow, flow["jobs"][job]


def steps():
    for name, _, job in jobs():
        for step in job.get("steps", []):
            yield f"{name}: {step.get('name', step.get('uses'))}", step


def shell_of_jenkins():
    return re.findall(r"\bsh '''(.*?)'''|\bsh '([^'\n]*)'$", JENKINS, flags=re.S | re.M)


class Form(unittest.TestCase):
    def test_pins(self):
        versions = {}
        for path in (ROOT / ".github/workflows").glob("*.yml"):
            for action, pin in re.findall(r"uses: ([^.\s][^@\s]*)@(.*)", path.read_text()):
                self.assertRegex(pin, r"^[0-9a-f]{40} # v\d+\.\d+\.\d+$", action)
                self.assertEqual(versions.setdefault(action, pin), pin, action)
        containers = [job["container"] for _, _, job in jobs() if "container" in job]
        images = {c["image"] if isinstance(c, dict) else c for c in containers}
        self.assertEqual(len(images), 1)
        for image in [*images, re.search(r"^ARG BASE=(.*)", (ROOT / "Dockerfile").read_text(), flags=re.M)[1],
                      *re.findall(r"_image=(.*)", (ROOT / "scripts/publish").read_text())]:
            self.assertRegex(image, r"^[^@]+:[^@]+@sha256:[0-9a-f]{64}$")

    def test_each_job(self):
        for name, flow, job in jobs():
            self.assertTrue("permissions" in flow or "permissions" in job, name)
            self.assertEqual(flow["defaults"]["run"]["shell"], "bash", name)
            self.assertTrue("uses" in job or "timeout-minutes" in job or job.get("if") == "always()", name)
            if "id-token" in job.get("permissions", {}):
                self.assertNotEqual(flow[True], {"pull_request": None}, name)
                self.assertTrue("uses" in job or "environment" in job or name == "release/publish", name)

    def test_no_expression_in_a_script(self):
        for name, step in steps():
            self.assertNotIn("${{", step.get("run", ""), name)

    def test_lanes(self):
        matrix = FLOWS["validate"]["jobs"]["lanes"]["strategy"]["matrix"]["lanes"]
        words = " ".join(matrix).split()
        self.assertEqual(sorted(words), sorted(LANES))
        self.assertEqual(re.search(r"values (.*)", JENKINS)[1], ", ".join(f"'{row}'" for row in matrix))

    def test_stages(self):
        wanted = ["Validate", "Lanes", "Provider", "Images", "Dev", "Approve", "Prod", "Packages", "Rollback"]
        self.assertEqual(re.findall(r"stage\('(\w+)'\)", JENKINS), wanted)
        self.assertEqual(JENKINS.count("{"), JENKINS.count("}"))

    def test_scripts(self):
        blocks = [step.get("run", "") for _, step in steps()] + ["".join(pair) for pair in shell_of_jenkins()]
        self.assertGreater(len(shell_of_jenkins()), 4)
        named = set(re.findall(r"\b(?:scripts|packaging)/[\w./-]+\w", " ".join(blocks) + JENKINS))
        for name in named:
            self.assertTrue(os.access(ROOT / name, os.X_OK), name)
        self.assertLessEqual({"scripts/release", "scripts/publish", "scripts/rollout", "scripts/test"}, named)
        for pair in shell_of_jenkins():
            done = subprocess.run(["shellcheck", "-s", "sh", "-"], input="".join(pair), text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout)


class Run(unittest.TestCase):
    """In a repository of two commits with what the steps call, or what writes down how it was called."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.tree = pathlib.Path(place.name)
        self.program("scripts/release", (ROOT / "scripts/release").read_text())
        for name in ("scripts/test", "scripts/build", "scripts/rollout", "packaging/debian/build", "bin/gh"):
            self.program(name, '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n[ "${0##*/}" != gh ] || echo "$LAST"\n')
        self.git("init", "-q", "-b", "main")
        self.base = self.commit("Dockerfile")
        self.commit("svc/api/main.c")

    def program(self, name, text):
        (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / name).write_text(text)
        (self.tree / name).chmod(0o755)

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
                              cwd=self.tree, check=True, text=True, capture_output=True).stdout.strip()

    def commit(self, name):
        self.program(name, name)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", name)
        return self.git("rev-parse", "HEAD")

    def step(self, flow, job, name, **environment):
        """Exit status, the outputs, and what was called."""
        script = next(s["run"] for s in FLOWS[flow]["jobs"][job]["steps"] if s.get("name") == name)
        files = {key: str(self.tree / key) for key in ("GITHUB_OUTPUT", "GITHUB_PATH", "CALLS")}
        for file in files.values():
            pathlib.Path(file).write_text("")
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=self.tree, text=True,
                              capture_output=True, env={**files, "HOME": str(self.tree), "GITHUB_REF_TYPE": "branch",
                                                        "GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "o/r",
                                                        "GITHUB_WORKSPACE": str(self.tree), **environment,
                                                        "PATH": f"{self.tree}/bin:{os.environ['PATH']}"})
        outputs = dict(line.split("=", 1) for line in (self.tree / "GITHUB_OUTPUT").read_text().splitlines())
        return done.returncode, outputs, (self.tree / "CALLS").read_text().splitlines(), done.stdout + done.stderr

    def plan(self, **environment):
        status, outputs, _, text = self.step("release", "plan", "Version, and images to build", **environment)
        return status, outputs.get("version"), json.loads(outputs.get("images", "null")), text

    def test_plan(self):
        everything = ["ops-api", "ops-worker", "opsctl"]
        tag = {"GITHUB_REF_TYPE": "tag"}
        for name, environment, wanted in (
                ("the first release", {"LAST": "none"}, everything), ("one service", {"LAST": self.base}, ["ops-api"]),
                ("nothing", {"LAST": self.git("rev-parse", "HEAD")}, []), ("a forced push", {"LAST": "0" * 40}, everything),
                ("a tag", {**tag, "GITHUB_REF_NAME": "v1.2.0"}, everything)):
            status, version, images, text = self.plan(**environment)
            self.assertEqual((status, images), (0, wanted), name + text)
            self.assertRegex(version, r"^1\.2\.0$" if name == "a tag" else r"^0\.0\.0\+2\.g[0-9a-f]+$", name)
        self.assertNotEqual(self.plan(**tag, GITHUB_REF_NAME='v1";id')[0], 0)
        self.program("bin/gh", "#!/bin/sh\nexit 4\n")
        self.assertNotEqual(self.plan()[0], 0, "without an answer nothing would be built")

    def test_context(self):
        for flow, job in (("deploy", "deploy"), ("rollback", "rollback")):
            status, _, calls, text = self.step(flow, job, "Build opsctl, and give it the context", CONTEXT="[dev]\nurl = u")
            self.assertEqual((status, calls), (0, ["build --buildtype=release"]), text)
            file = self.tree / ".config/opsctl/contexts.ini"
            self.assertEqual((file.read_text(), file.stat().st_mode & 0o777), ("[dev]\nurl = u\n", 0o600))

    def test_rollback(self):
        for revision, wanted in (("", "rollout --back api"), ("41 $(id)", "rollout --back api 41 $(id)")):
            status, _, calls, text = self.step("rollback", "rollback", "Roll back, and prove that it works",
                                               SERVICE="api", REVISION=revision)
            self.assertEqual((status, calls), (0, [wanted]), text)

    def test_plan_of_a_pull_request(self):
        """Of each root of the matrix, which is there; it takes no lock, and only with the values that it wants."""
        roots = FLOWS["plan"]["jobs"]["plan"]["strategy"]["matrix"]["root"]
        self.program("bin/terraform", '#!/bin/sh\necho "$*" >>"$CALLS"\n[ "$2" != "$FAIL" ]\n')
        for root in [f"terraform/environments/{name}" for name in roots]:
            self.assertTrue((ROOT / root / "terraform.tfvars.example").exists(), root)
            words = {"flow": "plan", "job": "plan", "name": "Plan", "ROOT": root, "BACKEND": 'bucket = "b"\nregion = "r"'}
            (self.tree / root).mkdir(parents=True)
            status, _, calls, text = self.step(**words)
            self.assertEqual((status, calls), (1, []), "without terraform.tfvars")
            self.assertIn(f"commit {root}/terraform.tfvars", text)
            (self.tree / root / "terraform.tfvars").write_text("")
            status, _, calls, text = self.step(**words)
            self.assertEqual((status, calls), (0, [
                f"-chdir={root} init -backend-config=backend.hcl -input=false -no-color",
                f"-chdir={root} plan -lock=false -input=false -no-color"]), text)
            self.assertEqual((self.tree / root / "backend.hcl").read_text(), 'bucket = "b"\nregion = "r"\n')
            status, _, calls, _ = self.step(**words, FAIL="init")
            self.assertEqual((status != 0, len(calls)), (True, 1), "no plan without init")

    def test_lanes(self):
        _, _, calls, text = self.step("validate", "lanes", "Test", LANES="fuzz valgrind")
        self.assertEqual(calls, ["test --lane fuzz --lane valgrind"], text)

    def test_release(self):
        (self.tree / "build/packages").mkdir(parents=True)
        status, _, calls, text = self.step("release", "packages", "Build the packages and the archive of the sources",
                                           VERSION="1.2.3")
        self.assertEqual((status, calls), (0, ["build "]), text)
        self.assertRegex((self.tree / "build/packages/SHA256SUMS").read_text(), r"^[0-9a-f]{64}  ops-1\.2\.3\.tar\.gz\n$")
        (self.tree / "packages").mkdir()
        (self.tree / "packages/a.deb").write_text("")
        for tag, more in (("v1.2.3", ""), ("v1.2.3-rc.1", " --prerelease")):
            _, _, calls, text = self.step("release", "publish", "Publish", TAG=tag)
            self.assertEqual(calls, [f"gh release create {tag} --repo o/r --verify-tag --generate-notes{more} packages/a.deb"])


unittest.main()
