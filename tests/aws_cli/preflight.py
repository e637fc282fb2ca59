#!/usr/bin/env python3
"""opsctl verify: a system on AWS that is as it should be, and what is said of one that is not."""
import http.server
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ecs_world import *

TARGETS = f"arn:aws:elasticloadbalancing:us-east-1:{MOTO_ACCOUNT}:targetgroup/api/1"
BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{MOTO_ACCOUNT}:loadbalancer/app/edge/1"
DEAD = f"arn:aws:sqs:us-east-1:{MOTO_ACCOUNT}:ops-dlq"
TOPIC = f"arn:aws:sns:us-east-1:{MOTO_ACCOUNT}:alarms"
ROLES = {"api": f"arn:aws:iam::{MOTO_ACCOUNT}:role/api", "worker": f"arn:aws:iam::{MOTO_ACCOUNT}:role/worker"}
MAY = {"api": {"sqs:SendMessage", "ssm:GetParameter"},
       "worker": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
                  "s3:PutObject", "s3:GetObject", "s3:ListBucket"}}
BUCKET = {  # by what is asked for: status, body
    "encryption": (200, '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>'
                        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
                        "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"),
    "publicAccessBlock": (200, "<PublicAccessBlockConfiguration>" + "".join(
        f"<{n}>true</{n}>" for n in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"))
        + "</PublicAccessBlockConfiguration>"),
    "versioning": (200, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
}


def absent(code, status=404):
    return status, f"<Error><Code>{code}</Code><Message>as the test says</Message></Error>"


def container(name, image, port=None, **settings):
    c = {"name": name, "image": image, "memory": 256, "environment": [
        {"name": n, "value": v} for n, v in settings.items()], "logConfiguration": {
            "logDriver": "awslogs", "options": {"awslogs-group": f"/prod/{name}"}}}
    return c | ({"portMappings": [{"containerPort": port}]} if port else {})


def xml(name, value):
    """As the Query protocol has it."""
    if isinstance(value, dict):
        value = "".join(xml(n, v) for n, v in value.items())
    elif isinstance(value, list):
        value = "".join(xml("member", v) for v in value)
    return f"<{name}>{value}</{name}>"


class Server(http.server.BaseHTTPRequestHandler):
    """S3 as far as it is asked about a bucket, and load balancers: of these moto cannot answer as AWS does."""

    def do_GET(self):
        self.give(*self.server.answers[self.path.partition("?")[2].rstrip("=")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = dict(pair.split("=", 1) for pair in body.split("&"))["Action"]
        self.give(200, xml(f"{action}Response", {f"{action}Result": self.server.answers[action]}))

    def give(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Preflight(OnEcs):
    PARAMETERS = ("/api/token",)
    QUEUES, BUCKETS = ("ops:5",), ()

    @classmethod
    def register(cls, ecs, digest, **more):
        for name, port, settings in (
                ("api", 8080, {"OPS_SECRET": "ssm:/api/token", "OPS_LISTEN": "0.0.0.0:8080"}),
                ("worker", None, {"OPS_STORE": "s3://intake/in/"})):
            ecs.register_task_definition(family=f"prod-{name}", taskRoleArn=ROLES[name], containerDefinitions=[
                container(name, f"{REPOSITORY}@{digest}", port, **settings)])

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server))
        self.server.answers = dict(BUCKET)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.shutdown)
        for name in ("S3", "ELASTIC_LOAD_BALANCING_V2"):
            self.env[f"AWS_ENDPOINT_URL_{name}"] = f"http://127.0.0.1:{self.server.server_port}"
        for name in ("ECR", "SNS", "IAM"):
            self.env[f"AWS_ENDPOINT_URL_{name}"] = self.peers["moto"].url
        self.context(account=MOTO_ACCOUNT, alarms="prod-", **{
            "service.api.targets": TARGETS, "service.worker.ecs": "prod-worker"})
        self.all_is_well()

    # ---- the world ----

    def all_is_well(self):
        sqs = self.client("sqs")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
        sqs.set_queue_attributes(QueueUrl=self.queue_url(), Attributes={
            "MessageRetentionPeriod": "345600", "SqsManagedSseEnabled": "true", "Policy": policy})
        sqs.set_queue_attributes(QueueUrl=self.queue_url("ops-dlq"), Attributes={
            "MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"})
        logs = self.client("logs")
        for name in ("api", "worker"):
            if not logs.describe_log_groups(logGroupNamePrefix=f"/prod/{name}")["logGroups"]:
                logs.create_log_group(logGroupName=f"/prod/{name}")
            logs.put_retention_policy(logGroupName=f"/prod/{name}", retentionInDays=30)
            self.service(name)
            self.role(name, MAY[name])
        self.answer("DescribeImages", "ecr", result={"imageDetails": [{"imageDigest": OLD, "imageSizeInBytes": 7000000}]})
        self.target_group()
        self.times(30, 60)
        self.alarms([{"AlarmName": "prod-5xx", "ActionsEnabled": True, "AlarmActions": [TOPIC], "StateValue": "OK"}])
        self.receivers(f"{TOPIC}:1")

    def service(self, name, **more):
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        balancers = [{"targetGroupArn": TARGETS, "containerName": "api", "containerPort": 8080}] if name == "api" else []
        self.answer("DescribeServices", when={"services": [f"prod-{name}"]}, result={"services": [{
            "serviceName": f"prod-{name}", "status": "ACTIVE", "taskDefinition": f"{ARN}task-definition/prod-{name}:1",
            "deploymentConfiguration": breaker, "loadBalancers": balancers, "desiredCount": 1, **more}]})

    def role(self, name, allowed, **more):
        actions = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
                   "sqs:GetQueueAttributes", "sqs:PurgeQueue", "ssm:GetParameter", "ssm:PutParameter", "s3:GetObject",
                   "s3:PutObject", "s3:DeleteObject", "s3:ListBucket")
        for allows, more_when in ((set(), {"ResourceArns": [DEAD]}), (allowed, {})):  # the first that fits
            self.answer("SimulatePrincipalPolicy", "iam", when={"PolicySourceArn": ROLES[name], **more_when}, result={
                "EvaluationResults": [{"EvalActionName": a, **more,
                                       "EvalDecision": "allowed" if a in allows else "implicitDeny"} for a in actions]})

    def target_group(self, **more):
        self.server.answers["DescribeTargetGroups"] = {"TargetGroups": [{
            "TargetGroupArn": TARGETS, "TargetGroupName": "api", "Protocol": "HTTP", "ProtocolVersion": "HTTP1",
            "Port": 80, "HealthCheckPath": "/readyz", "LoadBalancerArns": [BALANCER], **more}]}

    def times(self, delay_s, idle_s):
        for action, key, value in (("DescribeTargetGroupAttributes", "deregistration_delay.timeout_seconds", delay_s),
                                   ("DescribeLoadBalancerAttributes", "idle_timeout.timeout_seconds", idle_s)):
            self.server.answers[action] = {"Attributes": [{"Key": key, "Value": value}]}

    def alarms(self, items):
        self.answer("DescribeAlarms", "cloudwatch", result={"MetricAlarms": items})

    def receivers(self, *arns):
        self.answer("ListSubscriptionsByTopic", "sns", result={
            "Subscriptions": [{"SubscriptionArn": a, "TopicArn": TOPIC} for a in arns]})

    # ---- the answers ----

    def findings(self, state, code=EXIT_BAD, *args):
        document = self.document("verify", *args, code=code)
        for f in document["findings"]:
            self.assertEqual((f["why"], f["fix"]) == (None, None), f["state"] == "ok", f)
        return {(f["part"], f["check"]): f["detail"] for f in document["findings"] if f["state"] == state}

    def one_is(self, state, part, check, text, code=EXIT_BAD):
        found = self.findings(state, code)
        self.assertEqual(list(found), [(part, check)])
        self.assertIn(text, found[part, check])

    def test_all_is_well(self):
        document = self.document("verify")
        self.assertEqual([f for f in document["findings"] if f["state"] != "ok"], [])
        self.assertEqual({f["part"] for f in document["findings"]},
                         {"account", "token", "queue", "store", "alarms", "api", "worker"})
        self.assertIn("not part of IAM's simulation", document["note"])
        self.assertRegex(self.ok("verify", "--strict"), r"\n\d+ ok, 0 warnings, 0 bad, 0 not checked\n$")

    def test_it_writes_nothing(self):
        """Every call only looks; and all that the row lists are made."""
        self.door("calls", "DELETE")
        done = self.opsctl("verify", "-v")
        called = {line.split()[1] for line in done.stderr.splitlines() if " attempt 1" in line}
        self.assertEqual({a for a in called if not a.startswith(("Describe", "List", "Get", "Simulate"))}, set())
        listed = {p["operation"] for p in self.document("iam", "verify")["permissions"] if p["operation"]}
        self.assertEqual(called, listed)

    def test_token_in_the_clear(self):
        self.client("ssm").put_parameter(Name="/plain", Value="x", Type="String", Overwrite=True)
        self.context(secret="ssm:/plain")
        self.one_is("bad", "token", "encrypted", "String")

    def of_secret(self, **stages):
        """Findings about a secret of Secrets Manager whose versions are at these stages."""
        self.door("answers", "DELETE")
        self.answer("DescribeSecret", "secretsmanager", result={
            "ARN": "arn:aws:secretsmanager:us-east-1:1:secret:ops/token-AbCdEf", "Name": "ops/token",
            "VersionIdsToStages": {version * 32: [stage] for stage, version in stages.items()}})
        self.all_is_well()
        document = json.loads(self.opsctl("verify", "--json").stdout)
        return {f["check"]: (f["state"], f["detail"]) for f in document["findings"] if f["part"] == "token"}

    def test_managed_secret(self):
        self.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = self.peers["moto"].url
        manager = self.client("secretsmanager")
        manager.create_secret(Name="ops/token", SecretString="whsec_" + "A" * 43 + "=")
        self.context(secret="secretsmanager:ops/token")
        document = json.loads(self.opsctl("verify", "--json").stdout)
        found = {f["check"]: f["state"] for f in document["findings"] if f["part"] == "token"}
        self.assertEqual(found, dict.fromkeys(("there", "encrypted", "versions", "rotation"), "ok"))
        found = self.of_secret(AWSCURRENT="2", AWSPREVIOUS="1")
        self.assertEqual(found["versions"], ("ok", f"current {'2' * 32}, previous {'1' * 32}"))
        found = self.of_secret(AWSCURRENT="2", AWSPENDING="3")
        self.assertEqual(found["rotation"], ("warning", f"{'3' * 32} is pending"))
        self.assertEqual(self.of_secret()["versions"], ("bad", "current none, previous none"))
        self.door("answers", "DELETE")
        self.all_is_well()
        self.context(secret="secretsmanager:nobody")
        self.assertEqual(self.findings("bad")["token", "there"].count("nobody"), 1)

    def test_dead_letters(self):
        sqs = self.client("sqs")
        sqs.set_queue_attributes(QueueUrl=self.queue_url("ops-dlq"), Attributes={"MessageRetentionPeriod": "345600"})
        self.one_is("bad", "queue", "dead letters' retention", "4 days, the queue's is 4")
        sqs.create_queue(QueueName="alone", Attributes={"SqsManagedSseEnabled": "true"})
        self.context(queue=self.queue_url("alone"))
        self.assertIn(("queue", "dead-letter queue"), self.findings("bad"))
        self.context(queue=self.queue_url("none"))
        self.assertIn(("queue", "there"), self.findings("bad"))

    def test_bucket(self):
        self.server.answers |= {
            "encryption": absent("ServerSideEncryptionConfigurationNotFoundError"),
            "publicAccessBlock": absent("NoSuchPublicAccessBlockConfiguration"),
            "versioning": (200, "<VersioningConfiguration/>")}
        self.assertEqual(self.findings("bad"), {("store", "encryption"): "none by default",
                                                ("store", "public access"): "0 of 4 blocked"})
        self.assertEqual(self.findings("warning"), {("store", "versions"): "off"})

    def test_refused_is_not_checked(self):
        """One part that refuses hides no other."""
        self.server.answers["encryption"] = absent("AccessDenied", 403)
        self.one_is("not checked", "store", "encryption", "s3:GetEncryptionConfiguration", EXIT_OK)
        self.assertEqual(self.opsctl("verify", "--strict").returncode, EXIT_BAD)
        self.assertIn("\nnot checked: store, encryption: ", self.ok("verify"))

    def test_garbage_is_not_checked(self):
        self.server.answers["versioning"] = (200, "<html>")
        self.one_is("not checked", "store", "versions", "", EXIT_OK)

    def again(self, **worlds):
        """All is well but this. Of answers the door gives the first that fits; the server has one."""
        self.door("answers", "DELETE")
        for first in (True, False):
            if not first:
                self.all_is_well()
            for name, args in worlds.items():
                how = {k: v for k, v in args.items() if k != "args"}
                getattr(self, name)(*args.get("args", ()), **how)

    def test_services(self):
        self.again(service={"args": ("api",), "status": "DRAINING", "deploymentConfiguration": {}})
        self.assertEqual(self.findings("bad"), {("api", "there"): "prod-api, DRAINING"})
        self.assertEqual(self.findings("warning"), {("api", "circuit breaker"): "off"})
        self.again(service={"args": ("api",), "loadBalancers": [
            {"targetGroupArn": TARGETS, "containerName": "api", "containerPort": 9090}]})
        self.one_is("bad", "api", "container port", "9090, is not mapped, OPS_LISTEN is 0.0.0.0:8080")

    def test_image(self):
        self.door("answers", "DELETE")
        self.answer("DescribeImages", "ecr", error={"code": "ImageNotFoundException", "message": "gone"})
        self.all_is_well()
        self.assertEqual(set(self.findings("bad")), {("api", "image"), ("worker", "image")})

    def test_roles(self):
        self.again(role={"args": ("worker", MAY["worker"] - {"s3:PutObject"} | {"ssm:GetParameter"})})
        self.assertEqual(self.findings("bad"), {("worker", "role: what it must"): "may not: s3:PutObject",
                                                ("worker", "role: what it must not"): "may: ssm:GetParameter"})
        self.again(role={"args": ("api", MAY["api"] | {"sqs:ReceiveMessage", "sqs:DeleteMessage"})})
        self.one_is("bad", "api", "role: what it must not", "may: sqs:ReceiveMessage, sqs:DeleteMessage")
        self.again(role={"args": ("api", MAY["api"]), "MissingContextValues": ["aws:SourceVpce"]})
        self.one_is("not checked", "api", "role: what it must", "aws:SourceVpce", EXIT_OK)

    def test_targets(self):
        self.again(target_group={"HealthCheckPath": "/livez", "ProtocolVersion": "GRPC", "LoadBalancerArns": []},
                   times={"args": (300, 60)})
        self.assertEqual(set(self.findings("bad")), {("api", "target protocol"), ("api", "target group")})
        self.assertEqual(self.findings("warning"), {("api", "health check path"): "/livez",
                                                    ("api", "deregistration delay"): "300 s"})
        self.again(times={"args": (30, 120)})
        self.one_is("bad", "api", "idle timeout", "120 s")

    def test_alarms(self):
        quiet = {"AlarmName": "prod-dlq", "ActionsEnabled": False, "AlarmActions": [TOPIC], "StateValue": "OK"}
        self.again(alarms={"args": ([quiet],)})
        self.one_is("bad", "alarms", "actions", "1 of 1 call nobody, such as prod-dlq")
        self.again(receivers={"args": ("PendingConfirmation",)})
        self.one_is("bad", "alarms", "receivers", "alarms: 0 confirmed, 1 not yet")
        self.again(alarms={"args": ([],)})
        self.one_is("bad", "alarms", "there", "0 begin with prod-")

    def test_logs(self):
        self.client("logs").delete_retention_policy(logGroupName="/prod/api")
        self.assertEqual(self.findings("warning", EXIT_OK), {("api", "log retention"): "0 days: for ever"})

    def test_wrong_account(self):
        self.context(account="999999999999")
        self.assertIn("999999999999", self.findings("bad")["account", "account"])

    def test_no_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.refused(EXIT_CREDENTIALS, ["no AWS credentials"], "verify", env=env)

    def test_out_of_reach(self):
        self.refused(EXIT_REMOTE, ["127.0.0.1"], "verify", "--endpoint-url", "http://127.0.0.1:1")


if __name__ == "__main__":
    lib.main()
