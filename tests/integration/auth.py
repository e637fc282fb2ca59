"""Who may submit: token, bearer, signature; current and previous secret; rotation."""
import base64
import json
import os
import signal
import time

from lib import DATA, NOW, TOKEN, api, check, check_equal, flat, main, post, signed, wait_for, write_secret

BODY = json.dumps({"email_timestream": NOW})


def order():
    """Any webhook-* header decides alone; else Authorization; else the body's token."""
    good, bad = signed(BODY), {**signed(BODY), "webhook_signature": "v1," + "A" * 43 + "="}
    bearer, wrong = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer no"}
    cases = [
        ("no credentials", BODY, {}, 401), ("token", flat(), {}, 200), ("bearer", BODY, bearer, 200),
        ("bearer, scheme in lower case", BODY, {"Authorization": f"bearer {TOKEN}"}, 200),
        ("signature", BODY, good, 200),
        ("wrong bearer is not rescued by the token", flat(), wrong, 401),
        ("wrong signature is not rescued by the token", flat(), {**signed(flat(), key="other")}, 401),
        ("wrong signature is not rescued by bearer", BODY, {**bad, **bearer}, 401),
        ("lone webhook-id", flat(), {"webhook_id": "abc"}, 401),
        ("lone header of that family", flat(), {"Webhook_Retry": "1"}, 401),
        ("one more of that family", BODY, {**good, "webhook_retry": "1"}, 200),
        ("another family", flat(), {"webhooks_id": "1", "webhook": "1"}, 200),
        ("signature with a body token that is not judged", json.dumps({"token": 7, "email_timestream": NOW}), None, 200),
        ("Basic", BODY, {"Authorization": "Basic eDp5"}, 401), ("empty bearer", BODY, {"Authorization": "Bearer "}, 401),
        ("token is not a string", json.dumps({"token": 1, "email_timestream": NOW}), {}, 400),
        ("empty token", json.dumps({"token": "", "email_timestream": NOW}), {}, 401),
        ("token, other case", json.dumps({"token": TOKEN.upper(), "email_timestream": NOW}), {}, 401),
        ("escaped token", '{"token":"\\u006dy-secret-token","email_timestream":"0"}', {}, 200),
    ]
    with api() as service:
        for name, body, headers, want in cases:
            headers = signed(body) if headers is None else headers
            answer = post(service, body, **headers)
            check_equal(answer.status, want, f"{name}: {answer}")
            if want == 401:
                check(answer.headers.get("WWW-Authenticate"), f"{name}: no WWW-Authenticate")
        check(all(TOKEN.encode() not in line for line, _ in service.records()), "a token was queued")


def only_one_kind():
    with api(OPS_AUTH="signature") as service:
        check_equal(post(service, flat()).status, 401, "token under signature")
        check_equal(post(service, BODY, Authorization=f"Bearer {TOKEN}").status, 401, "bearer under signature")
        check_equal(post(service, BODY, **signed(BODY)).status, 200, "signature under signature")
    with api(OPS_AUTH="token") as service:
        check_equal(post(service, flat()).status, 200, "token under token")
        check_equal(post(service, BODY, **signed(BODY)).status, 401, "signature under token")
        check_equal(post(service, flat(), **signed(flat(), key="x")).status, 401, "wrong signature under token")


def strict_signatures():
    """Shapes of tests/data/standard-webhooks made anew for the present time; one text for all failures."""
    good = signed(BODY)
    entry, now = good["webhook_signature"], int(time.time())
    texts = set()
    shapes = {
        "two entries, second right": ({**good, "webhook_signature": f"v1,{'A' * 43}= {entry}"}, 200),
        "malformed entry first": ({**good, "webhook_signature": f"nonsense {entry}"}, 200),
        "double blank": ({**good, "webhook_signature": f"v1,x  {entry}"}, 200),
        "valid with tail": ({**good, "webhook_signature": entry + ",x"}, 401),
        "v1a only": ({**good, "webhook_signature": entry.replace("v1", "v1a", 1)}, 401),
        "V1": ({**good, "webhook_signature": entry.replace("v1", "V1", 1)}, 401),
        "nine entries": ({**good, "webhook_signature": " ".join(["v1,x"] * 8 + [entry])}, 401),
        "over 1 KiB": ({**good, "webhook_signature": "v1," + "A" * 1100 + " " + entry}, 401),
        "unpadded": ({**good, "webhook_signature": entry.rstrip("=")}, 401),
        "stale": (signed(BODY, at=now - 302), 401), "early": (signed(BODY, at=now + 600), 401),
        "within 300 s": (signed(BODY, at=now - 120), 200),  # the limits themselves are tested in unit
        "plus sign": (signed(BODY, at=f"+{now}"), 401), "fraction": (signed(BODY, at=f"{now}.0"), 401),
        "leading zero": (signed(BODY, at=f"0{now}"), 401), "dot in the id": (signed(BODY, ident="a.b"), 401),
        "id of 64": (signed(BODY, ident="i" * 64), 200), "id of 65": (signed(BODY, ident="i" * 65), 401),
        "other body": (signed(BODY + " "), 401), "no timestamp": ({k: v for k, v in good.items() if "time" not in k}, 401),
    }
    with api() as service:
        for name, (headers, want) in shapes.items():
            if want == 200 and headers["webhook_id"] == good["webhook_id"]:
                headers = {**headers}  # the same id and body again: answered again, stored once
            answer = post(service, BODY, **headers)
            check_equal(answer.status, want, f"{name}: {answer}")
            if want == 401:
                texts.add(answer.json()["error"] + answer.json().get("detail", ""))
        check_equal(len(texts), 1, f"one text for every failed signature, not {texts}")


def signed_vectors():
    """Keys of the published vectors: whsec_ and raw, 64 and 65 bytes."""
    cases = json.loads((DATA / "standard-webhooks" / "vectors.json").read_text())["sign"]
    for case in cases:
        key = case["secret"] if "secret" in case else None
        if not key or case.get("secret_lenient_only") or not key.isascii() or not key.isprintable():
            continue
        with api(token=key) as service:
            mac_key = "whsec_" + base64.b64encode(bytes.fromhex(case["key_hex"])).decode()
            answer = post(service, BODY, **signed(BODY, key=mac_key))
            check_equal(answer.status, 200, f"{case['name']}: {answer}")


def rotation():
    """A new secret is found on the first failed match, on SIGHUP; the old one lives for the grace."""
    new = "another-secret-token"
    with api(OPS_SECRET_GRACE_S="3600") as service:
        check_equal(post(service, flat()).status, 200, "current")
        write_secret(service.secret.with_suffix(".previous"), TOKEN)
        write_secret(service.secret, new)
        wait_for(lambda: post(service, flat(token=new)).status == 200, "new secret found by itself")
        check_equal(post(service, flat()).status, 200, "previous within the grace")
        check_equal(post(service, BODY, **signed(BODY)).status, 200, "previous signs within the grace")
        os.utime(service.secret, (time.time() - 7200, time.time() - 7200))
        service.signal(signal.SIGHUP)
        wait_for(lambda: post(service, flat()).status == 401, "previous refused after the grace")
        check_equal(post(service, flat(token=new)).status, 200, "current after the grace")
        os.unlink(service.secret)
        service.signal(signal.SIGHUP)
        wait_for(lambda: service.events("secret not read, the last one stays"), "the loss is noticed")
        check_equal(post(service, flat(token=new)).status, 200, "last good value kept")
        log = service.log()
        check(TOKEN not in log and new not in log, "a secret was logged")
        check(any(e.get("event.action") == "previous-key-used" for e in service.events()), "audit of the previous key")


def audit():
    with api() as service:
        post(service, flat())
        post(service, flat(token="wrong"))
        post(service, BODY, **signed(BODY, key="wrong"))
        post(service, BODY, **signed(BODY))
        bad = b'{"data":1}'
        check_equal(post(service, bad, **signed(bad, ident="msg_bad")).status, 400, "a payload that is none")
        wait_for(lambda: sum("event.action" in e for e in service.events()) >= 7, "the audit events")
        got = sorted(e["event.action"] for e in service.events() if "event.action" in e)
        check_equal(got, ["secret-refreshed", "signature-refused", "submission-refused", "token-accepted", "token-accepted",
                          "token-accepted", "token-refused"],
                    "actions")


def audit_of_both():
    """A good signature does not speak for the token that is wanted too: one line, and no fingerprint."""
    with api(OPS_AUTH="token") as service:
        check_equal(post(service, BODY, **signed(BODY), Authorization="Bearer wrong").status, 401, "a wrong token")
        check_equal(post(service, BODY, **signed(BODY), Authorization=f"Bearer {TOKEN}").status, 200, "the right one")
        service.end()
        # Each connection's thread writes its own: the order is theirs.
        got = sorted((e["event.action"], "secret.fingerprint" in e) for e in service.events("audit"))
        check_equal(got, [("token-accepted", True), ("token-refused", False)], "actions")


main(order, only_one_kind, strict_signatures, signed_vectors, rotation, audit, audit_of_both)
