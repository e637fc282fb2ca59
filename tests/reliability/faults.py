"""What is done to the services while they work. Every draw comes from the run's seed."""

import random
import time


def kill(draw, service):
    service.kill()
    time.sleep(draw.choice([0, 0, draw.uniform(0, 0.3)]))
    with service.lock:
        if service.process.poll() is not None:
            service.start()


def kill_while_starting(draw, service):
    """Once more before it has come up: recovery must survive being interrupted."""
    with service.lock:
        service.kill()
        service.start(wait=False)
        time.sleep(draw.uniform(0, 0.03))
    kill(draw, service)


def terminate(draw, service):
    with service.lock:
        service.terminate(draw.choice([1, 1, 2, 3]))
        service.start()


def terminate_while_starting(draw, service):
    with service.lock:
        service.terminate()
        service.start(wait=False)
        time.sleep(draw.uniform(0, 0.03))
        service.terminate()
        service.start()


def freeze(draw, service):
    """Sometimes for longer than the leases of 2 s last."""
    service.freeze(draw.choice([draw.uniform(0.01, 0.5), draw.uniform(2, 3.5)]))


FAULTS = {f.__name__: f for f in (kill, kill_while_starting, terminate, terminate_while_starting,
                                  freeze)}


class Scheduler:
    """Faults of the given kinds on the given services, until the kills or the time are over."""

    def __init__(self, seed, services, kinds, interval_s, log):
        self._draw = random.Random(f'{seed}/faults')
        self._services, self._kinds, self._interval_s = services, kinds, interval_s
        self._log = log
        self.done = 0
        self.kills = 0

    def run(self, seconds, kills=None):
        end = time.monotonic() + seconds
        while time.monotonic() < end and (kills is None or self.kills < kills):
            time.sleep(self._draw.uniform(0.1, 1.9) * self._interval_s)
            kind = self._draw.choice(self._kinds)
            service = self._draw.choice(self._services)
            self._log(f'{kind} {service.name}')
            FAULTS[kind](self._draw, service)
            self.done += 1
            self.kills += {'kill': 1, 'kill_while_starting': 2}.get(kind, 0)
