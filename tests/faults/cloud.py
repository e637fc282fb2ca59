"""The accounting harness of tests/reliability with the fault server in the place of file and directory."""

import json
import pathlib
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'reliability'))

import run  # noqa: E402
from account import Account  # noqa: E402
from client import send_one  # noqa: E402
from server import BUCKET, FaultServer  # noqa: E402
from services import Paths, Pipeline  # noqa: E402

LIMIT_S = 120  # for what must happen, however busy the machine


def await_true(condition, what, limit_s=LIMIT_S):
    """Until it is; what it returned. There is no other way to wait for another process's doing."""
    end = time.monotonic() + limit_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f'not within {limit_s} s: {what}')
        time.sleep(0.02)
    return found


class CloudAccount(Account):
    """The store is the fault server itself."""

    @staticmethod
    def read_store(server):
        return server.objects()

    def missing(self, server):
        return sorted(self.wanted() - set(server.keys()))


class CloudPipeline(Pipeline):
    """Both services on the queue and the bucket of a fault server."""

    def __init__(self, paths, directory, secret, server, url=None, worker=None, api=None):
        common = server.environment(url) | {'OPS_QUEUE': server.queue_url}
        super().__init__(paths, directory, secret,
                         common | {'OPS_STORE': f's3://{BUCKET}/', 'OPS_LOG_LEVEL': 'debug'} |
                         (worker or {}), common | (api or {}))
        self.store = self.server = server

    def stat(self):
        state = self.server.state()['queues']
        alive, dead = (state.get(name, {}) for name in ('intake', 'intake-dlq'))
        return {
            'visible': alive.get('visible', 0) + alive.get('delayed', 0),
            'in_flight': alive.get('in_flight', 0),
            'dead': sum(dead.get(kind, 0) for kind in ('visible', 'in_flight')),
        }

    @staticmethod
    def metric(service, name):
        """By name and labels, as they are written there; None: not there."""
        url = f'http://127.0.0.1:{service.admin_port}/metrics'
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            lines = answer.read().decode().splitlines()
        values = [float(line.rsplit(' ', 1)[1]) for line in lines if line.startswith(name + ' ')]
        return values[0] if values else None


class CloudRun(run.Run):
    """One scenario. What it finds wrong by itself goes to `found`; the account adds the rest."""

    account_type = CloudAccount

    def __init__(self, options, evidence):
        super().__init__(options, evidence)
        self.server = FaultServer(options.server, '--seed', str(options.seed))
        self.server.wait(1000)
        self.server.max_receives(1000)
        self.found, self.figures = [], {}
        self.load_now = None

    def load(self):
        self.load_now = super().load()
        return self.load_now

    def send_fresh(self):
        if send_one(self.account, lambda: self.pipeline.api.port) is None:
            self.found.append('a fresh message was not accepted')

    def open_pipeline(self, **how):
        paths = Paths(self.options.api, self.options.worker, None)
        self.pipeline = CloudPipeline(paths, self.evidence, run.SECRET, self.server, **how)
        return self.pipeline

    def check(self, is_so, what):
        if not is_so:
            self.found.append(what)

    def disturb(self, op, what, **more):
        self.server.fault(op, what, **more)
        self.faults_done += 1
        self.log(f'{op} {what} {json.dumps(more)}')

    def await_accepted(self, count):
        """That much traffic went through from now on."""
        wanted = self.account.accepted_count() + count
        await_true(lambda: self.account.accepted_count() >= wanted, f'{count} accepted')

    def await_fault(self):
        """(7) However slowly it works, some call is disturbed."""
        await_true(lambda: self.server.state()['faults'] > 0, 'a call that is disturbed')

    def settle(self, wrong):
        self.server.heal()
        super().settle(wrong)
        self.wrong = self.found + self.wrong

    def judge(self):
        overwrites = self.server.state()['s3']['overwrites']
        return super().judge() + ([f'(1) {overwrites} objects overwritten'] if overwrites else [])

    def disturbed(self, *rules, accepted=150, **how):
        """Load, the rules, more load, no rules: the plain course of a scenario."""
        self.open_pipeline(**how)
        with self.working():
            self.await_accepted(20)
            for op, what, more in rules:
                self.disturb(op, what, **more)
            self.await_accepted(accepted)
            self.await_fault()
