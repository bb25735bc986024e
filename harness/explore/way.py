"""One direction of a connection: the messages written to it, and how far they have got."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness import codec, schedule
from harness.codec import Kind
from harness.explore.program import Side
from harness.payloads import Message

#: Payloads up to this many octets are made here, since recipes of that size look alike.
SHORT = 64


def message(side: Side, number: int, kind: Kind, length: int) -> Message:
    """Return a side's message of that number (from 0): no two of a program are alike.

    But for those of one octet, of which there are not enough.
    """
    mark = 2 * number + side
    if length > SHORT:
        return Message.recipe(kind, mark, length)
    if kind == "bytes":
        return Message.octets(bytes((mark + 37 * at) % 256 for at in range(length)))
    # Code points of two octets, so that a cut can fall inside one.
    text = chr(33 + mark % 90) + "é" * ((length - 1) // 2) + "." * ((length - 1) % 2)
    return Message.text(text)


def frame_octets(messages: Iterable[Message]) -> int:
    """Return how many octets the frames of some messages have, each with the shortest header."""
    return sum(codec.shortest(one.length) + one.length for one in messages)


@dataclass
class Way:
    """One direction: the messages written to it, and how far they have got.

    `shaken` of them, the first ones, belong to the handshake; `taken` were read; `passed` have got
    through, all of them unless the direction is `held`. `cuts` are the schedules that hold from
    some message on.
    """

    owed: list[Message] = field(default_factory=list)
    shaken: int = 0
    taken: int = 0
    held: bool = False
    passed: int = 0
    cuts: dict[int, str] = field(default_factory=dict)
    _glued: set[int] = field(default_factory=set)

    @property
    def unread(self) -> int:
        """How many octets of frames were written and not read."""
        return frame_octets(self.owed[self.taken :])

    def add(self, one: Message) -> None:
        """Write a message."""
        if self.held and len(self.owed) > self.passed:
            self._glued.add(len(self.owed))
        self.owed.append(one)
        if not self.held:
            self.passed = len(self.owed)

    def hold(self, on: bool) -> None:
        """Stall, or let go."""
        self.held = on
        if not on:
            self.passed = len(self.owed)

    def schedule(self) -> str:
        """Return the schedule for the whole direction: how its octets arrive.

        Where nothing is said, each message arrives alone, and those that were stalled together
        arrive together. The schedule counts octets from the very first one, so that it does not
        depend on how fast anybody is.
        """
        pieces: list[str] = []
        for start, stop, cut in self._segments():
            if cut is None:
                pieces += self._alone(start, stop)
            elif stop < len(self.owed):
                octets = b"".join(codec.encode(one.frame()) for one in self.owed[start:stop])
                pieces += [str(len(piece)) for piece in schedule.parse(cut).pieces(octets)]
            else:
                return ",".join([*pieces, cut])
        return ",".join([*pieces, "p*"])

    def pieces(self) -> int:
        """Return into how many pieces, at most, what was written is cut."""
        return sum(
            stop - start if cut is None
            else _count(schedule.parse(cut), self.owed[start:stop])
            for start, stop, cut in self._segments()
        )

    def _segments(self) -> Iterator[tuple[int, int, str | None]]:
        """Yield from which message to which one there is which cut."""
        starts = sorted({0, *self.cuts})
        for start, stop in itertools.pairwise([*starts, len(self.owed)]):
            yield start, stop, self.cuts.get(start)

    def _alone(self, start: int, stop: int) -> Iterator[str]:
        firsts = [at for at in range(start, stop) if at == start or at not in self._glued]
        for first, behind in itertools.pairwise([*firsts, stop]):
            yield str(frame_octets(self.owed[first:behind]))


def _count(cuts: schedule.Schedule, messages: list[Message]) -> int:
    left = frame_octets(messages)
    count = 0
    for step in cuts.steps:
        if isinstance(step, schedule.Octets) and step.repeated and step.size:
            return count + -(-left // step.size)
        count += len(messages) if isinstance(step, schedule.Rest) else 1
        left -= step.size or left if isinstance(step, schedule.Octets) else 0
        if left <= 0:
            break
    return count
