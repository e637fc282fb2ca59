#!/usr/bin/env python3
"""The scripts of the pipelines, with docker, aws and opsctl replaced by programs that write down
what they are asked and answer as a table says."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
DIGEST = "sha256:" + "a" * 64
IMAGE = f"r.example.com/ops/api@{DIGEST}"
FAKE = """#!/bin/sh
line="${0##*/} $*"
echo "$line" >>"$CALLS"
while read -r pattern status answer; do
	case $line in $pattern) [ -z "$answer" ] || echo "$answer"; exit "$status" ;; esac
done <"$ANSWERS"
"""


class Case(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        (self.place / "bin").mkdir()
        for name in ("docker", "aws", "opsctl"):
            (self.place / "bin" / name).write_text(FAKE)
            (self.place / "bin" / name).chmod(0o755)

    def run_script(self, *words, answers=(), cwd=None, **environment):
        """Exit status, what it printed, and the calls; each answer is (pattern without blanks, status, text)."""
        (self.place / "answers").write_text("".join(f"{p} {s} {t}\n" for p, s, t in answers))
        (self.place / "calls").write_text("")
        done = subprocess.run([SCRIPTS / words[0], *words[1:]], text=True, capture_output=True, cwd=cwd, env={
            "PATH": f"{self.place}/bin:{os.environ['PATH']}", "HOME": str(self.place),
            "CALLS": str(self.place / "calls"), "ANSWERS": str(self.place / "answers"), **environment})
        return done.returncode, done.stdout + done.stderr, (self.place / "calls").read_text().splitlines()

    def rollout(self, *words, answers=()):
        return self.run_script("rollout", *words, answers=answers, OPSCTL_CONTEXT="prod")

    def digests(self, *images):
        (self.place / "digests").mkdir()
        for image in images:
            (self.place / "digests" / image).write_text(f"r.example.com/{image}@{DIGEST}\n")
        return str(self.place / "digests")


class Rollout(Case):
    def test_worker_before_api_and_nothing_else(self):
        status, text, calls = self.rollout(self.digests("ops-api", "ops-worker", "opsctl"))
        self.assertEqual(status, 0, text)
        self.assertEqual([" ".join(c.split()[:3]) for c in calls], [
            "opsctl deploy worker", "opsctl probe --count", "opsctl deploy api", "opsctl probe --count",
            "opsctl health"])
        self.assertEqual(calls[0], f"opsctl deploy worker --image r.example.com/ops-worker@{DIGEST} --guard "
                                   "--yes --confirm prod")

    def test_a_failed_probe_takes_it_back(self):
        status, text, calls = self.rollout(self.digests("ops-api", "ops-worker"),
                                           answers=[("opsctl?probe*", 1, "")])
        self.assertEqual(status, 1, text)
        self.assertEqual([c.split()[1] for c in calls], ["deploy", "probe", "rollback"])
        self.assertIn("worker", calls[2])

    def test_a_failed_deployment_ends_it(self):
        status, text, calls = self.rollout(self.digests("ops-api"), answers=[("opsctl?deploy*", 7, "")])
        self.assertEqual((status, len(calls)), (7, 1), text)

    def test_back(self):
        status, text, calls = self.rollout("--back", "api", "41")
        self.assertEqual(status, 0, text)
        self.assertEqual(calls, ["opsctl rollback api --to 41 --guard --yes --confirm prod", "opsctl probe --count 5",
                                 "opsctl health"])

    def test_back_to_the_one_before(self):
        _, text, calls = self.rollout("--back", "api")
        self.assertEqual(calls[0], "opsctl rollback api --guard --yes --confirm prod", text)

    def test_a_failed_rollback_ends_it(self):
        status, text, calls = self.rollout("--back", "api", answers=[("opsctl?rollback*", 9, "")])
        self.assertEqual((status, len(calls)), (9, 1), text)

    def test_no_context(self):
        status, _, calls = self.run_script("rollout", "digests")
        self.assertEqual((status != 0, calls), (True, []))


class Repository(Case):
    """scripts/release and scripts/publish in a repository of our own."""

    def setUp(self):
        super().setUp()
        self.tree = self.place / "tree"
        (self.tree / "scripts").mkdir(parents=True)
        for name in ("release", "publish"):
            (self.tree / "scripts" / name).write_bytes((SCRIPTS / name).read_bytes())
            (self.tree / "scripts" / name).chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.commit("lib/a.c")

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
                              cwd=self.tree, check=True, text=True, capture_output=True).stdout.strip()

    def commit(self, name):
        (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / name).write_text(name)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", name)
        return self.git("rev-parse", "HEAD")

    def release(self, *words):
        done = subprocess.run([self.tree / "scripts/release", *words], text=True, capture_output=True)
        return done.stdout.split()

    def test_version(self):
        self.assertRegex(self.release("version")[0], r"^0\.0\.0\+1\.g[0-9a-f]+$")
        self.git("tag", "-a", "v1.2.3", "-m", "v1.2.3")
        self.assertEqual(self.release("version"), ["1.2.3"])
        self.commit("README.md")
        self.assertRegex(self.release("version")[0], r"^1\.2\.3\+1\.g[0-9a-f]+$")
        for tag, wanted in (("v1.3.0-rc.1", ["1.3.0-rc.1"]), ("v1.3.0", ["1.3.0"]), ("v1", []), ("v1.3.0;id", [])):
            self.assertEqual(self.release("version", tag), wanted)

    def test_changed(self):
        everything = ["ops-api", "ops-worker", "opsctl", "terraform"]
        for name, wanted in (("svc/api/main.c", ["ops-api"]), ("svc/worker/main.c", ["ops-worker"]),
                             ("svc/common/service.c", ["ops-api", "ops-worker"]), ("README.md", []),
                             ("cmd/opsctl/main.c", ["opsctl"]), ("terraform/main.tf", ["terraform"]),
                             ("lib/base/buf.c", everything[:3]), ("Dockerfile", everything[:3])):
            base = self.git("rev-parse", "HEAD")
            self.commit(name)
            self.assertEqual(self.release("changed", base), wanted, name)
        self.assertEqual(self.release("changed", "0" * 40), everything)
        self.assertEqual(self.release("changed", "none"), everything)

    def publish(self, *images):
        done = subprocess.run([self.tree / "scripts/publish", *(images or ["ops-api"])], text=True, capture_output=True, env={
            "PATH": f"{self.place}/bin:{os.environ['PATH']}", "HOME": str(self.place), "REGISTRY": "r.example.com/ops",
            "VERSION": "1.2.3+4.gabc", "CALLS": str(self.place / "calls"), "ANSWERS": str(self.place / "answers")})
        return done.returncode, done.stdout + done.stderr, (self.place / "calls").read_text()

    def test_what_is_published_is_not_built(self):
        (self.place / "answers").write_text(f"aws?ecr?describe* 0 {DIGEST}\n")
        status, text, calls = self.publish()
        self.assertEqual(status, 0, text)
        self.assertEqual((self.tree / "digests/ops-api").read_text().strip(), IMAGE)
        self.assertIn("--repository-name ops/api --image-ids imageTag=1.2.3-4.gabc", calls)
        self.assertNotIn("buildx build", calls)

    def test_what_is_not_is_built(self):
        (self.place / "answers").write_text("aws?ecr?describe* 254 \n")
        status, text, calls = self.publish()
        self.assertIn("--target ops-api", calls)
        self.assertRegex(calls, r"docker buildx inspect (ops-[0-9a-f]{12})\n(.*\n)*docker buildx build --builder \1 ")
        self.assertIn("name=r.example.com/ops/api:1.2.3-4.gabc,push=true", calls)
        self.assertNotEqual(status, 0, "no metadata, no digest: " + text)

    def test_a_failed_build_has_not_the_digest_of_the_one_before(self):
        (self.place / "bin/docker").write_text(f"""#!/bin/sh
case "$*" in
*"--target opsctl"*) exit 1 ;;
*--metadata-file*) while [ "$1" != --metadata-file ]; do shift; done; echo '{{"containerimage.digest":"{DIGEST}"}}' >"$2" ;;
esac
""")
        (self.place / "answers").write_text("aws?ecr?describe* 254 \n")
        status, text, _ = self.publish("ops-api", "opsctl")
        self.assertNotEqual(status, 0, text)
        self.assertEqual([p.name for p in (self.tree / "digests").iterdir()], ["ops-api"], text)


unittest.main()
