"""SIGTERM: health turns, submits are served for the grace, what is in flight is answered, exit 0."""
import contextlib
import http.client
import json
import signal
import tempfile
import threading
import time

from lib import LIMIT_S, Api, api, check, check_equal, flat, main, post, request, wait_for


def under_load():
    answers, lock = [], threading.Lock()
    # Long enough for five requests of a machine that has much else to do.
    with api(OPS_DRAIN_GRACE_S="10") as service:
        port = service.port("public")

        def load():
            while True:
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
                    while True:
                        answer = post(connection, flat())
                        with lock:
                            answers.append(answer)
                            is_enough = len(answers) > 400
                        if is_enough:
                            time.sleep(0.02)
                        if answer.headers.get("Connection") == "close":
                            connection.close()
                except (OSError, http.client.HTTPException):
                    return
        threads = [threading.Thread(target=load) for _ in range(8)]
        for t in threads:
            t.start()
        wait_for(lambda: len(answers) > 200, "traffic")
        service.signal(signal.SIGTERM)
        draining = wait_for(lambda: next((a for a in [request(service, "GET", "/health")] if a.status == 503), None),
                            "health turns")
        check_equal(draining.json(), {"status": "draining"}, "health while draining")
        check_equal(request(service, "GET", "/readyz").status, 503, "readyz while draining")
        check_equal(request(service, "GET", "/livez").status, 200, "livez while draining")
        late = post(service, flat())
        check_equal((late.status, late.headers.get("Connection")), (200, "close"), "a submit in the grace")
        service.signal(signal.SIGTERM)
        check_equal(service.child.wait(LIMIT_S), 0, "exit status")
        for t in threads:
            t.join()
        answers.append(late)
        accepted = {a.json()["id"] for a in answers if a.status == 200}
        queued = {r["id"] for _, r in service.records()}
        check(accepted <= queued, f"{len(accepted - queued)} acknowledged records are not in the queue")
        check_equal({a.status for a in answers}, {200}, "every answer was an acceptance")


def idle():
    with api() as service:
        connection = service.http()
        check_equal(post(connection, flat()).status, 200, "keep-alive")
        check_equal(service.end(), 0, "ends although a connection is open")


def queue_away():
    """A queue that takes nothing: who waits for it is told so before the process ends."""
    with api(OPS_DRAIN_TIMEOUT_S="20", OPS_REQUEST_TIMEOUT_S="3600") as service:
        answers = []
        clients = [threading.Thread(target=lambda: answers.append(post(service, flat()))) for _ in range(3)]
        with service.locked_queue():
            for c in clients:
                c.start()
            wait_for(lambda: service.metric("ops_outbox_records") == 3, "records that wait")
            service.signal(signal.SIGTERM)
            check_equal(service.child.wait(LIMIT_S), 0, "exit status")
        for c in clients:
            c.join()
        check_equal([a.status for a in answers], [503] * 3, "answers")


def half_heads():
    """Heads that become whole at the moment of stopping are answered, or the connection closes."""
    body = flat().encode()
    head = (f"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n").encode()
    for pause_s in (0.0007, 0.0014, 0.0021, 0.0014, 0.0021, 0.0007, 0.0014, 0.0021):
        with api(OPS_THREADS="2") as service:
            connections = [service.raw() for _ in range(100)]
            for c in connections:
                c.sendall(head)
            service.signal(signal.SIGTERM)
            with contextlib.suppress(OSError):
                for c in connections:
                    c.sendall(b"\r\n" + body)
                    time.sleep(pause_s)
            for c in connections:
                c.close()


def at_start():
    for delay in (0, 0.005, 0.02, 0.05):
        with tempfile.TemporaryDirectory() as directory:
            service = Api(directory)
            time.sleep(delay)
            status = service.end()
            check(status in (0, -signal.SIGTERM), f"SIGTERM after {delay} s: {status} {service.log()}")


main(under_load, idle, queue_away, half_heads, at_start)
