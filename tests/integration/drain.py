"""SIGTERM: health turns, submits are served for the grace, what is in flight is answered, exit 0."""
import http.client
import json
import signal
import tempfile
import threading
import time

from lib import Api, api, check, check_equal, flat, main, post, request, wait_for


def under_load():
    answers, lock = [], threading.Lock()
    with api(OPS_DRAIN_GRACE_S="1") as service:
        port = service.port("public")

        def load():
            while True:
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    while True:
                        answer = post(connection, flat())
                        with lock:
                            answers.append(answer)
                        if answer.headers.get("Connection") == "close":
                            connection.close()
                except (OSError, http.client.HTTPException):
                    return
        threads = [threading.Thread(target=load) for _ in range(8)]
        for t in threads:
            t.start()
        wait_for(lambda: len(answers) > 200, "traffic")
        began = time.monotonic()
        service.signal(signal.SIGTERM)
        draining = wait_for(lambda: next((a for a in [request(service, "GET", "/health")] if a.status == 503), None),
                            "health turns")
        check_equal(draining.json(), {"status": "draining"}, "health while draining")
        check_equal(request(service, "GET", "/readyz").status, 503, "readyz while draining")
        check_equal(request(service, "GET", "/livez").status, 200, "livez while draining")
        late = post(service, flat())
        check_equal((late.status, late.headers.get("Connection")), (200, "close"), "a submit in the grace")
        answers.append(late)
        service.signal(signal.SIGTERM)
        check_equal(service.child.wait(20), 0, "exit status")
        check(time.monotonic() - began < 10, "within the time")
        for t in threads:
            t.join(10)
        accepted = {a.json()["id"] for a in answers if a.status == 200}
        queued = {r["id"] for _, r in service.records()}
        check(accepted <= queued, f"{len(accepted - queued)} acknowledged records are not in the queue")
        check_equal({a.status for a in answers}, {200}, "every answer was an acceptance")


def idle():
    with api() as service:
        connection = service.http()
        check_equal(post(connection, flat()).status, 200, "keep-alive")
        check_equal(service.end(10), 0, "ends although a connection is open")


def at_start():
    for delay in (0, 0.005, 0.02, 0.05):
        with tempfile.TemporaryDirectory() as directory:
            service = Api(directory)
            time.sleep(delay)
            status = service.end(10)
            check(status in (0, -signal.SIGTERM), f"SIGTERM after {delay} s: {status} {service.log()}")


main(under_load, idle, at_start)
