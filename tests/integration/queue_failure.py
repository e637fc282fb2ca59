"""The queue cannot take it: 503 with Retry-After, nothing acknowledged, and it recovers."""
import http.client
import json
import resource
import threading

from lib import api, check, check_equal, flat, main, post, wait_for


def locked():
    """Another process holds the write lock for longer than a request may take."""
    with api(OPS_REQUEST_TIMEOUT_S="2") as service:
        with service.locked_queue():
            answer = post(service, flat())
            check_equal(answer.status, 503, f"{answer}")
            check(int(answer.headers.get("Retry-After", 0)) >= 1, "Retry-After")
        wait_for(lambda: post(service, flat()).status == 200, "recovery")


def full_disk():
    """A file size limit in place of a full disk: works without root."""
    limit = 256 * 1024
    preexec = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with api(preexec=preexec, OPS_REQUEST_TIMEOUT_S="5") as service:
        accepted, refused = 0, 0
        for _ in range(400):
            answer = post(service, flat(pad="x" * 4000))
            accepted += answer.status == 200
            refused += answer.status == 503
            check(answer.status in (200, 503), f"{answer}")
            if refused >= 3:
                break
        check(accepted > 3 and refused >= 3, f"{accepted} accepted, {refused} refused")
        records = len(service.records())
        check(records >= accepted, f"{accepted} acknowledged, {records} in the queue")
        check_equal(service.admin("/livez")[0], 200, "still alive")


def over_capacity():
    """More than may wait: 503 at once, and what was taken in is kept."""
    with api(OPS_MAX_BODY_BYTES="16384", OPS_MAX_PENDING_BYTES="65536", OPS_REQUEST_TIMEOUT_S="300") as service:
        answers = []
        body = flat(pad="x" * 8000)
        threads = [threading.Thread(target=lambda: answers.append(post(service, body))) for _ in range(30)]
        with service.locked_queue():
            for t in threads:
                t.start()
            wait_for(lambda: len(answers) >= 15, "refusals while nothing can be committed")
            check_equal({a.status for a in answers}, {503}, "refused at once")
            check(all(a.headers.get("Retry-After") for a in answers), "Retry-After")
            check_equal(post(service, b"{" + b" " * 8000).status, 503, "before the body is looked at")
        for t in threads:
            t.join()
        check_equal(sum(a.status == 200 for a in answers), len(service.records()), "acknowledged = queued")
        check(sum(a.status == 200 for a in answers) >= 3, "some were taken in")


def bodies_over_capacity():
    """Bodies that are being received count too: one for which there is no room is read and refused."""
    with api(OPS_MAX_BODY_BYTES="1000", OPS_MAX_PENDING_BYTES="2100", OPS_REQUEST_TIMEOUT_S="300") as service:
        head = b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        holders = [service.raw() for _ in range(2)]
        for number, holder in enumerate(holders, 1):
            holder.sendall(head + b"{")
            wait_for(lambda n=number: service.metric("ops_http_requests_in_flight") == n, "a body that is under way")
        with service.raw() as third:
            third.sendall(head + b" " * 1000)
            response = http.client.HTTPResponse(third)
            response.begin()
            check_equal((response.status, response.headers["Retry-After"]), (503, "1"), "no room")
            check_equal(json.loads(response.read())["error"], "Too much is being received", "why")
        for holder in holders:
            holder.close()


def few_descriptors():
    """Connections beyond the descriptors wait or are closed; the others are served."""
    preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    with api(preexec=preexec) as service:
        kept = []
        for _ in range(100):
            try:
                kept.append(service.raw())
            except OSError:
                break
        check(len(kept) > 20, "connections")
        for s in kept:
            s.close()
        wait_for(lambda: service.metric("ops_http_connections") == 0, "all are gone")
        check_equal(post(service, flat()).status, 200, "served again")


main(locked, full_disk, over_capacity, bodies_over_capacity, few_descriptors)
