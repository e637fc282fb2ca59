#!/usr/bin/env python3
"""What the scripts download is pinned, and by hash: the files that say so, and what happens to a file with another hash."""
import base64
import hashlib
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
