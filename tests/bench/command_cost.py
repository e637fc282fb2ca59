"""Time and memory of commands, run alternately: JSON with the median seconds and the peak KiB of each.

    command_cost.py ROUNDS COMMAND COMMAND...       (a COMMAND is one word, split at spaces)
"""
import json
import os
import statistics
import subprocess
import sys
import time


def run(command):
    began = time.perf_counter()
    child = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command}: status {status}")
    return time.perf_counter() - began, usage.ru_maxrss


def main(rounds, commands):
    samples = [[] for _ in commands]
    for _ in range(rounds):
        for command, own in zip(commands, samples):
            own.append(run(command))
    print(json.dumps([{"command": c.split()[0].rsplit("/", 1)[-1], "seconds": statistics.median(s for s, _ in own),
                       "kib": max(k for _, k in own)} for c, own in zip(commands, samples)]))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
