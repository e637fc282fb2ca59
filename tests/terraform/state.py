#!/usr/bin/env python3
"""state.py: the state's backend, as bootstrap prints it for the environments, on an S3 that is moto.

The engine, $TF, works in a directory of its own that has the environment's backend.tf and a resource
which needs no provider. It must lock, encrypt, keep every version, and need no more permissions than
bootstrap's README says; who plans in pull requests reads and cannot lock.
"""
import contextlib
import json
import os
import subprocess
import sys

from mocked import REPOSITORY, ROOT, runs

sys.path.insert(0, str(REPOSITORY / "tests/peers"))
import lib  # noqa: E402
import peers  # noqa: E402

KEY = "dev/platform.tfstate"  # as backend.tf says
# With "hold" an apply says when it has begun, in one fifo, and goes on when it is told to, by another.
MAIN = """
variable "word" {
  type = string
}

resource "terraform_data" "this" {
  input            = var.word
  triggers_replace = [var.word]

  provisioner "local-exec" {
    command = "if [ ${var.word} = hold ]; then echo >begun; cat go; fi"
  }
}
"""


def bootstrap():
    """(bucket, backend.hcl) by the outputs of the state that distinct.py has made."""
    outputs = next(iter(runs("distinct/terraform/bootstrap"))).outputs
    key = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"  # the engine wants a UUID
    return outputs["state_bucket"]["value"], \
        outputs["backend"]["value"].replace(outputs["state_key_arn"]["value"], key)


class OnBackend(lib.OnPeers):
    PEERS = ()  # one

    def setUp(self):
        super().setUp()
        self.bucket, config = bootstrap()
        self.make_bucket()
        (self.home / "backend.hcl").write_text(self.adapted(config))
        (self.home / "main.tf").write_text(MAIN)
        text = (ROOT / "terraform/environments/dev/platform/backend.tf").read_text()
        self.assertIn(f'"{KEY}"', text)
        (self.home / "backend.tf").write_text(text)
        self.env |= {"TF_DATA_DIR": str(self.home / "data"), "PATH": os.environ["PATH"],
                     "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.engine("init", "-backend-config=backend.hcl", "-backend-config=use_path_style=true")

    def adapted(self, config):
        return config

    def make_bucket(self):
        """Anew, with versions as bootstrap makes it."""
        s3 = self.client("s3", self.PEERS[0])
        if self.bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]:
            for version in self.versions():
                s3.delete_object(Bucket=self.bucket, Key=version["Key"], VersionId=version["VersionId"])
            s3.delete_bucket(Bucket=self.bucket)
        s3.create_bucket(Bucket=self.bucket)
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def versions(self):
        listing = self.client("s3", self.PEERS[0]).list_object_versions(Bucket=self.bucket)
        return listing.get("Versions", []) + listing.get("DeleteMarkers", [])

    def keys(self):
        listing = self.client("s3", self.PEERS[0]).list_objects_v2(Bucket=self.bucket)
        return [o["Key"] for o in listing.get("Contents", [])]

    def engine(self, *words, env=None, status=0):
        done = subprocess.run([os.environ["TF"], *words, "-input=false", "-no-color"], cwd=self.home,
                              env=self.env | (env or {}), text=True, timeout=lib.LIMIT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def apply(self, word, **more):
        return self.engine("apply", "-auto-approve", f"-var=word={word}", **more)

    @contextlib.contextmanager
    def held(self):
        """An apply that has the lock meanwhile."""
        begun, go = self.home / "begun", self.home / "go"
        os.mkfifo(begun)
        os.mkfifo(go)
        with subprocess.Popen([os.environ["TF"], "apply", "-auto-approve", "-input=false", "-var=word=hold"],
                              cwd=self.home, env=self.env, stdout=subprocess.DEVNULL) as first:
            begun.read_text()
            try:
                yield
            finally:
                go.write_text("")
                self.assertEqual(first.wait(lib.LIMIT_S), 0)


class State(OnBackend):
    PEERS = ("moto",)

    def test_one_at_a_time(self):
        with self.held():
            self.assertIn(f"{KEY}.tflock", self.keys())
            said = self.apply("second", status=1)
            self.assertIn("Error acquiring the state lock", said)
            self.assertIn("PreconditionFailed", said)
        self.assertEqual(self.keys(), [KEY])

    def test_encrypted_and_kept(self):
        self.apply("one")
        self.apply("two")
        head = self.client("s3", self.PEERS[0]).head_object(Bucket=self.bucket, Key=KEY)
        self.assertEqual(head["ServerSideEncryption"], "aws:kms")
        self.assertIn(f'kms_key_id   = "{head["SSEKMSKeyId"]}"', (self.home / "backend.hcl").read_text())
        self.assertGreaterEqual(len([v for v in self.versions() if v["Key"] == KEY]), 2)

    def test_misspelt_setting(self):
        (self.home / "backend.hcl").write_text("encrypted = true\n")
        self.assertIn("encrypted", self.engine("init", "-reconfigure", "-backend-config=backend.hcl", status=1))


class Permissions(OnBackend):
    """versitygw judges by the policy of the bucket. It has one region, no keys, and nobody who tells who calls."""
    PEERS = ("versitygw",)

    def adapted(self, config):
        lines = config.replace("eu-central-1", peers.REGION).splitlines()
        kept = [line for line in lines if not line.startswith(("kms_key_id", "encrypt"))]
        return "\n".join([*kept, "skip_credentials_validation = true", "skip_requesting_account_id = true\n"])

    def make_bucket(self):
        self.client("s3", "versitygw").create_bucket(Bucket=self.bucket)
        self.statements = []

    def user(self, name, *statements):
        """A user of the gateway who may do just that, besides those before him."""
        keys = {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": f"secret-of-{name}"}
        lib.gateway_user(self.peers["versitygw"], keys)
        self.statements += [{**s, "Principal": {"AWS": [name]}} for s in statements]
        self.client("s3", "versitygw").put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": self.statements}))
        return keys

    def test_what_bootstrap_says(self):
        bucket = f"arn:aws:s3:::{self.bucket}"
        reads = [lib.statement("s3:ListBucket", bucket), lib.statement("s3:GetObject", f"{bucket}/*")]
        writes = lib.statement(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                               [f"{bucket}/{KEY}", f"{bucket}/{KEY}.tflock"])
        applies, plans = self.user("applies", reads[0], writes), self.user("plans", *reads)
        self.apply("one", env=applies)
        self.engine("plan", "-lock=false", "-var=word=one", env=plans)
        self.assertIn("Error acquiring the state lock", self.engine("plan", "-var=word=one", env=plans, status=1))


if __name__ == "__main__":
    lib.main()
