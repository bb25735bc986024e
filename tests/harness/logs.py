"""Logs made up for the tests of stories and of blame, in the shape that real ones have."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

from harness.codec import Frame, Kind, encode, header
from harness.story.lines import (
    Bad,
    Checked,
    FrameLine,
    Header,
    Judged,
    Line,
    Mark,
    Octets,
    Over,
    Spoken,
    Wire,
)
from harness.story.logfile import CaseLog

FIRST, SECOND = "first@x", "second@y"
PEERS = (FIRST, SECOND)
NEAR, FAR = ("127.0.0.1", 1000), ("127.0.0.1", 2000)

#: A message in a log: its kind, and its payload.
Said = tuple[Kind, bytes]


def summary(message: Said) -> dict[str, Any]:
    """A message as a log has it in a control line."""
    kind, payload = message
    crc32 = f"{zlib.crc32(payload):08x}"
    return {"kind": kind, "length": len(payload), "crc32": crc32, "head": payload[:16].hex()}


class Made:
    """A log of one pair on its way, written like a screenplay; each line is 1 ms after the last."""

    def __init__(self, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None):
        self.lines: list[Line] = []
        self._ns = 0
        self._id = 0
        self._offsets = {"forward": 0, "backward": 0}
        self.listening = self.asks(SECOND, {"do": "listen"}, {"listener": "l1", "address": FAR})
        self.add(Wire(self.now, 0, list(PEERS), "127.0.0.1:1000", "127.0.0.1:2000"))
        self.asks(FIRST, {"do": "open", "conn": "c1", "connect": NEAR, **(first or {})}, {})
        self.asks(SECOND, {"do": "open", "conn": "c1", "accept": "l1", **(second or {})}, {})

    @property
    def now(self) -> int:
        """The next millisecond."""
        self._ns += 1_000_000
        return self._ns

    def add(self, line: Line) -> Made:
        """Add a line as it is."""
        self.lines.append(line)
        return self

    def asks(self, peer: str, body: dict[str, Any], ok: dict[str, Any] | None) -> Made:
        """A request and its `ok`; None: no answer came."""
        self.begins(peer, body)
        return self if ok is None else self.answers(peer, {"ok": ok})

    def begins(self, peer: str, body: dict[str, Any]) -> Made:
        """A request."""
        self._id += 1
        plain = json.loads(json.dumps({"id": self._id, **body}))
        return self.add(Spoken(self.now, peer, "request", plain))

    def answers(self, peer: str, answer: dict[str, Any], ident: int | None = None) -> Made:
        """An answer to the last request, or to the one of that number."""
        plain = json.loads(json.dumps({"id": ident or self._id, **answer}))
        return self.add(Spoken(self.now, peer, "answer", plain))

    def writes(self, peer: str, *messages: Said, ok: bool = True) -> Made:
        """A write of messages, all of them taken."""
        body = {"do": "write", "conn": "c1", "messages": [summary(one) for one in messages]}
        return self.asks(peer, body, {"written": len(messages)} if ok else None)

    def reads(self, peer: str, *messages: Said, count: int | None = None, **more: Any) -> Made:
        """A read that gave messages; of `count`, if it was to give more."""
        wanted = len(messages) if count is None else count
        body = {"do": "read", "conn": "c1", "count": wanted, "within": 2.0}
        given = [summary(one) for one in messages]
        return self.asks(peer, body, {"messages": given, "ended": False, **more})

    def wire(self, direction: str, *messages: Said, header_octets: int | None = None) -> Made:
        """Frames on the wire."""
        for kind, payload in messages:
            octets = encode(Frame(kind, payload), header_octets=header_octets)
            start = self._octets(direction, octets)
            head = header(kind, len(payload), octets=header_octets)
            crc32, short = f"{zlib.crc32(payload):08x}", header_octets is None
            self.add(FrameLine(
                self._ns, 0, direction, start, head, kind, len(payload), crc32, payload[:64], short
            ))
        return self

    def part(self, direction: str, octets: bytes) -> Made:
        """Octets on the wire that make no frame."""
        self._octets(direction, octets)
        return self

    def bad(self, direction: str, octets: bytes) -> Made:
        """Octets that can be no frame."""
        start = self._octets(direction, octets)
        return self.add(Bad(self._ns, 0, direction, "FRAME-7", start, "an eleventh header octet"))

    def _octets(self, direction: str, octets: bytes) -> int:
        start = self._offsets[direction]
        self.add(Octets(self.now, 0, direction, start, len(octets), octets))
        self._offsets[direction] += len(octets)
        return start

    def mark(self, direction: str, what: str) -> Made:
        """A mark behind all octets of a direction so far."""
        return self.add(Mark(self.now, 0, direction, what, self._offsets[direction]))

    def later(self, seconds: float) -> Made:
        """The case is over, so many seconds later."""
        self._ns += int(seconds * 1e9)
        return self.over()

    def broken(self, clause: str) -> Made:
        """A check of a clause that failed."""
        return self.add(Checked(self.now, clause, "MUST", False, "this", "that"))

    def over(self) -> Made:
        """The case is over; what follows is tidying up."""
        return self.add(Over(self.now))


def log_of(
    body: Iterable[Line],
    verdict: str = "FAIL",
    peers: Iterable[str] = PEERS,
    **judged: Any,
) -> CaseLog:
    """A whole log with these lines between its ends."""
    kept = tuple(body)
    names = list(peers)
    ident = f"interop/exchange/made@{'~'.join(names)}"
    head = Header(
        0, ident, "interop/exchange/made", "", names,
        [["STREAM-1", "A receiver MUST deliver the same messages."]], {"peers": ["mine.toml"]},
    )
    last = max((line.ns for line in kept), default=0)
    facts = {"clause": "STREAM-1", "reason": "expected a; observed b", "step": None, **judged}
    return CaseLog(head, kept, Judged(last, verdict, **facts))


def check(ok: bool = False, ns: int = 1) -> Checked:
    """A check."""
    return Checked(ns, "STREAM-1", "MUST", ok, "the message", "another one")
