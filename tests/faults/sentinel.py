"""Secrets are nowhere but where they must be: not in logs, metrics, answers, texts, argv; no dumps."""

import pathlib
import subprocess
import urllib.request

import run
from cloud import LIMIT_S
from server import BUCKET, SECRET_KEY

SESSION_TOKEN = 'sentinel/session+token/0123456789=='
SSM_TOKEN = 'fault-server-token-0123456789'
SENTINELS = [SECRET_KEY, SESSION_TOKEN, SSM_TOKEN, run.SECRET,
             run.SECRET.removeprefix('whsec_'), 'session-token-']
TROUBLE = [  # each makes a text
    ('refuse', {'status': 403, 'code': 'AccessDenied'}),
    ('refuse', {'status': 400, 'code': 'ExpiredTokenException'}),
    ('refuse', {'status': 503, 'code': 'SlowDown'}),
    ('raw', {'status': 403, 'body': f'<Error><Code>SignatureDoesNotMatch</Code><Message>not '
                                    f'{SESSION_TOKEN}</Message></Error>'}),
    ('cut', {'at': 100}),
    ('drop', {}),
]


def opsctl(r, *words):
    """All that it says, however it ends."""
    context = r.evidence / 'opsctl' / 'contexts.ini'
    context.parent.mkdir(exist_ok=True)
    context.touch(mode=0o600)
    context.write_text(f'[faults]\nqueue = {r.server.queue_url}\nstore = s3://{BUCKET}/\n'
                       f'secret = ssm:/intake/token\n'
                       f'url = http://127.0.0.1:{r.pipeline.api.port}\n')
    out = subprocess.run([r.options.opsctl, *words, '--context', 'faults', '-vv'],
                         env=r.server.environment() | {'XDG_CONFIG_HOME': str(r.evidence),
                                                       'AWS_SESSION_TOKEN': SESSION_TOKEN},
                         capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return f'$ opsctl {" ".join(words)}: {out.returncode}\n{out.stdout}\n{out.stderr}'


def of_process(r, service):
    """What anybody may see of it, and that it leaves no dump."""
    place = pathlib.Path(f'/proc/{service.process.pid}')
    limits = (place / 'limits').read_text()
    dump = next(line for line in limits.splitlines() if line.startswith('Max core file size'))
    r.check(dump.split()[4] in ('0', '1'), f'{service.name} may dump its memory: {dump}')
    return (place / 'cmdline').read_text()


def of_children(r, service):
    """A child gets no credentials: the services have none, and if they had it would show here."""
    children = pathlib.Path(f'/proc/{service.process.pid}/task').glob('*/children')
    pids = [pid for c in children for pid in c.read_text().split()]
    r.check(not pids, f'{service.name} has children: {pids}')


def metrics(service):
    url = f'http://127.0.0.1:{service.admin_port}/metrics'
    with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
        return answer.read().decode()


def sentinel(r):
    aws = {'AWS_SESSION_TOKEN': SESSION_TOKEN}
    r.open_pipeline(api=aws | {'OPS_LOG_LEVEL': 'debug'}, worker=aws)
    seen = []
    with r.working():
        r.await_accepted(20)
        for what, more in TROUBLE:
            r.disturb('*', what, times=0, percent=50, **more)
            r.await_accepted(5)
            seen += [opsctl(r, *words) for words in
                     (('queue', 'stat'), ('token', 'show'), ('verify-s3', '--since', '5m'))]
            r.server.heal()
        for service in r.pipeline.services:
            seen += [of_process(r, service), metrics(service)]
            of_children(r, service)
        seen += [opsctl(r, *words) for words in (('queue', 'stat'), ('token', 'show'),
                                                 ('dlq', 'ls'), ('health', '--why'))]
    seen += [s.log_path.read_text() for s in r.pipeline.services]
    seen += [content.decode() for content in r.server.objects().values()]
    for text in seen:
        for secret in SENTINELS:
            r.check(secret not in text, f'{secret[:12]}... is in: {around(text, secret)!r}')
    r.figures['bytes_searched'] = sum(len(text) for text in seen)
    r.wrong = r.found + r.wrong  # what was found after the account was settled


def around(text, secret):
    at = text.find(secret)
    return text[max(0, at - 200):at] + '<here>'


SCENARIOS = {'sentinel': sentinel}
