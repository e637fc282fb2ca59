"""Outages that last: a full or read-only disk, no descriptors. Each is entered and left while
the load goes on; what is promised meanwhile is that nothing is acknowledged that is not
durable, and afterwards that nothing was lost and nothing became a dead letter.
"""

import contextlib
import os
import pathlib
import resource
import subprocess

FILE_SYSTEM_BYTES = 64 * 1024 * 1024


@contextlib.contextmanager
def small_file_system(directory):
    """A file system of its own at `directory`, made; False where we may not mount."""
    pathlib.Path(directory).mkdir(parents=True)
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={FILE_SYSTEM_BYTES},mode=0700',
                           'ops-reliability', directory], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(['umount', '-l', directory], check=True)


def _fill(directory):
    ballast = pathlib.Path(directory) / '.ballast'
    with open(ballast, 'wb', buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 16)):
            pass
    with open(ballast, 'ab', buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b'x'):  # to the last byte of the last page
            pass
    return ballast


@contextlib.contextmanager
def full(directory, is_mounted, services):
    """No byte more for what lies in `directory`; without a mount: no file may grow."""
    if not is_mounted:
        with limit(services, resource.RLIMIT_FSIZE, lambda _: 0):
            yield
        return
    ballast = _fill(directory)
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def read_only(directory, is_mounted, services):
    """Without a mount: by its mode, which stops everybody but root."""
    del services
    def remount(mode):
        if is_mounted:
            subprocess.run(['mount', '-o', f'remount,{mode}', directory], check=True)
        else:
            os.chmod(directory, 0o500 if mode == 'ro' else 0o700)
    remount('ro')
    try:
        yield
    finally:
        remount('rw')


@contextlib.contextmanager
def limit(services, which, value):
    """A resource limit of running processes; one that dies of it comes back without."""
    before = []
    for service in services:
        with service.lock:
            pid = service.process.pid
            old = resource.prlimit(pid, which)
            before.append((pid, old))
            service.is_death_ordered = which == resource.RLIMIT_FSIZE  # SIGXFSZ
            resource.prlimit(pid, which, (value(pid), old[1]))
    try:
        yield
    finally:
        for pid, old in before:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, which, old)


def no_descriptors(services):
    """Not one descriptor more than are open now."""
    return limit(services, resource.RLIMIT_NOFILE, lambda pid: len(os.listdir(f'/proc/{pid}/fd')))
