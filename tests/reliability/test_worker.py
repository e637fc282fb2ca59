#!/usr/bin/env python3
"""ops-worker as a process, with a queue filled by hand. Paths come from the environment:
WORKER, QUEUE_TOOL."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import uuid

from services import DRAIN_TIMEOUT_S, LIMIT_S, Service

WORKER = os.environ['WORKER']
QUEUE_TOOL = os.environ['QUEUE_TOOL']


def envelope(number, records=1):
    """(key, body) as ops-api makes them; a UUIDv7 of now."""
    ms = int(time.time() * 1000)
    bits = (ms << 80) | (7 << 76) | (number << 64) | (2 << 62) | uuid.uuid4().int & ((1 << 62) - 1)
    day = time.strftime('%Y/%m/%d/%H', time.gmtime(ms / 1000))
    accepted = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(ms / 1000))
    record = {'id': f'r{number}', 'accepted_at': accepted, 'data': {'n': number}}
    body = json.dumps(record, separators=(',', ':')).encode() + b'\n'
    return f'{day}/{uuid.UUID(int=bits)}.ndjson', body * records


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='ops-worker-test-'))
        self.addCleanup(shutil.rmtree, self.directory)
        self.store = self.directory / 'store'
        self.queue_url = f'sqlite:{self.directory}/queue.db?max_receives=2'
        self.workers = []

    def start(self, wait=True, **settings):
        name = f'worker-{len(self.workers)}'
        (self.directory / name).mkdir()
        worker = Service('worker', WORKER, {
            'OPS_QUEUE': self.queue_url, 'OPS_STORE': f'file:{self.store}',
            'OPS_ADMIN_LISTEN': '127.0.0.1:0', 'OPS_LOG_FORMAT': 'json',
            'OPS_VISIBILITY_TIMEOUT_S': '60',  # long: a busy machine shall not redeliver
            'OPS_DRAIN_TIMEOUT_S': str(DRAIN_TIMEOUT_S),
        } | settings, self.directory / name)
        worker.start(wait=wait)
        self.workers.append(worker)
        self.addCleanup(self.end, worker)
        if wait:  # it listens before it has opened the queue
            self.await_that(lambda: worker.process.poll() is not None or
                            self.get(worker, '/readyz')[0] == 200, 'worker ready')
        return worker

    @staticmethod
    def end(worker):
        if worker.process.poll() is None:
            worker.process.kill()
        worker.process.wait()

    def send(self, key, body, digest=None):
        digest = hashlib.sha256(body).hexdigest() if digest is None else digest
        subprocess.run([QUEUE_TOOL, 'send', self.queue_url, key, digest], input=body, check=True)

    def stat(self):
        return json.loads(subprocess.check_output([QUEUE_TOOL, 'stat', self.queue_url]))

    def objects(self):
        return {p.relative_to(self.store).as_posix(): p.read_bytes()
                for p in self.store.rglob('*')
                if p.is_file() and not any(q.startswith('.') for q in
                                           p.relative_to(self.store).parts)}

    def await_that(self, condition, what):
        limit = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > limit:
                logs = '\n'.join(w.log_path.read_text() for w in self.workers)
                self.fail(f'not within {LIMIT_S} s: {what}\n{self.stat()}\n{logs[-4000:]}')
            time.sleep(0.05)

    def is_empty(self):
        stat = self.stat()
        return stat['visible'] == stat['in_flight'] == 0

    def await_empty(self):
        self.await_that(self.is_empty, 'queue empty')

    def get(self, worker, path):
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{worker.admin_port}{path}',
                                        timeout=LIMIT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    # ---- messages ----

    def test_envelopes_are_stored_byte_for_byte(self):
        sent = dict(envelope(n) for n in range(50))
        for key, body in sent.items():
            self.send(key, body)
        worker = self.start()
        self.await_empty()
        self.assertEqual(self.objects(), sent)
        worker.terminate()
        self.assertEqual(worker.wrong, [])
        self.assertEqual(self.stat()['dead'], 0)

    def test_foreign_message_is_stored_apart(self):
        self.send('', b'not of our making', digest='')
        self.start()
        self.await_empty()
        (key, body), = self.objects().items()
        self.assertRegex(key, r'^foreign/\d{4}/\d\d/\d\d/\d\d/\d+-')
        self.assertEqual(body, b'not of our making')

    def test_hopeless_messages_become_dead_letters(self):
        good_key, good_body = envelope(1)
        other_key, other_body = envelope(2)
        self.send(good_key, good_body)
        self.send(other_key, other_body, digest=hashlib.sha256(b'something else').hexdigest())
        self.send('../../outside.ndjson', other_body)
        self.send(good_key, b'other bytes under the same key\n')
        # What is refused comes back after that long; no lease may run out before it is refused.
        worker = self.start(OPS_VISIBILITY_TIMEOUT_S='8')
        self.await_that(lambda: self.stat()['dead'] == 3, 'three dead letters')
        self.await_empty()
        self.assertEqual(list(self.objects()), [good_key])
        self.assertFalse((self.directory / 'outside.ndjson').exists())
        refusals = [x for x in worker.log_lines() if x['message'] == 'message refused']
        self.assertEqual({x['log.level'] for x in refusals}, {'error'})
        self.assertEqual(len(refusals), 6)  # once for each of two receives
        self.assertEqual(self.get(worker, '/livez')[0], 200)

    # ---- stop ----

    def test_drain_gives_back_what_is_not_begun(self):
        sent = dict(envelope(n) for n in range(100))
        for key, body in sent.items():
            self.send(key, body)
        worker = self.start()
        worker.terminate()
        self.assertEqual(worker.wrong, [])
        stat, objects = self.stat(), self.objects()
        self.assertEqual(stat['in_flight'], 0)
        self.assertEqual(stat['visible'] + len(objects), 100)
        worker.start()
        self.await_empty()
        self.assertEqual(self.objects(), sent)
        self.assertEqual(self.stat()['dead'], 0)

    def test_many_signals_are_one(self):
        for number in range(30):
            self.send(*envelope(number))
        worker = self.start()
        for _ in range(20):
            worker.process.send_signal(signal.SIGTERM)
            worker.process.send_signal(signal.SIGINT)
        worker.terminate(3)
        self.assertEqual(worker.wrong, [])

    def test_signal_at_any_moment_of_the_start(self):
        worker = self.start()
        worker.terminate()
        for step in range(20):
            worker.start(wait=False)
            time.sleep(step / 1000)
            worker.terminate()
        self.assertEqual(worker.wrong, [])

    def lock_with_messages_in_flight(self, worker):
        """The queue's lock, taken while the worker holds messages: it cannot settle them until we
        let it."""
        queue = sqlite3.connect(self.directory / 'queue.db', LIMIT_S, isolation_level=None)
        self.addCleanup(queue.close)
        while True:
            self.freeze_without_lock(worker)
            for number in range(50):
                self.send(*envelope(number))
            worker.process.send_signal(signal.SIGCONT)
            while not self.is_empty():
                queue.execute('BEGIN IMMEDIATE')
                if queue.execute('SELECT count(*) FROM lease').fetchone() > (0,):
                    return queue
                queue.execute('ROLLBACK')

    def test_draining_worker_is_alive_but_not_ready(self):
        worker = self.start()
        self.assertEqual(self.get(worker, '/readyz')[0], 200)
        self.assertEqual(self.get(worker, '/health')[0], 200)
        queue = self.lock_with_messages_in_flight(worker)
        worker.process.terminate()
        self.await_that(lambda: self.get(worker, '/readyz')[0] == 503, 'not ready')
        self.assertEqual(self.get(worker, '/health')[0], 503)
        self.assertEqual(self.get(worker, '/livez')[0], 200)
        queue.execute('ROLLBACK')
        worker.terminate()
        self.assertEqual(worker.wrong, [])

    # ---- leases ----

    def freeze_without_lock(self, worker):
        """Not in the middle of a transaction: that would stop everybody, which is another test."""
        while True:
            worker.stop_threads()
            try:
                return self.send('', b'whether the queue can be written to', digest='')
            except subprocess.CalledProcessError:
                worker.process.send_signal(signal.SIGCONT)

    def test_frozen_worker_loses_its_leases_and_harms_nothing(self):
        # Each attempt to freeze it may cost a receive: they must not make dead letters.
        self.queue_url = self.queue_url.replace('max_receives=2', 'max_receives=1000')
        frozen = self.start(OPS_VISIBILITY_TIMEOUT_S='2')
        self.freeze_without_lock(frozen)
        sent = dict(envelope(n) for n in range(200))
        for key, body in sent.items():
            self.send(key, body)
        frozen.process.send_signal(signal.SIGCONT)
        self.await_that(self.objects, 'first object')
        self.freeze_without_lock(frozen)
        self.start(OPS_VISIBILITY_TIMEOUT_S='2')
        self.await_empty()  # the other has taken over what the frozen one held
        frozen.process.send_signal(signal.SIGCONT)
        for worker in self.workers:
            worker.terminate()
        self.assertEqual([w.wrong for w in self.workers], [[], []])
        foreign = [key for key in self.objects() if key.startswith('foreign/')]
        self.assertEqual({k: v for k, v in self.objects().items() if k not in foreign}, sent)
        self.assertEqual(self.stat(), {'visible': 0, 'in_flight': 0, 'dead': 0, 'oldest_age_s': 0})

    def test_longest_visibility_timeout(self):
        self.send(*envelope(1))
        self.start(OPS_VISIBILITY_TIMEOUT_S='43200')
        self.await_empty()

    # ---- settings ----

    BAD_SETTINGS = [
        ({'OPS_QUEUE': None}, 3, 'OPS_QUEUE'),
        ({'OPS_STORE': None}, 3, 'OPS_STORE'),
        ({'OPS_QUEUE': 'amqp://x'}, 3, 'amqp'),
        ({'OPS_STORE': 'ftp://x'}, 3, 'ftp'),
        ({'OPS_QUEUE': 'sqlite:/proc/nowhere/queue.db'}, 3, '/proc/nowhere'),
        ({'OPS_STORE': 'file:/proc/nowhere/store'}, 3, '/proc/nowhere'),
        ({'OPS_VISIBILITY_TIMEOUT_S': '1'}, 3, '2 to 43200'),
        ({'OPS_VISIBILITY_TIMEOUT_S': '43201'}, 3, '2 to 43200'),
        ({'OPS_VISIBILITY_TIMEOUT_S': '30s'}, 3, 'OPS_VISIBILITY_TIMEOUT_S'),
        ({'OPS_PUTTERS': '0'}, 3, 'OPS_PUTTERS'),
        ({'OPS_RECEIVERS': '8', 'OPS_MAX_IN_FLIGHT': '4'}, 3, 'OPS_MAX_IN_FLIGHT'),
        ({'OPS_ADMIN_LISTEN': 'nowhere'}, 3, 'OPS_ADMIN_LISTEN'),
        ({'OPS_LOG_LEVEL': 'loud'}, 3, 'OPS_LOG_LEVEL'),
        ({'OPS_PUTTER': '3'}, 3, 'OPS_PUTTER'),
    ]

    def run_worker(self, changes, arguments=()):
        environment = {k: v for k, v in os.environ.items() if not k.startswith('OPS_')}
        settings = {'OPS_QUEUE': self.queue_url, 'OPS_STORE': f'file:{self.store}',
                    'OPS_ADMIN_LISTEN': '127.0.0.1:0'} | changes
        environment |= {k: v for k, v in settings.items() if v is not None}
        return subprocess.run([WORKER, *arguments], env=environment, capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)

    def test_bad_settings_stop_the_start(self):
        for changes, status, said in self.BAD_SETTINGS:
            with self.subTest(changes):
                done = self.run_worker(changes)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, '')

    def test_command_line(self):
        for arguments, status, where, said in [
                (['--help'], 0, 'stdout', 'OPS_MAX_IN_FLIGHT'),
                (['--version'], 0, 'stdout', 'ops-worker'),
                (['--nonsense'], 2, 'stderr', '--nonsense'),
                (['operand'], 2, 'stderr', 'operand'),
                (['--putters=0'], 3, 'stderr', 'PUTTERS')]:
            with self.subTest(arguments):
                done = self.run_worker({}, arguments)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(said, getattr(done, where))

    def test_settings_of_the_other_service_are_ignored(self):
        self.send(*envelope(1))
        self.start(OPS_LISTEN='127.0.0.1:0', OPS_SECRET='file:/nowhere', OPS_AUTH='token',
                   OPS_SENDERS='3', OPS_DRAIN_GRACE_S='1', OPS_THREADS='2')
        self.await_empty()

    # ---- what it says of itself ----

    def samples(self, worker):
        status, text = self.get(worker, '/metrics')
        self.assertEqual(status, 200)
        return dict(line.rsplit(' ', 1) for line in text.splitlines() if line[0] != '#')

    def test_metrics_tell_what_was_done(self):
        for number in range(10):
            self.send(*envelope(number, records=1 + number % 3))
        self.send('', b'foreign', digest='')
        with sqlite3.connect(self.directory / 'queue.db', LIMIT_S) as queue:  # one says what cannot be
            queue.execute('UPDATE message SET record_count = CASE id WHEN 1 THEN -1 ELSE 2 END')
        queue.close()
        worker = self.start()
        self.await_empty()
        # What has left the queue is counted a moment later.
        self.await_that(lambda: self.samples(worker)['ops_envelopes_in_flight'] == '0', 'all settled')
        samples = self.samples(worker)
        for name, value in {
                'ops_envelopes_received_total': 11, 'ops_envelopes_stored_total': 11,
                'ops_envelopes_deleted_total': 11, 'ops_envelopes_foreign_total': 1,
                'ops_envelopes_duplicate_total': 0, 'ops_envelopes_in_flight': 0,
                'ops_records_stored_total': 20,
                'ops_leases_lost_total': 0, 'ops_store_available': 1,
                'ops_hop_age_seconds_count{hop="accepted_stored"}': 10,
                'ops_hop_age_seconds_count{hop="sent_received"}': 11}.items():
            self.assertEqual(float(samples[name]), value, name)
        self.assertGreater(float(samples['ops_last_success_timestamp_seconds']),
                           time.time() - LIMIT_S)
        lint = subprocess.run(['promtool', 'check', 'metrics'], text=True, capture_output=True,
                              input=self.get(worker, '/metrics')[1], check=False)
        self.assertEqual((lint.returncode, lint.stdout, lint.stderr), (0, '', ''))

    def test_healthcheck(self):
        worker = self.start()
        def status(port):
            return self.run_worker({'OPS_ADMIN_LISTEN': f'127.0.0.1:{port}'},
                                   ['--healthcheck']).returncode
        # It waits 2 s for an answer, which a busy machine may take.
        self.await_that(lambda: status(worker.admin_port) == 0, 'alive')
        worker.terminate()
        with socket.socket() as nobody:  # the port that was left may be another's by now
            nobody.bind(('127.0.0.1', 0))
            self.assertEqual(status(nobody.getsockname()[1]), 1)


if __name__ == '__main__':
    unittest.main()
