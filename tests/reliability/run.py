#!/usr/bin/env python3
"""One run of the accounting harness: load, faults by a seed, quiet, and the account.

    run.py --api P --worker P --queue-tool P --scenario NAME [--seed S] [--seconds N] [--kills N]

A run that fails says its seed and keeps its evidence directory: every attempt and answer, the
services' logs, the queue and the store.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile
import time

import faults
import outages
from account import Account
from client import Load, send_one
from services import LIMIT_S, Paths, Pipeline

SECRET = 'whsec_' + 'b3BzLXJlbGlhYmlsaXR5LXRlc3Qtc2VjcmV0LTAx'
CLIENTS = 8


class Run:
    account_type = Account

    def __init__(self, options, evidence):
        self.options, self.evidence = options, pathlib.Path(evidence)
        self.account = self.account_type(options.seed, SECRET, evidence)
        self.pipeline = None
        self.faults_done, self.kills = 0, 0
        self._fault_log = open(self.evidence / 'faults.log', 'a', buffering=1)

    def log(self, text):
        self._fault_log.write(f'{time.time():.3f} {text}\n')

    def open_pipeline(self, **how):
        paths = Paths(self.options.api, self.options.worker, self.options.queue_tool)
        self.pipeline = Pipeline(paths, self.evidence, SECRET, **how)
        return self.pipeline

    def load(self):
        return Load(self.account, lambda: self.pipeline.api.port, CLIENTS, self.options.rate)

    # ---- with the services killed, terminated, frozen ----

    def faulty(self, names, kinds, interval_s):
        self.open_pipeline()
        services = [s for s in self.pipeline.services if s.name in names]
        scheduler = faults.Scheduler(self.options.seed, services, kinds, interval_s, self.log)
        with self.working():
            scheduler.run(self.options.seconds, self.options.kills)
            self.await_traffic()
        self.faults_done, self.kills = scheduler.done, scheduler.kills

    # ---- with something missing that they need ----

    def disk(self, outage, on_queue, max_receives):
        """The store's file system has the outage, and with on_queue the queue lies there too."""
        place = self.evidence / 'small'
        with outages.small_file_system(place) as is_mounted:
            self.open_pipeline(max_receives=max_receives, data=place if on_queue else None)
            if not on_queue:
                self.pipeline.move_store(place / 'store')
            with self.working():
                self.await_stored()
                with outage(place, is_mounted, self.pipeline.services):
                    self.faults_done = 1
                    self.log(outage.__name__)
                    time.sleep(self.options.seconds / 2)
                self.log('over')
                time.sleep(1)
                self.await_traffic()
            self.keep_copy(place)

    def descriptors(self):
        self.open_pipeline()
        with self.working():
            self.await_stored()
            late = self.load()  # clients that have no connection yet
            with outages.no_descriptors(self.pipeline.services):
                self.faults_done = 1
                late.start()
                time.sleep(self.options.seconds / 2)
            time.sleep(1)
            self.await_traffic()
            late.stop()

    # ---- what all have in common ----

    @contextlib.contextmanager
    def working(self, extra=None):
        """Both services and the load run inside; quiet, and a fresh message, at the end."""
        load = self.load()
        try:
            self.pipeline.start(extra)
            load.start()
            yield
            load.stop()
            self.settle(load.broken())
        finally:
            load.stop()
            self.pipeline.stop()

    def await_stored(self):
        """Both are at work: what is done to them then is not done to their start."""
        limit = time.monotonic() + LIMIT_S
        while not self.account.read_store(self.pipeline.store) and time.monotonic() < limit:
            time.sleep(0.05)
        time.sleep(1)

    def await_traffic(self):
        """On a busy machine the load is slow; judge() says when it was too slow."""
        limit = time.monotonic() + LIMIT_S
        while len(self.account.accepted) < self.options.minimum and time.monotonic() < limit:
            time.sleep(0.05)

    def settle(self, wrong):
        pipeline = self.pipeline
        late = pipeline.await_quiet(lambda: self.account.missing(pipeline.store))
        if send_one(self.account, lambda: pipeline.api.port) is None:
            wrong.append('(6) a fresh message was not accepted')
        late = late or pipeline.await_quiet(lambda: self.account.missing(pipeline.store))
        stat = pipeline.stat()
        pipeline.stop()
        if late:
            wrong.append(f'(5) not quiet {late}')
        if stat['visible'] or stat['in_flight'] or stat['dead']:
            wrong.append(f'(5) queue must be empty, is {stat}')
        objects = self.account.read_store(pipeline.store)
        wrong += self.account.reconcile(objects)
        self.wrong = wrong + pipeline.wrong()
        self.summary = self.account.summary(objects) | {
            'most': {s.name: {'rss_mib': round(s.max_rss_kib / 1024, 1),
                              'descriptors': s.max_descriptors} for s in pipeline.services}}

    def keep_copy(self, place):
        """The file system goes, the evidence stays."""
        if self.judge():
            shutil.copytree(place, self.evidence / 'small-copy', dirs_exist_ok=True)

    def judge(self):
        wrong = list(self.wrong)
        accepted = self.summary['accepted']
        if accepted < self.options.minimum:
            wrong.append(f'(7) {accepted} accepted, fewer than {self.options.minimum}')
        if self.faults_done == 0:
            wrong.append('(7) there was no fault')
        return wrong


BOTH = ('api', 'worker')
KILLS = ['kill', 'kill', 'kill_while_starting']
ENDS = ['terminate', 'terminate', 'terminate_while_starting']

SCENARIOS = {
    'kill-worker': lambda r: r.faulty(('worker',), KILLS, 0.8),
    'kill-api': lambda r: r.faulty(('api',), KILLS, 0.8),
    'kill-both': lambda r: r.faulty(BOTH, KILLS, 0.5),
    'terminate': lambda r: r.faulty(BOTH, ENDS, 0.8),
    'freeze': lambda r: r.faulty(BOTH, ['freeze'], 0.3),
    'mixed': lambda r: r.faulty(BOTH, KILLS + ENDS + ['freeze'], 0.6),
    'disk-full': lambda r: r.disk(outages.full, True, 5),
    'store-full': lambda r: r.disk(outages.full, False, 3),
    'store-read-only': lambda r: r.disk(outages.read_only, False, 3),
    'descriptors': lambda r: r.descriptors(),
}


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    for name in ('api', 'worker', 'queue-tool'):
        parser.add_argument('--' + name, required=True, type=pathlib.Path)
    parser.add_argument('--scenario', required=True, choices=SCENARIOS)
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--seconds', type=float, default=8, help='how long faults go on')
    parser.add_argument('--kills', type=int, help='stop after so many kill -9')
    parser.add_argument('--rate', type=float, default=200, help='requests per second')
    parser.add_argument('--minimum', type=int, default=100, help='fewer accepted is a failure')
    parser.add_argument('--keep', action='store_true', help='keep the evidence of a success too')
    parser.add_argument('--evidence', type=pathlib.Path, help='where to put it')
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    evidence = options.evidence or tempfile.mkdtemp(prefix='ops-reliability-')
    pathlib.Path(evidence).mkdir(parents=True, exist_ok=True)
    run = Run(options, evidence)
    began = time.monotonic()
    SCENARIOS[options.scenario](run)
    run.account.close()
    wrong = run.judge()
    result = {'scenario': options.scenario, 'seed': options.seed,
              'seconds': round(time.monotonic() - began, 1), 'faults': run.faults_done,
              'kills': run.kills} | run.summary | {'wrong': len(wrong)}
    print(json.dumps(result, indent=2))
    if wrong:
        print('\n'.join(wrong[:50]), file=sys.stderr)
        print(f'FAILED: --scenario {options.scenario} --seed {options.seed}; '
              f'evidence in {evidence}', file=sys.stderr)
        return 1
    if not options.keep:
        shutil.rmtree(evidence)
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
