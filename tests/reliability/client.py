"""The clients: threads that each keep one connection and send one request after the other.

A request is tried again, with the same webhook-id, after a lost connection, a 503 and
whatever else does not say that it is settled; that is what webhook senders do.
"""

import http.client
import threading
import time

REQUEST_LIMIT_S = 15
RETRY_S = 0.05


class Client(threading.Thread):
    def __init__(self, account, address, pause_s, stopping):
        super().__init__(daemon=True)
        self._account, self._address, self._pause_s = account, address, pause_s
        self._stopping = stopping
        self._connection = None
        self.broken = None  # an exception that the client did not expect

    def run(self):
        try:
            while not self._stopping.is_set():
                self._send_until_settled(self._account.new_request())
                time.sleep(self._pause_s)
        except Exception as e:  # noqa: BLE001 - shown by the run, which fails
            self.broken = e
        finally:
            self._close()

    def _send_until_settled(self, request):
        while True:
            status = self.send(request)
            if status is not None and status < 500:
                return
            if self._stopping.wait(RETRY_S):
                return

    def send(self, request):
        """One attempt; the status, or None when the outcome is unknown."""
        port = self._address()
        if port is None:
            return None  # nobody listens: nothing was attempted
        self._account.attempt(request)
        status, body = None, b''
        try:
            status, body = self._exchange(port, request)
        except (OSError, http.client.HTTPException):
            self._close()
        self._account.answer(request, status, body)
        return status

    def _exchange(self, port, request):
        if self._connection is None or self._connection.port != port:
            self._close()
            self._connection = http.client.HTTPConnection('127.0.0.1', port,
                                                          timeout=REQUEST_LIMIT_S)
        self._connection.request('POST', '/submit', request.body,
                                 request.signed_headers(time.time()))
        response = self._connection.getresponse()
        body = response.read()
        if response.will_close:
            self._close()
        return response.status, body

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Load:
    """`count` clients that together send about `rate` requests per second."""

    def __init__(self, account, address, count, rate):
        self._stopping = threading.Event()
        self._clients = [Client(account, address, count / rate, self._stopping)
                         for _ in range(count)]

    def start(self):
        for client in self._clients:
            client.start()

    def stop(self):
        self._stopping.set()
        for client in self._clients:
            client.join()

    def broken(self):
        return [f'client: {c.broken!r}' for c in self._clients if c.broken is not None]


def send_one(account, address, limit_s=120):
    """A fresh request of the account, until it is accepted; its (id, object)."""
    client = Client(account, address, 0, threading.Event())
    limit = time.monotonic() + limit_s
    request = account.new_request()
    while request.is_refused:
        request = account.new_request()
    try:
        while time.monotonic() < limit:
            status = client.send(request)
            if status is not None and 200 <= status < 300:
                return account.accepted[request.number][-1]
            time.sleep(RETRY_S)
    finally:
        client._close()
    return None
