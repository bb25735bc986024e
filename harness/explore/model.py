"""The model of a program: two queues, a handshake and an end; what must be observed, and when.

It is pure. A `Model` follows a program step by step: `refusal` says why a step has no meaning where
it stands, `apply` goes on behind it, `due` is what a read must give. Two rules keep chance out:

* A direction is stalled only when everything written to it so far is sure to get through without
  anybody reading (`SURE`); `perform` waits until it has. What is written to it from then on gets
  nowhere until it goes again. So it is known of every message whether it can be read.
* Where a connection ends for a reason of its own, everything that was written before is with the
  other side by then, for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness import codec
from harness.explore.program import (
    Cut,
    End,
    Hold,
    Narrow,
    Program,
    Read,
    Shake,
    Side,
    Step,
    Write,
    other,
)
from harness.explore.way import Way, frame_octets, message
from harness.payloads import Message

#: Octets that get through to a peer whose application does not read: every system buffers more,
#: and what an implementation that stops receiving (STREAM-6) leaves there is in those buffers.
SURE = 1 << 15
#: The same between buffers that are as small as can be: half of what was measured.
SURE_NARROW = 1 << 11
#: Octets that one side may write: the longest message, and as much again; a few milliseconds.
ROOM = 1 << 21
#: Pieces into which one direction may be cut: each costs a question to the kernel.
PIECES = 1000
#: The frame inside which a connection may end is that of a message of so many octets.
FURTHER = 300
#: The length of a handshake's messages, in octets: short ones, as they are in life.
GREETING = 9

SIDES: tuple[Side, Side] = (1, 2)
NAMES: Mapping[Side, str] = {1: "the first peer", 2: "the second peer"}


class Model:
    """What is known of a connection between two steps of a program.

    `ways` by the side that writes, `scripts` what each side's handshake does: `("send", message)`
    or `("expect", message)`. `end` is the end, once it has come. Not thread-safe.
    """

    def __init__(self, shake: Shake | None = None) -> None:
        self.ways: dict[Side, Way] = {1: Way(), 2: Way()}
        self.scripts = _scripts(shake)
        self.shake = shake
        self.narrow = False
        self.end: End | None = None
        self._steps = 0
        self._shaking = shake is None
        self._at: dict[Side, int] = {1: 0, 2: 0}

    @classmethod
    def behind(cls, program: Program) -> Model:
        """Return the model behind the last step of a program."""
        model = cls(shake_of(program.steps))
        for step in program.steps:
            model.apply(step)
        return model

    @property
    def sure(self) -> int:
        """How many octets are sure to get through to somebody who does not read."""
        return SURE_NARROW if self.narrow else SURE

    def ready(self, side: Side) -> bool:
        """Whether a side's handshake has completed."""
        return self._shaking and self._at[side] == len(self.scripts[side])

    def due(self, side: Side, times: int | None = None) -> list[Message]:
        """Return what a side must get that reads so many messages, or (None) all there are."""
        way = self.ways[other(side)]
        stop = way.passed if times is None else min(way.passed, way.taken + times)
        return way.owed[way.taken : stop]

    def refusal(self, step: Step) -> str | None:
        """Return why a step has no meaning here, in one line; None if it has one."""
        if self.end is not None:
            return "nothing stands behind the end"
        match step:
            case Narrow():
                return "narrow stands at the start" if self._steps else None
            case Shake():
                known = step == self.shake and not self._shaking
                return None if known else "there is one handshake, and no more"
            case Cut(side, text):
                return self._crumbs(side, [], text)
            case Hold(side, on):
                return self._no_hold(side, on)
            case End():
                return self._no_end(step)
        if not self.ready(step.side):
            return f"{NAMES[step.side]} is not ready here: its handshake has not completed"
        return self._too_much(step) if isinstance(step, Write) else None

    def _no_hold(self, side: Side, on: bool) -> str | None:
        way = self.ways[side]
        if way.held == on:
            return f"what {NAMES[side]} sends is {'stalled already' if on else 'not stalled'}"
        return self._not_sure(side) if on else None

    def _no_end(self, end: End) -> str | None:
        if self.shake is not None:
            return "a program with a handshake has no end of its own"
        if end.how != "close" and end.inside >= frame_octets([further(end.side, 0)]):
            return f"{end.inside} octets are all of the frame that the end is to stand inside"
        sides = {"close": (), "fin": (end.side,), "reset": SIDES}[end.how]
        return next(filter(None, map(self._not_sure, sides)), None)

    def _not_sure(self, side: Side) -> str | None:
        if self.ways[side].unread <= self.sure:
            return None
        return (
            f"more than {self.sure} octets from {NAMES[side]} are unread here;"
            " they might not get through"
        )

    def _too_much(self, write: Write) -> str | None:
        way = self.ways[write.side]
        frame = codec.shortest(write.length) + write.length
        if frame_octets(way.owed) + write.times * frame > ROOM:
            return f"{NAMES[write.side]} would write more than {ROOM} octets"
        return self._crumbs(write.side, _messages(way, write), None)

    def _crumbs(self, side: Side, more: list[Message], cut: str | None) -> str | None:
        way = self.ways[side]
        cuts = way.cuts if cut is None else {**way.cuts, len(way.owed): cut}
        if Way(owed=[*way.owed, *more], cuts=cuts).pieces() <= PIECES:
            return None
        return f"what {NAMES[side]} writes would be cut into more than {PIECES} pieces"

    def apply(self, step: Step) -> None:
        """Go on behind a step that has a meaning here."""
        self._steps += 1
        match step:
            case Narrow():
                self.narrow = True
            case Shake():
                self._shaking = True
            case Write(side):
                for one in _messages(self.ways[side], step):
                    self.ways[side].add(one)
            case Read(side, times):
                self.ways[other(side)].taken += len(self.due(side, times))
            case Hold(side, on):
                self.ways[side].hold(on)
            case Cut(side, text):
                self.ways[side].cuts[len(self.ways[side].owed)] = text
            case End():
                self.end = step
        if self._shaking:
            self._go_on_shaking()

    def _go_on_shaking(self) -> None:
        """Let the handshakes do what they can do now."""
        moved = True
        while moved:
            moved = any([self._shake_once(side) for side in SIDES])

    def _shake_once(self, side: Side) -> bool:
        if self._at[side] == len(self.scripts[side]):
            return False
        word, one = self.scripts[side][self._at[side]]
        inbound = self.ways[other(side)]
        if word == "send":
            self.ways[side].shaken += 1
            self.ways[side].add(one)
        elif inbound.taken < inbound.passed:
            inbound.taken += 1
        else:
            return False
        self._at[side] += 1
        return True


def _messages(way: Way, write: Write) -> list[Message]:
    start = len(way.owed)
    return [
        message(write.side, start + number, write.kind, write.length)
        for number in range(write.times)
    ]


def _scripts(shake: Shake | None) -> dict[Side, list[tuple[str, Message]]]:
    """What each side's handshake does; both send first where it is not said who does."""
    scripts: dict[Side, list[tuple[str, Message]]] = {1: [], 2: []}
    if shake is None:
        return scripts
    order = shake.order or SIDES
    for at, sender in enumerate(order):
        one = message(sender, order[:at].count(sender), "text", GREETING)
        for side in SIDES:
            scripts[side].append(("send" if sender == side else "expect", one))
    if not shake.order:
        for script in scripts.values():
            script.sort(key=lambda step: step[0] != "send")
    return scripts


def further(side: Side, number: int) -> Message:
    """Return the message inside which a connection ends."""
    return message(side, number, "bytes", FURTHER)


def shake_of(steps: Iterable[Step]) -> Shake | None:
    """Return the first handshake among some steps."""
    return next((step for step in steps if isinstance(step, Shake)), None)
