"""The covering array: every three values of the axes of an exchange meet in some row.

`harness.cover.row` says what the axes are and which values do not go together. A row decides only
those of the clauses below that it is about, and its id alone replays it. Rows are for peers that
meet everybody; one with `pairs = "reference"` in its TOML file meets them only in a replay. For a
peer that hosts no handshakes, or sets no buffers, the rows without them are there all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness import clock
from harness.case import (
    Connection,
    Meeting,
    Message,
    Pair,
    Received,
    Recorder,
    needs,
    octets,
    open_axis,
    prerequisite,
    recipe,
    text,
)
from harness.connection import ReadingBegun, Writing
from harness.cover.row import SIDES, Row, Side, clauses, features, other, parse, stalls
from harness.cover.spread import spread
from harness.expect import NARROW, TIGHT, delivered, sent
from harness.relay import Direction, Seen

BASELINE = "text,1,whole,first,none,first-closes,eager"

HELLO, WELCOME = text("hello"), octets(b"welcome\x00\xff")
RECEIVE = {"do": "receive"}
SAY = {"first": HELLO, "second": WELCOME}
# Seconds in which an end of the connection has arrived.
ENDED = 10.0
# Seconds in which a write that was asked for is under way, times the patience.
BEGUN = 2.0


@needs("kind:text", "kind:bytes")
@open_axis("row", [BASELINE], parse=parse, rows=spread, decides=clauses, requires=features)
def case_row(pair: Pair, check: Recorder, row: str) -> None:
    """Two peers write, read and end as the row says.

    FRAME-5: A sender MUST use the shortest header that can hold the payload length.
    FRAME-9: A sender SHOULD send an empty message as a frame of length zero rather than drop it.
    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    HAND-7: Two endpoints that both run a handshake at the same time MUST both complete it when
        each gets what it waits for.
    END-1: An endpoint MUST treat an end of the stream between two frames as a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    END-4: After the other side has ended its sending direction, an endpoint MUST still send the
        messages that are queued.
    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    END-6: An endpoint MUST report a reset connection as an error that the application can tell
        from a clean end.
    """
    plan = parse(row)
    exchange = Exchange(plan, check, _meet(pair, plan))
    exchange.begin()
    if plan.end.endswith("closes"):
        exchange.close()
    elif plan.end.endswith("fin"):
        exchange.half_close()
    else:
        exchange.reset(_clean_word(pair, plan.victim))


def _meet(pair: Pair, plan: Row) -> Meeting:
    options: dict[Side, dict[str, object]] = {"first": {}, "second": {}}
    for side in SIDES:
        say = {"do": "send", "message": SAY[side].request()}
        expect = {"do": "expect", "message": SAY[other(side)].request()}
        if plan.handshake == "at-once" or (plan.handshake == "in-turn" and side == "first"):
            options[side]["handshake"] = [say, expect]
        elif plan.handshake == "in-turn":
            options[side]["handshake"] = [expect, say]
        elif plan.shakes(side):
            options[side]["handshake"] = [RECEIVE]
    rcvbuf = None
    if plan.held_back:
        options[plan.victim]["sndbuf"], rcvbuf = TIGHT, NARROW
    # Both ways stalled by each other would never begin.
    back = "whole" if stalls(plan.schedule) else plan.schedule
    return pair.meet(**options, cut=plan.schedule, cut_back=back, rcvbuf=rcvbuf)


def _clean_word(pair: Pair, side: Side) -> str | None:
    """What a side says of a clean end."""
    meeting = pair.meet()
    asked, closed = meeting.first, meeting.second
    if side == "second":
        asked, closed = closed, asked
    closing = closed.begin_close()
    asked.read(1, within=ENDED)
    word = asked.state()["end"]
    asked.close()
    closing.result(clock.EXCHANGE)
    return None if word is None else str(word)


@dataclass
class End:
    """One end of the connection: what it writes, and the wire on which that goes out."""

    side: Side
    connection: Connection
    wire: Direction
    shaken: list[Message]
    messages: list[Message]
    writing: Writing | None = None
    reading: ReadingBegun | None = None
    carried: list[Seen] = field(default_factory=list)


class Exchange:
    """One exchange between two ends."""

    def __init__(self, plan: Row, check: Recorder, meeting: Meeting) -> None:
        self.plan = plan
        self.check = check
        self.ends: dict[Side, End] = {}
        wires = {"first": meeting.relay.forward, "second": meeting.relay.backward}
        for number, side in enumerate(SIDES):
            connection = meeting.first if side == "first" else meeting.second
            shakes = plan.handshake in ("in-turn", "at-once")
            shaken, messages = [SAY[side]] if shakes else [], []
            if plan.writes(side):
                after = octets(b"after\xff") if plan.kind == "text" else text("after")
                messages = [recipe(plan.kind, 10 + number, plan.length), after]
            if plan.handshake == "glued" and side == "first":
                shaken = [HELLO]
            self.ends[side] = End(side, connection, wires[side], shaken, messages)
        self.glued = self.ends["first"] if plan.handshake == "glued" else None
        self.victim = self.ends[plan.victim]
        self.doer = self.ends[other(plan.victim)]

    # --- steps that every row takes

    def begin(self) -> None:
        """Shake hands, begin to read if the readers are eager, and write."""
        fin = self.plan.end.endswith("fin")
        if self.glued is not None:
            self._write(self.glued, [*self.glued.shaken, *self.glued.messages])
        if fin or self.plan.pace == "eager":
            self._ready()
        if fin and self.victim is not self.glued:
            self.victim.wire.pause()
        if self.plan.pace == "eager":
            self._read_early()
        for end in self.ends.values():
            if end.messages and end.writing is None:
                end.connection.wait("ready")
                self._write(end, end.messages)
        if self.plan.handshake == "at-once":
            ready = [end.connection.happens("ready", ENDED) for end in self.ends.values()]
            self.check("HAND-7", all(ready), "both sides become ready", f"ready: {ready}")
        self._ready()

    def _ready(self) -> None:
        for end in self.ends.values():
            end.connection.wait("ready")

    def _read_early(self) -> None:
        for end in self.ends.values():
            # A sender may drop an empty message; nobody must wait for it.
            certain = sum(message.length > 0 for message in self._from(end).messages)
            if certain:
                end.reading = end.connection.begin_read(certain)

    def _write(self, end: End, messages: list[Message]) -> None:
        end.writing = end.connection.begin_write(*messages)

    def _from(self, reader: End) -> End:
        return self.ends[other(reader.side)]

    def _sent(self, end: End) -> None:
        """Check what an end has put on the wire, all of it."""
        if not end.messages:
            return
        last, wire = end.messages[-1], end.wire
        # A MiB in proved pieces takes its time where many processes want the processor.
        clock.until(lambda: _seen(wire, last), clock.TRANSFER)
        seen = wire.frames[len(end.shaken):]
        wanted = [*end.shaken, *end.messages]
        if self.plan.length == 0:
            sizes = [frame.length for frame in seen]
            kept = self.check("FRAME-9", 0 in sizes, "a frame of length zero", sizes)
            end.messages = end.messages if kept else end.messages[1:]
            wanted = [*end.shaken, *end.messages]
        sent(self.check, wire, wanted, self.plan.sending(end.side), "FRAME-5")

    def _taken(self, end: End) -> None:
        """Check what an end reads; `_sent` of the other one has been called."""
        wanted = self._from(end).messages
        got: list[Received] = []
        if wanted and end.reading is not None:
            got += end.reading.result().messages
        while len(got) < len(wanted):
            count = 1 if self.plan.pace == "slow" else len(wanted) - len(got)
            more = end.connection.read(count).messages
            if not more:
                break
            got += more
        if wanted:
            delivered(self.check, got, wanted, self.plan.receiving(end.side))

    def _clean_end(self, end: End) -> None:
        ended = end.connection.read(1, within=ENDED)
        ok = ended.ended and not ended.messages
        self.check("END-1", ok, "the end, and no message", ended)

    # --- the ends

    def close(self) -> None:
        """One end closes, when it has written and has read everything."""
        self._sent(self.victim)
        self._taken(self.doer)
        self._written(self.doer)
        closing = self.doer.connection.begin_close()
        self._sent(self.doer)
        if self.plan.pace == "late":
            self._handed_on()
        self._taken(self.victim)
        self._clean_end(self.victim)
        self._written(self.victim)
        self.victim.connection.close()
        closing.result(clock.EXCHANGE)

    def half_close(self) -> None:
        """The relay ends one direction, and lets the other one go on only then."""
        self._sent(self.doer)
        if self.victim.writing is not None:
            # END-4 is about what is queued. Who waits in a write until the transport has taken all
            # of it, as it may, has begun within this time.
            self.victim.writing.returns(BEGUN)
        self.doer.wire.end("fin")
        self._handed_on()
        self.victim.wire.resume()
        self._sent(self.victim)
        self._taken(self.doer)
        self._taken(self.victim)
        self._clean_end(self.victim)
        for end in (self.doer, self.victim):
            self._written(end)
        closing = [end.connection.begin_close() for end in (self.doer, self.victim)]
        for one in closing:
            one.result(clock.EXCHANGE)

    def reset(self, clean: str | None) -> None:
        """The relay resets the connection behind everything that was written."""
        self._sent(self.victim)
        self._taken(self.doer)
        self._sent(self.doer)
        if self.plan.pace != "late":
            self._taken(self.victim)
        self.doer.wire.end("reset")
        self._handed_on()
        noticed = self.victim.connection.happens("ended", ENDED)
        prerequisite(noticed, "the reset was not noticed")
        if self.plan.pace == "late":
            self._taken(self.victim)
        word = self.victim.connection.state()["end"]
        observed = f"clean end: {clean!r}, reset: {word!r}"
        self.check("END-6", word != clean, "an end that differs from a clean one", observed)

    def _written(self, end: End) -> None:
        if end.writing is not None:
            end.writing.result()

    def _handed_on(self) -> None:
        wire = self.doer.wire
        over = clock.until(lambda: wire.handed_on or wire.ended == "reset", clock.RECORDED)
        prerequisite(over, "the end of the connection did not get through the relay")


def _seen(wire: Direction, last: Message) -> bool:
    """Whether the last message of a direction, or something malformed, has passed."""
    frames = wire.frames[-1:]
    mark = [(last.kind, last.length, last.crc32)]
    return wire.malformed is not None or mark == [(f.kind, f.length, f.crc32) for f in frames]
