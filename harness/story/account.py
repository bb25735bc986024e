"""What each of two peers was asked to do on a connection, what it put on the wire, what it told.

Read from a log, up to the end of the case: what came afterwards was our own tidying up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.story.lines import OUTWARD, Bad, FrameLine, Line, Mark, Over, Spoken, Wire

#: Requests after which a connection may end.
ENDING = ("close", "abort", "discard", "bye")
#: Steps of a script after which nothing else of it happens.
LAST_STEPS = ("return", "raise")
#: Steps whose course can be told from the wire; a `drain` takes as much as there is.
FOLLOWED = ("send", "receive", "expect", "hold", "return", "raise")

Message = tuple[str, int, str]
"""Kind, length and CRC-32 of a message: what makes two of them the same."""


@dataclass
class Exchange:
    """One request and its answer, if there was one. Times are nanoseconds."""

    ns: int
    verb: str
    request: dict[str, Any]
    answered: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def result(self) -> dict[str, Any]:
        """The body of what was answered, be it success or refusal; empty without an answer."""
        body = self.answer.get("ok", self.answer.get("raised", {}))
        return body if isinstance(body, dict) else {}

    @property
    def tells_end(self) -> bool:
        """Whether the answer says that the connection has ended."""
        conn = self.result.get("conn")
        return bool(self.result.get("ended") or (isinstance(conn, dict) and conn.get("ended")))

    @property
    def tells_ready(self) -> str | None:
        """The state of the handshake, if the answer says that the connection is ready."""
        conn = self.result.get("conn")
        if not isinstance(conn, dict) or conn.get("ready") is not True:
            return None
        script = conn.get("handshake")
        return str(script.get("state")) if isinstance(script, dict) else None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages that a `write` was to write."""
        return [one for one in self.request.get("messages", []) if isinstance(one, dict)]

    @property
    def given(self) -> list[Message]:
        """The messages that a `read` has given."""
        messages = self.result.get("messages")
        return [same(one) for one in messages] if isinstance(messages, list) else []


@dataclass(frozen=True)
class Way:
    """One direction of a wire, up to the end of the case.

    `end` is the mark of how its sender ended it, `cut` that of how our relay did, which handed on
    no octet behind it. When the case was over, `paused`: our relay did not read it; `full`: its
    receiver did not take what waited for it.
    """

    frames: list[FrameLine]
    bad: Bad | None
    end: Mark | None
    cut: Mark | None
    paused: bool
    full: bool

    def until(self, ns: int) -> list[FrameLine]:
        """The frames that were complete at a time, and handed on."""
        stop = None if self.cut is None else self.cut.offset
        return [
            frame for frame in self.frames
            if frame.ns <= ns and (stop is None or frame.end <= stop)
        ]


@dataclass(frozen=True)
class Side:
    """One peer's end of a wire: `out` is what it sends, `into` what it gets."""

    peer: str
    opening: Exchange | None
    exchanges: list[Exchange]
    out: Way
    into: Way

    @property
    def script(self) -> list[dict[str, Any]]:
        """The steps of its handshake, up to the one that ends it."""
        steps: list[dict[str, Any]] = []
        for step in self.opening.request.get("handshake") or () if self.opening else ():
            steps.append(step)
            if step.get("do") in LAST_STEPS:
                break
        return steps

    @property
    def plain(self) -> bool:
        """Whether messages pass unchanged, and what a handshake does can be followed."""
        if self.opening is None or self.opening.request.get("hooks"):
            return False
        return all(step.get("do") in FOLLOWED for step in self.script)

    @property
    def cut(self) -> bool:
        """Whether our relay has ended the connection, one way or the other."""
        return self.out.cut is not None or self.into.cut is not None

    @property
    def fails(self) -> bool:
        """Whether its handshake is to fail."""
        last = self.script[-1] if self.script else {}
        return last.get("do") == "raise" or (
            last.get("do") == "return" and last.get("value") is not True
        )

    @property
    def stands(self) -> str:
        """Where its handshake stands by what the wire had: whose turn it is, or `done`."""
        sent = received = 0
        released = any("release" in one.request for one in self.each("wait"))
        for step in self.script:
            if step.get("do") == "send":
                sent += 1
                if sent > len(self.out.frames):
                    return "send"
            elif step.get("do") in ("receive", "expect"):
                received += 1
                if received > len(self.into.frames):
                    return "receive"
            elif step.get("do") == "hold" and not released:
                return "hold"
        return "done"

    def steps(self, *kinds: str) -> list[dict[str, Any]]:
        """The steps of the handshake of some kinds."""
        return [step for step in self.script if step.get("do") in kinds]

    def asked_to_end(self, before: int, *verbs: str) -> bool:
        """Whether it was asked to end the connection before a time."""
        return any(one.verb in (verbs or ENDING) and one.ns < before for one in self.exchanges)

    def each(self, verb: str) -> list[Exchange]:
        """The exchanges of one verb, in the order in which they began."""
        return [one for one in self.exchanges if one.verb == verb]


@dataclass(frozen=True)
class Account:
    """One wire between two peers. `over`: when the case ended."""

    first: Side
    second: Side
    over: int

    @property
    def both(self) -> list[tuple[Side, Side]]:
        """Each side with its opposite."""
        return [(self.first, self.second), (self.second, self.first)]


@dataclass(frozen=True)
class Blame:
    """The peer that first broke a clause, when (monotonic nanoseconds), and by what, in words."""

    ns: int
    peer: str
    what: str


def same(message: Any) -> Message:
    """What makes a message of the control dialogue the same as another one."""
    if not isinstance(message, dict):
        return ("", -1, "")
    length = message.get("length")
    known = length if isinstance(length, int) else -1
    return (str(message.get("kind")), known, str(message.get("crc32")))


def accounts(body: Sequence[Line], peers: Sequence[str]) -> list[Account]:
    """Return the account of each wire between the two `peers`."""
    over = over_at(body)
    kept = [line for line in body if line.ns <= over]
    first, second = peers[0], peers[-1]
    talks = {peer: exchanges(kept, peer) for peer in (first, second)}
    return [
        _account(wire, kept, talks[first], talks[second], over)
        for wire in kept
        if isinstance(wire, Wire)
    ]


def over_at(body: Sequence[Line]) -> int:
    """When the case ended; the time of the last line, if no line says so."""
    last = max((line.ns for line in body), default=0)
    return next((line.ns for line in body if isinstance(line, Over)), last)


def exchanges(body: Iterable[Line], peer: str) -> list[Exchange]:
    """Pair the requests to a peer with its answers."""
    waiting: dict[Any, Exchange] = {}
    found: list[Exchange] = []
    for line in body:
        if not isinstance(line, Spoken) or line.peer != peer:
            continue
        if line.what == "request":
            one = Exchange(line.ns, str(line.body.get("do")), line.body)
            waiting[line.body.get("id")] = one
            found.append(one)
        elif line.what == "answer" and line.body.get("id") in waiting:
            one = waiting.pop(line.body.get("id"))
            one.answered, one.answer = line.ns, line.body
    return found


def _account(
    wire: Wire, body: Sequence[Line], talk: list[Exchange], other: list[Exchange], over: int
) -> Account:
    ways = {out: _way(wire.wire, out, body) for out in (True, False)}
    opening = _opening(talk, "connect", lambda where: _is(where, wire.near))
    listeners = {
        one.result.get("listener") for one in other
        if one.verb == "listen" and _is(one.result.get("address"), wire.far)
    }
    accepting = _opening(other, "accept", lambda listener: listener in listeners)
    return Account(
        Side(wire.ends[0], opening, _of(talk, opening), ways[True], ways[False]),
        Side(wire.ends[1], accepting, _of(other, accepting), ways[False], ways[True]),
        over,
    )


def _opening(talk: list[Exchange], key: str, fits: Any) -> Exchange | None:
    return next((one for one in talk if one.verb == "open" and fits(one.request.get(key))), None)


def _is(address: Any, written: str) -> bool:
    return isinstance(address, (list, tuple)) and f"{address[0]}:{address[1]}" == (
        written.replace("[", "").replace("]", "")
    )


def _of(talk: list[Exchange], opening: Exchange | None) -> list[Exchange]:
    """The exchanges about the connection that was opened so."""
    if opening is None:
        return []
    name = opening.request.get("conn")
    return [one for one in talk if one.request.get("conn") == name and one is not opening]


def _way(wire: int, out: bool, body: Sequence[Line]) -> Way:
    frames, marks, bad = [], [], None
    for line in body:
        if getattr(line, "wire", None) != wire or isinstance(line, Wire):
            continue
        if (getattr(line, "direction", "") in OUTWARD) != out:
            continue
        if isinstance(line, FrameLine):
            frames.append(line)
        elif isinstance(line, Mark):
            marks.append(line)
        elif isinstance(line, Bad):
            bad = line
    ends = [mark for mark in marks if mark.what in ("fin", "reset")]
    cuts = [mark for mark in marks if mark.what in ("ended-fin", "ended-reset")]
    frames.sort(key=lambda frame: frame.start)
    return Way(
        frames, bad, ends[0] if ends else None, cuts[0] if cuts else None,
        paused=_last(marks, "pause", "resume"), full=_last(marks, "full", "room"),
    )


def _last(marks: Sequence[Mark], begins: str, ends: str) -> bool:
    """Whether what one mark begins was not ended by the other one."""
    found = [mark.what for mark in marks if mark.what in (begins, ends)]
    return found[-1:] == [begins]
