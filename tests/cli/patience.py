"""What tests of opsctl do, so that a slow machine is no failure."""
import contextlib

LIMIT_S = 300  # for what should take milliseconds: only a hang is a failure

# Commands that give up by themselves after a while: that is no subject of a test that does not say after how long.
PATIENT = (("up",), ("health",), ("submit",), ("probe",), ("token", "check"), ("token", "rotate"), ("dlq", "redrive"))
ABOUT = ("--help", "-h", "help", "iam")  # what follows is not run


def patient(args):
    """args, of a command that gives up with as much time as a hang has here, unless they say how much."""
    args = list(args)
    is_one = any(tuple(args[i:i + len(words)]) == words for words in PATIENT for i in range(len(args)))
    says = any(str(a).split("=")[0] in ("--timeout", *ABOUT) for a in args)
    return [*args, f"--timeout={LIMIT_S}s"] if is_one and not says else args


def given_time(look):
    """What is found when one thing hangs and all others are well. On a slow machine those are late, too, and
    `look`, which is given a time-out, fails: then with a longer one. What hangs outlives them all."""
    for timeout in ("300ms", "3s", "30s"):
        with contextlib.suppress(AssertionError):
            return look(timeout)
    return look(f"{LIMIT_S // 2}s")
