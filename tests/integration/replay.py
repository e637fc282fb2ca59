"""A client's own retry under the same webhook-id."""
import json
import threading

from lib import NOW, api, check_equal, main, post, signed, wait_for

BODY = json.dumps({"email_timestream": NOW, "n": 1})


def same_again():
    with api() as service:
        first = post(service, BODY, **signed(BODY, ident="retry-1"))
        again = post(service, BODY, **signed(BODY, ident="retry-1"))
        check_equal((first.status, again.status), (200, 200), "both accepted")
        check_equal(again.json(), first.json(), "the same answer")
        check_equal(len(service.records()), 1, "one record")
        check_equal(service.records()[0][1]["id"], "retry-1", "the record's id is the webhook-id")
        other = json.dumps({"email_timestream": NOW, "n": 2})
        check_equal(post(service, other, **signed(other, ident="retry-1")).status, 422, "another body")
        check_equal(post(service, other, **signed(other, ident="retry-2")).status, 200, "another id")


def free_after_failure():
    bad = json.dumps({"email_timestream": "never"})
    with api() as service:
        check_equal(post(service, bad, **signed(bad, ident="again")).status, 400, "bad payload")
        check_equal(post(service, BODY, **signed(BODY, ident="again")).status, 200, "the id is free again")


def at_the_same_time():
    """Many copies at once: one record, one answer."""
    with api() as service:
        headers, answers = signed(BODY, ident="together"), []
        threads = [threading.Thread(target=lambda: answers.append(post(service, BODY, **headers))) for _ in range(24)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        check_equal({a.status for a in answers}, {200}, "all accepted")
        check_equal(len({a.body for a in answers}), 1, "one answer")
        check_equal(len(service.records()), 1, "one record")


def waits_for_the_first():
    """The first is stuck in the queue's lock; the copy must neither be refused nor sent."""
    with api(OPS_REQUEST_TIMEOUT_S="300") as service:
        check_equal(post(service, BODY, **signed(BODY)).status, 200, "warm")
        headers, answers = signed(BODY, ident="stuck"), []
        threads = [threading.Thread(target=lambda: answers.append(post(service, BODY, **headers))) for _ in range(2)]
        with service.locked_queue():
            for t in threads:
                t.start()
            wait_for(lambda: service.metric("ops_http_requests_in_flight") == 2, "both have come")
            check_equal(answers, [], "no answer before the commit")
        for t in threads:
            t.join()
        check_equal([a.status for a in answers], [200, 200], "both answered after it")
        check_equal(len(service.records()), 2, "warm and one more")


main(same_again, free_after_failure, at_the_same_time, waits_for_the_first)
