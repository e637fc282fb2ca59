"""The accept rule of email_timestream, every case of tests/data/timestamps, over HTTP."""
import json

from lib import DATA, TOKEN, api, check_equal, main, post


def all_values():
    cases = json.loads((DATA / "timestamps" / "email-timestream.json").read_text())["cases"]
    with api() as service:
        connection = service.http()
        for case in cases:
            want = 200 if case["accept"] else 400
            for body in ({"token": TOKEN, "email_timestream": case["value"]},
                         {"token": TOKEN, "data": {"email_timestream": case["value"], "k": 1}}):
                answer = post(connection, body)
                check_equal(answer.status, want, f"{case['value']!r}: {answer.body}")
        accepted = [r["data"]["email_timestream"] for _, r in service.records()][::2]
    check_equal(accepted, [c["value"] for c in cases if c["accept"]], "values kept as they came")


main(all_values)
