"""The account: what was asked, what was answered, what is in the store, and whether they agree.

Everything a client does is told to the account. A line goes to the evidence file before the
request leaves and another when its answer is there; the file is synced several times a second.
Requests are a function of the seed and a running number, so the account keeps no payloads.

What the seven assertions say exactly, for requests numbered by us (the number is inside the
payload) and acceptances (a 2xx answer naming record id and object):

 1. Every acceptance's object holds exactly one record with that id, and it carries that number.
    No other object holds a record with that id, unless the request was attempted more than
    once: then a lost answer may have been an acceptance too, which the client cannot know
    (across a restart the API has no memory of ids). Never more records than attempts.
 2. Every record's `data` is, byte for byte, what the request's payload is.
 3. No record that was never asked for, no object that is not an envelope, no torn line.
 4. A number without any 2xx is there at most once per attempt whose outcome is unknown (503 or
    a lost connection), and not at all when every attempt was refused (4xx).
 5. The queue and its dead letters end as predicted: empty, unless the scenario says otherwise.
 6. A fresh message goes through after the last fault.
 7. There was traffic, and there were faults: a pass is not vacuous.
"""

import base64
import collections
import hashlib
import hmac
import json
import os
import pathlib
import random
import re
import threading
import time

RECORD = re.compile(
    rb'\{"id":"([^"\\]+)","accepted_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",'
    rb'(?:"traceparent":"[0-9a-f-]{55}",)?"data":(\{.*\})\}', re.DOTALL)
OBJECT_KEY = re.compile(
    r'\d{4}/\d\d/\d\d/\d\d/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
    r'\.ndjson')
NUMBER = re.compile(rb'"ops_test_number":"(\d+)"')


class Request:
    """Request `number` of a run: its bytes, headers, and the data that must come out."""

    def __init__(self, seed, number, secret):
        self.number = number
        draw = random.Random(f'{seed}/{number}')
        kind = draw.choices(['signed', 'token', 'bearer', 'wrong', 'broken'],
                            [50, 30, 14, 3, 3])[0]
        self.is_refused = kind in ('wrong', 'broken')
        self.headers = {'Content-Type': 'application/json'}
        self.data = self._data(draw, number)
        self.body = self.data
        self.webhook_id = f'msg_{seed}_{number}'
        self._kind, self._secret = kind, secret
        if kind == 'token':
            self.body = self._with_token(draw, self.data, secret)
        elif kind == 'bearer':
            self.headers['Authorization'] = f'Bearer {secret}'
        elif kind == 'wrong':
            self.headers['Authorization'] = 'Bearer not-the-token'
        elif kind == 'broken':
            self.headers['Authorization'] = f'Bearer {secret}'
            self.body = self.data[:-1]

    @staticmethod
    def _data(draw, number):
        """Flat, with what a re-print would change: digits, escapes, order, blanks."""
        length = draw.choice([0, 10, 200, 1000, 1000, 1000, 20000])
        text = ''.join(draw.choices('abcdefghij \u00e4\u4e16\U0001f600', k=length))
        members = [
            f'"ops_test_number":"{number}"',
            '"email_timestream":"1731000000"',
            f'"precise":{draw.randrange(10**25)}.{draw.randrange(10**12)}0',
            f'"text":{json.dumps(text, ensure_ascii=draw.random() < 0.5)}',
            '"nested": { "b":[1,2.50,-0] ,"a":null}',
        ]
        draw.shuffle(members)
        return ('{' + ','.join(members) + '}').encode()

    @staticmethod
    def _with_token(draw, data, secret):
        token = f'"token":{json.dumps(secret)}'.encode()
        if draw.random() < 0.5:
            return b'{' + token + b',' + data[1:]
        return data[:-1] + b',' + token + b'}'

    def signed_headers(self, now):
        """Signed anew for each attempt: the timestamp must be fresh, the id stays."""
        if self._kind != 'signed':
            return self.headers
        key = base64.b64decode(self._secret.removeprefix('whsec_'))
        text = f'{self.webhook_id}.{int(now)}.'.encode() + self.body
        digest = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        return self.headers | {'webhook-id': self.webhook_id, 'webhook-timestamp': str(int(now)),
                               'webhook-signature': f'v1,{digest}'}


class Account:
    """Thread-safe."""

    def __init__(self, seed, secret, evidence):
        self.seed, self.secret = seed, secret
        self._lock = threading.Lock()
        self._file = open(pathlib.Path(evidence) / 'account.ndjson', 'ab', buffering=0)
        self._next = 0
        self.attempts = collections.Counter()  # number -> attempts begun
        self.unknown = collections.Counter()   # number -> attempts whose outcome is unknown
        self.accepted = collections.defaultdict(list)  # number -> [(id, object)]
        self.statuses = collections.Counter()
        self._is_open = True
        self._syncer = threading.Thread(target=self._sync, daemon=True)
        self._syncer.start()

    def _sync(self):
        while self._is_open:
            os.fsync(self._file.fileno())
            time.sleep(0.2)

    def _write(self, **line):
        self._file.write(json.dumps(line).encode() + b'\n')

    def new_request(self):
        with self._lock:
            number = self._next
            self._next += 1
        return Request(self.seed, number, self.secret)

    def attempt(self, request):
        with self._lock:
            self.attempts[request.number] += 1
            self._write(at=time.time(), attempt=request.number)

    def answer(self, request, status, body):
        """status None: the connection was lost, the outcome is unknown."""
        with self._lock:
            self.statuses[status] += 1
            if status is None or status >= 500:
                self.unknown[request.number] += 1
            if status is not None and 200 <= status < 300:
                answer = json.loads(body)
                self.accepted[request.number].append((answer['id'], answer['object']))
                self._write(at=time.time(), accepted=request.number, id=answer['id'],
                            object=answer['object'])
            else:
                self._write(at=time.time(), answered=request.number, status=status)

    def close(self):
        self._is_open = False
        self._syncer.join()
        os.fsync(self._file.fileno())
        self._file.close()

    def accepted_count(self):
        with self._lock:
            return sum(len(a) for a in self.accepted.values())

    # ---- the store ----

    @staticmethod
    def read_store(directory):
        """{key: bytes} of everything that does not lie under a name with a dot."""
        objects = {}
        for path in pathlib.Path(directory).rglob('*'):
            key = path.relative_to(directory)
            if path.is_file() and not any(part.startswith('.') for part in key.parts):
                objects[key.as_posix()] = path.read_bytes()
        return objects

    def missing(self, directory):
        """Objects of acceptances that are not there yet: to wait for quiet, proves nothing."""
        return [key for key in self.wanted() if not (pathlib.Path(directory) / key).exists()]

    def wanted(self):
        """Objects of acceptances."""
        with self._lock:
            return {key for answers in self.accepted.values() for _, key in answers}

    def reconcile(self, objects):
        """Assertions 1 to 4; a list of what is wrong."""
        wrong = []
        by_id = collections.defaultdict(list)      # id -> [(object, number)]
        by_number = collections.Counter()
        for key, content in objects.items():
            wrong += self._read_object(key, content, by_id, by_number)
        for number, answers in self.accepted.items():
            for record_id, key in answers:
                wrong += self._check_acceptance(number, record_id, key, by_id[record_id])
        for number, count in by_number.items():
            wrong += self._check_number(number, count)
        return wrong

    def _read_object(self, key, content, by_id, by_number):
        wrong = []
        if not OBJECT_KEY.fullmatch(key):
            wrong.append(f'(3) object {key}: not the key of an envelope')
        if not content.endswith(b'\n'):
            wrong.append(f'(3) object {key}: torn, {len(content)} bytes')
        for line in content.split(b'\n')[:-1]:
            record = RECORD.fullmatch(line)
            found = record and NUMBER.search(record[2])
            if not found or int(found[1]) not in self.attempts:
                wrong.append(f'(3) object {key}: a record that was never asked for: {line[:200]}')
                continue
            number = int(found[1])
            by_id[record[1].decode()].append((key, number))
            by_number[number] += 1
            request = Request(self.seed, number, self.secret)
            if record[2] != request.data:
                wrong.append(f'(2) object {key}: request {number}: other bytes than were sent')
            if request.is_refused:
                wrong.append(f'(4) object {key}: request {number} could only be refused')
        return wrong

    def _check_acceptance(self, number, record_id, key, places):
        here = [n for k, n in places if k == key]
        elsewhere = [k for k, _ in places if k != key]
        wrong = []
        if here != [number]:
            wrong.append(f'(1) request {number}, id {record_id}: object {key} holds it '
                         f'{len(here)} times, for requests {here}; elsewhere: {elsewhere}')
        if elsewhere and self.attempts[number] == 1:
            wrong.append(f'(1) request {number}, id {record_id}: one attempt, but also in '
                         f'{elsewhere}')
        return wrong

    def _check_number(self, number, count):
        # The same id answered twice by one task is one acceptance of one record.
        known = len(set(self.accepted.get(number, [])))
        if count <= known + self.unknown[number]:
            return []
        rule = '(1)' if known else '(4)'
        return [f'{rule} request {number}: {count} records, but {known} acceptances and '
                f'{self.unknown[number]} unknown outcomes of {self.attempts[number]} attempts']

    def summary(self, objects):
        duplicates = sum(len(set(a)) - 1 for a in self.accepted.values() if a)
        return {
            'requests': len(self.attempts),
            'attempts': sum(self.attempts.values()),
            'accepted': len(self.accepted),
            'accepted_twice_across_restarts': duplicates,
            'unknown_outcomes': sum(self.unknown.values()),
            'statuses': {str(k): v for k, v in sorted(self.statuses.items(), key=str)},
            'objects': len(objects),
            'records': sum(content.count(b'\n') for content in objects.values()),
        }
