"""What the kernel says of processes."""
import pathlib


def is_stopped(pid):
    """Whether all its threads are: they run on for a moment after SIGSTOP was sent."""
    try:
        stats = [f.read_text() for f in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:  # one has ended meanwhile
        return False
    return {s.rpartition(")")[2].split()[0] for s in stats} == {"T"}
