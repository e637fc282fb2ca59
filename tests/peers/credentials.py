#!/usr/bin/env python3
"""Every source of credentials, with a server that gives them and one that says whose they are.

moto is STS and tells which access key signed; ministack is EC2's metadata service and the container
endpoint. What these do not look at (the container's authorization token, expiry, errors) or do not
have (the portal of IAM Identity Center) answers Endpoint below.
"""
import datetime
import hashlib
import http.server
import json
import os
import threading
import urllib.parse

import lib

ROLE = "arn:aws:iam::123456789012:role/intake"
UNSET = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "")


def stamp(seconds):
    """Seconds from now, as AWS writes times."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def container_answer(key, seconds=3600, **more):
    return {"AccessKeyId": key, "SecretAccessKey": "secret/of+container", "Token": "token/of+container",
            "Expiration": stamp(seconds), **more}


class Endpoint:
    """A local server. `answers` is {path: [(status, document), ...]}: one after the other, the last
    for ever; `requests` keeps (method, path, headers, body)."""

    def __init__(self, answers):
        self.answers, self.requests = {p: list(a) for p, a in answers.items()}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = urllib.parse.urlsplit(self.path).path
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                left = outer.answers.get(path, [(404, {})])
                status, document = left.pop(0) if len(left) > 1 else left[0]
                data = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def headers(self, name):
        return [headers.get(name) for _, _, headers, _ in self.requests]


class Sources(lib.OnPeers):
    PEERS = ("moto", "ministack")

    def setUp(self):
        super().setUp()
        self.config = self.home / "config"
        self.env |= UNSET | {"AWS_CONFIG_FILE": str(self.config)}
        self.door("calls", "DELETE")

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def profile(self, **keys):
        self.config.write_text("[default]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()))

    def whose(self, env=None):
        """Who we are: what we say of the source, and the key that moto saw sign."""
        who = self.once("identity", env)
        self.assertTrue(who["ok"], who)
        return who, self.calls("GetCallerIdentity")[-1]["access_key"]

    def refused(self, error, *texts, env=None):
        who = self.once("identity", env)
        self.assertFalse(who["ok"], who)
        self.assertEqual(who["error"], error, who)
        for text in texts:
            self.assertIn(text, who["text"])
        self.assertNotIn("secret", who["text"].lower().replace("secretsmanager", ""))

    # ---- environment and files ----

    def test_environment(self):
        who, key = self.whose({"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s"})
        self.assertEqual((who["provider"], key, who["expires_at"]), ("environment", "AKIAENVIRONMENT", 0))

    def test_keys_of_a_profile(self):
        self.profile(aws_access_key_id="AKIAOFPROFILE", aws_secret_access_key="s")
        who, key = self.whose()
        self.assertEqual((who["provider"], key), ("profile default: keys", "AKIAOFPROFILE"))

    def test_nothing_at_all(self):
        self.refused("credentials", "AWS_ACCESS_KEY_ID")

    # ---- STS ----

    def test_assume_role(self):
        self.write("config", f"[profile ops]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = x=1&y\n"
                             "role_session_name = operator@example\nduration_seconds = 900\n"
                             "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n")
        who, key = self.whose({"AWS_PROFILE": "ops"})
        self.assertEqual(who["provider"], "profile ops: role")
        self.assertEqual(who["arn"], "arn:aws:sts::123456789012:assumed-role/intake/operator@example")
        self.assertTrue(key.startswith("ASIA"), key)
        (assumed,) = self.calls("AssumeRole")
        self.assertEqual(assumed["access_key"], "AKIABASE")
        for name, value in {"RoleArn": ROLE, "ExternalId": "x=1&y", "DurationSeconds": 900}.items():
            self.assertEqual(assumed["params"][name], value)

    def test_role_from_another_source(self):
        self.profile(role_arn=ROLE, credential_source="Environment")
        keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.refused("credentials", "credential_source Environment", env=keys)
        with Endpoint({"/keys": [(200, container_answer("AKIACONTAINER"))]}) as endpoint:
            self.profile(role_arn=ROLE, credential_source="EcsContainer", role_session_name="task")
            who, _ = self.whose({"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/keys"})
        self.assertEqual(who["provider"], "profile default: role")
        self.assertEqual(self.calls("AssumeRole")[-1]["access_key"], "AKIACONTAINER")

    def test_web_identity(self):
        token = self.write("token", "first.token.of-kubelet\n")
        tool = self.tool({"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": ROLE,
                          "AWS_ROLE_SESSION_NAME": "pod"})
        who = tool.ask("identity")
        self.assertEqual((who["provider"], who["arn"]),
                         ("web identity", "arn:aws:sts::123456789012:assumed-role/intake/pod"))
        self.write("token", "second.token.of-kubelet\n")  # it is rotated, and read again
        tool.ask("advance", ms=50 * 60 * 1000)
        who = tool.ask("identity")
        self.assertTrue(who["ok"], who)
        calls = self.calls("AssumeRoleWithWebIdentity")
        self.assertEqual([c["params"]["WebIdentityToken"] for c in calls],
                         ["first.token.of-kubelet", "second.token.of-kubelet"])
        self.assertEqual([c["access_key"] for c in calls], ["", ""])

    # ---- credential_process ----

    def test_process(self):
        self.write("give", '#!/bin/sh\necho run >>"$1"\nprintf \'{"Version":1,"AccessKeyId":"AKIAPROCESS",'
                           '"SecretAccessKey":"s","SessionToken":"t","Expiration":"%s"}\' "$2"\n')
        os.chmod(self.home / "give", 0o700)
        log = self.home / "two words"
        self.profile(credential_process=f'{self.home}/give "{log}" {stamp(3600)}')
        who, key = self.whose()
        self.assertEqual((who["provider"], key), ("profile default: credential_process", "AKIAPROCESS"))
        self.assertEqual(log.read_text(), "run\n")

    def test_process_that_fails(self):
        self.write("fail", "#!/bin/sh\necho 'log in first' >&2\nexit 3\n")
        os.chmod(self.home / "fail", 0o700)
        self.profile(credential_process=f"{self.home}/fail")
        self.refused("credentials", "credential_process", "exit status 3", "log in first")

    # ---- IAM Identity Center ----

    SSO = {"sso_session": "corp", "sso_account_id": "123456789012", "sso_role_name": "Operator"}

    def sso(self, endpoint, expires_in, **more):
        self.write("config", "[default]\n" + "".join(f"{k} = {v}\n" for k, v in self.SSO.items()) +
                   "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n")
        self.cache = self.write(f".aws/sso/cache/{hashlib.sha1(b'corp').hexdigest()}.json", json.dumps(
            {"accessToken": "bearer-1", "expiresAt": stamp(expires_in), "startUrl": "x", **more}))
        return {"AWS_ENDPOINT_URL_SSO": endpoint.url, "AWS_ENDPOINT_URL_SSO_OIDC": endpoint.url}

    ROLE_KEYS = (200, {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s",
                                           "sessionToken": "t", "expiration": 4102444800000}})

    def test_sso(self):
        with Endpoint({"/federation/credentials": [self.ROLE_KEYS]}) as endpoint:
            who, key = self.whose(self.sso(endpoint, 7200))
        self.assertEqual((who["provider"], key), ("profile default: SSO", "ASIASSO"))
        self.assertEqual(endpoint.headers("x-amz-sso_bearer_token"), ["bearer-1"])
        self.assertEqual(endpoint.requests[0][1],
                         "/federation/credentials?role_name=Operator&account_id=123456789012")

    def test_sso_token_is_renewed(self):
        new = {"accessToken": "bearer-2", "refreshToken": "refresh-2", "expiresIn": 28800}
        with Endpoint({"/federation/credentials": [self.ROLE_KEYS], "/token": [(200, new)]}) as endpoint:
            self.whose(self.sso(endpoint, 60, refreshToken="refresh-1", clientId="c", clientSecret="cs",
                                registrationExpiresAt=stamp(86400)))
        method, path, _, body = endpoint.requests[0]
        self.assertEqual((method, path, json.loads(body)), ("POST", "/token", {
            "grantType": "refresh_token", "clientId": "c", "clientSecret": "cs", "refreshToken": "refresh-1"}))
        self.assertEqual(endpoint.headers("x-amz-sso_bearer_token"), [None, "bearer-2"])
        with open(self.cache) as cache:
            self.assertEqual(json.load(cache)["accessToken"], "bearer-2")
        self.assertEqual(os.stat(self.cache).st_mode & 0o777, 0o600)

    def test_sso_login_is_over(self):
        with Endpoint({}) as endpoint:
            self.refused("credentials", "aws sso login", env=self.sso(endpoint, -60))
        self.assertEqual(endpoint.requests, [])

    def test_login_session(self):
        session = "arn:aws:iam::123456789012:user/operator"
        self.profile(login_session=session)
        self.write(f".aws/login/cache/{hashlib.sha256(session.encode()).hexdigest()}.json", json.dumps(
            {"accessToken": {"accessKeyId": "ASIALOGIN", "secretAccessKey": "s", "sessionToken": "t",
                             "accountId": "123456789012", "expiresAt": stamp(600)}}))
        who, key = self.whose()
        self.assertEqual((who["provider"], key), ("profile default: login_session", "ASIALOGIN"))

    # ---- containers ----

    def test_container_of_ministack(self):
        uri = self.peers["ministack"].url + "/v2/credentials/task"
        who, key = self.whose({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})
        self.assertEqual(who["provider"], "container endpoint")
        self.assertGreater(who["expires_at"], 0)
        self.assertTrue(key)

    def test_container_token(self):
        token = str(self.home / "token")
        with Endpoint({"/keys": [(200, container_answer("AKIA1")), (200, container_answer("AKIA2"))]}) as e:
            uri = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": e.url + "/keys",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN": "from-the-variable"}
            self.whose(uri)
            tool = self.tool(uri | {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token})
            for number in (1, 2):
                self.write("token", f"from-the-file-{number}")
                who = tool.ask("identity")
                self.assertTrue(who["ok"], who)
                tool.ask("advance", ms=50 * 60 * 1000)
        self.assertEqual(e.headers("Authorization"),
                         ["from-the-variable", "from-the-file-1", "from-the-file-2"])

    def test_container_in_trouble(self):
        with Endpoint({"/keys": [(500, {}), (429, {}), (200, container_answer("AKIA1"))],
                       "/never": [(403, {"message": "no"})]}) as endpoint:
            self.whose({"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/keys"})
            self.assertEqual(len(endpoint.requests), 3)
            self.refused("denied", "container", "403",
                         env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/never"})
        self.refused("config", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "192.0.2.1",
                     env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/keys"})

    # ---- EC2 ----

    def test_ec2(self):
        who, key = self.whose({"AWS_EC2_METADATA_DISABLED": "",
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.peers["ministack"].url})
        self.assertEqual(who["provider"], "EC2 metadata")
        self.assertGreater(who["expires_at"], 0)
        self.assertTrue(key)

    def test_ec2_asks_for_a_token_first(self):
        at = "/latest/meta-data/iam/security-credentials/"
        with Endpoint({"/latest/api/token": [(200, "session")], at: [(200, "role")],
                       at + "role": [(200, container_answer("AKIAEC2", Code="Success"))]}) as endpoint:
            self.refused("corrupt", "EC2 metadata", env={  # a role in quotes is none
                "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint.url})
        self.assertEqual([r[:2] for r in endpoint.requests], [("PUT", "/latest/api/token"), ("GET", at)])

    # ---- refresh ----

    def test_refresh_before_expiry(self):
        """An hour's life: new ones within its last 15 minutes (not all clients at the same moment);
        while that fails, the old ones."""
        answers = [(200, container_answer("AKIAFIRST")), (500, {}), (500, {}), (500, {}),
                   (200, container_answer("AKIASECOND", 2 * 3600))]
        with Endpoint({"/keys": answers}) as endpoint:
            tool = self.tool({"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/keys"})
            for minutes in (0, 44, 9, 5, 10):  # in all 0, 44, 53, 58, 68: beyond the first one's end
                tool.ask("advance", ms=minutes * 60 * 1000)
                self.assertTrue(tool.ask("identity")["ok"], minutes)
        self.assertEqual([c["access_key"] for c in self.calls("GetCallerIdentity")],
                         ["AKIAFIRST"] * 3 + ["AKIASECOND"] * 2)


if __name__ == "__main__":
    lib.main()
