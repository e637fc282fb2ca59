"""11, 12, 19, 26: messages that come back, pile up, and come to their end."""

import json
import subprocess
import time

from cloud import LIMIT_S, await_true
from server import BUCKET, QUEUE

BACKLOG = 1500


def slow_store(r):
    """Puts that take longer than the visibility timeout of 2 s: the leases are extended meanwhile."""
    r.open_pipeline()
    with r.working():
        r.await_accepted(50)
        r.disturb('PutObject', 'late', times=0, percent=20, delay_ms=3000)
        r.await_accepted(200)
        await_true(lambda: 'ChangeMessageVisibilityBatch' in r.server.state()['calls'],
                   'a lease to be extended')
        r.server.heal()
        queue = r.server.queue()
        r.figures['redelivered'] = queue['received'] - queue['sent']


def heartbeat_fails(r):
    """The lease is lost, that is noticed, and what another delivery stored is not stored again."""
    r.options.rate = 20  # so that the slow store can follow
    r.open_pipeline()
    with r.working():
        r.await_accepted(20)
        r.disturb('ChangeMessageVisibilityBatch', 'refuse', times=0, status=500,
                  code='InternalError')
        r.disturb('PutObject', 'late', times=0, percent=30, delay_ms=4000)
        await_true(lambda: r.server.queue()['received'] > r.server.queue()['sent'],
                   'a message to come again')
        r.await_accepted(50)


def stale_receipts(r):
    """Deletes come so late that another delivery has the message: they delete nothing, harmlessly."""
    r.disturbed(('DeleteMessageBatch', 'silence', {'times': 0, 'percent': 30}),
                ('ReceiveMessage', 'twice', {'times': 0, 'percent': 20}))


def backlog(r):
    """More in flight than could be stored in one visibility timeout at this store's pace: it drains."""
    r.options.rate = 1000
    r.open_pipeline(api={'OPS_ENVELOPE_MAX_RECORDS': '1'},
                    worker={'OPS_MAX_IN_FLIGHT': '1000', 'OPS_PUTTERS': '16'})
    with r.working():
        r.await_accepted(10)
        r.disturb('PutObject', 'refuse', times=0, status=503, code='SlowDown')
        await_true(lambda: r.server.queue()['sent'] > BACKLOG * r.options.seconds / 5, 'a backlog')
        r.load_now.stop()
        r.server.heal()
        r.disturb('PutObject', 'late', times=0, delay_ms=30)
        await_true(lambda: r.pipeline.stat()['visible'] == 0, 'the backlog to drain')


def duplicates(r):
    """Of every five deliveries one may come twice; of every five deletes one did nothing."""
    r.disturbed(('ReceiveMessage', 'twice', {'times': 0, 'percent': 20}),
                ('DeleteMessageBatch', 'undeleted', {'times': 0, 'percent': 20}), accepted=300)


def outage(r):
    """The store is away, the backlog waits in the queue and not in memory, then all drains."""
    r.open_pipeline()
    worker = r.pipeline.worker
    with r.working():
        r.await_accepted(50)
        await_true(lambda: r.server.state()['s3']['puts'] >= 20, 'the worker to be at work')
        r.disturb('PutObject', 'refuse', times=0, status=503, code='ServiceUnavailable')
        r.disturb('ListObjectsV2', 'refuse', times=0, status=503, code='ServiceUnavailable')
        worker.measure()
        before_kib = worker.max_rss_kib
        r.await_accepted(int(40 * r.options.seconds))
        waiting = r.pipeline.stat()
        puts = r.server.state()['s3']['puts']
        began = time.monotonic()
        r.server.heal()
        await_true(lambda: r.pipeline.stat()['visible'] <= 20, 'the backlog to drain')
        r.figures |= {
            'waiting': waiting['visible'] + waiting['in_flight'],
            'grown_kib': worker.max_rss_kib - before_kib,
            'drained_per_s': round((r.server.state()['s3']['puts'] - puts) /
                                   (time.monotonic() - began)),
        }
        r.check(worker.max_rss_kib - before_kib < 32 * 1024, 'memory grows with the backlog')


def opsctl(r, *words):
    """What it says, parsed; a context of its own names the queue and the store."""
    contexts = r.evidence / 'opsctl' / 'contexts.ini'
    contexts.parent.mkdir(exist_ok=True)
    contexts.touch(mode=0o600)
    contexts.write_text(f'[faults]\nqueue = {r.server.queue_url}\nstore = s3://{BUCKET}/\n')
    out = subprocess.run([r.options.opsctl, *words, '--context', 'faults', '--json'],
                         env=r.server.environment() | {'XDG_CONFIG_HOME': str(r.evidence)},
                         capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if out.returncode != 0:
        raise AssertionError(f'opsctl {words}: {out.returncode}: {out.stdout}{out.stderr}')
    return json.loads(out.stdout)


def dead_letters(r):
    """To the dead letters and back: each comes once more, with its count at zero, and is stored once."""
    r.open_pipeline()
    r.server.max_receives(3)
    worker = r.pipeline.worker
    with r.working():
        r.await_accepted(30)
        with worker.lock:
            worker.terminate()
            r.await_accepted(30)
            r.load_now.stop()
            while r.pipeline.stat()['visible'] > 0:  # somebody receives them too often
                r.server.sqs('ReceiveMessage', MaxNumberOfMessages=10, VisibilityTimeout=0)
            r.faults_done += 1
            dead = r.pipeline.stat()['dead']
            r.check(dead > 0, 'there are no dead letters')
            worker.start()
        await_true(lambda: r.pipeline.metric(worker, 'ops_queue_messages{state="dead"}') == dead,
                   'the metric that raises the alarm')
        listed = opsctl(r, 'dlq', 'ls')
        r.figures['dead'] = dead
        r.check(len(listed['letters']) == dead, f'{dead} are dead, {listed} listed')
        opsctl(r, 'dlq', 'redrive', '--all', '--yes')
        await_true(lambda: r.pipeline.stat()['dead'] == 0, 'none to be dead')
        r.log(f'{r.server.queue(QUEUE)}')


SCENARIOS = {
    '11-slow-store': slow_store,
    '11-heartbeat-fails': heartbeat_fails,
    '11-stale-receipts': stale_receipts,
    '11-backlog': backlog,
    '12-duplicates': duplicates,
    '19-outage': outage,
    '26-dead-letters': dead_letters,
}
