#!/usr/bin/env python3
"""What `opsctl iam` and --plan say of a command is what it calls of AWS: nothing more, nothing else."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ecs_world import *

CALL = re.compile(r"^([a-z0-9-]+) ([A-Z][A-Za-z0-9]+) (?:\d{3}|[a-z_]+) \d+ms attempt \d+")

# Commands that call nothing of AWS, whatever their options.
OF_THIS_MACHINE = {"up", "context ls", "context use", "context show", "context import", "context rm",
                   "completion", "version", "help"}
# What a row lists, and no run of this test comes to: for what is damaged, throttled or on Secrets Manager.
NOT_REACHED = {"HeadObject", "GetSecretValue", "PutSecretValue"}

# Only where something does not arrive in time.
UNSETTLED = ("GetQueueAttributes", "GetMetricData")


def calls_of(done):
    return {(m[1], m[2]) for m in map(CALL.match, done.stderr.splitlines()) if m}


class Permissions:
    """Of the commands of a class: how to run each so that it makes all its calls."""
    def listed(self, command):
        document = self.document("iam", *command.split())
        return {(p["service"], p["operation"]) for p in document["permissions"] if p["operation"]}

    def planned(self, *args):
        return {(c["service"], c["operation"]) for c in self.document(*args, "--plan")["calls"]}

    def check_some(self, command, *variants):
        """Not all its calls, but no others."""
        for args in variants:
            with self.subTest(command=command, args=args):
                words = [*command.split(), *args]
                done = self.opsctl(*words, "-v")
                self.assertTrue(calls_of(done), done.stderr)
                self.assertEqual(calls_of(done) - self.planned(*words), set(), done.stderr)

    def check(self, command, *variants, unreached=()):
        """Each variant: what follows the command's words. Each makes calls of its plan only, and all of
        them together those of the policy."""
        called = set()
        for args in variants:
            with self.subTest(command=command, args=args):
                words = [*command.split(), *args]
                done = self.opsctl(*words, "-v")
                called |= calls_of(done)
                self.assertEqual(calls_of(done) - self.planned(*words), set(), done.stderr)
        with self.subTest(command=command):
            missing = {o for _, o in self.listed(command) - called} - NOT_REACHED - set(unreached)
            self.assertEqual(missing, set(), f"listed and not called: {called}")


class OfTheIntake(Permissions, OnSystem):
    def setUp(self):
        super().setUp()
        self.context(account=MOTO_ACCOUNT)
        self.addCleanup(self.drain)

    def test_records(self):
        lines = self.home / "lines"
        lines.write_text('{"email_timestream":"1749465045"}\n' * 3)
        self.check("submit", [], ["--dry-run"], ["--count", "3", "--wait"], ["--ndjson", str(lines), "--wait"],
                   ["--wait", "--timeout", "1ms"],
                   unreached=UNSETTLED)
        sent = self.document("submit", "--wait")
        self.check("verify-s3", [], [sent["id"]], [sent["object"]])
        self.check_some("trace", [sent["id"]], [sent["object"]], ["nobody"])  # no dead letter to give back

    def test_token(self):
        self.check("token show", [], ["--reveal"])
        self.check("token history", [], unreached=("ListSecretVersionIds",))  # of Secrets Manager
        self.check("token check", [])
        self.check("token rotate", ["--dry-run", "--force"], ["--yes", "--force"])

    def test_health(self):
        self.check("health", [], unreached=("GetMetricData",))  # only where something waits
        self.check("probe", [], ["--negative"], unreached=UNSETTLED)

    def test_plan_calls_nothing(self):
        self.door("calls", "DELETE")
        for command in ("submit", "verify-s3", "dlq ls", "queue stat", "verify", "reconcile", "context check"):
            done = self.opsctl(*command.split(), "--plan", "-v")
            self.assertEqual((done.returncode, calls_of(done)), (EXIT_OK, set()))
        self.assertEqual(self.calls(), [])


class OfDeadLetters(Permissions, OnAws):
    """No service runs, so that letters stay."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.drain)

    def letters(self, count=2):
        self.drain()
        self.dead_letters(*(f"letter {i}" for i in range(count)))
        return [letter["id"] for letter in self.document("dlq", "ls")["letters"]]

    def test_queue(self):
        self.client("sqs", "elasticmq").send_message(QueueUrl=self.queue_url(), MessageBody="x")
        self.check("queue stat", [])
        self.check("context check", [], ["peers"])

    def test_looking(self):
        ids = self.letters()
        self.check("dlq ls", [])
        self.check("dlq show", [ids[0]])

    def test_changing(self):
        ids = self.letters(4)
        self.check("dlq redrive", ["--dry-run", "--all"], ["--yes", ids[0]], ["--yes", "--all"])
        ids = self.letters(4)
        self.check("dlq purge", ["--dry-run", "--all"], ["--yes", ids[0]], ["--yes", "--all"],
                   unreached=("GetMetricData",))  # only where something waits

    def test_policy(self):
        """As it is pasted: by resource, each action once."""
        self.context(account=MOTO_ACCOUNT, region="eu-west-1",
                     queue="https://sqs.eu-west-1.amazonaws.com/123456789012/ops")
        done = self.opsctl("iam", "dlq", "token", "show")
        policy = json.loads(done.stdout)
        self.assertEqual(policy["Version"], "2012-10-17")
        by_name = {s["Sid"]: s for s in policy["Statement"]}
        self.assertEqual(list(by_name), ["Queue", "DeadLetters", "Token", "Objects", "NoResourceLevel"])
        self.assertEqual(by_name["Queue"]["Resource"], ["arn:aws:sqs:eu-west-1:123456789012:ops"])
        self.assertEqual(by_name["DeadLetters"]["Resource"], ["arn:aws:sqs:eu-west-1:123456789012:ops-dlq"])
        self.assertEqual(by_name["Objects"]["Resource"], ["arn:aws:s3:::intake/in/*"])
        self.assertEqual(by_name["Token"], {"Sid": "Token", "Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": [
            "arn:aws:ssm:eu-west-1:123456789012:parameter/api/token"]})
        self.assertIn("sqs:DeleteMessage", by_name["DeadLetters"]["Action"])
        for statement in policy["Statement"]:
            self.assertEqual(len(statement["Action"]), len(set(statement["Action"])), statement)
            self.assertEqual(statement["Resource"] == ["*"], statement["Sid"] == "NoResourceLevel")
        self.assertIn("kms:Decrypt", done.stderr)
        self.assertIn("ops-dlq", done.stderr)

    def test_policy_for_china(self):
        self.context(account="", region="cn-north-1", store="s3://b", secret="secretsmanager:arn:aws-cn:x")
        policy = {s["Sid"]: s["Resource"] for s in self.document("iam", "submit", "verify-s3")["policy"]["Statement"]}
        self.assertEqual(policy["Objects"], ["arn:aws-cn:s3:::b/*"])
        self.assertEqual(policy["Secret"], ["arn:aws-cn:x"])

    def test_unknown_command(self):
        done = self.opsctl("iam", "dlq", "list")
        self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""))
        self.assertIn("unknown command 'list'", done.stderr)

    def test_local_needs_nothing(self):
        document = self.document("iam", "--context", "local")
        self.assertEqual((document["policy"]["Statement"], len(document["notes"])), ([], 1))
        done = self.opsctl("iam", "--context", "local")  # a policy without a statement is none
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, ""))
        self.assertEqual(done.stderr, "in context local nothing of AWS is called: no policy is needed\n")
        self.assertIn("calls nothing of AWS in context local", self.ok("dlq", "ls", "--plan", "--context", "local"))

    def test_price_is_told(self):
        text = self.ok("queue", "stat", "--plan")
        self.assertRegex(text, r"sqs GetQueueAttributes +ops +once +\$0\.40 per million\n")
        calls = self.document("token", "show", "--plan")["calls"]
        self.assertEqual([(c["operation"], c["billed"]) for c in calls], [("GetParameter", None)])


class OfEcs(Permissions, OnEcs):
    def setUp(self):
        super().setUp()
        self.context(account=MOTO_ACCOUNT, url="http://127.0.0.1:1", alarms="prod-", **{
            "service.api.logs": "/prod/api",
            "service.api.targets": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/api/1"})

    def test_changes(self):
        self.looks(STEADY)
        image = f"--image={REPOSITORY}@{NEW}"
        self.check_some("deploy", ["api", image, "--dry-run"], ["api", image, "--yes", "--no-wait"])
        self.check_some("rollback", ["api", "--dry-run"])
        self.check_some("restart", ["api", "--yes", "--no-wait"])
        self.check_some("exec", ["api", "--check"])

    def test_looks(self):
        self.looks(STEADY)
        self.client("logs").create_log_group(logGroupName="/prod/api")
        self.check_some("logs", [], ["--since", "1h", "--grep", "x"])
        self.check_some("health", [], ["--why"])
        self.check_some("verify", [])
        self.check_some("reconcile", [], ["--dead-letters"])

    def test_resources(self):
        document = self.document("iam")
        resources = {r for p in document["permissions"] for r in p["resources"]}
        self.assertIn(f"{ARN}service/prod/prod-api", resources)
        self.assertIn("arn:aws:logs:us-east-1:123456789012:log-group:/prod/api:*", resources)
        self.assertIn("iam:PassRole", {p["action"] for p in document["permissions"]})
        self.assertEqual([p["action"] for p in document["permissions"]
                          if not p["has_resource_level"] and p["resources"] != ["*"]], [])
        self.assertEqual(document["commands"], list(COMMANDS))


class Simulated(Permissions, OnEcs):
    """opsctl iam --check: what IAM says of who calls."""
    ROLE = f"arn:aws:iam::{MOTO_ACCOUNT}:role/ops"
    TOKEN = f"arn:aws:ssm:us-east-1:{MOTO_ACCOUNT}:parameter/api/token"

    def setUp(self):
        super().setUp()
        self.env["AWS_ENDPOINT_URL_IAM"] = self.peers["moto"].url
        self.caller("sts", "assumed-role/ops/somebody")

    def caller(self, service, name):
        self.answer("GetCallerIdentity", "sts", result={
            "Arn": f"arn:aws:{service}::{MOTO_ACCOUNT}:{name}", "Account": MOTO_ACCOUNT, "UserId": "AIDA"})

    def says(self, principal=ROLE, **decisions):
        self.answer("SimulatePrincipalPolicy", "iam", when={"PolicySourceArn": principal}, result={"EvaluationResults": [
            {"EvalActionName": f"ssm:{action}", **(
                {"EvalDecision": said} if isinstance(said, str) else said)} for action, said in decisions.items()]})

    def test_permitted(self):
        self.says(GetParameter="allowed")
        done = self.opsctl("iam", "--check", "token", "show")
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, f"1 of 1 permitted to {self.ROLE}\n"))
        document = self.document("iam", "--check", "token", "show")
        self.assertEqual((document["principal"], document["commands"], document["asked"], document["findings"]),
                         (self.ROLE, ["token show"], 1, []))
        self.check("iam", ["--check", "token", "show"], [])

    def test_denied(self):
        """And what the answer leaves out is not taken for permitted."""
        self.says(GetParameter={"EvalDecision": "allowed", "MissingContextValues": ["aws:SourceVpce"]},
                  PutParameter={"EvalDecision": "explicitDeny",
                                "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}})
        document = self.document("iam", "--check", "token", code=EXIT_BAD)
        found = {f["action"]: f for f in document["findings"] if f["resource"] == self.TOKEN}
        self.assertEqual(found["ssm:GetParameter"], {
            "action": "ssm:GetParameter", "resource": self.TOKEN, "decision": "allowed", "by_organization": False,
            "hangs_on": "aws:SourceVpce"})
        self.assertEqual((found["ssm:PutParameter"]["decision"], found["ssm:PutParameter"]["by_organization"]),
                         ("denied explicitly", True))
        self.assertEqual(found["ssm:GetParameterHistory"]["decision"], "unknown")
        self.assertEqual(document["denied"], len(document["findings"]) - document["unsure"])
        done = self.opsctl("iam", "--check", "token")
        self.assertEqual(done.returncode, EXIT_BAD)
        self.assertRegex(done.stdout, r"ssm:PutParameter +\S+ +denied explicitly by the organization\n")
        self.assertRegex(done.stdout, r"ssm:GetParameter +\S+ +allowed, hangs on aws:SourceVpce\n")

    def test_all_is_asked(self):
        """Each action on each resource of the policy."""
        self.says()
        statements = self.document("iam")["policy"]["Statement"]
        wanted = {(a, r) for s in statements for a in s["Action"] for r in s["Resource"]}
        found = self.document("iam", "--check", code=EXIT_BAD)["findings"]
        self.assertEqual({(f["action"], f["resource"]) for f in found}, wanted)
        self.assertEqual(len(found), len(wanted))

    def test_who(self):
        user = f"arn:aws:iam::{MOTO_ACCOUNT}:user/team/somebody"
        self.says(user, GetParameter="allowed")
        self.forget_callers("iam", "user/team/somebody", user)
        self.assertEqual(self.document("iam", "--check", "token", "show")["principal"], user)
        for service, name in (("iam", "root"), ("sts", "federated-user/somebody")):
            with self.subTest(name):
                self.forget_callers(service, name, user)
                self.refused(EXIT_CREDENTIALS, [name, "users and roles", "--principal"], "iam", "--check", "token", "show")
                self.ok("iam", "--check", "--principal", user, "token", "show")

    def test_principal_alone(self):
        done = self.opsctl("iam", "--principal", self.ROLE)
        self.assertEqual((done.returncode, done.stdout), (EXIT_USAGE, ""))
        self.assertIn("--check", done.stderr)

    def forget_callers(self, service, name, user):
        self.forget()
        self.caller(service, name)
        self.says(user, GetParameter="allowed")

    def test_not_to_be_asked(self):
        for code, status, want in (("AccessDenied", EXIT_PERMISSION, "iam:SimulatePrincipalPolicy"),
                                   ("NoSuchEntity", EXIT_NOTFOUND, "--principal")):
            with self.subTest(code):
                self.forget_callers("sts", "assumed-role/ops/somebody", "nobody")
                self.answer("SimulatePrincipalPolicy", "iam", error={
                    "code": code, "message": "as the test says", "status": 403 if status == EXIT_PERMISSION else 404})
                self.refused(status, [want], "iam", "--check", "token", "show")

    def test_nothing_to_ask(self):
        done = self.opsctl("iam", "--check", "--context", "local")
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, ""))
        self.assertIn("no policy is needed", done.stderr)
        self.assertEqual(self.document("iam", "--check", "--context", "local")["asked"], 0)


class All(OnAws):
    PEERS = ("moto",)

    def test_each_command_lists_its_calls(self):
        """Or is known to make none."""
        for name in COMMANDS:
            with self.subTest(name):
                self.context(cluster="prod", alarms="p", account=MOTO_ACCOUNT, **{
                    "service.api.ecs": "a", "service.api.logs": "l", "service.api.targets": "arn:aws:x"})
                listed = self.document("iam", *name.split())["permissions"]
                self.assertEqual(bool(listed), name not in OF_THIS_MACHINE)


COMMANDS = {}


def load_commands():
    import subprocess
    done = subprocess.run([lib.PROGRAMS["opsctl"], "help", "--json"], capture_output=True, text=True, check=True)
    COMMANDS.update({c["name"]: c for c in json.loads(done.stdout)["commands"]})


if __name__ == "__main__":
    load_commands()
    lib.main()
