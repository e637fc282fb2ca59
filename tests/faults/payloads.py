"""16, 17: what clients send, and how."""

import http.client
import socket
import time

import run
from cloud import LIMIT_S, await_true

BODY_MAX = 262144
BEARER = {'Authorization': f'Bearer {run.SECRET}', 'Content-Type': 'application/json'}


def sized(n):
    """A valid payload of n bytes."""
    head, tail = b'{"email_timestream":"1731000000","x":"', b'"}'
    return head + b'a' * (n - len(head) - len(tail)) + tail


def text(inside):
    return b'{"email_timestream":"1731000000","x":"' + inside + b'"}'


LARGEST = sized(BODY_MAX)
POISON = {
    'U+FFFE': (text('\ufffe'.encode()), {}, 400),
    'U+FFFF': (text('\uffff'.encode()), {}, 400),
    'a lone surrogate, encoded': (text(b'\xed\xa0\x80'), {}, 400),
    'a control character': (text(b'\x01'), {}, 400),
    'U+0000, escaped': (text(b'\\u0000'), {}, 400),
    'not UTF-8': (text(b'\xff'), {}, 400),
    'deep': (b'{"email_timestream":"1731000000","x":' + b'[' * 40 + b']' * 40 + b'}', {}, 400),
    'nothing': (b'', {}, 400),
    'one more than the limit': (sized(BODY_MAX + 1), {}, 413),
    '1 MiB': (sized(1048576), {}, 413),
    'compressed': (b'\x1f\x8b\x08' + b'\0' * 100, {'Content-Encoding': 'gzip'}, 415),
}


def post(r, body, headers):
    connection = http.client.HTTPConnection('127.0.0.1', r.pipeline.api.port, timeout=LIMIT_S)
    try:
        connection.request('POST', '/submit', body, BEARER | headers)
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return None  # refused by its head, while we were still sending
    finally:
        connection.close()


def poison(r):
    """4xx before the queue hears of it; the account's own traffic is untouched."""
    r.open_pipeline()
    with r.working():
        r.await_accepted(20)
        r.load_now.stop()
        r.pipeline.await_quiet(lambda: [])
        sent = r.server.queue()['sent']
        for name, (body, headers, want) in POISON.items():
            status = post(r, body, headers)
            r.faults_done += 1
            r.check(status == want or (want == 413 and status is None), f'{name}: status {status}')
        r.check(r.server.queue()['sent'] == sent, 'some of it reached the queue')
        status = post(r, LARGEST, {})
        r.check(status == 200, f'a body of exactly the limit: status {status}')
        await_true(lambda: r.server.queue()['sent'] > sent and is_stored(r), 'it in the store')
        r.server.ignore(LARGEST)  # it is not the account's


def is_stored(r):
    return any(LARGEST in content for content in r.server.objects().values())


def clients_gone(r):
    """Clients leave while their records are being sent; more connect and say nothing."""
    r.open_pipeline()
    with r.working():
        r.await_accepted(20)
        silent = [socket.create_connection(('127.0.0.1', r.pipeline.api.port))
                  for _ in range(300)]
        r.disturb('SendMessageBatch', 'late', times=0, delay_ms=300)
        for _ in range(200):
            leave(r)
        r.server.heal()
        r.await_accepted(50)
        api = r.pipeline.api
        r.check(api.max_rss_kib < 64 * 1024, f'{api.max_rss_kib} KiB')
    for connection in silent:
        connection.close()


def leave(r):
    """One request of the account whose answer nobody waits for."""
    request = r.account.new_request()
    while request.is_refused:
        request = r.account.new_request()
    r.account.attempt(request)
    with socket.create_connection(('127.0.0.1', r.pipeline.api.port)) as s:
        lines = [f'{k}: {v}\r\n' for k, v in request.signed_headers(time.time()).items()]
        s.sendall(f'POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: {len(request.body)}\r\n'
                  f'{"".join(lines)}\r\n'.encode() + request.body)
    r.account.answer(request, None, b'')


SCENARIOS = {
    '16-poison': poison,
    '17-clients-gone': clients_gone,
}
