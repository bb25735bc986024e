"""Where the framing of a direction stands after its first N octets, told from a log."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from harness.report.ink import paragraph, say
from harness.story.lines import OUTWARD, Wire
from harness.story.logfile import CaseLog
from harness.story.stream import Place, Stream

#: Bits of length in the first header octet and in each one after it (SPEC.md, section 4.1).
FIRST_BITS, FURTHER_BITS = 6, 7
#: Header octets that a frame may have (FRAME-7).
MOST_HEADER = 10
#: The indent of what is said of a direction.
INDENT = 2


class NoSuchPlace(Exception):
    """No direction that was asked for has so many octets; the message says how many there are."""


def holds(log: CaseLog, direction: str | None, wire: int | None) -> bool:
    """Whether the log has a wire and a direction that were asked for."""
    return any(True for _ in _ways(log, direction, wire))


def stands(
    log: CaseLog, console: Console, after: int, direction: str | None, wire: int | None
) -> None:
    """Say of each direction (or of those asked for) where it stands after octet `after`.

    Raises `NoSuchPlace` when none of them has so many octets.
    """
    ways = list(_ways(log, direction, wire))
    long_enough = [(one, way, stream) for one, way, stream in ways if stream.total >= after]
    if not long_enough:
        there = ", ".join(f"{way} has {stream.total} octets" for _, way, stream in ways)
        raise NoSuchPlace(there or "the log has no such wire or direction")
    for one, way, stream in long_enough:
        near, far = one.ends if way in OUTWARD else one.ends[::-1]
        number = f"wire {one.wire}, " if len(log.wires) > 1 else ""
        say(console, (f"after octet {after} of {stream.total}", "bold"),
            f", {number}{way}: {near} to {far}")
        for label, text in _facts(log, stream, stream.place(after)):
            paragraph(console, INDENT, label, text)


def _ways(
    log: CaseLog, direction: str | None, wire: int | None
) -> Iterator[tuple[Wire, str, Stream]]:
    for one in log.wires:
        if wire is not None and one.wire != wire:
            continue
        both = ("sent", "received") if one.ends[0] == "tester" else ("forward", "backward")
        for way in both:
            if direction in (None, way):
                octets, frames = log.octets(one.wire, way), log.frames(one.wire, way)
                yield one, way, Stream(octets, frames, log.bad(one.wire, way))


def _facts(log: CaseLog, stream: Stream, place: Place) -> Iterator[tuple[str, str]]:
    """What there is to say, as labelled lines."""
    if place.after:
        yield "octet", _octet(log, stream, place.after - 1)
    if place.broken is not None:
        yield "stands", f"nowhere: {place.broken.clause}, octet {place.broken.offset}:" \
            f" {place.broken.what}"
    elif place.pending is None:
        yield "stands", "not known: the log did not keep the octets of this header"
    else:
        yield "stands", str(place.pending)
    if place.header:
        yield "header", _header(place)
    following = _following(place)
    if following:
        yield "next", following
    frames = "1 frame is" if place.frames == 1 else f"{place.frames} frames are"
    yield "before", f"{frames} complete"


def _octet(log: CaseLog, stream: Stream, offset: int) -> str:
    """The last octet: its value and when it passed."""
    octet = stream.known(offset, 1)
    value = f"is {octet.hex()}" if octet else "was not kept"
    chunk = stream.chunk(offset)
    if chunk is None:
        return f"at offset {offset} {value}"
    when = f"{(chunk.ns - log.header.ns) / 1e6:.3f} ms after the beginning"
    last = chunk.offset + chunk.length - 1
    return f"at offset {offset} {value}; it came {when}, in a chunk from {chunk.offset} to {last}"


def _header(place: Place) -> str:
    digits = " ".join(f"{octet:02x}" for octet in place.header)
    kind = "bytes" if place.header[0] & 0x40 else "text"
    whole = place.pending is not None and place.pending.length is not None
    length = f"length {place.length}" if whole else f"length {place.length} so far"
    return f"{digits}: {kind}, {length}"


def _following(place: Place) -> str | None:
    """What the next octet would be taken for."""
    pending = place.pending
    if pending is None:
        return None
    if pending.length is not None:
        missing = pending.length - pending.payload
        return f"payload, {missing} octets of it to come"
    if pending.between:
        return "the first header octet: its bit 6 is the kind, bits 5 to 0 begin the length"
    if pending.header >= MOST_HEADER:
        return "an eleventh header octet, with which the frame is malformed (FRAME-7)"
    low = FIRST_BITS + FURTHER_BITS * (pending.header - 1)
    return (
        f"header octet {pending.header + 1}: its bits 6 to 0 are bits {low + FURTHER_BITS - 1} to"
        f" {low} of the length, and bit 7 says whether it is the last"
    )
