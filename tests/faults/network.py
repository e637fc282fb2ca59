"""5 to 8: connections that hang, close and tear at the worst moment."""

import http.client
import time

from cloud import LIMIT_S, CloudRun, await_true

SQS = ['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch']
WRITES = ['SendMessageBatch', 'PutObject', 'DeleteMessageBatch']
OFFSETS = [0, 1, 9, 12, 17, 40, 90, 130, 200, 300, 500]  # behind the applied call's answer


def answer_of(r):
    """What the API says to a client that waits as long as it takes."""
    request = r.account.new_request()
    while request.is_refused:
        request = r.account.new_request()
    r.account.attempt(request)
    connection = http.client.HTTPConnection('127.0.0.1', r.pipeline.api.port, timeout=LIMIT_S)
    connection.request('POST', '/submit', request.body, request.signed_headers(time.time()))
    answer = connection.getresponse()
    r.account.answer(request, answer.status, answer.read())
    connection.close()
    return answer


def partition_of_api(what):
    def scenario(r):
        """503 with Retry-After within the request's time, no memory of what waits; then all is well."""
        r.open_pipeline(api={'OPS_REQUEST_TIMEOUT_S': '3'})
        with r.working():
            r.await_accepted(50)
            r.disturb('SendMessageBatch', what, times=0)
            began = time.monotonic()
            answer = answer_of(r)
            r.figures['answered_after_s'] = round(time.monotonic() - began, 1)
            r.check(answer.status == 503, f'status {answer.status} in a partition')
            r.check(answer.headers['Retry-After'], '503 without Retry-After')
            r.server.heal()
            r.await_accepted(50)
    return scenario


def partition_of_worker(what, ops):
    def scenario(r):
        """For longer than the visibility timeout of 2 s: what was received may come to it again."""
        r.open_pipeline()
        with r.working():
            r.await_accepted(50)
            for op in ops:
                r.disturb(op, what, times=0)
            r.await_accepted(50)
            r.await_fault()
            time.sleep(3)  # the fault itself takes that long
            r.server.heal()
            r.await_accepted(50)
    return scenario


def failed_receives(r):
    return r.pipeline.metric(r.pipeline.worker, 'ops_failures_total{stage="receive"}')


def is_alive(service):
    connection = http.client.HTTPConnection('127.0.0.1', service.admin_port, timeout=LIMIT_S)
    connection.request('GET', '/livez')
    status = connection.getresponse().status
    connection.close()
    return status == 200


def silent_poll(r):
    """A poll that is never answered ends by its own deadline, is counted, and is made again."""
    r.open_pipeline(worker={'OPS_DRAIN_TIMEOUT_S': '6'})  # polls of 1 s, and 10 s more for an answer
    with r.working():
        r.await_accepted(50)
        r.load_now.stop()
        assert r.pipeline.await_quiet(lambda: r.account.missing(r.server)) == ''
        r.disturb('ReceiveMessage', 'silence', times=1)
        await_true(lambda: r.server.state()['faults'] == 1, 'a silent poll')
        began = time.monotonic()
        r.send_fresh()
        await_true(lambda: failed_receives(r) > 0, 'the deadline of the poll')
        r.figures['given_up_after_s'] = round(time.monotonic() - began, 1)
        r.check(is_alive(r.pipeline.worker), 'not alive')
        assert r.pipeline.await_quiet(lambda: r.account.missing(r.server)) == ''
        r.check(failed_receives(r) == 1, f'{failed_receives(r)} receives failed')


def idle_reset(r):
    """Kept connections are reset while nobody uses them, as by a load balancer: nobody notices."""
    r.open_pipeline()
    with r.working():
        r.await_accepted(50)
        r.load_now.stop()
        for _ in range(20):
            assert r.pipeline.await_quiet(lambda: r.account.missing(r.server)) == ''
            r.server.reset_idle()
            r.faults_done += 1
            r.send_fresh()
        for service in r.pipeline.services:
            noticed = {e['message'] for e in service.log_lines() if e.get('log.level') == 'warn'}
            noticed -= {'audit'}  # of clients that are refused
            r.check(not noticed, f'{service.name} noticed: {noticed}')


def keep_alive_race(what):
    def scenario(r):
        r.disturbed(*[(op, what, {'times': 0, 'percent': 20}) for op in WRITES])
    return scenario


def cut_answers(r: CloudRun):
    """Every offset is tried in test_wire.c; here all calls, receives too, lose their answers in turn."""
    r.disturbed(*[('*', 'cut', {'times': 0, 'percent': 3, 'at': at}) for at in OFFSETS])


def slow_answers(r):
    r.disturbed(('*', 'trickle', {'times': 0, 'percent': 10, 'at': 500, 'delay_ms': 10}),
                ('*', 'late', {'times': 0, 'percent': 10, 'delay_ms': 500}))


SCENARIOS = {
    '05-requests-of-api-lost': partition_of_api('silence'),
    '05-answers-to-api-lost': partition_of_api('stall'),
    '05-requests-to-store-lost': partition_of_worker('silence', ['PutObject']),
    '05-answers-of-store-lost': partition_of_worker('stall', ['PutObject']),
    '05-requests-to-queue-lost': partition_of_worker('silence', SQS[1:]),
    '05-answers-of-queue-lost': partition_of_worker('stall', SQS[1:]),
    '06-silent-poll': silent_poll,
    '06-idle-reset': idle_reset,
    '07-closed-when-sent': keep_alive_race('drop'),
    '07-reset-when-sent': keep_alive_race('reset'),
    '08-answers-cut': cut_answers,
    '08-answers-slow': slow_answers,
}
