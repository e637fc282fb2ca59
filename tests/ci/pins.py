#!/usr/bin/env python3
"""What the scripts download is pinned, and by hash: the files that say so, and what happens to a file with another hash."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=True).stdout.split("\n")
SCRIPTS = [ROOT / name for name in TRACKED if re.match(r"(scripts|packaging|\.ci|\.github)/|Jenkinsfile|Dockerfile", name)]


def read(path):
    """What is in git and no text (pictures) has no commands."""
    return path.read_text(errors="replace") if path.is_file() else ""


class Files(unittest.TestCase):
    def test_python(self):
        sources = [ROOT / name for name in TRACKED if name.endswith("requirements.in")]
        self.assertEqual(len(sources), 4)
        for source in sources:
            pinned = read(source.with_suffix(".txt"))
            entries = re.findall(r"^([a-z0-9-]+==[\w.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", pinned, flags=re.M)
            self.assertEqual(sum(line[0] not in "# " for line in pinned.splitlines()), len(entries), source)
            for wanted in re.findall(r"^[^#\s].*", read(source), flags=re.M):
                name, version = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)", wanted).groups()
                self.assertIn(f"{name.lower()}=={version}", dict(entries), f"{source}: run scripts/pins")

    def test_nothing_installed_without(self):
        for path in SCRIPTS:
            text = read(path).replace("\\\n", " ")
            for command in re.findall(r"bin/pip\"? install.*|\bpip3? install.*", text):
                self.assertRegex(command, r"--require-hashes.*--only-binary :all:", path)
            self.assertNotRegex(text, r"\bgo\"? (install|run) \S+@|\bnpm\b.* install\b|\bnpx\b|curl[^\n]*\|\s*(ba)?sh\b", path)

    def test_go(self):
        modules = [ROOT / name for name in TRACKED if name.endswith("go.mod")]
        self.assertGreater(len(modules), 2)
        for module in modules:
            self.assertIn(" h1:", read(module.with_name("go.sum")), module)
        versions = dict(re.findall(r"^(versitygw|toxiproxy)_version=(\S+)", read(ROOT / "scripts/peers.sh"), flags=re.M))
        for name, version in versions.items():
            self.assertRegex(read(ROOT / "tools/peers/go.mod"), rf"/{name}(/v\d)? v{version}\b")

    def test_the_go_of_a_module(self):
        """An old Go fetches a newer one as a module: its hash decides whether that is run."""
        good = re.search(r"\bh1:\S+", read(ROOT / "scripts/peers.sh"))[0]
        for given, wanted in ((good, "/sdk/bin/go"), ("h1:" + "A" * 43 + "=", "")):
            with tempfile.TemporaryDirectory() as place:
                go = pathlib.Path(place) / "go"
                answer = json.dumps({"Dir": "/sdk", "Sum": given}, indent="\t")
                go.write_text(f"#!/bin/sh\nif [ \"$1\" = env ]; then echo go1.19.8; else echo '{answer}'; fi\n")
                go.chmod(0o755)
                done = subprocess.run(["bash", "-c", ". scripts/setup.sh; . scripts/peers.sh; go_binary"], cwd=ROOT, text=True,
                                      capture_output=True, env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}"})
            self.assertEqual(done.stdout.strip(), wanted, done.stderr)

    def test_java(self):
        jars = dict(line.split("  ")[::-1] for line in read(ROOT / "tests/peers/elasticmq.sha256").splitlines())
        version = re.search(r"elasticmq-server_\S+\s+<version>(.*?)<", read(ROOT / "tests/peers/elasticmq-pom.xml"))[1]
        self.assertIn(f"elasticmq-server_2.13-{version}.jar", jars)
        self.assertIn(f"elasticmq_dir=$peers_dir/elasticmq-{version}\n", read(ROOT / "scripts/peers.sh"))
        self.assertTrue(all(re.fullmatch("[0-9a-f]{64}", digest) for digest in jars.values()))

    def test_provider(self):
        """A lock file of a root can be committed, and a test run leaves none behind elsewhere."""
        for directory, ignored in (("environments/prod/platform", 1), ("environments/dev/monitoring", 1), ("bootstrap", 1),
                                   ("modules/queue", 0), ("examples/fargate-alb", 0)):
            done = subprocess.run(["git", "check-ignore", "-q", f"terraform/{directory}/.terraform.lock.hcl"], cwd=ROOT)
            self.assertEqual(done.returncode, ignored, directory)

    def test_node(self):
        for name in (name for name in TRACKED if name.endswith("package-lock.json")):
            packages = re.findall(r'"node_modules/[^"]+": \{(.*?)\}', read(ROOT / name), flags=re.S)
            self.assertGreater(len(packages), 0)
            for package in packages:
                self.assertIn('"integrity": "sha512-', package, name)


class Venv(unittest.TestCase):
    """setup_venv with a package of our own, from a directory."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.hash = self.wheel("1.0")

    def wheel(self, version):
        """A wheel of one module; its SHA-256."""
        info, path = f"ours-{version}.dist-info", self.place / f"ours-{version}-py3-none-any.whl"
        files = {"ours.py": "", f"{info}/METADATA": f"Metadata-Version: 2.1\nName: ours\nVersion: {version}\n",
                 f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
        rows = [f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},"
                f"{len(text)}" for name, text in files.items()]
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in {**files, f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,", ""])}.items():
                archive.writestr(name, text)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def setup(self, requirements):
        (self.place / "r.txt").write_text(requirements)
        done = subprocess.run(["bash", "-c", f'. "{ROOT}/scripts/setup.sh"; setup_venv "$1/venv" "$1/r.txt"', "-", self.place],
                              text=True, capture_output=True, env={
            **{key: value for key, value in os.environ.items() if not key.startswith("PIP_")}, "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.place), "PIP_NO_CACHE_DIR": "1", "DEPS_DIR": str(self.place)})
        return done.returncode, done.stdout + done.stderr

    def installed(self):
        return [path.name for path in (self.place / "venv/lib").glob("python3*/site-packages/ours-*.dist-info")]

    def test_the_hash_decides(self):
        status, text = self.setup(f"ours==1.0 --hash=sha256:{'0' * 64}\n")
        self.assertNotEqual(status, 0, text)
        self.assertIn("DO NOT MATCH THE HASHES", text)
        self.assertFalse((self.place / "venv").exists())

        (self.place / "venv").mkdir()  # as earlier versions made it
        status, text = self.setup(f"ours==1.0 --hash=sha256:{self.hash}\n")
        self.assertEqual((status, self.installed()), (0, ["ours-1.0.dist-info"]), text)
        first = os.readlink(self.place / "venv")
        status, text = self.setup(f"ours==2.0 --hash=sha256:{self.wheel('2.0')}\n")
        self.assertEqual((status, self.installed()), (0, ["ours-2.0.dist-info"]), text)
        self.assertTrue((self.place / first / "complete").exists(), "what runs in the one before needs it")


if __name__ == "__main__":
    unittest.main()
