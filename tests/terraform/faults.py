#!/usr/bin/env python3
"""faults.py KEY=PATH...: faults planted in a copy of terraform/, one at a time; each must be caught.

The test of the tests. A row names a file, what to write in place of what, the check that must fail,
and a word of what it must say. KEYs are the tools: engine, linters, scanners, simulator, api, worker,
opsctl; a row whose tool is not given is left out. A row whose text is not in the file is a failure:
the file has changed, and the row must follow.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1] / "terraform"
TOOLS = dict(word.split("=", 1) for word in sys.argv[1:])
PYTHON = "/usr/bin/python3"


class Fault(NamedTuple):
    file: str  # below terraform/
    old: str
    new: str
    check: str  # a key of CHECKS
    says: str
    tested: str = ""  # the directory, when it is not that of the file


QUEUE, STACK, SERVICE, OIDC = "modules/queue", "modules/stack", "modules/service", "modules/github_oidc"
SPARE_ROLE = '''
resource "aws_iam_role" "spare" {
  name               = "spare"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

'''
FAULTS = (
    # What the provider's schema knows.
    Fault(f"{QUEUE}/main.tf", "receive_wait_time_seconds ", "recieve_wait_time_seconds ", "validate",
          "Unsupported argument"),
    Fault(f"{QUEUE}/main.tf", '"aws_sqs_queue_policy"', '"aws_sqs_queue_polcy"', "validate",
          "Invalid resource type"),
    Fault(f"{QUEUE}/main.tf", "aws_sqs_queue.dead_letter.arn", "aws_sqs_queue.dead_letter.aarn",
          "validate", "Unsupported attribute"),
    Fault(f"{QUEUE}/main.tf", "queue_url = aws_sqs_queue.this.id", "", "validate",
          "Missing required argument"),
    Fault(f"{QUEUE}/main.tf", "= 20\n", "= [20]\n", "validate", "Incorrect attribute value type"),
    Fault(f"{QUEUE}/main.tf", "name                              = var.name", "arn = var.name\nname = var.name",
          "validate", "it cannot be set"),
    Fault(f"{SERVICE}/main.tf", "dynamic \"ephemeral_storage\"", "dynamic \"ephemeral_storag\"",
          "validate", "Unsupported block type"),
    Fault(f"{STACK}/main.tf", "module \"queue\" {", "module \"queue\" {\n  title = 1", "validate",
          "Unsupported argument"),
    Fault("modules/secret/main.tf", "value_wo  ", "value  ", "validate", "phemeral value"),
    # What the real provider would refuse, and the stand-in does too.
    Fault(f"{QUEUE}/main.tf", "= 20\n", "= 21\n", "validate", "not within 0 to 20"),
    Fault(f"{QUEUE}/main.tf", "= var.max_receive_count\n  })", '= var.max_receive_count\n  }) == "" ? "" : "no"',
          "test", "no JSON document"),
    Fault("modules/network/main.tf", "cidrsubnet(var.cidr, 3, i)", 'format("10.%d.0.1/24", i)', "test",
          "bits set behind its mask"),
    Fault("modules/edge/main.tf", '"HTTP_301"', '"HTTP_308"', "validate", "is none of"),
    # What our own tests hold.
    Fault(f"{QUEUE}/variables.tf", ">= 6 * var.work_timeout_s", ">= 0 * var.work_timeout_s", "test",
          "xpected failure"),
    Fault(f"{QUEUE}/main.tf", '"Deny"', '"Allow"', "test", "assertion"),
    Fault(f"{SERVICE}/variables.tf", "@sha256:[0-9a-f]{64}$", ".+$", "test", "xpected failure"),
    Fault(f"{SERVICE}/container.tf", "!var.container.writable_root", "false", "test", "assertion"),
    Fault(f"{SERVICE}/container.tf", 'drop = ["ALL"]', 'drop = ["NET_RAW"]', "test", "assertion"),
    Fault("modules/github_oidc/main.tf", "repo:${local.subject}:${s}", "repo:${local.subject}:*",
          "test", "assertion"),
    Fault(f"{STACK}/environment.tf", "OPS_VISIBILITY_TIMEOUT_S", "OPS_VISIBILTY_TIMEOUT_S", "test",
          "assertion"),
    # What reads the mocked states.
    Fault(f"{STACK}/environment.tf", "OPS_VISIBILITY_TIMEOUT_S", "OPS_VISIBILTY_TIMEOUT_S", "settings",
          "OPS_VISIBILTY_TIMEOUT_S"),
    Fault(f"{STACK}/environment.tf", '"0.0.0.0:${var.api.port}"', '"intake:${var.api.port}"', "settings",
          "OPS_LISTEN"),
    Fault(f"{STACK}/environment.tf", "OPS_QUEUE           = module.queue.url\n", "", "settings", "OPS_QUEUE"),
    Fault(f"{SERVICE}/container.tf", "stopTimeout ", "stop_timeout ", "containers", "stop_timeout", STACK),
    Fault(f"{SERVICE}/container.tf", "= var.container.stop_timeout_s", '= "${var.container.stop_timeout_s} s"',
          "containers", "stopTimeout", STACK),
    Fault(f"{STACK}/policies.tf", '["sqs:SendMessage", "sqs:GetQueueAttributes"]', '["sqs:Send*", "sqs:GetQueue*"]',
          "iam", "sqs:GetQueueUrl"),
    Fault(f"{STACK}/policies.tf", '"${module.bucket.arn}/in/*"', '"${module.bucket.arn}*"', "iam",
          "elsewhere"),
    Fault(f"{STACK}/policies.tf", '"sqs:DeleteMessage", ', "", "iam", "should, and may not"),
    Fault(f"{OIDC}/deploy.tf", "= d.pass_role_arns", '= "*"', "iam", "iam:PassRole *"),
    Fault(f"{OIDC}/plan.tf", '"ec2:DescribeVpcs",', '"ec2:*Vpcs", "ec2:DeleteVpc",', "iam", "changes: ec2:DeleteVpc"),
    Fault(f"{OIDC}/plan.tf", '"${var.plan.state_bucket_arn}/*"', '"*"', "iam", "sees content: s3:GetObject"),
    Fault("modules/network/flow_logs.tf", '"aws:SourceAccount" = local.account', '"aws:SourceAccount" = "*"', "iam",
          "by Service=vpc-flow-logs.amazonaws.com"),
    Fault("modules/network/main.tf", 'resource "aws_vpc" "this" {', SPARE_ROLE + 'resource "aws_vpc" "this" {', "iam",
          "[spare]: nobody judged this role"),
    Fault("modules/monitoring/security_group.tf", "referenced_security_group_id = each.value.from",
          'cidr_ipv4 = "0.0.0.0/0"', "posture", "are open to the world"),
    Fault("modules/grpc_nlb/main.tf", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-2016-08",
          "posture", "speaks TLS by ELBSecurityPolicy-2016-08"),
    Fault(f"{QUEUE}/main.tf", "= var.dead_letter_retention_s", "= 3600", "posture", "for less time than the queue"),
    Fault("modules/bucket/main.tf", "restrict_public_buckets = true", "restrict_public_buckets = false", "posture",
          "restrict_public_buckets is not true"),
    Fault("modules/cluster/instances.tf", '= "required"', '= "optional"', "posture", "wants no token"),
    Fault("modules/autoscaling/main.tf", "waiting + ${", "waiting + 0 * ${", "backlog", "one message, no task"),
    Fault("modules/autoscaling/main.tf", "FILL(running, REPEAT)", "running", "backlog", "the count comes late"),
    Fault("modules/secret/main.tf", ', "secretsmanager:ListSecretVersionIds"', "", "rotator",
          "needs secretsmanager:ListSecretVersionIds"),
    # What linters know.
    Fault("modules/secret/main.tf", '"SecureString"', '"SecureStrng"', "tflint", "SecureStrng"),
    Fault(f"{QUEUE}/variables.tf", 'variable "name" {', 'variable "spare" {\n  type = string\n}\n\nvariable "name" {',
          "tflint", "declared but not used"),
    Fault(f"{QUEUE}/variables.tf", "Name of the queue;", "The queue's name;", "docs", "out of date"),
    Fault(f"{QUEUE}/main.tf", "kms_master_key_id                 = var.kms_key_arn", "", "checkov", "CKV_AWS_27"),
)


def run(*words, **environment):
    done = subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **environment})
    return done.returncode, done.stdout


class Copy:
    """A copy of the tree, with the fault in it."""

    def __init__(self, place, fault):
        self.place, self.fault = pathlib.Path(place), fault
        self.tree = self.place / "terraform"
        shutil.copytree(TREE, self.tree)
        (self.place / "packaging").symlink_to(TREE.parent / "packaging")  # which monitoring reads
        file = self.tree / fault.file
        text = file.read_text()
        self.is_planted = fault.old in text
        file.write_text(text.replace(fault.old, fault.new, 1))
        self.tested = fault.tested or str(pathlib.PurePath(fault.file).parent)

    def engine(self, *words):
        return run(TOOLS["engine"], f"-chdir={self.tree / self.tested}", *words,
                   TF_DATA_DIR=str(self.place / "data"))

    def validate(self):
        status, text = self.engine("init", "-backend=false", "-input=false", "-no-color")
        return (status, text) if status else self.engine("validate", "-no-color")

    def test(self):
        status, text = self.engine("init", "-backend=false", "-input=false", "-no-color")
        return (status, text) if status else self.engine("test", "-no-color")

    def reading(self, python, script, *words):
        """A check that reads mocked states; that the tests fail as well does not matter here."""
        results = self.place / "results"
        log = results / "terraform" / self.tested / "test.jsonl"
        log.parent.mkdir(parents=True)
        self.engine("init", "-backend=false", "-input=false")
        log.write_text(self.engine("test", "-json", "-verbose")[1])
        return run(python, HERE / script, *words, TERRAFORM_ROOT=str(self.place),
                   TERRAFORM_RESULTS=str(results))

    def settings(self):
        return self.reading(PYTHON, "settings.py", TOOLS["api"], TOOLS["worker"])

    def containers(self):
        return self.reading(f"{TOOLS['scanners']}/python", "containers.py")

    def posture(self):
        return self.reading(PYTHON, "posture.py")

    def backlog(self):
        return self.reading(PYTHON, "backlog.py")

    def rotator(self):
        return self.reading(PYTHON, "rotator.py", TOOLS["opsctl"])

    def iam(self):
        """Of the directory alone: those that use it would be found as well, but later."""
        where = {"TERRAFORM_ROOT": str(self.place), "TERRAFORM_RESULTS": str(self.place / "results")}
        directory = f"terraform/{self.tested}"
        status, text = run(PYTHON, HERE / "distinct.py", directory, TF=TOOLS["engine"], **where)
        return (0, text) if status else run(PYTHON, HERE / "iam.py", TOOLS["simulator"], directory, **where)

    def tflint(self):
        return run(f"{TOOLS['linters']}/tflint", f"--chdir={self.tree / self.tested}",
                   f"--config={TREE}/.tflint.hcl", TFLINT_PLUGIN_DIR=f"{TOOLS['linters']}/plugins",
                   TFLINT_DISABLE_VERSION_CHECK="1")

    def docs(self):
        return run(f"{TOOLS['linters']}/terraform-docs", "-c", TREE / ".terraform-docs.yml",
                   "--output-check", self.tree / self.tested)

    def checkov(self):
        return run(f"{TOOLS['scanners']}/checkov", "-d", self.tree / self.tested, "--config-file",
                   TREE / ".checkov.yaml", "--output", "cli")


# Check -> the tools that it needs.
CHECKS = {"validate": (), "test": (), "settings": ("api", "worker"), "containers": ("scanners",),
          "iam": ("simulator",), "posture": (), "backlog": (), "rotator": ("opsctl",), "tflint": ("linters",),
          "docs": ("linters",), "checkov": ("scanners",)}


def judge(fault):
    """What is wrong, or nothing."""
    with tempfile.TemporaryDirectory() as place:
        copy = Copy(place, fault)
        if not copy.is_planted:
            return f"{fault.file} has no {fault.old!r} any more"
        status, text = getattr(copy, fault.check)()
    if status == 0:
        return f"{fault.check} does not see it"
    return "" if fault.says in text else f"{fault.check} does not say {fault.says!r} but: {text[-2000:]}"


def main():
    faults = [f for f in FAULTS if all(tool in TOOLS for tool in CHECKS[f.check])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(judge, faults))
    missed = [(fault, verdict) for fault, verdict in zip(faults, verdicts) if verdict]
    for fault, verdict in missed:
        print(f"{fault.file}: {fault.old!r} -> {fault.new!r}: {verdict}")
    print(f"{len(faults) - len(missed)} of {len(faults)} planted faults caught, {len(FAULTS) - len(faults)} left out")
    return 1 if missed or not faults else 0


sys.exit(main())
