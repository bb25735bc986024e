"""One connection of the soak: two peers, a relay that does harm, and what has to arrive."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress

from harness import clock
from harness.connection import Connection, Reading, ReadingBegun, Writing
from harness.direction import Direction
from harness.meeting import Pair
from harness.payloads import Message, describe
from harness.peererror import LibraryRaised
from tools.soak import traffic

#: Batches that a connection carries each way, and messages of one: 2,000 messages on average, so
#: that a million makes some hundred connections of each pair of peers.
BATCHES = (2, 10)
BATCH = (1, 320)
#: Octets of the socket buffers of a tight connection, where nearly every send is partial.
TIGHT = 4096
#: One connection in so many is reset in the middle.
RESETS = 4


class Wrong(Exception):
    """A message was lost, repeated, reordered or altered, or an end was not as it had to be."""


class Way:
    """One direction between two peers, over all of their connections.

    `confirmed` messages have arrived in order; what comes next begins there.
    """

    def __init__(self, seed: int) -> None:
        self.confirmed = 0
        self.octets = 0
        self._seed = seed

    def messages(self, start: int, count: int) -> list[Message]:
        """So many messages, from the one that is `start` behind the last one confirmed."""
        first = self.confirmed + start
        return [traffic.message(self._seed, number) for number in range(first, first + count)]

    def confirm(self, messages: list[Message]) -> None:
        """Take note that these have arrived."""
        self.confirmed += len(messages)
        self.octets += sum(one.length for one in messages)


class End:
    """One side's sending direction on one connection."""

    def __init__(self, way: Way, writer: Connection, reader: Connection, wire: Direction) -> None:
        self.way = way
        self.writer, self.reader, self.wire = writer, reader, wire
        self.messages: list[Message] = []
        self.reading: ReadingBegun | None = None
        self._writing: Writing | None = None
        self._held = False

    def plan(self, sizes: list[int]) -> None:
        """Begin to read as many messages as the batches will have."""
        self.messages = self.way.messages(0, sum(sizes))
        self.reading = self.reader.begin_read(len(self.messages))

    def write(self, start: int, count: int, fault: traffic.Fault, cut: str) -> None:
        """Write a batch through a link with a fault."""
        if fault in ("hold", "delay"):
            self.wire.pause()
        elif fault == "recut":
            self.wire.cut(cut)
        self.written()
        self._writing = self.writer.begin_write(*self.messages[start:start + count])
        if fault == "hold":
            self.written()
        if fault != "delay":
            self.wire.resume()

    def let_go(self) -> None:
        """Have the relay keep nothing back: no message follows that a piece could wait for."""
        self.wire.cut("whole")

    def written(self) -> None:
        """Wait until the last batch was written, or refused since the connection has ended."""
        if self._writing is not None:
            with suppress(LibraryRaised):
                self._writing.result()
            self._writing = None

    def result(self) -> Reading:
        """Wait for what was read."""
        assert self.reading is not None
        return self.reading.result()

    def check(self, reading: Reading) -> None:
        """Hold what was read against what was written, from its first message on."""
        for at, (got, wanted) in enumerate(zip(reading.messages, self.messages, strict=False)):
            if not got.matches(wanted):
                number = self.way.confirmed + at
                raise Wrong(f"message {number} came as {describe(got)} and is {describe(wanted)}")
        if len(reading.messages) > len(self.messages):
            raise Wrong(f"{len(reading.messages)} messages came of {len(self.messages)}")


def carry(pair: Pair, ways: Mapping[str, Way], draw: random.Random) -> bool:
    """Carry messages both ways over one connection, to its end; return whether it was reset.

    What has arrived is confirmed. Raises `Wrong`.
    """
    sizes = {"sndbuf": TIGHT, "rcvbuf": TIGHT} if draw.random() < 0.25 else {}
    meeting = pair.meet(sizes, {}, cut=traffic.schedule(draw), cut_back=traffic.schedule(draw))
    ends = [
        End(ways["there"], meeting.first, meeting.second, meeting.relay.forward),
        End(ways["back"], meeting.second, meeting.first, meeting.relay.backward),
    ]
    batches = [[draw.randint(*BATCH) for _ in range(draw.randint(*BATCHES))] for _ in ends]
    reset_after = draw.randrange(max(map(len, batches))) if draw.randrange(RESETS) == 0 else None
    for end, counts in zip(ends, batches, strict=True):
        end.plan(counts)
    for step in range(max(map(len, batches))):
        for end, counts in zip(ends, batches, strict=True):
            if step < len(counts):
                end.write(sum(counts[:step]), counts[step], draw.choice(traffic.FAULTS),
                          traffic.schedule(draw))
        if step == reset_after:
            _reset(draw.choice((ends, ends[::-1])))
            return True
    for end in ends:
        end.written()
        end.wire.resume()
        end.let_go()
    _finish(ends, draw.choice((ends, ends[::-1])))
    return False


def _reset(ends: list[End]) -> None:
    """Have the relay reset the connection behind what it has taken from the first of these.

    All of that was read by then, as the system proves, and has to be delivered. Of the other
    direction anything may have got lost, but only from the end.
    """
    for end in ends:
        end.wire.pause()
        end.let_go()
    taken = [len(end.wire.frames) for end in ends]
    wire = ends[0].wire
    wire.end("reset")
    if not clock.until(lambda: wire.handed_on, clock.TRANSFER):
        raise Wrong("the octets before a reset were not read")
    for end, count in zip(ends, taken, strict=True):
        reading = end.result()
        end.check(reading)
        arrived = len(reading.messages)
        whole = end is ends[0] and wire.segmentation == "proved"
        if arrived > count or (whole and arrived < count):
            raise Wrong(f"{arrived} messages came before a reset, and {count} had passed")
        if arrived < len(end.messages) and not reading.ended:
            raise Wrong("a reset did not end the reading")
        end.written()
        end.way.confirm(end.messages[:arrived])


def _finish(ends: list[End], order: list[End]) -> None:
    """Wait for every message, then have one side close: the other one sees a clean end."""
    for end in ends:
        reading = end.result()
        end.check(reading)
        if len(reading.messages) < len(end.messages):
            raise Wrong(f"{len(reading.messages)} of {len(end.messages)} messages came, "
                        f"then {'the end' if reading.ended else 'nothing more'}")
        end.way.confirm(end.messages)
    closing = order[0].writer.begin_close()
    last = order[0].reader.read(1)
    if last.messages or not last.ended:
        raise Wrong(f"after a close came {last}")
    order[0].reader.close()
    closing.result(clock.EXCHANGE)
