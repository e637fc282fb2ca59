"""Every request shape of tests/data/seed-requests over HTTP, and what reached the queue."""
import json

from lib import DATA, TOKEN, Api, api, check, check_equal, main, post, request, signed

CASES = json.loads((DATA / "seed-requests" / "requests.json").read_text())["cases"]


def send(service, case):
    body = case.get("raw_body")
    if body is None and "body" in case:
        body = json.dumps(case["body"], ensure_ascii=False)
    return request(service, case["method"], case["path"], body.encode() if body is not None else None,
                   case.get("headers", {})), body


def judge(service, case):
    before = len(service.records())
    answer, body = send(service, case)
    expect, name = case["expect"], case["name"]
    check_equal(answer.status, expect["status"], f"{name}: status of {answer}")
    for member, value in expect.get("json_subset", {}).items():
        check_equal(answer.json().get(member), value, f"{name}: member {member}")
    for header, value in expect.get("headers", {}).items():
        got = answer.headers.get(header)
        check(got is not None if value == "present" else got == value, f"{name}: {header} is {got!r}")
    if case["method"] == "HEAD":
        check_equal(answer.body, b"", f"{name}: body of HEAD")
    new = service.records()[before:]
    if answer.status == 200 and case["method"] == "POST":
        check_equal(len(new), 1, f"{name}: records queued")
        line, record = new[0]
        check_equal(record["id"], answer.json()["id"], f"{name}: id")
        if isinstance(expect.get("enqueued"), dict):
            check_equal(record["data"], expect["enqueued"], f"{name}: payload")
        check(case.get("server_token", TOKEN).encode() not in line, f"{name}: the token was queued")
        if body and "12345678901234567890" in body:
            check(b"12345678901234567890" in line, f"{name}: digits lost: {line}")
    else:
        check_equal(new, [], f"{name}: records queued")
    if answer.status >= 400 and case["method"] != "HEAD":
        problem = answer.json()
        check_equal(answer.headers["Content-Type"], "application/problem+json", f"{name}: type")
        check_equal(problem["status"], answer.status, f"{name}: status member")
        check(problem["error"] and problem["request_id"] == answer.headers["X-Request-Id"], f"{name}: {problem}")


def all_shapes():
    for token in {case.get("server_token", TOKEN) for case in CASES}:
        with api(token=token) as service:
            for case in CASES:
                if case.get("server_token", TOKEN) == token:
                    judge(service, case)
            check(token not in service.log(), "the token was logged")
            for path in service.directory.glob("queue.db*"):
                check(token.encode() not in path.read_bytes(), f"the token is in {path.name}")


def own_bytes():
    """data is the client's own bytes: spaces, escapes, order and digits; line breaks become blanks."""
    odd = '{ "email_timestream":"0",\t"b" : 1.0e+2 , "a":"\\u00e9\\/" ,"b":-0.00,\r\n"n":9007199254740993 }'
    with api() as service:
        check_equal(post(service, f'{{"token":"{TOKEN}","data":{odd}}}').status, 200, "nested")
        check_equal(post(service, odd, **signed(odd)).status, 200, "flat, signed")
        check_equal(post(service, odd.replace("{ ", f'{{ "token":"{TOKEN}",', 1)).status, 200, "flat, token first")
        lines = [line for line, _ in service.records()]
    one_line = odd.replace("\r\n", "  ").encode()
    check(lines[0].endswith(b'"data":' + one_line + b"}"), f"nested: {lines[0]}")
    check(lines[1].endswith(b'"data":' + one_line + b"}"), f"flat, signed: {lines[1]}")
    check(json.loads(lines[2])["data"] == json.loads(odd), f"flat, token first: {lines[2]}")


def limits_of_json():
    deep = lambda n: '{"token":"%s","data":{"email_timestream":"0","d":%s}}' % (TOKEN, "[" * n + "]" * n)
    bad = {
        "depth 33": deep(31), "NUL escape": '{"token":"%s","data":{"email_timestream":"0","s":"\\u0000"}}' % TOKEN,
        "lone surrogate": '{"token":"%s","data":{"email_timestream":"0","s":"\\ud800"}}' % TOKEN,
        "raw U+FFFE": '{"token":"%s","data":{"email_timestream":"0","s":"\ufffe"}}' % TOKEN,
        "empty": "", "blank": "  ", "a string": '"x"', "duplicate by escape":
        '{"token":"%s","t\\u006fken":"x","email_timestream":"0"}' % TOKEN,
        "member beside data": '{"token":"%s","data":{"email_timestream":"0"},"more":1}' % TOKEN,
        "email_timestream twice": '{"token":"%s","email_timestream":"0","email_timestream":"0"}' % TOKEN,
        "exponent": '{"token":"%s","email_timestream":1e3}' % TOKEN,
    }
    with api() as service:
        for name, body in bad.items():
            check_equal(post(service, body).status, 400, name)
        check_equal(post(service, b'{"token":"x","email_timestream":"\xff"}').status, 400, "invalid UTF-8")
        check_equal(post(service, deep(30)).status, 200, "depth 32")
        check_equal(post(service, f'{{"TOKEN":1,"token":"{TOKEN}","email_timestream":"0"}}').status, 200, "case counts")


main(all_shapes, own_bytes, limits_of_json)
