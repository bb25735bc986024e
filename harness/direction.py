"""One direction of a relay, as a case sees it: pause it, cut it, and look at what it carried."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from harness import clock
from harness.carrier import Carrier
from harness.clock import Deadline
from harness.codec import Malformed, Pending
from harness.cutter import Cutter
from harness.schedule import Ending, Schedule, parse
from harness.skimmer import Seen
from harness.witness import Stuck


class Direction:
    """One direction of a relay, as a case sees it. Thread-safe.

    `unproved`: why the last `stuck` gave no proof, in one line; None if it did.
    """

    def __init__(self, carrier: Carrier, lock: threading.Lock, wake: Callable[[], None]) -> None:
        self._carrier = carrier
        self._lock = lock
        self._wake = wake
        self.unproved: str | None = None

    def pause(self) -> None:
        """Stop reading: once this has returned, no octet more is taken from the sender."""
        with self._lock:
            self._carrier.paused = True
            self._carrier.log.note(self._carrier.name, "pause", self._carrier.octets)

    def resume(self) -> None:
        """Read again."""
        with self._lock:
            self._carrier.paused = False
            self._carrier.log.note(self._carrier.name, "resume", self._carrier.octets)
        self._wake()

    def cut(self, schedule: Schedule | str) -> None:
        """Write what follows in the pieces of a schedule, counted from here; `ScheduleError`.

        A piece goes out when the kernel has proved that the receiver has read the one before. An
        end in the schedule ends this direction, and what the sender still sends is swallowed.
        """
        cutter = Cutter(parse(schedule) if isinstance(schedule, str) else schedule)
        with self._lock:
            self._carrier.cutter = cutter
        self._wake()

    def end(self, end: Ending) -> None:
        """End this direction when the receiver has consumed all that was taken from the sender.

        As an end of a schedule does: what the sender sends later is swallowed.
        """
        with self._lock:
            self._carrier.closing = end
        self._wake()

    @property
    def handed_on(self) -> bool:
        """Whether the receiver was told that the direction has ended."""
        with self._lock:
            return self._carrier.handed_on or self._carrier.aborting

    @property
    def octets(self) -> int:
        """How many octets were taken from the sender."""
        with self._lock:
            return self._carrier.octets

    @property
    def head(self) -> bytes:
        """The first octets of the direction, at most 64 KiB."""
        with self._lock:
            return bytes(self._carrier.head)

    @property
    def frames(self) -> list[Seen]:
        """The frames that were complete so far."""
        with self._lock:
            return list(self._carrier.skimmer.frames)

    @property
    def pending(self) -> Pending:
        """Where the stream of frames stands."""
        with self._lock:
            return self._carrier.skimmer.pending

    @property
    def malformed(self) -> Malformed | None:
        """What is wrong with the sender's octets; None if nothing is so far."""
        with self._lock:
            return self._carrier.skimmer.malformed

    @property
    def ended(self) -> Ending | None:
        """How the sender has ended the direction; None if it has not, or not that we have read."""
        with self._lock:
            return self._carrier.ended

    @property
    def segmentation(self) -> Literal["proved", "unproved"] | None:
        """Whether the pieces so far were proved to arrive alone; None if there were none."""
        with self._lock:
            return self._carrier.cutter.segmentation

    def stuck(self, within: float | Deadline = clock.STUCK) -> Stuck | None:
        """Prove that the sender is stuck with octets that nobody takes; as `Tester.stuck`.

        None if it is not within the time, or if this system proves nothing; `unproved` says why.
        """
        deadline = Deadline.of(within)
        found: Stuck | str = "nobody has connected through the relay"
        if clock.until(lambda: self._carrier.source is not None, deadline):
            assert self._carrier.source is not None
            found = self._carrier.source.witness.stuck(deadline)
        self.unproved = found if isinstance(found, str) else None
        if isinstance(found, str):
            return None
        with self._lock:
            self._carrier.log.note(self._carrier.name, "stuck", found.handed)
        return found
