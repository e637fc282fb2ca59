#!/usr/bin/env python3
"""One numbered fault test on the fault server, or all of them; each ends in the account.

    run_faults.py --api P --worker P --opsctl P --server P --test NAME|all [--seed S] [--seconds N]

Names begin with the number of the row in the list of faults (README.md beside this file). --seconds is
how long random faults go on; a longer run draws more of them. A failure keeps its evidence.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

import answers
import certificates
import hangs
import leases
import lifecycle
import network
import payloads
import sentinel
from cloud import CloudRun

SCENARIOS = {name: run for module in (lifecycle, hangs, network, answers, leases, payloads,
                                         certificates, sentinel)
             for name, run in module.SCENARIOS.items()}


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    for name in ('api', 'worker', 'opsctl', 'server'):
        parser.add_argument('--' + name, required=True, type=pathlib.Path)
    parser.add_argument('--test', required=True, choices=[*SCENARIOS, 'all'])
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--seconds', type=float, default=5, help='how long random faults go on')
    parser.add_argument('--rate', type=float, default=100, help='requests per second')
    parser.add_argument('--keep', action='store_true', help='keep the evidence of a success too')
    parser.set_defaults(kills=None, minimum=20)
    return parser.parse_args(arguments)


def run_one(options, name):
    evidence = tempfile.mkdtemp(prefix='ops-faults-')
    run = CloudRun(options, evidence)
    began = time.monotonic()
    try:
        SCENARIOS[name](run)
        run.account.close()
        wrong = run.judge()
    finally:
        run.server.stop()
    print(json.dumps({'test': name, 'seed': options.seed, 'faults': run.faults_done,
                      'seconds': round(time.monotonic() - began, 1)} | run.summary |
                     run.figures | {'wrong': len(wrong)}, indent=2))
    if wrong:
        print('\n'.join(wrong[:50]), file=sys.stderr)
        print(f'FAILED: --test {name} --seed {options.seed}; evidence in {evidence}',
              file=sys.stderr)
        return False
    if not options.keep:
        shutil.rmtree(evidence)
    return True


def main(arguments):
    options = parse(arguments)
    for name in [n for n in os.environ if n.startswith('AWS_')]:
        del os.environ[name]  # nobody's real account
    names = SCENARIOS if options.test == 'all' else [options.test]
    return 0 if all([run_one(options, name) for name in names]) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
