"""1 to 4: services that are killed or told to stop, at any moment."""

import signal
import time

from cloud import LIMIT_S, await_true

KILLS = ['kill', 'kill', 'kill_while_starting']
ENDS = ['terminate', 'terminate', 'terminate_while_starting']


def kill_worker(r):
    r.faulty(('worker',), KILLS, 0.5)


def kill_api(r):
    """The clients retry with the same webhook-id."""
    r.faulty(('api',), KILLS, 0.5)


def terminate(r):
    r.faulty(('api', 'worker'), ENDS, 0.8)


def polls(r):
    return r.server.state()['calls'].get('ReceiveMessage', 0)


def stop_in_poll(r):
    """What SQS hands to a poll that was under way at SIGTERM is stored or given back, at once."""
    r.open_pipeline(worker={'OPS_VISIBILITY_TIMEOUT_S': '600'})
    worker, server = r.pipeline.worker, r.server
    with r.working():
        r.await_accepted(20)
        r.load_now.stop()
        assert r.pipeline.await_quiet(lambda: r.account.missing(server)) == ''
        # None that is about to end: the next would be begun at the moment of the signal.
        server.wait(20000)
        before = polls(r)
        await_true(lambda: polls(r) > before and is_idle(r), 'one poll, waiting since just now')
        idle = polls(r)
        with worker.lock:
            worker.is_death_ordered = True
            worker.process.send_signal(signal.SIGTERM)
            await_true(lambda: 'draining' in worker.log_path.read_text(), 'the drain to begin')
            r.faults_done += 1
            r.send_fresh()
            status = worker.process.wait(LIMIT_S)
            server.wait(1000)
            stat = r.pipeline.stat()
            r.check(status == 0, f'exit status {status}')
            r.check(polls(r) == idle, f'{polls(r) - idle} receives begun after SIGTERM')
            r.check(stat['in_flight'] == 0, f'messages left to nobody: {stat}')


def is_idle(r):
    """Nothing was received or begun for a while: the one poll that an idle worker has is waiting."""
    before = polls(r)
    time.sleep(0.3)
    return before == polls(r)


def redeliveries(r):
    """What is stored and deleted does not come back because of a SIGTERM."""
    r.open_pipeline()
    with r.working():
        for _ in range(6):
            r.await_accepted(40)
            with r.pipeline.worker.lock:
                r.pipeline.worker.terminate()
                r.faults_done += 1
                in_flight = r.pipeline.stat()['in_flight']
                r.check(in_flight == 0, f'{in_flight} messages in flight after a drain')
                r.pipeline.worker.start()
    queue = r.server.queue()
    r.log(f'{queue}')


def second_signal(r):
    """Two and three SIGTERMs, while there is work and the store is slow."""
    r.open_pipeline()
    with r.working():
        r.disturb('PutObject', 'late', delay_ms=300, times=0)
        for times in (2, 3, 2):
            r.await_accepted(30)
            for service in r.pipeline.services:
                with service.lock:
                    service.terminate(times)
                    r.faults_done += 1
                    service.start()


def stop_while_starting(r, service):
    """Refusing to start, because nothing can be asked of AWS, is as good an end as a drain."""
    service.is_death_ordered = True
    service.process.terminate()
    status = service.process.wait(LIMIT_S)
    r.check(status in (0, 3, -signal.SIGTERM), f'{service.name}: exit status {status}')


def stop_without_credentials(r):
    """SIGTERM while the endpoint of the credentials does not answer: at the start, and later."""
    aws = {'AWS_CONTAINER_CREDENTIALS_FULL_URI': f'{r.server.url}/_creds',
           'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''}
    r.open_pipeline(api=aws, worker=aws)
    with r.working():
        r.await_accepted(50)
        for service in r.pipeline.services:
            with service.lock:
                asked = r.server.state()['calls']['Credentials']
                r.disturb('Credentials', 'stall', times=0)
                service.terminate()
                service.start(wait=False)
                await_true(lambda: r.server.state()['calls']['Credentials'] > asked,
                           'the start to ask for credentials')
                stop_while_starting(r, service)
                r.server.heal()
                service.start()
        r.await_accepted(50)


SCENARIOS = {
    '01-kill-worker': kill_worker,
    '02-kill-api': kill_api,
    '03-terminate': terminate,
    '03-stop-in-poll': stop_in_poll,
    '03-no-redelivery': redeliveries,
    '04-second-signal': second_signal,
    '04-stop-without-credentials': stop_without_credentials,
}
