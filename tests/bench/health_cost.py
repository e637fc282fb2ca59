"""opsctl health on moto: 5 services with 10 tasks each, and an alarm; run by peers.py, prints JSON.

    health_cost.py OPSCTL ROUNDS WATCH_SECONDS INTERVAL_MS

Of each look: the time it took, and the slowest of its calls (as -v tells them). Of a --watch: peak memory, and
resident memory at half time and at its end. (What wait4() says of a child is at least what its parent had when
it was started.)
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

SERVICES, TASKS = 5, 10
MOTO = os.environ["AWS_ENDPOINT_URL_ECS"]
ACCOUNT = "123456789012"
ARN = f"arn:aws:ecs:us-east-1:{ACCOUNT}:"
GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/s/1"


def says(service, action, **result):
    body = json.dumps({"service": service, "action": action, "result": result}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{MOTO}/_test/answers", body)).read()


def lay_world():
    deployment = {"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED", "desiredCount": TASKS,
                  "runningCount": TASKS}
    says("ecs", "DescribeServices", services=[
        {"serviceName": f"s{n}", "serviceArn": f"{ARN}service/c/s{n}", "status": "ACTIVE", "desiredCount": TASKS,
         "runningCount": TASKS, "pendingCount": 0, "deployments": [deployment]} for n in range(SERVICES)])
    tasks = [{"taskArn": f"{ARN}task/c/{n:032x}", "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
              "containers": [{"name": "app", "lastStatus": "RUNNING"}]} for n in range(TASKS)]
    says("ecs", "ListTasks", taskArns=[t["taskArn"] for t in tasks])
    says("ecs", "DescribeTasks", tasks=tasks)
    says("ecs", "ListServiceDeployments", serviceDeployments=[])
    says("elbv2", "DescribeTargetHealth", TargetHealthDescriptions=[
        {"Target": {"Id": f"10.0.0.{n}", "Port": 80}, "TargetHealth": {"State": "healthy"}} for n in range(TASKS)])
    says("cloudwatch", "DescribeAlarms", MetricAlarms=[{"AlarmName": "s-1", "StateValue": "OK"}], CompositeAlarms=[])


def context(home):
    path = home / ".config/opsctl/contexts.ini"
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    lines = ["current = bench", "[bench]", "cluster = c", "alarms = s-", "secret = ssm:/bench/token"]
    for n in range(SERVICES):
        lines += [f"service.s{n}.ecs = s{n}", f"service.s{n}.targets = {GROUP}"]
    path.write_text("\n".join(lines) + "\n")


def look(opsctl, env):
    began = time.perf_counter()
    child = subprocess.Popen([opsctl, "-v", "health"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True)
    lines = child.stderr.read()
    status = child.wait()
    took_ms = (time.perf_counter() - began) * 1000
    if status != 0:
        sys.exit(f"opsctl health: status {status}: {lines}")
    calls = [int(ms) for ms in re.findall(r" 200 (\d+)ms attempt", lines)]
    return took_ms, max(calls), len(calls)


def memory_kib(pid, what):
    return int(re.search(rf"{what}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def watch(opsctl, env, seconds, interval_ms):
    child = subprocess.Popen([opsctl, "health", "--watch", "--interval", f"{interval_ms}ms"], env=env,
                             stdout=subprocess.DEVNULL)
    rss = []
    for _ in range(2):
        time.sleep(seconds / 2)
        rss.append(memory_kib(child.pid, "VmRSS"))
    peak = memory_kib(child.pid, "VmHWM")
    child.terminate()
    child.wait(60)
    return rss, peak


def main(opsctl, rounds, watch_seconds, interval_ms):
    lay_world()
    with tempfile.TemporaryDirectory(prefix="ops-bench-") as home:
        context(pathlib.Path(home))
        env = {**os.environ, "HOME": home}
        looks = [look(opsctl, env) for _ in range(rounds)]
        rss, peak = watch(opsctl, env, watch_seconds, interval_ms)
    bounds = [took / (1.5 * slowest + 50) for took, slowest, _ in looks]
    print(json.dumps({"ms": statistics.median(took for took, *_ in looks),
                      "slowest_call_ms": statistics.median(slowest for _, slowest, *_ in looks),
                      "of_the_bound": statistics.median(bounds), "calls": looks[0][2],
                      "peak_kib": peak, "watch_kib": rss}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
