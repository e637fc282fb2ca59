"""9, 10, 13, 14: answers that say no, or not yet, or not to you."""

import time

from cloud import await_true

EXPIRED_XML = ('<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>'
               '<Message>The security token included in the request is expired</Message></Error>'
               '<RequestId>r</RequestId></ErrorResponse>')
BATCHES = ['SendMessageBatch', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch']
THROTTLES = {  # how each operation says it
    'SendMessageBatch': (400, 'RequestThrottled'),
    'ReceiveMessage': (400, 'KmsThrottled'),
    'DeleteMessageBatch': (503, 'ThrottlingException'),
    'PutObject': (503, 'SlowDown'),
}


def partial(r):
    """Every subset of ten is tried in test_wire_batch.c."""
    r.disturbed(*[(op, 'partial', {'times': 0, 'percent': percent, 'mask': mask})
                  for op in BATCHES for percent, mask in ((10, 0b1), (10, 0b10), (10, 0b1111111111))])


def wrong_ids(r):
    """An entry that no result names is not done; one that is named twice, or not ours, is nobody's."""
    r.disturbed(*[(op, 'ids', {'times': 0, 'percent': 10, 'code': code})
                  for op in BATCHES for code in ('unknown', 'duplicate', 'missing')])


def refused_for_good(r):
    """SenderFault: the client is not told 2xx, and nothing goes round in circles."""
    r.disturbed(('SendMessageBatch', 'partial',
                 {'times': 0, 'percent': 20, 'mask': 1023, 'sender_mask': 1023}))


def throttling(r):
    r.open_pipeline()
    with r.working():
        r.await_accepted(50)
        for percent in (10, 50, 100):
            for op, (status, code) in THROTTLES.items():
                r.disturb(op, 'refuse', times=0, percent=percent, status=status, code=code)
            time.sleep(r.options.seconds / 2)  # the fault itself takes that long
            r.figures[f'under_{percent}_percent'] = amplification(r)
            if percent < 100:  # beyond that nothing comes to be put
                await_throttled(r, r.pipeline.worker, 's3')
            r.server.heal()
        await_throttled(r, r.pipeline.api, 'sqs')
        r.await_accepted(50)


def await_throttled(r, service, name):
    await_true(lambda: r.pipeline.metric(service, f'ops_aws_throttled_total{{service="{name}"}}'),
               f'{service.name} to count calls of {name} as throttled')


def amplification(r):
    """Calls a second that come to a service that refuses all, and how many of them are repeats."""
    before = r.server.state()
    time.sleep(2)  # the measure
    after = r.server.state()
    calls, repeats = (sum(after[kind].get(op, 0) - before[kind].get(op, 0) for op in THROTTLES)
                      for kind in ('calls', 'repeats'))
    return {'calls_per_s': calls / 2, 'amplification': round(calls / max(1, calls - repeats), 2)}


def clock(r):
    """The server's clock is 20 min off, either way, and then right: each is learnt from one refusal."""
    r.open_pipeline()
    with r.working():
        for offset_s in (1200, -1200, 0):
            refused = sum(r.server.state()['refused'].values())
            r.disturb('*', 'skew', times=1, offset_s=offset_s)
            r.await_accepted(100)
            more = sum(r.server.state()['refused'].values()) - refused
            r.figures[f'refused_at_{offset_s}_s'] = more
            skew_s = r.pipeline.metric(r.pipeline.api, 'ops_aws_clock_skew_seconds')
            # Between an answer and its reading a busy machine may do much else.
            r.check(abs(skew_s - offset_s) <= 60, f'told as {skew_s} s')
            # Calls that were under way, or began before the first answer: at most one per connection.
            r.check(more <= 40, f'{more} calls refused with the clock {offset_s} s off')
        r.check(r.account.statuses[503] <= 3, f'{r.account.statuses[503]} clients saw it')


def from_container(r):
    return {'AWS_CONTAINER_CREDENTIALS_FULL_URI': f'{r.server.url}/_creds',
            'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''}


def expired(r):
    """In mid-flight: others are asked for once by each service, whoever of its threads noticed."""
    r.open_pipeline(api=from_container(r), worker=from_container(r))
    with r.working():
        for _ in range(3):
            r.await_accepted(60)
            asked = r.server.state()['calls']['Credentials']
            r.server.revoke()
            r.faults_done += 1
            r.await_accepted(60)
            more = r.server.state()['calls']['Credentials'] - asked
            r.check(1 <= more <= 4, f'credentials asked for {more} times by two services')
        r.check(r.account.statuses[503] == 0, f'{r.account.statuses[503]} clients saw it')
        expires_at = r.pipeline.metric(r.pipeline.worker,
                                       'ops_aws_credentials_expiry_timestamp_seconds')
        r.check(expires_at > time.time(), f'credentials expire at {expires_at}')


def expired_in_xml(r):
    """A proxy may answer in another protocol than was spoken; that is understood all the same."""
    r.open_pipeline(api=from_container(r), worker=from_container(r))
    with r.working():
        r.await_accepted(50)
        for op in ('SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch', 'PutObject'):
            asked = r.server.state()['calls']['Credentials']
            r.disturb(op, 'raw', times=0, status=403, body=EXPIRED_XML)
            await_true(lambda: r.server.state()['calls']['Credentials'] > asked,
                       f'{op}: other credentials are asked for')
            r.server.heal()
        r.await_accepted(50)


def provider_down(r):
    """While the endpoint is down what is held is used; when that has expired, clients are told 503."""
    r.open_pipeline(api=from_container(r), worker=from_container(r))
    with r.working():
        for what, more in (('refuse', {'status': 500, 'code': 'InternalError'}),
                           ('raw', {'status': 200, 'body': '{"AccessKeyId":'}),
                           ('late', {'delay_ms': 1500})):
            r.await_accepted(50)
            r.disturb('Credentials', what, times=0, **more)
            r.await_accepted(50)
            unknown = r.account.statuses[503]
            r.server.revoke()
            if what != 'late':
                await_true(lambda: r.account.statuses[503] > unknown, '503 without credentials')
            r.server.heal()
            r.await_accepted(50)


SCENARIOS = {
    '09-partial': partial,
    '09-wrong-ids': wrong_ids,
    '09-refused-for-good': refused_for_good,
    '10-throttling': throttling,
    '13-clock': clock,
    '14-expired': expired,
    '14-expired-in-xml': expired_in_xml,
    '14-provider-down': provider_down,
}
