"""Time, in one place: the only module of the harness that sleeps or reads the monotonic clock.

A verdict must not depend on how fast a machine is. So the harness never sleeps in order to let
something happen: it waits on a descriptor, or it looks (`until`) at a fact, and a limit only says
when to stop hoping. Every limit is multiplied by one patience factor for the process, so a slow
machine needs one option and no edited constant. All times are seconds unless a name says `ns`.

Thread-safety: all functions may be called from any thread; `set_patience` belongs to the start of
the process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

#: For a connection over the loopback to be made or taken: microseconds of work, so this is what an
#: overloaded machine may take to run both sides once.
CONNECT = 10.0
#: For a peer to take, or to give, some MiB.
TRANSFER = 30.0
#: For a peer to consume octets that we send piece by piece: as for a transfer, since the kernel
#: wakes the peer for every piece.
CONSUME = 30.0
#: For a peer to answer with a few frames, or to end a connection.
ANSWER = 10.0
#: For an endpoint that reads unasked to read up to an end: a millisecond of work. Nothing is
#: decided by it, since nobody has to read unasked.
END_READ = 1.0
#: For a sender to fill every buffer on its way, some MiB at most, and then to stand still.
STUCK = 10.0
#: How long nothing may move before a sender counts as stuck: ten times what a runnable process
#: waits for its turn on a busy machine (a scheduler slice is 3 to 5 ms).
STANDSTILL = 0.05
#: How long a library says that it has something queued before that counts, where no kernel can be
#: asked: six standstills, since what we see of it is second-hand.
QUEUED = 0.3
#: Between two looks at a sender that may be stuck: ten looks make a standstill.
STUCK_LOOK = 0.005
#: For a sender to fill its buffer again after we have read a little: twice the half second that a
#: select flavour of 1.2.3 may sit on its data.
REFILL = 1.0
#: Between two pieces where no kernel can prove that the first was consumed: at 1 ms more than 99 %
#: of the pieces arrive alone at an idle peer (measured), and more time does not help a busy one.
UNPROVED_GAP = 0.001
#: For octets to arrive before a reset that came behind them is handed on: loopback delivery is
#: immediate, unless the receiver does not read, and then a reset overtakes the octets anyway.
BEFORE_RESET = 1.0
#: For a peer to do what needs nobody else: microseconds of work, so this is what an overloaded
#: machine may take, not what a peer may need. It is also what a peer's own limit is exceeded by.
STEP = 10.0
#: For a process to start and to say hello: an interpreter under load, wine among them. Unhurried.
HELLO = 20.0
#: For an exchange of at most some MiB between two peers.
EXCHANGE = 30.0
#: For the threads of a closed connection to end.
SETTLE = 5.0
#: Between two looks at those threads: a look is a question to the peer, which takes a moment, too.
SETTLE_LOOK = 0.005
#: For a peer to end after `bye`, before it is killed.
FAREWELL = 2.0
#: For a peer to take a long request out of its stdin.
TAKE_LINE = 10.0
#: Between the end of a peer's stdout and the end of its process. Unhurried.
REAP = 2.0
#: How long a peer takes nothing before it counts as one that takes no more by itself: four
#: standstills. Nothing is decided by it: a peer that was only slow has taken a little less.
SATED = 0.2
#: For octets that a reader has got already to show in the relay's record.
RECORDED = 5.0
#: For our own relay thread to end: it does nothing that blocks.
OWN_THREAD = 5.0
#: For the kernel to show two octets of our own: the probe that decides if proofs are possible.
PROBE = 2.0
#: The gap after the first look of `until`: about what the kernel can sleep at all.
FIRST_GAP = 50e-6
#: The longest gap between two looks of `until`: short for a person, 200 looks a second for a CPU.
LONGEST_GAP = 5e-3

_patience = 1.0


def now() -> float:
    """Return the monotonic clock in seconds; only differences mean anything."""
    return time.monotonic()


def now_ns() -> int:
    """Return the monotonic clock in nanoseconds, for logs."""
    return time.monotonic_ns()


def patience() -> float:
    """Return the factor by which every scaled limit is multiplied."""
    return _patience


def set_patience(factor: float) -> None:
    """Set the patience factor for this process; ValueError unless it is a finite number > 0."""
    global _patience
    if not (math.isfinite(factor) and factor > 0):
        raise ValueError(f"patience must be a finite number above 0, not {factor!r}")
    _patience = float(factor)


class Deadline:
    """A point in time, `seconds` from now, times the patience factor unless `scaled` is False.

    `seconds` is the granted time after scaling. ValueError if it is negative or not a number.
    """

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float, scaled: bool = True) -> None:
        if not seconds >= 0:
            raise ValueError(f"a deadline needs a time of 0 s or more, not {seconds!r}")
        self.seconds = seconds * _patience if scaled else seconds
        self._at = now() + self.seconds

    @classmethod
    def of(cls, within: float | Deadline) -> Deadline:
        """Return a deadline as it is, seconds as a scaled one: no time is scaled twice."""
        return within if isinstance(within, Deadline) else cls(within)

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self._at - now())

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return now() >= self._at


def unhurried(seconds: float) -> Deadline:
    """Return a deadline that no patience below 1 shortens, for what is not judged.

    An impatient run waits less for what does not come; a machine is not faster for it.
    """
    return Deadline(seconds * max(1.0, _patience), scaled=False)


def pause(seconds: float, why: str) -> None:
    """Sleep. The one sleep of the harness; `why` tells the reader what cannot be waited for.

    Not scaled. ValueError if no reason is given.
    """
    if not why.strip():
        raise ValueError("a pause needs a reason")
    time.sleep(seconds)


def gaps(longest: float = LONGEST_GAP) -> Iterator[float]:
    """Yield, without end, the gaps of a back-off: FIRST_GAP, doubled each time up to `longest`."""
    gap = FIRST_GAP
    while True:
        yield min(gap, longest)
        gap = min(gap * 2, longest)


def until(
    predicate: Callable[[], bool],
    within: float | Deadline,
    *,
    every: float = LONGEST_GAP,
    eager: int = 0,
) -> bool:
    """Look until `predicate()` is true; return whether it became true within the time.

    The first `eager` looks follow each other without a gap, for what is a matter of microseconds;
    later ones back off up to `every` seconds apart. There is always a look after the time is over,
    so a process that was not scheduled for a while does not miss what has happened meanwhile.
    """
    deadline = Deadline.of(within)
    for _ in range(eager):
        if predicate():
            return True
    for gap in gaps(every):
        late = deadline.over
        if predicate():
            return True
        if late:
            return False
        pause(min(gap, deadline.left()), "nothing tells when the next look will find more")
    raise AssertionError("gaps() never ends")
