"""The fault server as a process: its rules, what it holds, and SQS and S3 as their users call them."""

import ctypes
import http.client
import json
import re
import signal
import subprocess
import threading
import time
import urllib.parse

ACCOUNT, REGION, QUEUE, BUCKET = '000000000000', 'us-east-1', 'intake', 'objects'
ACCESS_KEY, SECRET_KEY = 'AKIAFAULTFAULTFAULT0', 'fault/server+secret/key/0123456789'
KEY = re.compile(rb'<Key>([^<]*)</Key>')
LIMIT_S = 120  # for what should take milliseconds: only a hang is a failure


def die_with_parent():
    """No server outlives a run that was killed. (PR_SET_PDEATHSIG, SIGKILL)"""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class FaultServer:
    """Any thread; each call has a connection of its own."""

    def __init__(self, program, *options):
        self._process = subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True,
                                         preexec_fn=die_with_parent)
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise SystemExit(f'{program} did not start')
        self.port = int(self.url.rsplit(':', 1)[1])
        self.queue_url = f'{self.url}/{ACCOUNT}/{QUEUE}'
        self._cache, self._cache_lock, self._ignored = {}, threading.Lock(), []

    def stop(self):
        self._process.terminate()
        self._process.wait()

    def environment(self, url=None):
        """What a service needs to take it for AWS, reached at `url` if it is not reached directly."""
        return {
            'AWS_ENDPOINT_URL': url or self.url,
            'AWS_REGION': REGION,
            'AWS_ACCESS_KEY_ID': ACCESS_KEY,
            'AWS_SECRET_ACCESS_KEY': SECRET_KEY,
            'AWS_EC2_METADATA_DISABLED': 'true',
            'AWS_CONFIG_FILE': '/dev/null',
            'AWS_SHARED_CREDENTIALS_FILE': '/dev/null',
        }

    def request(self, method, path, body=b'', headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=LIMIT_S)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    # ---- what is ordered of it ----

    def fault(self, op, what, **more):
        """A rule, see plan.h; times=0: always."""
        status, text = self.request('POST', '/_fault', json.dumps({'op': op, 'what': what} | more))
        if status != 200:
            raise ValueError(text.decode())

    def heal(self):
        self.request('DELETE', '/_fault')

    def revoke(self):
        """All session tokens that were given out have expired."""
        self.request('POST', '/_revoke')

    def reset_idle(self):
        """Connections that are kept, and not in use, are reset."""
        self.request('POST', '/_reset')

    def max_receives(self, n):
        self.request('POST', '/_receives', str(n))

    def wait(self, ms):
        """The longest that a long poll takes from now on; else each stop of a worker takes 20 s."""
        self.request('POST', '/_wait', str(ms))

    # ---- what it holds ----

    def state(self):
        return json.loads(self.request('GET', '/_state')[1])

    def queue(self, name=QUEUE):
        empty = dict.fromkeys(('visible', 'in_flight', 'delayed', 'sent', 'received', 'deleted'), 0)
        return self.state()['queues'].get(name, empty)

    # ---- as a user of the services ----

    @staticmethod
    def _signed(body_hash=''):
        """It looks at the date and the digests, not at the signature itself."""
        return {'Authorization': 'AWS4-HMAC-SHA256 Credential=test',
                'X-Amz-Date': time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()),
                'X-Amz-Content-Sha256': body_hash}

    def sqs(self, op, queue=QUEUE, **members):
        body = json.dumps({'QueueUrl': f'{self.url}/{ACCOUNT}/{queue}'} | members)
        status, text = self.request('POST', '/', body,
                                    self._signed() | {'X-Amz-Target': f'AmazonSQS.{op}'})
        if status != 200:
            raise ValueError(text.decode())
        return json.loads(text)

    def _s3(self, path):
        empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
        status, text = self.request('GET', path, b'', self._signed(empty))
        if status != 200:
            raise ValueError(f'{path}: {status} {text!r}')
        return text

    def keys(self, bucket=BUCKET):
        found = []
        while True:
            after = urllib.parse.quote(found[-1], safe='') if found else ''
            page = self._s3(f'/{bucket}?list-type=2&start-after={after}')
            found += [urllib.parse.unquote(k.decode()) for k in KEY.findall(page)]
            if b'<IsTruncated>true' not in page:
                return found

    def objects(self, bucket=BUCKET):
        """{key: bytes}; what was fetched once is not fetched again: objects do not change."""
        with self._cache_lock:
            for key in self.keys(bucket):
                if key not in self._cache:
                    self._cache[key] = self._s3(f'/{bucket}/{key}')
            return {k: v for k, v in self._cache.items() if not any(i in v for i in self._ignored)}

    def ignore(self, content):
        """Objects with that are a test's own, and not the account's."""
        self._ignored.append(content)
