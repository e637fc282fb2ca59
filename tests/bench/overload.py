"""What ops-api does when three times as much comes as its queue takes."""
import json
import pathlib
import subprocess
import sys

import peers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
from server import FaultServer  # noqa: E402

TARGETS = ["tests/bench/offer", "tests/faults/fault_server"]

# Each call takes that long, so that the queue is the bound and the processor is not: 4 senders of
# 10 envelopes of 20 records are at most 8,000 records a second.
QUEUE_MS = 100
SETTINGS = {"OPS_SENDERS": "4", "OPS_ENVELOPE_MAX_RECORDS": "20", "OPS_MAX_BODY_BYTES": "65536",
            "OPS_MAX_PENDING_BYTES": str(2 * 1024 * 1024)}
PEAK_CONNECTIONS = 1200  # more than one round of calls takes, less than may wait: nothing is refused
OPEN_CONNECTIONS = 3000


def peak(port, requests, seconds):
    got = peers.wrk(port, requests, seconds, PEAK_CONNECTIONS)
    if got["refused"] or got["other"]:
        sys.exit(f"overload: the peak is not to be refused anything: {got}")
    return got["accepted"] / got["seconds"]


def offer(bench, port, rate, seconds, body):
    """Requests come at that rate, whatever becomes of the earlier ones."""
    command = [bench.build / "tests/bench/offer", str(port), str(rate), str(seconds), str(OPEN_CONNECTIONS), body]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"offer: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def measure(bench, work, queue):
    """The peak before and after, and between them three times as much, for a minute."""
    requests, body = work / "requests", work / "body"
    seconds = 2 if bench.smoke else 60
    bench.write_requests(requests, "token", 1)
    body.write_text(requests.read_text().strip().rsplit("\t", 1)[1])
    with peers.api(bench.build, work, OPS_QUEUE=queue.queue_url, **SETTINGS, **queue.environment()) as api:
        port = api.wait_for(lambda: peers.listening(work / "api.log", "public"))
        before = peak(port, requests, min(seconds, 10))
        over = offer(bench, port, int(3 * before), seconds, body)
        after = peak(port, requests, min(seconds, 10))
    return (before + after) / 2, over


def overload(bench):
    """Three times what a slow queue takes, in an open loop, for a minute."""
    queue = FaultServer(bench.build / "tests/faults/fault_server", "--delay-ms", str(QUEUE_MS))
    try:
        peak_per_s, over = measure(bench, bench.directory("overload"), queue)
    finally:
        queue.stop()
    goodput = peers.ratio(over["accepted"] / over["seconds"], peak_per_s)
    return {"peak_per_s": peak_per_s, "goodput_ratio": goodput, "offered_per_s": over["sent"] / over["seconds"],
            **{k: over[k] for k in ("accepted", "refused", "unsent", "late_p99_us", "accepted_p99_us",
                                    "refused_p50_us", "refused_p99_us")},
            "goals": [["goodput >= 0.9 of peak", goodput >= 0.9],
                      ["99 % of the refusals within 50 ms", over["refused_p99_us"] <= 50000]]}
