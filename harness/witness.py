"""What the kernel testifies about the far end of one of our connections.

A `Witness` belongs to a connected socket of the harness. It answers the two questions on which
verdicts rest, and otherwise gives the reason why it cannot: was what we sent read already, and is
the far end stuck with a message that it cannot hand over? No thread of its own, nothing to close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness import clock, kernel
from harness.kernel import Address

_LOOPBACK = ("127.", "::1")

#: Looks without a gap before backing off: the time in which an idle process wakes up and reads.
EAGER_LOOKS = 30

# The states of a socket whose other side has ended its direction (RFC 9293, section 3.3.2).
_OUR_END_ARRIVED = frozenset({"CLOSE_WAIT", "LAST_ACK", "CLOSING"})

Consumed = Literal["yes", "no", "gone"]


@dataclass(frozen=True, slots=True)
class Stuck:
    """Proof that the far end had octets which nobody took, and that its send buffer was full.

    `handed`: octets that its application had given to its kernel since the connection began; a
    message that ends behind that is half sent. `sent_queue`: octets of those that our kernel has
    not acknowledged. `receive_queue`: octets that lay unread at our end. `looks` of the kernel
    found all this unchanged, over `clock.STANDSTILL` seconds or more.
    """

    handed: int
    sent_queue: int
    receive_queue: int
    looks: int


class Witness:
    """The kernel's testimony about the connection from `local` (ours) to `remote`.

    `far_opened`: the far end called `connect`, we accepted. `seen`: what the last look at the far
    end's socket has found, for logs. Thread-safe.
    """

    def __init__(self, local: Address, remote: Address, far_opened: bool) -> None:
        self._local = local
        self._remote = remote
        self._far_opened = far_opened
        self.seen: kernel.Queues | None = None

    @property
    def refusal(self) -> str:
        """Why nothing can be proved about this connection; empty if it can."""
        if kernel.refusal():
            return kernel.refusal()
        # The far socket must belong to this kernel. Waiting to see whether it shows up would be a
        # guess; a shared address is a fact.
        here = self._local[0] == self._remote[0]
        if here or all(end[0].startswith(_LOOPBACK) for end in (self._local, self._remote)):
            return ""
        return f"the far end {self._remote[0]} is not on this machine"

    def far(self) -> kernel.Queues | None:
        """Return the queues of the far end's socket, None if its application has let go of it."""
        self.seen = kernel.look(self._remote, self._local)
        return self.seen

    def near(self) -> kernel.Queues | None:
        """Return the queues of our own socket, None after a reset."""
        return kernel.look(self._local, self._remote)

    @property
    def gone(self) -> bool:
        """Whether the far application has let go of the connection, or it was reset."""
        if self.far() is not None:
            return False
        near = self.near()
        # A socket that is not visible while ours knows of no end is only not visible yet.
        return near is None or near.state != "ESTABLISHED"

    def consumed(self, sent: int) -> Consumed:
        """Say whether the far application has read all of the first `sent` octets, or has gone."""
        far = self.far()
        if far is not None:
            return "yes" if far.receive == 0 and far.bytes_received >= sent else "no"
        return "gone" if self.gone else "no"

    def await_consumed(self, sent: int, within: float | clock.Deadline) -> Consumed:
        """Wait while `consumed` says "no"; return its last word."""
        state: Consumed = "no"

        def known() -> bool:
            nonlocal state
            state = self.consumed(sent)
            return state != "no"

        clock.until(known, within, eager=EAGER_LOOKS)
        return state

    def ended(self) -> bool:
        """Whether the end of what we sent got to the far application, which has read up to it.

        Also if it has gone, or our end was a reset: of that no queue tells whether it was read.
        """
        far = self.far()
        return self.gone if far is None else far.receive == 0 and far.state in _OUR_END_ARRIVED

    def await_ended(self, within: float | clock.Deadline) -> bool:
        """Wait until `ended`; False if that does not come in time, or nobody can be asked."""
        return not self.refusal and clock.until(self.ended, within, eager=EAGER_LOOKS)

    def arrived(self, sent: int) -> bool:
        """Whether the first `sent` octets lie in the far kernel, read or not, or it has gone."""
        far = self.far()
        return far is None or far.bytes_received >= sent

    def handed(self) -> int | None:
        """Return how many octets the far application has handed over, None if it has gone."""
        far = self.far()
        return None if far is None else far.handed(self._far_opened)

    def await_refill(self, total: int, within: float | clock.Deadline) -> bool:
        """Wait until the far end waits for us: its buffer full, or `total` octets handed over.

        Also if it has gone: then there is nothing to wait for. False if none of it comes in time.
        """

        def waits() -> bool:
            far = self.far()
            return far is None or far.full or far.handed(self._far_opened) >= total

        return clock.until(waits, within, eager=EAGER_LOOKS)

    def stuck(self, within: float | clock.Deadline) -> Stuck | str:
        """Watch until the far end is stuck; return the proof, or in one line what speaks against.

        What is said against is what the last look found when the time was over.
        """
        deadline = clock.Deadline.of(within)
        if self.refusal:
            return self.refusal
        seen: tuple[int, int, int] | None = None
        looks = 0
        standstill = clock.Deadline(clock.STANDSTILL)
        while True:
            found = self._still()
            if isinstance(found, str) or found != seen:
                seen = None if isinstance(found, str) else found
                looks = 0
                standstill = clock.Deadline(clock.STANDSTILL)
            elif standstill.over:
                return Stuck(*found, looks=looks + 1)
            looks += 1
            if self.gone:
                return "the connection has ended"
            if deadline.over:
                return found if isinstance(found, str) else "the far end has not stood still"
            clock.pause(clock.STUCK_LOOK, "only time shows that nothing moves any more")

    def _still(self) -> tuple[int, int, int] | str:
        far, near = self.far(), self.near()
        if far is None or near is None:
            return "the connection is not visible"
        if far.send == 0:
            return "the far end has nothing in its send queue"
        if not far.full:
            return f"the far end has {far.send} octets in its send queue, and room for more"
        return far.handed(self._far_opened), far.send, near.receive
