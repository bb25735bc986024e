"""The receiving half of the tester: octets and frames as they arrive, and how they end.

What has arrived is seen in two ways, each with its own place in the stream: as octets
(`receive_exactly`) and as frames (`receive_frames`). Every octet passes the one `FrameReader`, so a
far end that breaks the framing is noticed whichever way the case looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness import clock
from harness.channel import Channel
from harness.clock import Deadline
from harness.codec import FrameReader, Malformed, Parsed
from harness.kernel import Address
from harness.schedule import Ending
from harness.wirelog import Event, Record
from harness.witness import Witness

Within = float | Deadline

#: Octets per `recv`: so many that the cost of the call does not show.
CHUNK = 1 << 18


class TesterError(Exception):
    """The far end did not do what a step of the tester needed; the text says what was seen."""

    __test__ = False  # the name is no invitation to pytest


class OutOfTime(TesterError):
    """The time of a step was over. What had arrived until then is kept."""


class PeerEnded(TesterError):
    """The far end ended the connection before a step was complete; `how` it did."""

    def __init__(self, what: str, how: Ending) -> None:
        super().__init__(what)
        self.how: Ending = how


class Misframed(TesterError):
    """The far end sent octets that are no frame; `malformed` says which and why."""

    def __init__(self, malformed: Malformed) -> None:
        super().__init__(f"the peer sent octets that are no frame: {malformed}")
        self.malformed = malformed


@dataclass(frozen=True, slots=True)
class Pace:
    """How a slow reading went: its `steps`, and before how many the far end had handed over more.

    `proved`: before every step the far end waited for us, its buffer full or all handed over.
    """

    steps: int
    refills: int
    proved: bool


class Receiver:
    """A connected socket from which a case reads; see `Tester`, which adds the sending.

    `unproved`: why the last proof that was asked for was not given, in one line; None if it was.
    `pace`: how the last `receive_slowly` went.
    """

    def __init__(self, channel: Channel, witness: Witness) -> None:
        self._channel = channel
        self._witness = witness
        self._raw_taken = 0
        self._frames_taken = 0
        self.unproved: str | None = None
        self.pace: Pace | None = None

    def receive_exactly(self, n: int, within: Within = clock.ANSWER) -> bytes:
        """Return the next `n` octets of the stream; raises `OutOfTime` or `PeerEnded` if fewer."""
        stop = self._raw_taken + n
        self._receive(lambda: len(self._channel.raw) >= stop, Deadline.of(within), f"{n} octets")
        return self._take(stop)

    def receive_available(self, n: int, within: Within = clock.ANSWER) -> bytes:
        """Return the next `n` octets, or those that came before the end or the time was over."""
        try:
            return self.receive_exactly(n, within)
        except (PeerEnded, OutOfTime):
            return self._take(len(self._channel.raw))

    def receive_frames(self, n: int, within: Within = clock.ANSWER) -> list[Parsed]:
        """Return the next `n` frames; frames beyond them wait for the next call.

        Raises `Misframed`, `OutOfTime` or `PeerEnded` if fewer came; those that came wait too.
        """
        stop = self._frames_taken + n

        def done() -> bool:
            return len(self._channel.frames) >= stop or self.reader.malformed is not None

        self._receive(done, Deadline.of(within), f"{n} frames")
        if len(self._channel.frames) < stop and self.reader.malformed is not None:
            raise Misframed(self.reader.malformed)
        taken = self._channel.frames[self._frames_taken : stop]
        self._frames_taken = stop
        return taken

    def receive_slowly(self, n: int, step: int, within: Within = clock.TRANSFER) -> bytes:
        """Return the next `n` octets as `receive_exactly` does, read at most `step` at a time.

        Before each step we wait until the far end waits for us: until its send buffer is full
        again, or it has handed over everything. `pace` says how that went.
        """
        deadline = Deadline.of(within)
        self.unproved = self._witness.refusal or None
        stop = self._raw_taken + n
        steps = refills = 0
        before = self._witness.handed()
        while (missing := stop - len(self._channel.raw)) > 0:
            self._await_refill(stop, deadline)
            handed = self._witness.handed()
            refills += handed is not None and before is not None and handed > before
            before = handed
            self._receive_once(min(step, missing), deadline, f"{n} octets")
            steps += 1
        self.pace = Pace(steps, refills, not self.unproved)
        return self.receive_exactly(n, deadline)

    def expect_end(self, within: Within = clock.ANSWER) -> Ending | None:
        """Receive until the far end ends the connection; return how, None if it stayed open.

        Octets that come before the end are kept.
        """
        try:
            self._receive(lambda: self.end is not None, Deadline.of(within), "the end")
        except OutOfTime:
            return None
        return self.end

    @property
    def local(self) -> Address:
        """Our own address."""
        return self._channel.local

    @property
    def remote(self) -> Address:
        """The address of the far end."""
        return self._channel.remote

    @property
    def reader(self) -> FrameReader:
        """The reader that every received octet has passed."""
        return self._channel.reader

    @property
    def end(self) -> Ending | None:
        """How the far end has ended the connection, as far as we have read; None if it has not."""
        return self._channel.end

    @property
    def octets_received(self) -> bytes:
        """Every octet that was received so far."""
        return bytes(self._channel.raw)

    @property
    def frames(self) -> list[Parsed]:
        """Every frame that was received so far."""
        return list(self._channel.frames)

    @property
    def log(self) -> list[Event]:
        """What went over the connection and was proved, oldest first (see `wirelog`)."""
        return self._channel.log.events

    @property
    def record(self) -> Record:
        """The same, with when it began and what was let go."""
        return self._channel.log.record

    def _take(self, stop: int) -> bytes:
        # A view first: slicing alone would copy the octets twice.
        with memoryview(self._channel.raw) as raw:
            taken = bytes(raw[self._raw_taken : stop])
        self._raw_taken = stop
        return taken

    def _await_refill(self, total: int, deadline: Deadline) -> None:
        if not self.unproved:
            limit = Deadline(min(clock.REFILL * clock.patience(), deadline.left()), scaled=False)
            if self._witness.await_refill(total, limit):
                channel, seen = self._channel, self._witness.seen
                channel.log.note("received", "refilled", len(channel.raw), queues=seen)
            else:
                self.unproved = "the far end had room to send and did not use it"

    def _receive(self, done: Callable[[], bool], deadline: Deadline, wanted: str) -> None:
        while not done():
            self._receive_once(CHUNK, deadline, wanted)

    def _receive_once(self, most: int, deadline: Deadline, wanted: str) -> None:
        so_far = f"wanted {wanted}, have received {len(self._channel.raw)} octets so far"
        if self.end is not None:
            raise PeerEnded(f"the peer ended the connection ({self.end}): {so_far}", self.end)
        while not self._channel.take(most):
            if not self._channel.ready(deadline, read=True):
                raise OutOfTime(f"{so_far}, and nothing more came within {deadline.seconds:g} s")
