"""opsctl's gRPC against frames of HTTP/2 written by hand: answers that no sound server gives."""
import contextlib
import socket
import struct
import threading

import lib

DATA, HEADERS, RST, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
SERVING = b"\0\0\0\0\x02\x08\x01"
OK_HEAD = {":status": "200", "content-type": "application/grpc"}


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def hpack(headers):
    """Literals without indexing and without Huffman's code (RFC 7541, section 6.2.2)."""
    def text(value):
        data = value.encode()
        assert len(data) < 127
        return bytes((len(data),)) + data
    return b"".join(b"\0" + text(name) + text(value) for name, value in headers.items())


def head(headers, ends=False):
    return frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), 1, hpack(headers))


def data(payload, ends=False):
    return frame(DATA, END_STREAM if ends else 0, 1, payload)


def trailers(status, **more):
    return head({"grpc-status": status} | more, ends=True)


OK = trailers("0")
RESET = frame(RST, 0, 1, struct.pack(">I", 2))
BYE = frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0))

# What the server sends on stream 1, and what is said of it. It waits for the client to close: libcurl
# 7.88 loses trailers that come together with the end of the connection.
CASES = {
    "serving": (head(OK_HEAD) + data(SERVING) + OK, {"good": True, "text": "SERVING"}),
    "with a subtype": (head(OK_HEAD | {"content-type": "application/grpc+proto"}) + data(SERVING) + OK,
                       {"good": True}),
    "in pieces": (head(OK_HEAD) + b"".join(data(bytes((b,))) for b in SERVING) + OK, {"good": True}),
    "not serving": (head(OK_HEAD) + data(b"\0\0\0\0\x02\x08\x02") + OK, {"good": False, "text": "NOT_SERVING"}),
    "default": (head(OK_HEAD) + data(b"\0\0\0\0\0") + OK, {"good": False, "text": "UNKNOWN"}),
    "other fields": (head(OK_HEAD) + data(b"\0\0\0\0\x0b\x12\x01x\x19" + b"y" * 4 + b"\x08\x01\x08") + OK,
                     {"error": "corrupt"}),
    "unknown fields": (head(OK_HEAD) + data(b"\0\0\0\0\x05\x12\x01x\x08\x01") + OK, {"good": True}),
    "trailers only": (head(OK_HEAD | {"grpc-status": "14", "grpc-message": "no%20one%"}, ends=True),
                      {"good": False, "status": "UNAVAILABLE", "message": "no one%"}),
    "trailers only, unimplemented": (head(OK_HEAD | {"grpc-status": "12"}, ends=True),
                                     {"good": False, "text": "no health service"}),
    "status beyond": (head(OK_HEAD) + trailers("99"), {"status": "UNKNOWN", "good": False}),
    "status not a number": (head(OK_HEAD) + trailers("-1"), {"status": "UNKNOWN", "good": False}),
    "status of 401": (head({":status": "401"}, ends=True), {"status": "UNAUTHENTICATED", "http_status": 401}),
    "status of 404": (head({":status": "404"}, ends=True), {"status": "UNIMPLEMENTED", "text": "no health service: HTTP 404"}),
    "status of 502": (head({":status": "502", "content-type": "text/html"}) + data(b"<html>", True),
                      {"status": "UNAVAILABLE", "message": "HTTP 502", "good": False}),
    "status of 418": (head({":status": "418"}, ends=True), {"status": "UNKNOWN"}),
    "grpc-status wins": (head(OK_HEAD | {":status": "503", "grpc-status": "8"}, ends=True),
                         {"status": "RESOURCE_EXHAUSTED", "http_status": 503}),
    "web page": (head({":status": "200", "content-type": "text/html"}) + data(b"<html>", True),
                 {"error": "corrupt", "part": "not gRPC"}),
    "no status": (head(OK_HEAD) + data(SERVING, ends=True), {"error": "corrupt", "part": "without a grpc-status"}),
    "no message": (head(OK_HEAD) + OK, {"error": "corrupt", "part": "no message"}),
    "cut prefix": (head(OK_HEAD) + data(b"\0\0\0") + OK, {"error": "corrupt", "part": "cut"}),
    "cut message": (head(OK_HEAD) + data(b"\0\0\0\0\x09\x08\x01") + OK, {"error": "corrupt", "part": "2 of 9"}),
    "two messages": (head(OK_HEAD) + data(SERVING + SERVING) + OK, {"error": "corrupt", "part": "more than one"}),
    "compressed": (head(OK_HEAD) + data(b"\1" + SERVING[1:]) + OK, {"error": "corrupt", "part": "compressed"}),
    "length of 4 GiB": (head(OK_HEAD) + data(b"\0\xff\xff\xff\xff\x08") + OK, {"error": "corrupt", "part": "cut"}),
    "no protobuf": (head(OK_HEAD) + data(b"\0\0\0\0\x04oops") + OK, {"error": "corrupt", "part": "HealthCheckResponse"}),
    "reset": (head(OK_HEAD) + RESET, {"error": "io"}),
    "reset at once": (RESET, {"error": "io"}),
}
CLOSED = {
    "going away": (BYE, {"error": "io"}),
    "closed after the head": (head(OK_HEAD), {"error": None}),
    "closed in a frame": (head(OK_HEAD) + data(SERVING)[:-2], {"error": None}),
    "nothing": (b"", {"error": None}),
    "no frame": (b"220 mail ready\r\n" * 4, {"error": None}),
}


def receive(connection, n):
    got = b""
    while len(got) < n:
        more = connection.recv(n - len(got))
        if not more:
            return None
        got += more
    return got


def read_request(connection):
    """Until the client has ended stream 1; its settings are acknowledged."""
    if receive(connection, 24) is None:
        return
    while (frame_head := receive(connection, 9)) is not None:
        size, kind, flags = int.from_bytes(frame_head[:3], "big"), frame_head[3], frame_head[4]
        stream = int.from_bytes(frame_head[5:], "big")
        receive(connection, size)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        if stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
            return


class Frames(lib.Asking):
    def serve(self, answer, closes):
        """One connection after the other, each with that answer. The URL, and the listener to close."""
        listener = socket.create_server(("127.0.0.1", 0))

        def run():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(ConnectionError):
                    connection.sendall(frame(SETTINGS, 0, 0))
                    read_request(connection)
                    connection.sendall(answer)
                    if closes:
                        connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
        threading.Thread(target=run, daemon=True).start()
        return f"grpc://127.0.0.1:{listener.getsockname()[1]}", listener

    def judge(self, cases, closes):
        for name, (answer, expected) in cases.items():
            with self.subTest(name):
                url, listener = self.serve(answer, closes)
                self.addCleanup(listener.close)
                if expected.get("error", "") is None:  # which one is libcurl's to say
                    self.assertIn(self.ask(url).get("error"), ("io", "corrupt"))
                else:
                    self.expect(url, **expected)

    def test_answers(self):
        self.judge(CASES, closes=False)

    def test_closed(self):
        self.judge(CLOSED, closes=True)


if __name__ == "__main__":
    lib.main()
