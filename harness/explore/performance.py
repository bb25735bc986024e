"""A program on its way: what the sides have done, and what has been observed of it.

Every check is bound to a clause that the case for the program's family quotes. Wherever a program
may have to wait, it waits for a fact; a limit of time only ends the waiting for messages that do
not come.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from harness import clock
from harness.case import Recorder, prerequisite
from harness.expect import NARROW, TIGHT, delivered
from harness.explore import meaning
from harness.explore.hands import Hand
from harness.explore.model import NAMES, SIDES, Model, shake_of
from harness.explore.program import Hold, Narrow, Program, Read, Shake, Side, Write, other
from harness.explore.way import frame_octets
from harness.meeting import Meeting, Pair
from harness.payloads import Message, Received, describe
from harness.peererror import LibraryRaised
from harness.relay import Seen
from harness.witness import Witness

#: Seconds of one look for messages, between which other things go on.
LOOK = 0.25
#: Seconds in which nothing moves, neither octets nor messages, before we stop to hope: far more
#: than a process waits for its turn on an overloaded machine.
STANDSTILL = 5.0
#: The same when the reader has consumed all octets, as the kernel proves: it has only to hand over
#: what it has.
PROVED = 2.0
#: Seconds in which a few octets have come through: a few milliseconds of work.
SETTLED = 1.0
#: Seconds in which a sender has filled all buffers on its way, if it can.
FILLED = 0.5

#: What an application writes that does not wait for its handshake; an endpoint refuses it.
EARLY = Message.text("too early")
#: The clause that decides what is read, by families of programs; not named: STREAM-2.
READING = {"handshake": "HAND-3"}


class Performance:
    """One program on its way on one pair. `hands` by side; `model` is where the program stands."""

    def __init__(self, pair: Pair, check: Recorder, program: Program) -> None:
        self.pair = pair
        self.check = check
        self.program = program
        self.reading = READING.get(meaning.family(program), "STREAM-2")
        self.model = Model(shake_of(program.steps))
        self._unshaken = set(SIDES) if self.model.shake else set()
        meeting = self._meet()
        wires = meeting.relay.forward, meeting.relay.backward
        whole = Model.behind(program)
        for side, wire in zip(SIDES, wires, strict=True):
            wire.cut(whole.ways[side].schedule())
        self.hands = dict(
            zip(SIDES, map(Hand, (meeting.first, meeting.second), wires), strict=True)
        )

    def _meet(self) -> Meeting:
        options: list[dict[str, Any]] = [{}, {}]
        relay: dict[str, Any] = {}
        if Narrow() in self.program.steps:
            relay["rcvbuf"] = NARROW
            for some in options:
                some["sndbuf"] = TIGHT
        if self.model.shake is not None:
            for some, side in zip(options, SIDES, strict=True):
                some["handshake"] = _script(self.model, side)
        return self.pair.meet(*options, **relay)

    def steps(self) -> None:
        """Do every step up to the end."""
        for step in self.program.steps:
            match step:
                case Write(side):
                    self._write(step)
                case Read(side, times):
                    self._read(side, times)
                case Hold(side, True):
                    self._hold(side)
                case Hold(side, False):
                    self.let_go(side)
                case _:
                    self.model.apply(step)
            if isinstance(step, Shake):
                self._shake()

    def _write(self, write: Write) -> None:
        side = write.side
        way, hand = self.model.ways[side], self.hands[side]
        before = len(way.owed)
        self.model.apply(write)
        self.await_ready(side)
        hand.write(way.owed[before:])
        if way.held or way.unread > self.model.sure:
            hand.settle()
        else:
            hand.finish()
        if way.held:
            # Else it would be by chance how much of it is with the system when it goes on, or ends.
            much = frame_octets(way.owed[way.passed :]) > self.model.sure
            hand.hand_over(FILLED if much else None)

    def _read(self, side: Side, times: int) -> None:
        self.await_ready(side)
        self.settle(other(side))
        due = self.model.due(side, times)
        self.take(side, due, self.reading)
        self.model.apply(Read(side, times))
        if len(due) < times:
            self.nothing_more(side, self.reading)

    def await_ready(self, side: Side) -> None:
        """Wait until a side's handshake has completed, as it must by now."""
        if side not in self._unshaken:
            return
        ready = self.hands[side].connection.happens("ready", within=clock.STEP)
        self._shaken_first()
        self.check("HAND-7", ready, f"{NAMES[side]} to complete its handshake", f"ready: {ready}")
        self._unshaken.remove(side)

    def _shake(self) -> None:
        """Let the handshakes run; the application tries to be quicker, and must not be."""
        for side in SIDES:
            with contextlib.suppress(LibraryRaised):
                self.hands[side].connection.write(EARLY)
        for side in SIDES:
            self.hands[side].connection.release()

    def _shaken_first(self) -> None:
        """Check that what both sides have sent so far begins with their handshakes' messages."""
        for side in SIDES:
            way = self.model.ways[side]
            frames = [describe_frame(one) for one in self.hands[side].wire.frames[: way.shaken]]
            odd = unlike([describe_frame(one) for one in way.owed[: len(frames)]], frames)
            expected = f"{NAMES[side]} to begin with the frames of its handshake"
            self.check("HAND-1", odd is None, expected, odd or "these frames")

    def _hold(self, side: Side) -> None:
        """Stall a direction behind everything that was written to it."""
        self.arrived(side)
        self.hands[side].wire.pause()
        self.model.apply(Hold(side, True))

    def arrived(self, side: Side) -> None:
        """Wait until the relay has every frame that a side has written, and check them."""
        wire, owed = self.hands[side].wire, self.model.ways[side].owed
        there = self.comes(
            lambda: len(wire.frames) >= len(owed) or wire.malformed is not None, STANDSTILL
        )
        # The relay waits for a reader that stops to receive, which it may; then nobody is to blame.
        taken = there or self.consumed(side) is not False
        prerequisite(taken, f"{NAMES[other(side)]} does not take the few octets that are unread")
        self.sent(side, len(owed))

    def settle(self, side: Side) -> None:
        """Give what a side has written the time to be with the other one before that reads.

        Then it is not by chance how much is unread. Whether it gets there is decided by reading.
        """
        way, wire = self.model.ways[side], self.hands[side].wire
        if way.unread <= self.model.sure:
            self.comes(
                lambda: len(wire.frames) >= way.passed and self.consumed(side) is not False, SETTLED
            )

    def comes(self, happened: Callable[[], bool], standstill: float) -> bool:
        """Wait until something has happened; give up when nothing has moved for so many seconds."""
        moved: object = None
        still = clock.Deadline(standstill)
        while not clock.until(happened, LOOK):
            now = self._moved()
            if now != moved:
                moved, still = now, clock.Deadline(standstill)
            elif still.over:
                return False
        return True

    def _moved(self) -> object:
        """What changes as long as octets move: what the relay has taken, and what it has given."""
        taken = [hand.wire.octets for hand in self.hands.values()]
        return taken, [None if one.refusal else one.far() for one in map(self.witness, SIDES)]

    def witness(self, side: Side) -> Witness:
        """Return whoever testifies what a side's implementation does at its end of the relay."""
        end = self.hands[side].connection
        return Witness(end.remote, end.local, far_opened=side == 1)

    def consumed(self, side: Side) -> bool | None:
        """Say whether all that a side has sent was consumed; None if no kernel can be asked."""
        witness = self.witness(other(side))
        return None if witness.refusal else witness.consumed(self.hands[side].wire.octets) != "no"

    def let_go(self, side: Side) -> None:
        """Carry on what a side sends."""
        self.hands[side].wire.resume()
        self.model.apply(Hold(side, False))

    def take(
        self, side: Side, due: Sequence[Message], *clauses: str, wire: str = "SEND-1"
    ) -> None:
        """Let a side read messages; check that they were sent (`wire`), and read (`clauses`)."""
        got = self._collect(side, len(due))
        taken = self.model.ways[other(side)].taken
        self.sent(other(side), taken + len(due), wire)
        delivered(self.check, got, due, *clauses)

    def _collect(self, side: Side, count: int) -> list[Received]:
        """Read until the messages are there, the end has come, or nothing moves any more."""
        got: list[Received] = []
        moved: object = None
        still = proved = clock.Deadline(0)
        wire, taken = self.hands[other(side)].wire, self.model.ways[other(side)].taken
        while len(got) < count:
            for hand in self.hands.values():
                hand.go_on()
            reading = self.hands[side].connection.read(count - len(got), within=LOOK)
            got += reading.messages
            if reading.ended:
                break
            now = len(got), self._moved()
            if now != moved:
                moved = now
                still, proved = clock.Deadline(STANDSTILL), clock.Deadline(PROVED)
            there = len(wire.frames) >= taken + count and self.consumed(other(side))
            if still.over or (proved.over and there):
                break
        return got

    def nothing_more(self, side: Side, clause: str) -> None:
        """Check that there is no message for a side beyond those that it has read."""
        reading = self.hands[side].connection.read(1, within=0)
        self.check(clause, not reading.messages, "no message more", reading.messages)

    def sent(self, side: Side, count: int, clause: str = "SEND-1") -> None:
        """Check that the first frames of a side are those of its first messages."""
        wire = self.hands[side].wire
        frames = wire.frames[:count]
        wanted = [describe_frame(one) for one in self.model.ways[side].owed[:count]]
        odd = unlike(wanted, [describe_frame(one) for one in frames])
        if odd is not None and wire.malformed is not None:
            odd = str(wire.malformed)
        expected = f"the first {count} frames of {NAMES[side]} to be those of its messages"
        self.check(clause, odd is None, expected, odd or "these frames")

    def sent_all(self, side: Side, clause: str = "SEND-1") -> None:
        """Check that a side has sent the frames of its messages, and not an octet more."""
        self.sent(side, len(self.model.ways[side].owed), clause)
        wire, frames = self.hands[side].wire, len(self.model.ways[side].owed)
        more = wire.malformed is not None or not wire.pending.between or len(wire.frames) > frames
        expected = f"nothing behind the {frames} frames of {NAMES[side]}"
        self.check(clause, not more, expected, wire.malformed or wire.pending)

    def drain(self) -> None:
        """Let both sides read all that there is, in a program without an end of its own."""
        for side in SIDES:
            if self.model.ways[side].held:
                self.let_go(side)
        for side in SIDES:
            self.await_ready(side)
            self.settle(other(side))
            due = self.model.due(side)
            self.take(side, due, self.reading)
            self.model.apply(Read(side, max(1, len(due))))
        for side in SIDES:
            self.nothing_more(side, self.reading)
            self.sent_all(side)
        if self.model.shake is not None:
            self._shaken_first()


def _script(model: Model, side: Side) -> list[dict[str, Any]]:
    """A side's handshake as the adapter protocol has it, held back at its start."""
    steps = [{"do": word, "message": one.request()} for word, one in model.scripts[side]]
    return [{"do": "hold"}, *steps, {"do": "return", "value": True}]


def describe_frame(one: Message | Seen) -> str:
    """Return what a frame and its message have in common, in words."""
    if isinstance(one, Message):
        return describe(one)
    return describe(Received(one.kind, one.length, one.crc32, one.head[:32], b""))


def unlike(wanted: Sequence[str], seen: Sequence[str]) -> str | None:
    """Return in words where two lists begin to differ; None if they do not."""
    for number, (want, have) in enumerate(zip(wanted, seen, strict=False), 1):
        if want != have:
            return f"number {number} is {have}, not {want}"
    if len(seen) < len(wanted):
        return f"{len(seen)} of {len(wanted)} frames; not there: {wanted[len(seen)]}"
    return None
