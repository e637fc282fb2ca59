"""A system on AWS as a test describes it: answers of ECS, load balancers, alarms and logs, laid into moto."""
import json
import time

from system import *

EXIT_IN_PROGRESS = 8
PREFIX = f"arn:aws:ecs:us-east-1:{MOTO_ACCOUNT}:"
GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{MOTO_ACCOUNT}:targetgroup/prod-api/6d0ecf831eec9f09"
NOW = time.time()  # when the test began


def ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - seconds))


def deployment(state="COMPLETED", status="PRIMARY", running=2, desired=2, created_s=86400, **more):
    return {"id": f"ecs-svc/{status}", "status": status, "taskDefinition": f"{PREFIX}task-definition/prod:7",
            "desiredCount": desired, "runningCount": running, "pendingCount": 0, "failedTasks": 0,
            "rolloutState": state, "createdAt": ago(created_s), "updatedAt": ago(created_s), **more}


def service(name="prod-api", running=2, desired=2, pending=0, deployments=None, **more):
    return {"serviceArn": f"{PREFIX}service/prod/{name}", "serviceName": name, "status": "ACTIVE",
            "clusterArn": f"{PREFIX}cluster/prod", "taskDefinition": f"{PREFIX}task-definition/prod:7",
            "desiredCount": desired, "runningCount": running, "pendingCount": pending,
            "deployments": deployments or [deployment(running=running, desired=desired)], **more}


def target(number, state="healthy", reason=None, description=None):
    health = {"State": state} | ({"Reason": reason} if reason else {}) | (
        {"Description": description} if description else {})
    return {"Target": {"Id": f"10.0.1.{number}", "Port": 8080}, "TargetHealth": health}


def task(number, status="RUNNING", created_s=3600, **more):
    return {"taskArn": f"{PREFIX}task/prod/{number:032x}", "lastStatus": status, "desiredStatus": "RUNNING",
            "taskDefinitionArn": f"{PREFIX}task-definition/prod:7", "createdAt": ago(created_s),
            "containers": [{"name": "api", "lastStatus": status}], **more}


def stopped(number, age_s=60, code="EssentialContainerExited", reason="Essential container in task exited",
            **container):
    return task(number, "STOPPED", age_s + 60, desiredStatus="STOPPED", stopCode=code, stoppedReason=reason,
                stoppedAt=ago(age_s), containers=[{"name": "api", "lastStatus": "STOPPED", **container}])


def rollout(status="SUCCESSFUL", count=0, threshold=3, breaker="MONITORING_COMPLETE", **more):
    return {"serviceDeploymentArn": f"{PREFIX}service-deployment/prod/prod-api/abc", "status": status,
            "createdAt": ago(600), "startedAt": ago(590),
            "targetServiceRevision": {"arn": f"{PREFIX}service-revision/prod/prod-api/1", "requestedTaskCount": 2,
                                      "runningTaskCount": 1, "pendingTaskCount": 0},
            "deploymentCircuitBreaker": {"status": breaker, "failureCount": count, "threshold": threshold}, **more}


def alarm(name="prod-api-5xx", state="OK", reason="Threshold Crossed: 1 datapoint [12.0] was greater than 1.0"):
    return {"AlarmName": name, "StateValue": state, "StateReason": reason, "StateTransitionedTimestamp": ago(180),
            "ActionsEnabled": True, "AlarmActions": []}


class OnHealth(OnAws):
    """Services api and worker of cluster prod; a queue with its dead letters and the token are moto's."""
    PEERS = ("moto",)
    BUCKETS = ()
    CONTEXT = {"cluster": "prod", "alarms": "prod-", "service.api.ecs": "prod-api", "service.api.targets": GROUP,
               "service.api.container": "api", "service.api.logs": "/ops/prod-api",
               "service.worker.ecs": "prod-worker"}

    def setUp(self):
        super().setUp()
        global NOW
        NOW = time.time()
        self.values.pop("store")
        self.context(**self.CONTEXT)
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        self.laid = {}
        self.door("answers", "DELETE")
        self.door("calls", "DELETE")

    # ---- what AWS says ----

    def answers(self, service, action, *answers):
        """The first that fits is given, instead of what was said before of that action."""
        self.laid[service, action] = [{"service": service, "action": action, **a} for a in answers]
        self.door("answers", "DELETE")
        for of_action in self.laid.values():
            for answer in of_action:
                self.door("answers", "POST", json.dumps(answer))

    def says(self, service, action, **result):
        self.answers(service, action, {"result": result})

    def fails(self, service, action, code, status=400, **how):
        error = {"code": code, "message": "as the test says", "status": status}
        self.answers(service, action, {"error": error, **how}, *self.laid.get((service, action), ()))

    def ecs(self, *services):
        self.says("ecs", "DescribeServices", services=list(services))

    def targets(self, *targets):
        self.says("elbv2", "DescribeTargetHealth", TargetHealthDescriptions=list(targets))

    def tasks(self, running=(), stopped=()):
        """Of prod-api; the other services have none."""
        def answer(wish, tasks):
            return {"when": {"desiredStatus": wish, "serviceName": "prod-api"},
                    "result": {"taskArns": [t["taskArn"] for t in tasks]}}

        self.answers("ecs", "ListTasks", answer("RUNNING", running), answer("STOPPED", stopped),
                     {"result": {"taskArns": []}})
        self.answers("ecs", "DescribeTasks", *(
            {"when": {"tasks": [t["taskArn"] for t in tasks]}, "result": {"tasks": list(tasks)}}
            for tasks in (running, stopped)))

    def rollouts(self, *rollouts):
        """Of prod-api, as above."""
        listed = [{"serviceDeploymentArn": r["serviceDeploymentArn"]} for r in rollouts]
        self.answers("ecs", "ListServiceDeployments",
                     {"when": {"service": "prod-api"}, "result": {"serviceDeployments": listed}},
                     {"result": {"serviceDeployments": []}})
        self.says("ecs", "DescribeServiceDeployments", serviceDeployments=list(rollouts))

    def alarms(self, *alarms):
        self.says("cloudwatch", "DescribeAlarms", MetricAlarms=list(alarms), CompositeAlarms=[])

    def well(self):
        self.tasks()
        self.ecs(service(), service("prod-worker"))
        self.targets(target(1), target(2))
        self.rollouts()
        self.alarms(alarm())

    def logged(self, number, *lines):
        """The last words of a task of prod-api, which ended a minute ago or so."""
        logs = self.client("logs")
        stream = {"logGroupName": "/ops/prod-api", "logStreamName": f"ops/api/{number:032x}"}
        if not logs.describe_log_groups(logGroupNamePrefix="/ops/prod-api")["logGroups"]:
            logs.create_log_group(logGroupName="/ops/prod-api")
            self.addCleanup(logs.delete_log_group, logGroupName="/ops/prod-api")
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[
            {"timestamp": int((NOW - 62) * 1000) + i, "message": line} for i, line in enumerate(lines)])

    # ---- what opsctl says ----

    def row(self, document, service, name):
        rows = [r for r in document["checks"] if (r["service"], r["name"]) == (service, name)]
        self.assertEqual(len(rows), 1, document["checks"])
        return rows[0]

    def look(self, code=EXIT_BAD, *args):
        return self.document("health", *args, code=code)

    def causes(self, code=EXIT_BAD):
        """By name, in their order."""
        return {c["name"]: c for c in self.document("health", "--why", code=code)["causes"]}
