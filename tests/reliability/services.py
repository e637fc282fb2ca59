"""ops-api and ops-worker as processes that may be killed, stopped and started again at any time.

A watcher starts a service again when it dies. A death that nobody ordered, or an exit status
that is not what a drain promises, is noted in `wrong`.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'common'))
from processes import is_stopped  # noqa: E402

DRAIN_TIMEOUT_S = 60
LIMIT_S = 120  # for what should take milliseconds: only a hang is a failure


@dataclasses.dataclass
class Paths:
    """What is run; set once by run.py from its command line."""
    api: pathlib.Path
    worker: pathlib.Path
    queue_tool: pathlib.Path


class Service:
    """One program. `lock` guards process and port; orders are given by one thread at a time."""

    def __init__(self, name, program, settings, evidence):
        self.name, self.program, self.settings = name, program, settings
        self.log_path = pathlib.Path(evidence) / f'{name}.log'
        self.lock = threading.RLock()
        self.process, self.port, self.admin_port = None, None, None
        self.wrong = []
        self.starts = 0
        self.is_death_ordered = False
        self.max_rss_kib = self.max_descriptors = 0
        self._log_offset = 0

    def _read_ports(self, text):
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if entry.get('message') != 'listening':
                    continue
                if entry.get('role') == 'admin':
                    self.admin_port = int(entry['server.port'])
                else:
                    self.port = int(entry['server.port'])

    def _is_up(self):
        with open(self.log_path, 'rb') as log:
            log.seek(self._log_offset)
            self._read_ports(log.read().decode(errors='replace'))
        return self.admin_port is not None and (self.name == 'worker' or self.port is not None)

    def start(self, extra=None, wait=True):
        """extra: more environment for this one start, which is then meant to end in a crash."""
        with self.lock:
            environment = {k: v for k, v in os.environ.items() if not k.startswith('OPS_')}
            environment |= self.settings | (extra or {})
            self.port = self.admin_port = None
            self.is_death_ordered = bool(extra)
            with open(self.log_path, 'ab') as log:
                self._log_offset = log.tell()
                self.process = subprocess.Popen([self.program], env=environment, stdout=log,
                                                stderr=log, stdin=subprocess.DEVNULL)
            self.starts += 1
            if wait:
                self._await_up()

    def _await_up(self):
        limit = time.monotonic() + LIMIT_S
        while not self._is_up() and self.process.poll() is None:
            if time.monotonic() > limit:
                self.wrong.append(f'{self.name}: not listening after {LIMIT_S} s')
                return
            time.sleep(0.005)

    def revive(self):
        """Start it again when it is dead; note a death that nobody ordered."""
        with self.lock:
            status = self.process.poll()
            if status is None:
                return False
            if not self.is_death_ordered:
                self.wrong.append(f'{self.name}: died by itself, status {status}')
                time.sleep(0.2)
            self.start()
            return True

    def measure(self):
        """The most memory and descriptors seen so far."""
        with contextlib.suppress(OSError, ValueError):  # it may be dying
            pid = self.process.pid
            status = pathlib.Path(f'/proc/{pid}/status').read_text()
            rss = int(status.split('VmRSS:')[1].split()[0]) if 'VmRSS:' in status else 0
            self.max_rss_kib = max(self.max_rss_kib, rss)
            self.max_descriptors = max(self.max_descriptors, len(os.listdir(f'/proc/{pid}/fd')))

    def kill(self):
        with self.lock:
            self.is_death_ordered = True
            self.process.kill()
            self.process.wait()

    def terminate(self, times=1):
        """A drain: exit 0, in time, however often the signal comes."""
        with self.lock:
            self.is_death_ordered = True
            began = time.monotonic()
            for _ in range(times):
                self.process.terminate()
            try:
                status = self.process.wait(DRAIN_TIMEOUT_S + LIMIT_S)
            except subprocess.TimeoutExpired:
                self.wrong.append(f'{self.name}: SIGTERM x{times}: still there after '
                                  f'{time.monotonic() - began:.1f} s')
                self.process.kill()
                self.process.wait()
                return
            if status == -signal.SIGTERM and self.admin_port is None:
                return  # so early that the program had not taken over the signals
            if status != 0:
                self.wrong.append(f'{self.name}: SIGTERM x{times}: exit status {status}')

    def stop_threads(self):
        self.process.send_signal(signal.SIGSTOP)
        limit = time.monotonic() + LIMIT_S
        while not is_stopped(self.process.pid):
            if time.monotonic() > limit:
                raise AssertionError(f'{self.name}: not stopped after {LIMIT_S} s')
            time.sleep(0.002)

    def freeze(self, seconds):
        with self.lock:
            self.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.process.send_signal(signal.SIGCONT)

    def log_lines(self):
        """All lines so far, parsed; what is not JSON is a line with only a message."""
        lines = []
        for line in self.log_path.read_text(errors='replace').splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({'message': line, 'log.level': 'unparsed'})
        return lines


class Pipeline:
    """Both services on one queue file and one store directory."""

    def __init__(self, paths, directory, secret, worker_settings=None, api_settings=None,
                 max_receives=1000, data=None):
        self.evidence = pathlib.Path(directory)
        data = pathlib.Path(data or directory)
        self.store = data / 'store'
        self.queue_url = f'sqlite:{data}/queue.db?max_receives={max_receives}'
        self._queue_tool = paths.queue_tool
        secret_path = self.evidence / 'secret'
        secret_path.touch(mode=0o600)
        secret_path.write_text(secret)
        common = {
            'OPS_QUEUE': self.queue_url,
            'OPS_ADMIN_LISTEN': '127.0.0.1:0',
            'OPS_LOG_FORMAT': 'json',
            'OPS_DRAIN_TIMEOUT_S': str(DRAIN_TIMEOUT_S),
        }
        self.api = Service('api', paths.api, common | {
            'OPS_LISTEN': '127.0.0.1:0',
            'OPS_SECRET': f'file:{secret_path}',
            'OPS_DRAIN_GRACE_S': '0',
        } | (api_settings or {}), directory)
        self.worker = Service('worker', paths.worker, common | {
            'OPS_STORE': f'file:{self.store}',
            'OPS_VISIBILITY_TIMEOUT_S': '2',
        } | (worker_settings or {}), directory)
        self.services = [self.api, self.worker]
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def move_store(self, directory):
        """Before the start: another place for the store than beside the queue."""
        self.store = pathlib.Path(directory)
        self.worker.settings['OPS_STORE'] = f'file:{self.store}'

    def _watch(self):
        while not self._stopping.wait(0.05):
            for service in self.services:
                if service.lock.acquire(blocking=False):  # else a fault is being ordered
                    try:
                        if service.process is not None and not service.revive():
                            service.measure()
                    finally:
                        service.lock.release()

    def start(self, extra=None):
        """Both at the same moment: neither may need the other to be first."""
        for service in self.services:
            service.start(extra, wait=False)
        for service in self.services:
            with service.lock:
                service._await_up()
        self._watcher.start()

    def stop(self):
        """Nothing runs when this returns."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for service in self.services:
            with service.lock:
                if service.process is not None and service.process.poll() is None:
                    service.process.send_signal(signal.SIGCONT)
                    service.terminate()

    def wrong(self):
        return [w for s in self.services for w in s.wrong]

    def stat(self):
        """{'visible', 'in_flight', 'dead', 'oldest_age_s'} read from the queue itself."""
        out = subprocess.run([self._queue_tool, 'stat', self.queue_url], check=True,
                             capture_output=True, text=True, timeout=LIMIT_S)
        return json.loads(out.stdout)

    def await_quiet(self, missing, limit_s=2 * LIMIT_S):
        """Until nothing is queued and nothing is missing; what is still on its way, else ''."""
        limit = time.monotonic() + limit_s
        while time.monotonic() < limit:
            stat = self.stat()
            left = missing()
            if stat['visible'] == 0 and stat['in_flight'] == 0 and not left:
                return ''
            time.sleep(0.1)
        return f'after {limit_s} s: queue {stat}, {len(left)} objects missing, such as {left[:3]}'
