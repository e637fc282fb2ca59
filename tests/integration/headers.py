"""Fields of requests and answers: ids, traces, types."""
import json
import re

from lib import DATA, NOW, api, check, check_equal, exchange, flat, main, post, request

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
KEY = re.compile(r"^\d{4}/\d\d/\d\d/\d\d/[0-9a-f-]{36}\.ndjson$")


def request_id():
    with api() as service:
        for sent, kept in (("abc.DEF_1-2", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("ä", False), ("", False)):
            answer = post(service, flat().encode(), **{"X-Request-Id": sent.encode("latin-1")})
            check_equal(answer.headers["X-Request-Id"] == sent, kept, f"{sent!r} gave {answer.headers['X-Request-Id']!r}")
            check(answer.headers["X-Request-Id"], f"{sent!r}: an id is always there")


def answers():
    with api() as service:
        answer = post(service, flat())
        check_equal(answer.headers["Content-Type"], "application/json", "type of 200")
        check_equal(answer.headers["Server"], "ops-api", "Server")
        body = answer.json()
        check_equal(list(body), ["message", "id", "object"], "members in order")
        check(UUID.match(body["id"]) and KEY.match(body["object"]), f"{body}")
        check("Date" in answer.headers, "Date")
        for path in ("/", "/health", "/livez", "/readyz"):
            get, head = request(service, "GET", path), request(service, "HEAD", path)
            check_equal((get.status, head.status, head.body), (200, 200, b""), path)
            check_equal(get.headers["Content-Length"], head.headers["Content-Length"], f"{path}: length of HEAD")
        options = request(service, "OPTIONS", "/")
        check_equal((options.status, options.headers["Allow"]), (204, "GET, HEAD, POST, OPTIONS"), "OPTIONS /")
        check_equal(request(service, "GET", "/metrics").status, 404, "/metrics is not public")
        check_equal(request(service, "GET", "/health?x=1").status, 200, "a query is ignored")
        missing = request(service, "GET", "/submit/")
        check_equal((missing.status, missing.headers["Content-Type"]), (404, "application/problem+json"), "404")
        for header, value, want in (("Content-Type", "text/plain", 415), ("Content-Type", "application/jsonx", 415),
                                    ("Content-Type", "APPLICATION/JSON;charset=utf-8", 200)):
            check_equal(request(service, "POST", "/submit", flat(), {header: value}).status, want, f"{header}: {value}")
        got, _ = exchange(service, b"POST /submit HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        check(b" 415 " in got, "no Content-Type")


def traces():
    cases = json.loads((DATA / "traceparent" / "traceparent.json").read_text())["cases"]
    with api() as service:
        for case in cases:
            if any("\n" in v or "\r" in v or not v.isascii() for _, v in case["headers"]):
                continue
            connection = service.http()
            connection.putrequest("POST", "/submit")
            for name, value in [("Content-Type", "application/json"), ("Content-Length", str(len(flat())))] + case["headers"]:
                connection.putheader(name, value)
            connection.endheaders(flat().encode())
            response = connection.getresponse()
            check_equal(response.status, 200, case["name"])
            check("traceparent" not in response.headers, "traceparent is not in the answer")
            record = service.records()[-1][1]
            check_equal("traceparent" in record, case["keep_trace_id"], f"{case['name']}: {record}")
            if "traceparent" in record:
                sent = dict((k.lower(), v) for k, v in case["headers"])["traceparent"]
                check_equal(record["traceparent"].split("-")[1], sent.strip().split("-")[1], f"{case['name']}: trace id")
                check_equal(list(record), ["id", "accepted_at", "traceparent", "data"], "order of members")


main(request_id, answers, traces)
