#!/usr/bin/env python3
"""Every named crash point of the code, one after the other: both services run under load until
one of them dies there, comes back, and the account must be right. A point that is never
reached fails: it would prove nothing.

    crash_points.py --sources DIR --api P --worker P --queue-tool P [--seed S]
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

from run import Run

CRASH_POINT = re.compile(r'\bCRASH_POINT\("([a-z0-9-]+)"\)')
LIMIT_S = 120


def points(sources):
    """Names in lib and svc, in the order of the files."""
    found = {}
    for part in ('lib', 'svc'):
        for path in sorted(pathlib.Path(sources, part).rglob('*.c')):
            found.update(dict.fromkeys(CRASH_POINT.findall(path.read_text())))
    return list(found)


def crash_at(run, point, nth):
    """Load until somebody has died there and is back."""
    pipeline = run.open_pipeline()
    with run.working({'CRASH_AT': f'{point}:{nth}'}):
        limit = time.monotonic() + LIMIT_S
        while all(s.starts == 1 for s in pipeline.services) and time.monotonic() < limit:
            time.sleep(0.02)
        for service in pipeline.services:
            run.faults_done += service.starts - 1
        time.sleep(0.5)
        run.await_traffic()


def check_point(options, point, nth):
    evidence = tempfile.mkdtemp(prefix=f'ops-crash-{point}-')
    run = Run(options, evidence)
    crash_at(run, point, nth)
    run.account.close()
    wrong = run.judge()
    died = [s.name for s in run.pipeline.services if s.starts > 1]
    print(json.dumps({'point': f'{point}:{nth}', 'died': died} | run.summary), flush=True)
    if wrong:
        print('\n'.join(wrong[:20]), f'\nFAILED: crash point {point}:{nth}, seed {options.seed}; '
              f'evidence in {evidence}', file=sys.stderr, flush=True)
        return False
    shutil.rmtree(evidence)
    return True


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    for name in ('sources', 'api', 'worker', 'queue-tool'):
        parser.add_argument('--' + name, required=True, type=pathlib.Path)
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--point', action='append', help='only this one; may be given again')
    parser.set_defaults(rate=200, minimum=5, seconds=None, kills=None)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    draw = random.Random(options.seed)
    names = options.point or points(options.sources)
    bad = [name for name in names if not check_point(options, name, draw.randint(1, 5))]
    print(f'{len(names)} crash points, {len(bad)} failed, seed {options.seed}')
    return 1 if bad or not names else 0


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
