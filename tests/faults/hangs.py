"""3: SIGTERM while AWS takes calls and answers none. Each service ends by itself."""

import signal
import subprocess
import time

from certificates import events
from cloud import LIMIT_S, await_true

DRAIN_S = {0: 60, 1: 4}  # by how it may end: a drain that can be done has time, none waits for the other
SSM = {'OPS_SECRET': 'ssm:/intake/token', 'OPS_SECRET_TTL_S': '1'}

# Service, what hangs, its settings, and how it may end. Of what was asked for before it hangs, `skip`
# calls pass: those of the start.
RUNNING = [
    ('worker', 'GetQueueAttributes', {'skip': 1}, {}, {0}),  # the queue's depth
    ('api', 'GetParameter', {'skip': 2}, SSM, {0}),  # the secret, to be read again
    ('worker', 'ReceiveMessage', {}, {}, {0, 1}),  # 1: the poll may have brought something
    ('worker', 'PutObject', {}, {}, {1}),  # what it holds is given back by its lease
    ('worker', '*', {'skip': 2}, {}, {0, 1}),
]
STARTING = [
    ('worker', '*', {}, {}, {0}),
    ('api', '*', {}, {}, {0}),
    ('api', 'GetParameter', {}, SSM, {0}),
]


def hang(r, case, is_starting):
    name, op, more, settings, statuses = case
    service = getattr(r.pipeline, name)
    with service.lock:
        service.terminate()
        hits = r.server.state()['faults']
        r.disturb(op, 'silence', times=0, **more)
        service.start(extra={'OPS_DRAIN_TIMEOUT_S': str(DRAIN_S[max(statuses)])} | settings, wait=not is_starting)
        if op == 'PutObject':
            r.send_fresh()
        # The other service calls, too; and none takes a signal before it listens.
        await_true(lambda: r.server.state()['faults'] > hits and events(service, 'listening'),
                   f'{name} to wait for {op}')
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        try:
            status = service.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            service.process.kill()
            status = f'none within {LIMIT_S} s'
        took_s = time.monotonic() - began
        r.server.heal()
        r.check(status in statuses, f'{name}, {op}, starting {is_starting}: exit status {status}')
        r.figures[f'{name} {op}{" starting" if is_starting else ""}'] = f'{status} in {took_s:.1f} s'
        service.start()


def stop_while_aws_hangs(r):
    r.open_pipeline()
    with r.working():
        r.await_accepted(50)
        r.load_now.stop()
        assert r.pipeline.await_quiet(lambda: r.account.missing(r.server)) == ''
        for case in RUNNING:
            hang(r, case, is_starting=False)
        for case in STARTING:
            hang(r, case, is_starting=True)


SCENARIOS = {'03-stop-while-aws-hangs': stop_while_aws_hangs}
