#!/usr/bin/env python3
"""programs.py AWS_TOOL OPSCTL OPS_API OPS_WORKER: the programs do their work under the roles that
Terraform gives them, on servers that judge permissions; and say what is missing without one of them.

The cases are those of tests/peers/policies.py, where the policies come from docs/aws.md; here from
the state of the stack that iam.py left behind. opsctl has the policy that `opsctl iam` prints, and,
as in the pipeline after a deployment, that of the stack's output probe_policy.
"""
import contextlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/peers"))
import lib  # noqa: E402
import peers  # noqa: E402
import policies  # noqa: E402
from mocked import resources, runs  # noqa: E402

EXIT_OK, EXIT_PERMISSION = 0, 5
# What the state calls a thing -> what the peers do. Longest first.
NAMES = {"eu-central-1": peers.REGION, ":queue-dead_letter": ":ops-dlq", ":queue": ":ops",
         ":::bucket": ":::intake", "parameter/ops-test/token": "parameter/ops/token"}


def stack():
    run = next(run for run in runs("distinct/terraform/modules/stack") if "probe_policy" in run.outputs)
    assert all(name in run.text for name in NAMES), NAMES
    return run


def renamed(text):
    for ours, theirs in NAMES.items():
        text = text.replace(ours, theirs)
    return json.loads(text)["Statement"]


def statements_of_task(name):
    """The inline policies of the role with which the task ops-api or ops-worker runs."""
    for policy in resources(stack().module, "aws_iam_role_policy"):
        if policy["values"]["role"].endswith(f"{name.removeprefix('ops')}-task"):
            yield from renamed(policy["values"]["policy"])


def granted(name):
    # Keys are not judged by the peers, nor is the agent in the task by which protection is asked for.
    found = [s for s in statements_of_task(name) if not policies.actions(s)[0].startswith(("kms:", "ecs:"))]
    assert found, f"no policy of {name}"
    return found


policies.policy = granted


class OnRoles(policies.OnServices):
    def setUp(self):
        self.shared = {}  # user -> what he may do with the bucket
        super().setUp()

    def worker(self, statements, visibility_s=2):
        return self.open("worker", statements, {"OPS_STORE": "s3://intake/in/",
                                                "OPS_VISIBILITY_TIMEOUT_S": str(visibility_s)})

    def stored(self):
        return {key.removeprefix("in/") for key in super().stored()}

    def allow_bucket(self, statements, name="worker"):
        self.shared[name] = [{**s, "Principal": {"AWS": [self.users[name]]}} for s in statements
                             if policies.actions(s)[0].startswith("s3:")]
        every = [s for own in self.shared.values() for s in own]
        s3 = self.client("s3", "versitygw")
        if every:
            s3.put_bucket_policy(Bucket="intake", Policy=json.dumps({"Version": "2012-10-17", "Statement": every}))
        else:
            s3.delete_bucket_policy(Bucket="intake")


class Programs(OnRoles, policies.Services):
    test_secrets_manager = None  # another deployment's


class Operator(OnRoles):
    """opsctl beside both services, each as somebody who may do just his own."""
    COMMANDS = (("probe",), ("verify-s3",), ("token", "show"), ("queue", "stat"), ("dlq", "ls"))
    # One of the calls of a command -> what no longer works without.
    NEEDED = {"ssm:GetParameter": ("token", "show"), "sqs:GetQueueAttributes": ("queue", "stat"),
              "sqs:ReceiveMessage": ("dlq", "ls"), "s3:ListBucket": ("verify-s3",)}

    def setUp(self):
        super().setUp()
        services = contextlib.ExitStack()
        self.addCleanup(services.close)
        api = services.enter_context(self.running(self.api(granted("ops-api"))))
        services.enter_context(self.running(self.worker(granted("ops-worker"))))
        path = self.home / ".config/opsctl/contexts.ini"
        path.parent.mkdir(parents=True)
        path.touch(0o600)
        path.write_text("current = peers\n[peers]\n" + "".join(f"{key} = {value}\n" for key, value in {
            "url": f"http://127.0.0.1:{api.port}", "queue": self.queue, "store": "s3://intake/in/",
            "secret": "ssm:/ops/token", "account": policies.ACCOUNT, "region": peers.REGION}.items()))

    def as_operator(self, statements):
        keys = self.user("operator", *statements)
        self.users["operator"] = keys["AWS_ACCESS_KEY_ID"]
        lib.gateway_user(self.peers["versitygw"], keys)
        self.allow_bucket(statements, "operator")
        return keys

    def printed(self):
        """The policy for all of COMMANDS."""
        words = [word for command in self.COMMANDS for word in command]
        done = self.opsctl("iam", *words)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return json.loads(done.stdout)["Statement"]

    def test_own_policy_suffices(self):
        keys = self.as_operator(self.printed())
        for command in self.COMMANDS:
            with self.subTest(command):
                done = self.opsctl(*command, env=keys)
                self.assertEqual(done.returncode, EXIT_OK, done.stdout + done.stderr)

    def test_policy_of_the_pipeline_suffices(self):
        keys = self.as_operator(renamed(stack().outputs["probe_policy"]["value"]))
        done = self.opsctl("probe", env=keys)
        self.assertEqual(done.returncode, EXIT_OK, done.stdout + done.stderr)

    def test_says_what_is_missing(self):
        printed = self.printed()
        for action, command in self.NEEDED.items():
            with self.subTest(action):
                done = self.opsctl(*command, env=self.as_operator(policies.without(printed, action)))
                self.assertEqual(done.returncode, EXIT_PERMISSION, done.stdout + done.stderr)
                self.assertIn(action, done.stderr)


if __name__ == "__main__":
    lib.main()
