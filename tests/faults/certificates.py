"""15: names that do not resolve, and certificates that are not, or not any more, to be trusted."""

import ssl
import warnings

from cloud import LIMIT_S, await_true
from tls import Authority, Door

# What the door shows at a start, and how ops-api ends: with status 3, or waiting for better times.
STARTS = {
    'untrusted': (3, 'certificate'),
    'expired': (3, 'certificate'),
    'wrong-host': (3, 'certificate'),
    'tls-1.1': (None, 'protocol version'),
}


def contexts(ours, other):
    warnings.simplefilter('ignore', DeprecationWarning)  # that is what we mean
    return {
        'untrusted': other.context('server'),
        'expired': ours.context('expired', days=-1),
        'wrong-host': ours.context('elsewhere', subject='DNS:sqs.eu-west-1.amazonaws.com'),
        'tls-1.1': ours.context('old', version=ssl.TLSVersion.TLSv1_1),
    }


def events(service, *messages):
    """Since its last start."""
    with open(service.log_path, 'rb') as log:
        log.seek(service._log_offset)
        count = len(log.read().splitlines())
    return [e for e in service.log_lines()[-count:] if count and e.get('message') in messages]


def start_badly(r, name, more, status, part):
    """The reason is told, no request is made, and it ends as it should."""
    api = r.pipeline.api
    with api.lock:
        if api.process.poll() is None:
            api.terminate()
        api.start(extra=more, wait=False)
        found = await_true(lambda: events(api, 'cannot start', 'cannot start yet'), name)
        r.check(part in found[0]['error.message'], f'{name}: said {found[0]["error.message"]}')
        if status is not None:
            r.check(api.process.wait(LIMIT_S) == status, f'{name}: exit status {api.process.returncode}')
        else:
            r.check(api.process.poll() is None, f'{name}: ended')
            api.process.terminate()
            r.check(api.process.wait(LIMIT_S) == 0, f'{name}: exit status {api.process.returncode}')
        r.faults_done += 1


def open_door(r, directory):
    """Both services trust our authority alone, and reach the server through the door."""
    directory.mkdir()
    ours = Authority(directory, 'ours')
    good = ours.context('server')
    door = Door(r.server.port, good)
    trust = {'AWS_CA_BUNDLE': str(ours.bundle)}
    r.open_pipeline(url=door.url, api=trust, worker=trust)
    return door, ours, good


def at_start(r):
    door, ours, good = open_door(r, r.evidence / 'tls')
    with r.working():
        r.await_accepted(50)
        r.check(door.passed > 0, 'nobody came through the door')
        r.load_now.stop()
        assert r.pipeline.await_quiet(lambda: r.account.missing(r.server)) == ''
        bad = contexts(ours, Authority(r.evidence / 'tls', 'other'))
        with r.pipeline.api.lock:  # else it is revived in between, behind a bad door
            for name, context in bad.items():
                door.use(context)
                calls = r.server.state()['calls'].get('GetParameter', 0)
                start_badly(r, name, {'OPS_SECRET': 'ssm:/intake/token'}, *STARTS[name])
                r.check(r.server.state()['calls'].get('GetParameter', 0) == calls,
                        f'{name}: was asked')
            start_badly(r, 'no such name', {'AWS_ENDPOINT_URL': 'http://sqs.test.invalid'}, None,
                        'sqs.test.invalid')
            door.use(good)
            r.pipeline.api.start()
    door.close()


def replaced(r):
    """While they run: one that is not trusted, one that has expired, and each time a good one again."""
    door, ours, good = open_door(r, r.evidence / 'tls')
    other = contexts(ours, Authority(r.evidence / 'tls', 'other'))
    with r.working():
        for name in ('untrusted', 'expired'):
            r.await_accepted(50)
            unknown = r.account.statuses[503]
            door.use(other[name])
            r.faults_done += 1
            await_true(lambda: r.account.statuses[503] > unknown, f'503 while {name}')
            door.use(good)
        r.await_accepted(50)
    door.close()


SCENARIOS = {
    '15-bad-certificates': at_start,
    '15-certificate-replaced': replaced,
}
