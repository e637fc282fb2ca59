"""The operator's tool: what it takes of time and memory, beside what bounds it."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


def opsctl_health(bench):
    """opsctl health on moto, 5 services with 50 tasks: beside the slowest of its calls; and as it watches."""
    rounds = 2 if bench.smoke else 11
    # As many looks in two minutes as in ten at the interval that people have.
    seconds, interval_ms = (4, 2000) if bench.smoke else (600, 2000) if bench.full else (120, 400)
    done = subprocess.run([ROOT / "tests/peers/peers.py", "--parameter", "/bench/token", "moto", "--", sys.executable,
                           ROOT / "tests/bench/health_cost.py", bench.build / "cmd/opsctl/opsctl", str(rounds),
                           str(seconds), str(interval_ms)], check=True, stdout=subprocess.PIPE, text=True)
    result = json.loads(done.stdout)
    half, end = result["watch_kib"]
    return {**result, "watch_s": seconds, "watch_interval_ms": interval_ms,
            "goals": [["<= 1.5 times the slowest call and 50 ms", result["of_the_bound"] <= 1],
                      ["<= 24 MiB", result["peak_kib"] <= 24 * 1024],
                      ["--watch: no more than a twentieth larger than at half time", end <= 1.05 * half]]}


def opsctl_start(bench):
    """opsctl version: how long a command takes that does nothing; and the size of the program, stripped."""
    opsctl, rounds = bench.build / "cmd/opsctl/opsctl", 5 if bench.smoke else 51
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        child = os.posix_spawn(opsctl, [opsctl, "version"], os.environ, file_actions=quiet)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("opsctl version failed")
        samples.append((time.perf_counter() - began) * 1000)
    stripped = bench.directory("opsctl") / "opsctl"
    subprocess.run(["strip", "-o", stripped, opsctl], check=True)
    ms, size = statistics.median(samples), stripped.stat().st_size
    return {"ms": ms, "bytes": size,
            "goals": [["version <= 5 ms", ms <= 5], ["<= 1.5 MiB", size <= 1.5 * MIB]]}


# ---- verify-s3 ----------------------------------------------------------------------------------


def stored(bench, work, envelopes, records_each, data_bytes):
    """A store as ops-worker leaves it; its objects."""
    subprocess.run([bench.build / "tests/bench/fill_queue", f"sqlite:{work}/queue.db", str(envelopes),
                    str(records_each), str(data_bytes)], check=True)
    with peers.worker(bench.build, work) as worker:
        return worker.wait_for(lambda: len(found := list((work / "store").glob("[0-9]*/*/*/*/*.ndjson"))) == envelopes
                               and found, seconds=120)


def timed(command):
    """Seconds, what it printed, and the most memory it was seen to have."""
    peak, began = 0, time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    out = []
    reader = threading.Thread(target=lambda: out.append(child.stdout.read()))
    reader.start()
    while reader.is_alive():
        peak = max(peak, peers.high_water_kib(child.pid))
        reader.join(0.005)
    if child.wait() != 0:
        sys.exit(f"{command[:3]}: status {child.returncode}")
    return time.perf_counter() - began, out[0], peak


def opsctl_verify(bench):
    """opsctl verify-s3 over 100,000 records of 1 KB in a local store, beside sha256sum of the same files."""
    rounds, envelopes = (2, 4) if bench.smoke else (11, 118)
    records = 848  # as many as fit into an envelope of OPS_ENVELOPE_MAX_BYTES
    work = bench.directory("verify")
    objects = stored(bench, work, envelopes, records, 1000)
    size = sum(path.stat().st_size for path in objects)
    ours = [bench.build / "cmd/opsctl/opsctl", "verify-s3", "--json", "--store", f"file:{work}/store"]
    rates, peaks = {"opsctl": [], "sha256sum": []}, []
    for _ in range(rounds):
        took, out, peak = timed(ours)
        if json.loads(out)["records"] != envelopes * records:
            sys.exit(f"verify-s3: not all records: {out}")
        rates["opsctl"].append(size / took / 1e6)
        peaks.append(peak)
        rates["sha256sum"].append(size / timed(["sha256sum", *objects])[0] / 1e6)
    mb_per_s = {name: statistics.median(each) for name, each in rates.items()}
    return {"records": envelopes * records, "bytes": size, "mb_per_s": mb_per_s,
            "ratio_to_sha256sum": mb_per_s["opsctl"] / mb_per_s["sha256sum"], "peak_kib": max(peaks),
            "goals": [[">= 200 MB/s", mb_per_s["opsctl"] >= 200]]}


BENCHES = [opsctl_start, opsctl_health, opsctl_verify]
TARGETS = ["tests/bench/fill_queue", "cmd/opsctl/opsctl"]
