"""The log of one connection: what went over it, when, in which chunks, and what was proved.

Memory is bounded whatever a case sends. The first octets of each direction are kept whole, so that
a short connection is there completely; of what comes later, the first ones of each chunk, enough to
recognise it. Of events the first and the last few thousand are kept, with the number of those
between that were let go.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from harness import clock
from harness.kernel import Queues

#: How many octets of a later chunk are kept: a header of 10 and enough to recognise the payload.
HEAD = 64
#: How many octets from the beginning of a direction are kept whole: every case but those that fill
#: buffers stays below, and a hundred such connections are still no load for memory.
WHOLE = 1 << 16
#: How many events are kept at either end of a log: a frame of 2,000 octets sent one by one.
KEPT = 4000


@dataclass(frozen=True, slots=True)
class Event:
    """One event on a connection.

    `ns` monotonic nanoseconds; `direction` `sent`/`received` at a tester, `forward`/`backward` at a
    relay. `what` is one of

    * `octets`: `offset` is their place in the direction, `length` their number, `head` the octets
      that are kept of them, from the first one on; `chunk` counts the pieces of a schedule from 0;
    * `consumed`: the kernel proved that the far end has taken the first `offset` octets; `unread`:
      it has proved the opposite until the time was over; `unproved`, `gone`: nothing was proved;
    * `stuck`: the far end had handed over `offset` octets and could hand over no more; `refilled`:
      we had read `offset` octets, and the far end waited for us to read on;
    * `fin`, `reset`: the direction ended so, behind `offset` octets; `ended-fin`, `ended-reset`: a
      schedule made the relay end it so; `pause`, `resume`: we stop reading it, and go on;
    * `full`, `room`: the far end of a relay takes no octets behind `offset`, and takes some again.

    `queues` is what the kernel said of the far end's socket where that decided.
    """

    ns: int
    direction: str
    what: str
    offset: int = 0
    length: int = 0
    head: bytes = b""
    chunk: int | None = None
    queues: Queues | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A log as it stands: when it `began`, its events, and how many in their middle are lost."""

    began: int
    events: list[Event]
    lost: int


class Log:
    """Events in order, bounded at `2 * KEPT`. Not thread-safe: its owner guards it."""

    def __init__(self) -> None:
        self._began = clock.now_ns()
        self._first: list[Event] = []
        self._last: deque[Event] = deque(maxlen=KEPT)
        self._seen = 0

    def octets(
        self, direction: str, offset: int, octets: bytes | memoryview, chunk: int | None = None
    ) -> None:
        """Note a run of octets that begins at `offset` of its direction."""
        head = bytes(octets[: max(HEAD, WHOLE - offset)])
        self._add(Event(clock.now_ns(), direction, "octets", offset, len(octets), head, chunk))

    def note(
        self,
        direction: str,
        what: str,
        offset: int = 0,
        chunk: int | None = None,
        queues: Queues | None = None,
    ) -> None:
        """Note anything else."""
        self._add(Event(clock.now_ns(), direction, what, offset, chunk=chunk, queues=queues))

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
    def record(self) -> Record:
        """All that is kept, for whoever writes it down."""
        return Record(self._began, self.events, self.dropped)

    @property
    def dropped(self) -> int:
        """How many events between the first and the last ones were let go."""
        return self._seen - len(self._first) - len(self._last)
