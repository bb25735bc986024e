"""The hands of a side of a pair: they write in order, whether or not a write has to wait."""

from __future__ import annotations

from collections.abc import Sequence

from harness import clock
from harness.connection import Connection, Writing
from harness.direction import Direction
from harness.payloads import Message

#: Seconds in which a write has returned that does not wait for anything to be read.
LEEWAY = 1.0


class Hand:
    """One side's connection, and the direction in which it writes. For one thread.

    A write that waits until the transport has taken its messages is as good as one that queues
    them; what is written behind it waits here.
    """

    def __init__(self, connection: Connection, wire: Direction) -> None:
        self.connection = connection
        self.wire = wire
        self._waiting: list[Message] = []
        self._writing: Writing | None = None

    @property
    def busy(self) -> bool:
        """Whether something was given to `write` that the implementation has not taken yet."""
        return self._writing is not None or bool(self._waiting)

    def write(self, messages: Sequence[Message]) -> None:
        """Write behind what was written before; raises a `PeerError` when that was refused."""
        self._waiting += messages
        self.go_on()

    def go_on(self) -> None:
        """Write what waits, if nothing before it is on its way any more."""
        if self._writing is not None and self._writing.returns(0):
            self._end()
        if self._writing is None and self._waiting:
            self._writing = self.connection.begin_write(*self._waiting)
            self._waiting = []

    def settle(self) -> None:
        """Give a write the time to return that does not have to wait."""
        if self._writing is not None and self._writing.returns(LEEWAY):
            self.go_on()

    def finish(self) -> None:
        """Wait until everything was taken; raises a `PeerError`, `StepTimeout` among them."""
        while self.busy:
            self.go_on()
            if self._writing is not None:
                self._end()

    def _end(self) -> None:
        writing, self._writing = self._writing, None
        assert writing is not None
        writing.result()

    def hand_over(self, filled: float | None) -> None:
        """Have what was written lie in the relay's socket, which is not read: all of it together.

        `filled`: if it is more than that holds, the seconds in which the sender is stuck with it.
        """
        if filled is None:
            clock.until(lambda: self.connection.state()["queued"] is not True, LEEWAY)
        else:
            self.wire.stuck(filled)
