"""A server between opsctl and its peers: it passes calls on, or is AWS in trouble for those of all services.

answer() is asked for each Call: None lets it through, a tuple (status, body) or (status, body, headers) is said
instead.
"""
import http.client
import http.server
import json
import re
import threading
import urllib.parse
from xml.sax.saxutils import escape

SCOPE = re.compile(r"Credential=[^/]*/\d+/[^/]*/([a-z0-9-]+)/aws4_request")
# What S3 is asked is in the method and in the query.
OF_BUCKET = (("list-type", "ListObjectsV2"), ("encryption", "GetBucketEncryption"),
             ("versioning", "GetBucketVersioning"), ("publicAccessBlock", "GetPublicAccessBlock"))
QUERY = {"sts", "elasticloadbalancing", "iam", "sns"}
WRITES = re.compile(r"^(Send|Delete|Change|Start(?!LiveTail)|Cancel|Purge|Put|Register|Update|Stop|Execute)")


class Call:
    """Of whom, what, with which parameters."""

    def __init__(self, method, path, headers, body):
        scope = SCOPE.search(headers.get("Authorization", ""))
        self.service = scope[1] if scope else ""
        self.body, self.path, query = body, urllib.parse.urlsplit(path).path, urllib.parse.urlsplit(path).query
        self.params = dict(urllib.parse.parse_qsl(query or body.decode("utf-8", "replace"), keep_blank_values=True))
        if self.service == "s3":
            self.action = {"HEAD": "HeadObject", "PUT": "PutObject"}.get(method, "GetObject")
            self.action = next((name for word, name in OF_BUCKET if word in self.params), self.action)
        elif "X-Amz-Target" in headers:
            self.action = headers["X-Amz-Target"].rpartition(".")[2]
            self.params = json.loads(body)
        else:
            self.action = self.params.get("Action", "")

    def refusal(self, code, message, status=400):
        """As the service says it."""
        if self.service == "s3":
            return status, f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        if self.service in QUERY:
            return status, (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}"
                            f"</Message></Error><RequestId>r</RequestId></ErrorResponse>")
        return status, json.dumps({"__type": code, "message": message})


class Between:
    """One server, for use in a with statement; `peers` are URLs by service, "" for all others."""

    def __init__(self, peers, answer=lambda call: None):
        self.peers, self.answer = peers, answer
        self.calls, self.lock = [], threading.Lock()
        self.server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"between": self}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def written(self):
        """What would have changed something, of the calls so far."""
        return [c.action for c in self.calls if WRITES.match(c.action)]

    def pass_on(self, call, handler):
        url = urllib.parse.urlsplit(self.peers.get(call.service) or self.peers[""])
        peer = http.client.HTTPConnection(url.netloc, timeout=60)
        try:
            peer.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                peer.putheader(name, value)
            peer.endheaders(call.body)
            answer = peer.getresponse()
            return answer.status, answer.read(), answer.getheaders()
        finally:
            peer.close()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Who was asked went away: that is no error of ours."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    between = None
    UNFIT = {"content-length", "transfer-encoding", "connection", "date", "server"}

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.command, self.path, self.headers, body)
        with self.between.lock:
            self.between.calls.append(call)
        said = self.between.answer(call)
        status, body, headers = (*said, [])[:3] if said else self.between.pass_on(call, self)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in self.UNFIT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = serve

    def log_message(self, *_):
        pass
