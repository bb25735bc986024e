"""The log of one connection: what went over it, when, in which chunks, and what was proved.

Memory is bounded whatever a case sends: of octets the first 64 are kept beside their number, and
of events the first and the last few thousand, with the number of those between that were let go.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from harness import clock

#: How many octets of a chunk are kept: a header of 10 and enough of the payload to recognise it.
HEAD = 64
#: How many events are kept at either end of a log: a frame of 2,000 octets sent one by one.
KEPT = 4000


@dataclass(frozen=True, slots=True)
class Event:
    """One event on a connection.

    `ns` monotonic nanoseconds; `direction` `sent`/`received` at a tester, `forward`/`backward` at a
    relay; `what` is `octets`, `consumed` (the kernel proved that the far end has taken the
    connection's first `offset` octets), `unproved`, `fin`, `reset`, `pause` or `resume`; for octets
    `offset` is their place in the direction, `length` their number and `head` the first of them.
    `chunk` counts the pieces of a schedule from 0.
    """

    ns: int
    direction: str
    what: str
    offset: int = 0
    length: int = 0
    head: bytes = b""
    chunk: int | None = None


class Log:
    """Events in order, bounded at `2 * KEPT`. Not thread-safe: its owner guards it."""

    def __init__(self) -> None:
        self._first: list[Event] = []
        self._last: deque[Event] = deque(maxlen=KEPT)
        self._seen = 0

    def octets(
        self, direction: str, offset: int, octets: bytes | memoryview, chunk: int | None = None
    ) -> None:
        """Note a run of octets that begins at `offset` of its direction."""
        head = bytes(octets[:HEAD])
        self._add(Event(clock.now_ns(), direction, "octets", offset, len(octets), head, chunk))

    def note(self, direction: str, what: str, offset: int = 0, chunk: int | None = None) -> None:
        """Note anything else."""
        self._add(Event(clock.now_ns(), direction, what, offset, chunk=chunk))

    def _add(self, event: Event) -> None:
        self._seen += 1
        if len(self._first) < KEPT:
            self._first.append(event)
        else:
            self._last.append(event)

    @property
    def events(self) -> list[Event]:
        """The events that are kept, oldest first."""
        return [*self._first, *self._last]

    @property
    def dropped(self) -> int:
        """How many events between the first and the last ones were let go."""
        return self._seen - len(self._first) - len(self._last)
