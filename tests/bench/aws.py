"""The AWS side: both services on a server that is SQS and S3 and takes 15 ms for each call."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/faults"))

from server import BUCKET, REGION, FaultServer  # noqa: E402

DELAY_MS = 15
RECORD_BYTES = 1024
BILLED_BYTES = 65536  # of one SQS request
SQS_DOLLARS, S3_DOLLARS = 0.40, 5.00  # per million requests, PUTs
VENV = pathlib.Path(os.environ.get("DEPS_DIR", pathlib.Path.home() / ".cache/ops-deps")) / "peers/aws-venv/bin"


@contextlib.contextmanager
def slow_aws(bench):
    server = FaultServer(str(bench.build / "tests/faults/fault_server"), "--delay-ms", str(DELAY_MS))
    try:
        yield server
    finally:
        server.stop()


def api(bench, server, work, **settings):
    return peers.api(bench.build, work, **{"OPS_QUEUE": server.queue_url, **server.environment(), **settings})


def worker(bench, server, work, **settings):
    return peers.worker(bench.build, work, **{"OPS_QUEUE": server.queue_url, "OPS_STORE": f"s3://{BUCKET}/in/",
                                              **server.environment(), **settings})


def calls(server):
    return server.state()["calls"]


def load(bench, server, work, seconds, connections, **settings):
    """wrk for so long; what it says, and how often ops-api called and how many messages that made."""
    bench.write_requests(work / "requests", "token", 1)
    with api(bench, server, work, **settings) as service:
        port = service.wait_for(lambda: peers.listening(work / "api.log", "public"))
        before, sent = calls(server).get("SendMessageBatch", 0), server.queue()["sent"]
        got = peers.wrk(port, work / "requests", seconds, connections)
        rss = service.rss_kib()
        if got["other"] or got["errors"]:
            sys.exit(f"unexpected answers: {got}")
        return {**got, "calls": calls(server)["SendMessageBatch"] - before,
                "messages": server.queue()["sent"] - sent, "rss_kib": rss}


def bill(records, sends, messages):
    """Calls and dollars for each million records: the worker receives and deletes ten at a time."""
    put, receive, send = messages / records, messages / records / 10, sends / records
    byte_floor = RECORD_BYTES / BILLED_BYTES
    return {"calls_per_record": send + 2 * receive + put,
            "dollars_per_million": SQS_DOLLARS * (max(send, byte_floor) + max(receive, byte_floor) + receive) +
            S3_DOLLARS * put}


def aws_api(bench):
    """ops-api on a queue of 15 ms: what connections, and what senders, bring and cost."""
    seconds = 1 if bench.smoke else 10
    table = {}
    for connections, senders in ((256, 16), (256, 8), (256, 4), (256, 2), (1024, 16), (1024, 8), (1024, 4)):
        work = bench.directory("aws-api")
        with slow_aws(bench) as server:
            got = load(bench, server, work, seconds, connections, OPS_SENDERS=str(senders))
        rate = got["accepted"] / got["seconds"]
        table[f"{connections} connections, {senders} senders"] = {
            "accepted_per_s": rate, "of_the_bound": rate / (connections * 1000 / DELAY_MS),
            "records_per_call": got["accepted"] / got["calls"], "send_calls_per_record": got["calls"] / got["accepted"],
            "p99_ms": got["p99_us"] / 1000, "rss_kib": got["rss_kib"],
            **bill(got["accepted"], got["calls"], got["messages"])}
    few, many = table["256 connections, 8 senders"], table["1024 connections, 8 senders"]
    return {"settings": table, "bound_at_256_per_s": 256 * 1000 / DELAY_MS,
            "goals": [["256 connections: >= 0.7 of the bound, connections / latency", few["of_the_bound"] >= 0.7],
                      ["1,024 connections: >= 25,000 accepted/s", many["accepted_per_s"] >= 25000],
                      ["1,024 connections: <= 0.013 send calls per record", many["send_calls_per_record"] <= 0.013]]}


def boto3_loop(server, seconds):
    env = {**os.environ, **server.environment(), "AWS_DEFAULT_REGION": REGION}
    done = subprocess.run([VENV / "python", ROOT / "tests/bench/boto3_loop.py", server.queue_url, BUCKET,
                           str(seconds)], env=env, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def empty_queue(bench, server, work, **settings):
    """The worker on what is there; messages per second."""
    with worker(bench, server, work, **settings) as service:
        first = service.wait_for(lambda: server.queue()["deleted"])
        began = time.monotonic()
        while (state := server.queue())["visible"] + state["in_flight"] > 0:
            if time.monotonic() - began > 300:
                sys.exit(f"not empty after 300 s: {state}")
            time.sleep(0.05)
        return (server.queue()["deleted"] - first) / (time.monotonic() - began)


# As it comes, 16 putters put 16 objects in 15 ms: 1,067 in a second.
WORKERS = {"single": (1, {}), "envelope": (1000, {}),
           "single, 64 putters": (1, {"OPS_RECEIVERS": "4", "OPS_PUTTERS": "64", "OPS_MAX_IN_FLIGHT": "512"})}


def aws_worker(bench):
    """ops-worker with 15 ms for each call, single records and envelopes, beside a boto3 loop that deletes by ten."""
    seconds = 1 if bench.smoke else 4
    rates = {}
    for name, (records, settings) in WORKERS.items():
        work = bench.directory("aws-worker")
        with slow_aws(bench) as server:
            got = load(bench, server, work, seconds, 1024, OPS_ENVELOPE_MAX_RECORDS=str(records))
            if not rates:
                rates["boto3"] = boto3_loop(server, 2 if bench.smoke else 10)
            rates[name] = empty_queue(bench, server, work, **settings) * got["accepted"] / got["messages"]
    ratios = {name: rates[name] / rates["boto3"] for name in WORKERS}
    return {"records_per_s": rates, "ratio_to_boto3": ratios,
            "goals": [[">= 40 times the boto3 loop, single records, 64 putters", ratios["single, 64 putters"] >= 40],
                      [">= 200 times the boto3 loop, envelopes", ratios["envelope"] >= 200]]}


def aws_idle(bench):
    """What one worker without work asks of AWS: calls per hour."""
    seconds = 5 if bench.smoke else 125
    with slow_aws(bench) as server, worker(bench, server, bench.directory("aws-idle")) as service:
        service.wait_for(lambda: calls(server).get("ReceiveMessage"))
        before = calls(server)
        time.sleep(seconds)
        hourly = {op: (n - before.get(op, 0)) * 3600 / seconds for op, n in calls(server).items()}
    receives = hourly.get("ReceiveMessage", 0)
    return {"calls_per_hour": hourly,
            "goals": [["one receive per 20 s, give or take one", abs(receives - 180) <= 3600 / seconds]]}


def aws_memory(bench):
    """ops-api and ops-worker under load for ten minutes: resident memory at the end of each."""
    slices, seconds = (2, 1) if bench.smoke else (10, 60)
    work = bench.directory("aws-memory")
    bench.write_requests(work / "requests", "token", 1)
    rss = {"api": [], "worker": []}
    with slow_aws(bench) as server, api(bench, server, work) as service, worker(bench, server, work) as mover:
        port = service.wait_for(lambda: peers.listening(work / "api.log", "public"))
        for _ in range(slices):
            peers.wrk(port, work / "requests", seconds, 256)
            rss["api"].append(service.rss_kib())
            rss["worker"].append(mover.rss_kib())
    growth = {name: each[-1] / each[slices // 2 - 1] for name, each in rss.items()}
    return {"seconds": slices * seconds, "rss_kib": rss, "growth_in_second_half": growth,
            "goals": [["no more than a twentieth larger than at half time", max(growth.values()) <= 1.05]]}


def aws_signing(bench):
    """One signature over a request of 1 KB, the digest of its body included."""
    done = subprocess.run([bench.build / "tests/bench/bench_sigv4"], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    return {**result, "goals": [["1 KB within 15 us", result["median_us"] <= 15]]}


def aws_token_show(bench):
    """opsctl token show beside aws ssm get-parameter, on the same server."""
    rounds = 2 if bench.smoke else 11
    ours = f"{bench.build}/cmd/opsctl/opsctl --quiet token show --reveal --secret ssm:/bench/token"
    theirs = f"{VENV}/aws ssm get-parameter --with-decryption --name /bench/token"
    done = subprocess.run([ROOT / "tests/peers/peers.py", "--parameter", "/bench/token", "moto", "--", sys.executable,
                           ROOT / "tests/bench/command_cost.py", str(rounds), ours, theirs], check=True,
                          stdout=subprocess.PIPE, text=True)
    opsctl, aws = ({k: v for k, v in cost.items() if k != "command"} for cost in json.loads(done.stdout))
    return {"opsctl": opsctl, "aws": aws, "time_ratio": aws["seconds"] / opsctl["seconds"],
            "memory_ratio": aws["kib"] / opsctl["kib"],
            "goals": [["<= 1/40 of the time", opsctl["seconds"] * 40 <= aws["seconds"]],
                      ["<= 1/5 of the memory", opsctl["kib"] * 5 <= aws["kib"]]]}


BENCHES = [aws_api, aws_worker, aws_idle, aws_memory, aws_signing, aws_token_show]
TARGETS = ["tests/faults/fault_server", "tests/bench/bench_sigv4", "cmd/opsctl/opsctl"]
