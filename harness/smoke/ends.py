"""Level 1, the end of the process, and what must not have appeared on stdout until then."""

from __future__ import annotations

import psutil

from harness.clock import until
from harness.smoke.bench import Bench
from harness.smoke.channel import STEP, Failed, shown


def clean_stdout(bench: Bench) -> None:
    """stdout carried answers and nothing else in all checks so far."""
    garbage = bench.garbage + bench.channel.garbage
    if garbage:
        raise Failed(f"a line on stdout that answers nothing: {shown(garbage[0])}; keep stdout for "
                     "answers: before you load the library, move descriptor 1 away, and let what "
                     "the library prints go to stderr")


def bye(bench: Bench) -> None:
    """`bye` is answered, then the process ends with exit code 0."""
    bench.meet()  # an open connection is no reason to stay
    bench.channel.ok("bye")
    code = bench.channel.exit_code()
    if code is None:
        raise Failed("the process lives on after bye; end it even if the library still has threads")
    bench.stop()
    if code != 0:
        raise Failed(f"the exit code after bye must be 0, it was {code}")


def end_of_stdin(bench: Bench) -> None:
    """The end of stdin ends the process at once, and all that it started."""
    meeting = bench.meet()
    bench.channel.begin("read", conn=meeting.name, count=1, within=100 * STEP)
    bench.channel.ok("hello", protocol=1)
    children = bench.channel.descendants()
    bench.channel.end_stdin()
    if bench.channel.exit_code() is None:
        raise Failed("the process lives on after the end of its stdin; exit at once there, without "
                     "waiting for requests, threads or connections")
    if not until(lambda: not any(map(_alive, children)), STEP):
        left = ", ".join(str(child.pid) for child in children if _alive(child))
        raise Failed(f"processes that the adapter had started outlive it ({left}); in a wrapper "
                     "script, use exec")
    bench.stop()


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


CHECKS = (clean_stdout, bye, end_of_stdin)
