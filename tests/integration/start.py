"""AWS is away when a service starts: it is alive, not ready, and waits; what cannot pass ends it."""
import contextlib
import http.client
import http.server
import json
import socket
import tempfile
import threading

from lib import LIMIT_S, Api, Service, check, check_equal, main, wait_for

AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
       "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

# What the other side says: status and body. SQS and SSM speak one protocol.
ANSWERS = {
    "throttles": (400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
    "breaks": (500, {}),
    "knows neither": (400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}),
    "denies": (403, {"__type": "AccessDeniedException", "message": "not yours"}),
    "works": (200, {"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
                                   "ApproximateNumberOfMessagesNotVisible": "0", "MaximumMessageSize": "1048576"},
                    "Parameter": {"Name": "/t", "Value": "my-secret-token", "Version": 1}}),
}


# And what S3 says to a look at the bucket.
BUCKETS = {
    "there": (200, "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"),
    "missing": (404, "<Error><Code>NoSuchBucket</Code><Message>none of that name</Message></Error>"),
    "denied": (403, "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>"),
    "slow down": (503, "<Error><Code>SlowDown</Code><Message>later</Message></Error>"),
    "no such key": (403, "<Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>"),
}


class Aws:
    """A small service on a port of its own, which it holds although nobody may listen there at first."""

    def __init__(self):
        self.says, self.bucket, self.calls, self.server = "works", "there", 0, None
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def listen(self, says):
        self.says = says
        aws = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                aws.calls += 1
                status, body = ANSWERS[aws.says]
                self.answer(status, "application/x-amz-json-1.0", json.dumps(body))

            def do_GET(self):
                status, body = BUCKETS[aws.bucket]
                self.answer(status, "application/xml", body)

            def answer(self, status, content_type, body):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(self.socket.getsockname(), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = self.socket
        self.server.daemon_threads = True
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        if self.server:
            self.server.shutdown()
        self.socket.close()


@contextlib.contextmanager
def waiting(name, says=None, bucket="there", **settings):
    """A service whose queue is on an AWS that is away, or says so."""
    aws = Aws()
    aws.bucket = bucket
    if says:
        aws.listen(says)
    settings = {"OPS_QUEUE": f"{aws.url}/000000000000/q", **AWS, **settings}
    settings = {k: v.replace("AWS_URL", aws.url) for k, v in settings.items()}
    with tempfile.TemporaryDirectory() as directory:
        if name == "api":
            service = Api(directory, **settings)
        else:
            service = Service("worker", directory, OPS_LOG_FORMAT="json", OPS_ADMIN_LISTEN="127.0.0.1:0",
                              **{"OPS_STORE": f"file:{directory}/store", **settings})
        try:
            yield service, aws
        finally:
            check(service.end() in (0, 3), "how it ends")
            aws.close()


def admin(service, path):
    connection = http.client.HTTPConnection("127.0.0.1", service.port("admin"), timeout=LIMIT_S)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def is_waiting(service):
    return service.events("cannot start yet")


def check_waiting(service):
    wait_for(lambda: is_waiting(service), "a log line that says what it waits for")
    check_equal(admin(service, "/livez")[0], 200, "alive")
    check_equal(admin(service, "/readyz"), (503, '{"status":"starting"}\n'), "not ready")
    check("ops_log_lines_total" in admin(service, "/metrics")[1], "metrics")
    check(not any(e["role"] == "public" for e in service.events("listening")), "no public port yet")
    check(service.child.poll() is None, "runs")


def begins_when_it_is_back():
    for name in ("api", "worker"):
        with waiting(name) as (service, aws):
            check_waiting(service)
            aws.listen("works")
            wait_for(lambda: admin(service, "/readyz")[0] == 200, f"{name} starts")
            check_equal(service.end(), 0, f"{name} ends")


def waits_while_it_is_throttled():
    for says in ("throttles", "breaks"):
        with waiting("api", says) as (service, aws):
            check_waiting(service)
            check(aws.calls >= 1, "asked")
            aws.says = "works"
            wait_for(lambda: admin(service, "/readyz")[0] == 200, "starts")


def waits_for_the_secret():
    with waiting("api", "throttles", OPS_SECRET="ssm:/t", AWS_ENDPOINT_URL_SSM="AWS_URL") as (service, aws):
        check_waiting(service)
        check("OPS_SECRET" in is_waiting(service)[0]["error.message"], "names what it waits for")
        aws.says = "works"
        wait_for(lambda: admin(service, "/readyz")[0] == 200, "starts")
        check("my-secret-token" not in service.log(), "the secret is in the log")


def stops_while_it_waits():
    for name in ("api", "worker"):
        with waiting(name) as (service, _):
            check_waiting(service)
            check_equal(service.end(), 0, f"{name} ends")


def says_once_that_there_are_no_dead_letters():
    with waiting("worker", "works") as (service, _):
        found = wait_for(lambda: service.events("dead letters unknown"), "a warning")
        check("'q' has no dead-letter queue" in found[0]["error.message"], f"says why: {found}")
        wait_for(lambda: admin(service, "/readyz")[0] == 200, "ready all the same")


def ends_when_it_cannot_pass():
    with waiting("worker", "knows neither") as (service, _):
        check_equal(service.child.wait(LIMIT_S), 3, "no such queue")
        check("queue 'q'" in service.log(), f"names the queue: {service.log()[-500:]}")
    with waiting("api", "denies", OPS_SECRET="ssm:/t", AWS_ENDPOINT_URL_SSM="AWS_URL") as (service, _):
        check_equal(service.child.wait(LIMIT_S), 3, "denied")


def looks_at_the_bucket():
    s3 = {"OPS_STORE": "s3://objects/in/", "AWS_ENDPOINT_URL_S3": "AWS_URL"}
    for bucket, part in (("missing", "s3://objects"), ("no such key", "InvalidAccessKeyId")):
        with waiting("worker", "works", bucket, **s3) as (service, _):
            check_equal(service.child.wait(LIMIT_S), 3, f"bucket {bucket}")
            said = service.events("cannot start")[0]["error.message"]
            check(said.startswith("OPS_STORE: ") and part in said, f"names it: {said}")
    for bucket in ("there", "denied", "slow down"):
        with waiting("worker", "works", bucket, **s3) as (service, _):
            wait_for(lambda: admin(service, "/readyz")[0] == 200, f"starts with the bucket {bucket}")
            check_equal(service.end(), 0, f"bucket {bucket}")


main(begins_when_it_is_back, waits_while_it_is_throttled, waits_for_the_secret, stops_while_it_waits,
     says_once_that_there_are_no_dead_letters, ends_when_it_cannot_pass, looks_at_the_bucket)
