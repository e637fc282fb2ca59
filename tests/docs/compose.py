"""packaging/compose/compose.yaml: what it names exists, and is what runs on AWS too.

Called with the paths of opsctl, ops-api and ops-worker. The file keeps to a few forms of YAML, which are
looked for as text: no test of ours needs a parser of YAML.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from lib import *

PLACE = ROOT / "packaging/compose"
TEXT = (PLACE / "compose.yaml").read_text()
HEAD, BODY = TEXT.split("\nname:", 1)
MODULE = (ROOT / "terraform/modules/monitoring/variables.tf").read_text()


def found(pattern, text=BODY):
    return re.findall(pattern, text, flags=re.M)


class Compose(Cli):
    def test_images_by_digest(self):
        images = found(r"^ +image: (.+)$")
        self.assertEqual(len(images), 4)
        for image in images:
            with self.subTest(image):
                self.assertRegex(image, r"^[a-z/]+:v?[0-9.]+@sha256:[0-9a-f]{64}$")

    def test_images_are_those_of_the_module(self):
        of_module = dict(found(r'"([a-z]+/[a-z]+)@(sha256:[0-9a-f]{64})"', MODULE))
        here = dict(found(r"^ +image: ([a-z]+/[a-z]+):[^@]+@(\S+)$"))
        self.assertEqual(len(of_module), 3)
        self.assertEqual(here, of_module)

    def test_what_is_built(self):
        stages = found(r"^FROM .* AS (\S+)$", (ROOT / "Dockerfile").read_text())
        targets = found(r"build: \{context: \.\./\.\., target: ([a-z-]+)\}")
        self.assertEqual(targets, ["ops-api", "ops-worker", "opsctl"])
        self.assertLessEqual(set(targets), set(stages))

    def test_paths(self):
        paths = found(r"^ +- (\.\./[^:]+):/\S+:ro$")
        self.assertEqual(len(paths), 3)
        for path in paths:
            with self.subTest(path):
                self.assertTrue((PLACE / path).is_dir())

    def test_ports_on_loopback(self):
        ports = found(r"^ +ports: \[(.*)\]$")
        self.assertEqual(len(ports), 4)
        for port in ports:
            with self.subTest(port):
                self.assertRegex(port, r'^"127\.0\.0\.1:\d+:\d+"$')
        told = set(found(r"http://127\.0\.0\.1:(\d+)", HEAD))
        self.assertEqual(told, {port.split(":")[1] for port in ports})

    def test_the_token_is_where_the_file_says_and_not_in_git(self):
        self.assertIn("token: {file: ./token}", BODY)
        self.assertIn("#   cd packaging/compose\n", HEAD)
        self.assertRegex(HEAD, r"printf whsec_.* >token ")
        ignored = (ROOT / ".gitignore").read_text().splitlines()
        self.assertIn("/packaging/compose/token", ignored)

    def test_opsctl_sees_what_the_services_use(self):
        words = found(r"^      - (--.*)$", BODY.split("entrypoint:")[1].split("secrets:")[0])
        self.assertEqual([w.split("=")[0] for w in words], ["--url", "--secret", "--queue", "--store"])
        self.ok(*words, "probe", "--plan")
        for word in words[1:]:
            with self.subTest(word):
                self.assertRegex(BODY, f"OPS_[A-Z]+: {re.escape(word.split('=', 1)[1])}\n")

    def test_who_has_what_to_be_reached(self):
        self.assertEqual(found(r"aliases: \[(\S+)\]"),
                         ["api.ops.internal", "worker.ops.internal", "prometheus.ops.internal",
                          "alertmanager.ops.internal"])
        for name in ("prometheus/prometheus.yml", "grafana/provisioning/datasources/prometheus.yml"):
            for host in found(r"\b[a-z]+\.ops\.internal", (ROOT / "packaging/monitoring" / name).read_text()):
                with self.subTest(host):
                    self.assertIn(f"[{host}]", BODY)


if __name__ == "__main__":
    main()
