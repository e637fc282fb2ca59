"""What arrives on the wire and is not quite HTTP: refused, and never read as two requests.

Expectations hold for every libmicrohttpd the project builds against; where versions may differ in
which status they give, the row lists all that are right. A refusal must close the connection.
"""
import os
import re
import signal
import subprocess
import sys
import threading

from lib import LIMIT_S, api, check, check_equal, exchange, flat, main, post, statuses, wait_for

BODY = flat().encode()
SMUGGLED = b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def head(*lines, start=b"POST /submit HTTP/1.1", host=True):
    fields = [b"Host: x"] if host else []
    fields += [b"Content-Type: application/json", *lines]
    return start + b"\r\n" + b"\r\n".join(fields) + b"\r\n\r\n"


def with_length(*lines, **options):
    return head(b"Content-Length: %d" % len(BODY), *lines, **options) + BODY


def chunked(data, size=16, extension=b"", trailer=b""):
    out = b"".join(b"%x%s\r\n%s\r\n" % (len(data[i:i + size]), extension, data[i:i + size])
                   for i in range(0, len(data), size))
    return out + b"0\r\n" + trailer + b"\r\n"


N = b"%d" % len(BODY)

# Ends a connection that is kept: nothing can come after its answer.
LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

# name, bytes, statuses that are right
ROWS = [
    ("two differing Content-Length", head(b"Content-Length: " + N, b"Content-Length: 5") + BODY, {400}),
    ("two equal Content-Length", head(b"Content-Length: " + N, b"Content-Length: " + N) + BODY, {400}),
    ("Content-Length and Transfer-Encoding",
     head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + chunked(BODY) + SMUGGLED, {400}),
    ("blank before the colon", head(b"Content-Length : " + N) + BODY, {400}),
    ("two Transfer-Encoding", head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + chunked(BODY), {400}),
    ("two Host", with_length(b"Host: y"), {400}),
    ("no Host", with_length(host=False), {400}),
    ("TE identity", head(b"Transfer-Encoding: identity", b"Content-Length: " + N) + BODY, {400, 501}),
    ("TE xchunked", head(b"Transfer-Encoding: xchunked") + chunked(BODY), {400, 501}),
    ("TE gzip, chunked", head(b"Transfer-Encoding: gzip, chunked") + chunked(BODY), {400, 501}),
    ("CL +3", head(b"Content-Length: +3") + b"{}\n", {400}),
    ("CL -3", head(b"Content-Length: -3") + b"{}\n", {400}),
    ("CL 0x3", head(b"Content-Length: 0x3") + b"{}\n", {400}),
    ("CL 3, 3", head(b"Content-Length: 3, 3") + b"{}\n", {400}),
    ("CL 3 4", head(b"Content-Length: 3 4") + b"{}\n", {400}),
    ("CL empty", head(b"Content-Length: ") + b"{}\n", {400}),
    ("CL 2^64", head(b"Content-Length: 18446744073709551616") + b"{}", {400, 413}),
    ("CL 2^64 - 1", head(b"Content-Length: 18446744073709551615") + b"{}", {400, 413}),
    ("bare LF after the request line", with_length().replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n", 1), {400}),
    ("bare LF after a field", with_length().replace(b"Host: x\r\n", b"Host: x\n", 1), {400}),
    ("bare LF after the last field", with_length(b"X-A: 1").replace(b"X-A: 1\r\n", b"X-A: 1\n", 1), {400}),
    ("bare LF at the head's end", with_length().replace(b"\r\n\r\n", b"\r\n\n", 1), {400}),
    ("folded line", with_length(b"X-A: 1\r\n  2"), {400}),
    ("NUL in a value", with_length(b"X-A: a\0b"), {400}),
    ("control character in a value", with_length(b"X-A: a\x01b"), {400}),
    ("bare CR in a value", with_length(b"X-A: a\rb"), {400}),
    ("empty field name", with_length(b": a"), {400}),
    ("blank in a field name", with_length(b"X A: a"), {400}),
    ("percent 00 in the path", with_length(start=b"POST /submit%00 HTTP/1.1"), {400, 404}),
    ("percent zz in the path", with_length(start=b"POST /submit%zz HTTP/1.1"), {400, 404}),
    ("TE on HTTP/1.0", head(b"Transfer-Encoding: chunked", start=b"POST /submit HTTP/1.0") + chunked(BODY), {400}),
    ("HTTP/2.0", with_length(start=b"POST /submit HTTP/2.0"), {400, 505}),
    ("over-long request line", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {400, 414, 431}),
    ("over-long head", with_length(b"X-A: " + b"a" * 12000), {431}),
    ("many fields", with_length(*[b"X-%d: 1" % i for i in range(1000)]), {431}),
]

# What 0.9 has overwritten before a handler can see it; it reads these as one request, so nothing is smuggled.
HIDDEN_BEFORE_1 = {"bare LF after the last field", "bare LF at the head's end"}


def library_version():
    text = subprocess.run([sys.argv[1], "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"microhttpd (\S+)", text)[1]


def refused():
    is_old = library_version().startswith("0.")
    with api() as service:
        for name, sent, right in [row for row in ROWS if not (is_old and row[0] in HIDDEN_BEFORE_1)]:
            got, closed = exchange(service, sent)
            codes = statuses(got)
            # Some refusals can only be a closed connection: the answer's head found no room.
            check(len(set(codes)) <= 1 and (not codes or codes[0] in right), f"{name}: {codes} {got[:200]}")
            check(codes or closed, f"{name}: neither an answer nor an end")
            check(closed, f"{name}: the connection stayed open after {codes}")
        check_equal(service.records(), [], "nothing was kept")


def accepted():
    rows = [
        ("Content-Length", with_length(), [200]),
        ("HTTP/1.0", with_length(start=b"POST /submit HTTP/1.0"), [200]),
        ("chunked", head(b"Transfer-Encoding: chunked") + chunked(BODY), [200]),
        ("chunk extensions", head(b"Transfer-Encoding: chunked") + chunked(BODY, extension=b";a=b"), [200]),
        ("trailer", head(b"Transfer-Encoding: chunked") + chunked(BODY, trailer=b"X-T: 1\r\n"), [200]),
        ("one byte chunks", head(b"Transfer-Encoding: Chunked") + chunked(BODY, size=1), [200]),
        ("Expect with the body", with_length(b"Expect: 100-continue"), [200]),
        ("two pipelined", with_length() * 2, [200, 200]),
        ("pipelined after a refusal of content", with_length().replace(b"my-secret", b"no-secret") + with_length(), [401, 200]),
    ]
    with api() as service:
        for name, sent, want in rows:
            before = len(service.records())
            is_kept = b"HTTP/1.1" in sent
            got, _ = exchange(service, sent + LAST * is_kept)
            check_equal([c for c in statuses(got) if c != 100], want + [200] * is_kept, f"{name}: {got[:200]}")
            check_equal(len(service.records()) - before, want.count(200), f"{name}: records")
        datas = {line.split(b'"data":', 1)[1] for line, _ in service.records()}
        check_equal(len(datas), 1, f"every form carries the same payload: {datas}")


def targets():
    """Whatever form the target has, the path is what stands before the query."""
    rows = [
        (b"/livez", 200), (b"/livez?a=/nope", 200), (b"/nope?/livez", 404), (b"//livez", 404),
        (b"http://x/livez", 200), (b"http://x", 200), (b"http://x?/nope", 200), (b"http://x/nope?/livez", 404),
    ]
    with api() as service:
        for target, want in rows:
            got, _ = exchange(service, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n" + LAST)
            check_equal(statuses(got), [want, 200], target)


def pipelined_in_order():
    count = 40
    sent = b"".join(head(b"X-Request-Id: r%d" % i, b"Content-Length: " + N) + BODY for i in range(count))
    with api() as service:
        got, _ = exchange(service, sent + LAST)
        ids = [line.split(b": ")[1] for line in got.split(b"\r\n") if line.lower().startswith(b"x-request-id")]
        check_equal(ids[:-1], [b"r%d" % i for i in range(count)], "answers in the order of requests")


def size_limits():
    limit = 4096
    pad = lambda n: flat(p="x" * (n - len(flat(p=""))))
    with api(OPS_MAX_BODY_BYTES=str(limit)) as service:
        check_equal(post(service, pad(limit)).status, 200, "a body of the limit")
        answer = post(service, pad(limit + 1))
        check_equal(answer.status, 413, "one byte more")
        check_equal(answer.headers["Content-Type"], "application/problem+json", "413 is a problem document")
        # The answer comes from Content-Length alone, before any of the body.
        got, closed = exchange(service, head(b"Content-Length: 999999"))
        check_equal((statuses(got), closed), ([413], True), "413 before the body")
        before = len(service.records())
        got, closed = exchange(service, head(b"Transfer-Encoding: chunked") + chunked(pad(limit + 1).encode(), 512))
        check(closed and 200 not in statuses(got), f"chunked over the limit: {got[:200]}")
        check_equal(len(service.records()), before, "chunked over the limit: nothing kept")
        got, _ = exchange(service, head(b"Transfer-Encoding: chunked") + chunked(pad(limit).encode(), 512) + LAST)
        check_equal(statuses(got), [200, 200], "chunked of the limit")


def half_closed():
    with api() as service:
        for name, sent in (("at once", with_length()), ("chunked", head(b"Transfer-Encoding: chunked") + chunked(BODY))):
            before = len(service.records())
            got, _ = exchange(service, sent, half_close=True)
            # 0.9.75 drops the answer of a half-closed client after resume; the record is kept either way.
            check(statuses(got) in ([200], []), f"{name}: {got[:100]}")
            wait_for(lambda: len(service.records()) == before + 1, f"{name}: the record")


def cut(connection):
    """A byte more; None: it is still open, else what came before its end."""
    try:
        connection.sendall(b" ")
        return connection.recv(4096)
    except TimeoutError:
        return None
    except ConnectionError:
        return b""


def slow_clients():
    """One byte now and then does not hold a connection: head and body have deadlines."""
    with api(OPS_REQUEST_TIMEOUT_S="1") as service:
        with service.raw() as body_socket:
            body_socket.sendall(head(b"Content-Length: 10000"))
            body_socket.settimeout(0.2)
            ends = (cut(body_socket) for _ in range(5 * LIMIT_S))
            check_equal(next((end for end in ends if end is not None), "open"), b"", "cut without an answer")
        check_equal(service.records(), [], "nothing kept")
        # The queue has the second, too: on a busy machine it may be over.
        wait_for(lambda: post(service, BODY).status == 200, "others are served")


def no_stall():
    """n keep-alive connections become ready at once, at multiples of 128 too: all are answered."""
    with api(OPS_THREADS="1") as service:
        for n in (64, 127, 128, 129, 256, 384):
            sockets = []
            for _ in range(n):  # each says something at once: one that waited for the others might be cut
                sockets.append(service.raw())
                sockets[-1].sendall(with_length())
            for s in sockets:
                check(b" 200 " in s.recv(65536), "first answer")
            service.freeze()
            for s in sockets:
                s.sendall(with_length())
            service.signal(signal.SIGCONT)
            got = 0
            for s in sockets:
                try:
                    got += b" 200 " in s.recv(65536)
                except TimeoutError:
                    break
                finally:
                    s.close()
            check_equal(got, n, f"answers to {n} requests at once")


def left_clients():
    """Clients that go away while their record waits: nothing leaks, the record is kept."""
    with api() as service:
        def leave():
            for _ in range(50):
                s = service.raw()
                s.sendall(with_length())
                s.close()
        threads = [threading.Thread(target=leave) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        check_equal(post(service, BODY).status, 200, "others are served")
        fds = lambda: len(os.listdir(f"/proc/{service.child.pid}/fd"))
        wait_for(lambda: fds() < 60, "descriptors are given back")
        names = ("ops_http_requests_in_flight", "ops_outbox_records")
        wait_for(lambda: [service.metric(name) for name in names] == [0, 0], "no request and no record waits")
        data = {line.split(b'"data":', 1)[1] for line, _ in service.records()}
        check_equal(len(data), 1, f"what was kept is what was sent: {data}")


main(refused, accepted, targets, pipelined_in_order, size_limits, half_closed, slow_clients, no_stall, left_clients)
