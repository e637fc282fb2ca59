"""A certificate authority of one's own, and a door that speaks TLS in front of a server that does not."""

import contextlib
import select
import socket
import ssl
import subprocess
import threading

KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
PIECE = 65536


def openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                   capture_output=True)


class Authority:
    """Its certificate is `bundle`."""

    def __init__(self, directory, name):
        self._directory, self._name = directory, name
        self.bundle, self._key = directory / f'{name}.pem', directory / f'{name}.key'
        openssl('req', '-x509', *KEY, '-keyout', self._key, '-out', self.bundle, '-days', 3,
                '-subj', f'/CN={name}')

    def context(self, name, subject='IP:127.0.0.1', days=3, version=None):
        """Of a server with a certificate for that subject; version: the only one that it speaks."""
        base = self._directory / f'{self._name}-{name}'
        request, key, certificate, extension = (base.with_suffix(s)
                                                for s in ('.csr', '.key', '.crt', '.ext'))
        extension.write_text(f'subjectAltName={subject}\n')
        openssl('req', '-new', *KEY, '-keyout', key, '-out', request, '-subj', '/CN=server')
        openssl('x509', '-req', '-in', request, '-CA', self.bundle, '-CAkey', self._key,
                '-days', days, '-extfile', extension, '-out', certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if version:
            context.set_ciphers('ALL:@SECLEVEL=0')  # else OpenSSL itself refuses what is old
            context.minimum_version = context.maximum_version = version
        return context


class Door:
    """Any thread. Each connection has a thread of its own, for neither side of TLS may be shared."""

    def __init__(self, port, context):
        self._port, self._context = port, context
        self._lock, self._open = threading.Lock(), set()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'https://127.0.0.1:{self._listener.getsockname()[1]}'
        self.passed = 0  # connections whose client was content
        threading.Thread(target=self._accept, daemon=True).start()

    def use(self, context):
        """From now on; who is connected is cut off."""
        with self._lock:
            self._context = context
            for connection in self._open:
                with contextlib.suppress(OSError):  # its client may have left already
                    connection.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            context = self._context
            self._open.add(connection)
        try:
            # Of what has a thread of its own only a copy is shared, for use() to cut off.
            with context.wrap_socket(connection.dup(), server_side=True) as client, \
                    socket.create_connection(('127.0.0.1', self._port)) as server:
                self.passed += 1
                relay(client, server)
        except OSError:  # of TLS too: the client was not content
            pass
        with self._lock:
            self._open.discard(connection)
        connection.close()


def relay(client, server):
    """Until either side has ended."""
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        for source in ready:
            piece = source.recv(PIECE)
            if not piece:
                return
            (server if source is client else client).sendall(piece)
