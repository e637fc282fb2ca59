"""A service of ECS for opsctl to change: moto's task definitions, and what ECS says of the service, look by
look, as the test tells it: moto's services never have tasks, and their deployments never end."""
import json

from system import *

EXIT_ROLLED_BACK, EXIT_IN_PROGRESS = 7, 8
ARN = f"arn:aws:ecs:us-east-1:{MOTO_ACCOUNT}:"
REPOSITORY = f"{MOTO_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/ops-api"
OLD, NEW = ("sha256:" + letter * 64 for letter in "ab")
SECRET_SETTING = "sentinel-of-a-setting"
NOW = "2030-01-01T00:00:00Z"  # later than any clock of a test: what ECS says is about this change


def deployment(number, revision, state="IN_PROGRESS", status="PRIMARY", running=0, desired=2, **more):
    return {"id": f"ecs-svc/{number}", "status": status, "taskDefinition": f"{ARN}task-definition/prod-api:{revision}",
            "desiredCount": desired, "runningCount": running, "pendingCount": max(0, desired - running),
            "failedTasks": 0, "rolloutState": state, "createdAt": NOW, "updatedAt": NOW, **more}


def service(*deployments, **more):
    return {"serviceArn": f"{ARN}service/prod/prod-api", "serviceName": "prod-api", "status": "ACTIVE",
            "clusterArn": f"{ARN}cluster/prod", "taskDefinition": deployments[0]["taskDefinition"],
            "desiredCount": 2, "runningCount": sum(d["runningCount"] for d in deployments), "pendingCount": 0,
            "deploymentController": {"type": "ECS"}, "deployments": list(deployments),
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}, **more}


def stopped_task(number, by, reason="Essential container in task exited", **container):
    return {"taskArn": f"{ARN}task/prod/{number:032x}", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
            "taskDefinitionArn": f"{ARN}task-definition/prod-api:2", "startedBy": by, "createdAt": NOW,
            "stoppedAt": NOW, "stopCode": "EssentialContainerExited", "stoppedReason": reason,
            "containers": [{"name": "api", "lastStatus": "STOPPED", **container}]}


STEADY = service(deployment(1, 1, "COMPLETED", running=2))
DEPLOY = ("deploy", "api", "--image", NEW)
DEPLOYED = service(deployment(2, 2, "COMPLETED", running=2))
HALF = service(deployment(2, 2, running=1), deployment(1, 1, "COMPLETED", "ACTIVE", running=1))
BACK = service(deployment(3, 1, "COMPLETED", running=2,
                          rolloutStateReason="ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."))
ROLLOUT_ARN = f"{ARN}service-deployment/prod/prod-api/abc"


class OnEcs(OnAws):
    """Service prod-api of cluster prod, revision 1 of which runs; and a context that knows it as api."""
    PEERS = ("moto",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ecs = peers.client("ecs", cls.peers["moto"].url)
        ecs.create_cluster(clusterName="prod")
        cls.register(ecs, OLD)

    @staticmethod
    def register(ecs, digest, **more):
        definition = {"family": "prod-api", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
                      "requiresCompatibilities": ["FARGATE"], "tags": [{"key": "team", "value": "intake"}], **more}
        return ecs.register_task_definition(containerDefinitions=[
            {"name": "api", "image": f"{REPOSITORY}@{digest}", "memory": 256,
             "environment": [{"name": "OPS_SENDERS", "value": SECRET_SETTING}]},
            {"name": "side", "image": "busybox", "memory": 64}], **definition)["taskDefinition"]["taskDefinitionArn"]

    def setUp(self):
        super().setUp()
        self.forget()
        self.addCleanup(self.forget)
        self.context(**{"cluster": "prod", "service.api.ecs": "prod-api", "service.api.container": "api"})

    def forget(self):
        self.door("answers", "DELETE")
        self.door("calls", "DELETE")

    # ---- what ECS says ----

    def answer(self, action, service="ecs", **how):
        self.door("answers", "POST", json.dumps({"service": service, "action": action, **how}))

    def looks(self, *services):
        """What DescribeServices says, one look after the other; the last for ever."""
        for i, s in enumerate(services):
            more = {"times": 1} if i + 1 < len(services) else {}
            self.answer("DescribeServices", result={"services": [s]}, **more)

    def story(self, *after, before=STEADY, begun=None):
        """Before the change, at its beginning, and what follows."""
        begun = begun or service(deployment(2, 2), deployment(1, 1, "COMPLETED", "ACTIVE", running=2))
        self.looks(before, *after)
        self.answer("UpdateService", result={"service": begun})
        self.rollout("IN_PROGRESS")

    def rollout(self, status, failed=0, **more):
        """The service deployment, from now on."""
        self.answer("ListServiceDeployments", result={"serviceDeployments": [
            {"serviceDeploymentArn": ROLLOUT_ARN, "status": status, "createdAt": NOW}]})
        self.answer("DescribeServiceDeployments", result={"serviceDeployments": [
            {"serviceDeploymentArn": ROLLOUT_ARN, "status": status, "createdAt": NOW,
             "deploymentCircuitBreaker": {"status": "MONITORING", "failureCount": failed, "threshold": 3}, **more}]})

    def stopped(self, *tasks):
        self.answer("ListTasks", when={"desiredStatus": "STOPPED"}, result={"taskArns": [t["taskArn"] for t in tasks]})
        self.answer("ListTasks", result={"taskArns": []})
        self.answer("DescribeTasks", result={"tasks": list(tasks)})

    # ---- opsctl ----

    def change(self, *args, code=EXIT_OK, env=None):
        """Run it with short pauses and without a question."""
        done = self.opsctl(*args, "--yes", "--interval", "50ms", env=env)
        self.assertEqual(done.returncode, code, f"opsctl {args}: {done.stdout} {done.stderr}")
        return done

    def events(self, *args, code=EXIT_OK):
        lines = [json.loads(line) for line in self.change(*args, "--json", code=code).stdout.splitlines()]
        for line in lines:
            self.assertEqual(line["schema"], f"opsctl/{args[0]}/1")
        return lines
