"""One row of the covering array over exchanges: what two peers do with each other, in a few words.

    ROW       = KIND "," LENGTH "," SCHEDULE "," DIRECTION "," HANDSHAKE "," END "," PACE

    KIND      text, bytes: of the message that matters; a short one of the other kind follows it
    LENGTH    octets of that message
    SCHEDULE  what the relay does with the octets of each direction (`harness.schedule`)
    DIRECTION first, second, both: who writes
    HANDSHAKE none; in-turn: the second peer answers the first one; at-once: both speak first;
              glued: the second one's takes a message that the application of the first one writes
    END       first-closes, second-closes: that peer closes when it has written and read all;
              first-fin, second-fin: the relay ends that peer's direction, and what the other one
              has written is let through only then; reset: the relay resets the connection
    PACE      of the readers. eager: they read before anything is written; slow: one message at a
              time; late: when everything is written, and, if another side ends the connection, when
              it has ended

The text is the parameter of a case: `cover/exchange/row[bytes,64,1*,both,glued,reset,late]`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, cast

from harness import schedule
from harness.codec import Kind
from harness.cover.array import Rule

Side = Literal["first", "second"]
SIDES: tuple[Side, Side] = ("first", "second")

#: The values that meet each other in the array. A row can have any other length and schedule.
AXES: dict[str, tuple[str, ...]] = {
    "kind": ("text", "bytes"),
    # Both sides of each length at which the header grows, and one that no buffer takes at once.
    "length": ("0", "1", "63", "64", "8191", "8192", "65536", "1048576"),
    # As it comes; octet by octet; cut in the header; cut in the payload; each message alone; two
    # messages at once; nothing comes back until the first octets have been read.
    "schedule": ("whole", "1*", "1,1,1,1,1,whole", "4093*", "p*", "&,whole", "s,3,r,whole"),
    "direction": ("first", "second", "both"),
    "handshake": ("none", "in-turn", "at-once", "glued"),
    "end": ("first-closes", "second-closes", "first-fin", "second-fin", "reset"),
    "pace": ("eager", "late", "slow"),
}
NAMES = tuple(AXES)
#: The axes whose words have no meaning beyond the list.
CLOSED = tuple(name for name in NAMES if name not in ("length", "schedule"))
#: The longest message that is sent octet by octet: a proof costs some 20 µs, busy ones ten times.
OCTET_WISE = 64
#: The longest message that a reader who does not read is sent: any receiver takes so much.
UNREAD = 65536
#: The same, if all of it has to be taken from the transport: whoever holds less is free to stop.
UNREAD_AND_TAKEN = 8192
#: Longer messages need small buffers to be still unsent when the other side's end arrives.
HELD_BACK = 65536


class RowError(ValueError):
    """A text is no row: `text`, `position` (characters from its start, from 0) and `what`."""

    def __init__(self, text: str, position: int, what: str) -> None:
        super().__init__(text, position, what)
        self.text = text
        self.position = position
        self.what = what

    def __str__(self) -> str:
        return f"row {self.text!r}, character {self.position + 1}: {self.what}"


@dataclass(frozen=True)
class Row:
    """A parsed row; made by `parse`. `length` counts octets."""

    kind: Kind
    length: int
    schedule: str
    direction: Literal["first", "second", "both"]
    handshake: Literal["none", "in-turn", "at-once", "glued"]
    end: str
    pace: Literal["eager", "late", "slow"]

    def __str__(self) -> str:
        return ",".join(self.values)

    @property
    def values(self) -> tuple[str, ...]:
        """The values as texts, in the order of `AXES`."""
        return tuple(str(value) for value in asdict(self).values())

    def writes(self, side: Side) -> bool:
        """Whether a side writes application messages."""
        return self.direction in (side, "both")

    def shakes(self, side: Side) -> bool:
        """Whether a side runs a handshake."""
        return self.handshake != "none" and (self.handshake != "glued" or side == "second")

    def sending(self, side: Side) -> str:
        """The clause that decides whether what a side has written goes out."""
        if self.end == f"{side}-closes":
            return "END-5"
        return "END-4" if self.end == f"{other(side)}-fin" else "SEND-1"

    def receiving(self, side: Side) -> str:
        """The clause that decides whether a side gets what was sent to it."""
        over = self.end in (f"{other(side)}-closes", f"{other(side)}-fin")
        if self.pace == "late" and (over or (self.end == "reset" and side == self.victim)):
            return "END-3"
        return "HAND-3" if self.shakes(side) else "STREAM-2"

    @property
    def victim(self) -> Side:
        """The side that is asked what it knows of the end: the one that has not brought it about.

        A reset goes with the messages: the victim is a reader.
        """
        if self.end == "reset":
            return "second" if self.writes("first") else "first"
        return "second" if self.end.startswith("first") else "first"

    @property
    def features(self) -> frozenset[str]:
        """The features that both sides need for the row, beside both kinds of messages."""
        found = set() if self.handshake == "none" else {"handshake"}
        return frozenset(found | ({"buffers"} if self.held_back else set()))

    @property
    def held_back(self) -> bool:
        """Whether the victim's message is still unsent, in small buffers, when the end arrives."""
        return self.end.endswith("fin") and self.length >= HELD_BACK

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses that the row decides."""
        found = {"FRAME-5", "END-6" if self.end == "reset" else "END-1"}
        for side in SIDES:
            if self.writes(side):
                found |= {self.sending(side), self.receiving(other(side))}
        if self.handshake == "at-once":
            found |= {"HAND-7"}
        if self.length == 0:
            found |= {"FRAME-9"}
        return frozenset(found)


def other(side: Side) -> Side:
    """The other side."""
    return "second" if side == "first" else "first"


def clauses(text: str) -> frozenset[str]:
    """The clauses that the row of a text decides; raises `RowError`."""
    return parse(text).clauses


def features(text: str) -> frozenset[str]:
    """The features that both sides need for the row of a text; raises `RowError`."""
    return parse(text).features


def parse(text: str) -> Row:
    """Read a row; raises `RowError`, which says where and what was expected."""
    words = text.split(",")
    if len(words) < len(NAMES):
        what = f"is too short for {', '.join(NAMES)}"
        raise RowError(text, len(text), what)
    # Only a schedule has commas of its own.
    values = [*words[:2], ",".join(words[2:-4]), *words[-4:]]
    found = dict(zip(NAMES, values, strict=True))
    starts = {name: sum(len(one) + 1 for one in values[:n]) for n, name in enumerate(NAMES)}
    for name in CLOSED:
        if found[name] not in AXES[name]:
            what = f"expected one of {', '.join(AXES[name])}, not {found[name]!r}"
            raise RowError(text, starts[name], what)
    length = found["length"]
    if not length.isascii() or not length.isdigit() or str(int(length)) != length:
        raise RowError(text, starts["length"], f"expected a number of octets, not {length!r}")
    _require_schedule(text, starts["schedule"], found["schedule"])
    for names, allows, why in RULES:
        if not allows(*(found[name] for name in names)):
            raise RowError(text, starts[names[0]], why)
    # The words were looked at above; no type checker can know.
    return Row(**cast("dict[str, str]", {**found, "length": int(length)}))  # type: ignore[arg-type]


def _require_schedule(text: str, start: int, word: str) -> None:
    try:
        found = schedule.parse(word)
    except schedule.ScheduleError as error:
        raise RowError(text, start + error.position, error.what) from error
    if found.end is not None:
        raise RowError(text, start + len(word) - 1, "the end of a row is an axis of its own")
    if str(found) != word:
        raise RowError(text, start, f"the schedule {word!r} is to be written {str(found)!r}")


def _octet_wise(schedule: str, length: str) -> bool:
    return schedule != "1*" or int(length) <= OCTET_WISE


def _glues(schedule: str) -> bool:
    return "&" in schedule


def stalls(schedule: str) -> bool:
    """Whether a schedule stalls what comes the other way."""
    return "s" in schedule.split(",")


#: What does not go together: the axes, what is allowed of their values, and why nothing else is.
RULES = (
    (("schedule", "length"), _octet_wise,
     f"octet by octet with at most {OCTET_WISE} octets, or it takes too long"),
    (("schedule", "handshake"),
     lambda schedule, handshake: not _glues(schedule) or handshake in ("none", "glued"),
     "'&' waits for a next message, which would come only after a handshake"),
    (("schedule", "handshake", "direction"),
     lambda schedule, handshake, direction:
     not _glues(schedule) or handshake == "none" or direction != "second",
     "'&' waits for a next message, and the first peer writes one only"),
    (("schedule", "handshake", "direction"),
     lambda schedule, handshake, direction:
     not stalls(schedule) or handshake != "none" or direction != "second",
     "'s' stalls the second peer until the first one has written, which it does not"),
    (("schedule", "handshake", "end"),
     lambda schedule, handshake, end:
     not stalls(schedule) or handshake != "none" or end != "second-fin",
     "'s' stalls the second peer until the first one's octets come, which this end holds up"),
    (("pace", "length"),
     lambda pace, length: pace != "late" or int(length) <= UNREAD,
     f"late with at most {UNREAD} octets: a receiver is free to stop taking more unread ones"),
    (("pace", "end", "length"),
     lambda pace, end, length:
     (pace, end) != ("late", "reset") or int(length) <= UNREAD_AND_TAKEN,
     f"late and reset with at most {UNREAD_AND_TAKEN} octets: all of them have to be taken first"),
)


def rules(offset: int) -> tuple[Rule, ...]:
    """The rules for an array in which the axes of rows begin with the axis of that number."""
    return tuple(
        Rule(tuple(offset + NAMES.index(name) for name in names), allows)
        for names, allows, _ in RULES
    )
