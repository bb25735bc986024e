"""Expectations at the tester's end of a connection: signs of life, octets taken, frames written."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from harness import clock
from harness.case import Recorder, Single, Untestable, prerequisite
from harness.codec import MAX_HEADER_OCTETS, FrameReader, Kind, encode, shortest
from harness.connection import Connection, Reading
from harness.payloads import Message
from harness.tester import PeerEnded, Tester, TesterError
from harness.usage import NotWatched, Watched

#: What a peer is asked to deliver before a case looks at something else.
WORD = Message.text("are you there?")
#: Seconds in which a peer notices that octets which it has taken are malformed: that needs nobody
#: else, so this is what an overloaded machine may take.
NOTICED = 5.0
#: The clauses that speak of a header alone.
HEADERS = frozenset({"FRAME-2", "FRAME-3", "FRAME-4", "FRAME-5"})


def framed(*messages: Message) -> bytes:
    """Return the frames of some messages, one behind the other."""
    return b"".join(encode(message.frame()) for message in messages)


def of_kind(kind: Kind, content: str) -> Message:
    """Return a text, or the octets of its UTF-8."""
    return Message.text(content) if kind == "text" else Message.octets(content.encode())


def alive(connection: Connection, tester: Tester) -> None:
    """Require that the peer delivers a message: whoever does not cannot show anything else."""
    sent_off = tester.try_send(framed(WORD))
    reading = connection.read(1, within=clock.ANSWER)
    prerequisite(
        sent_off and reading.matches([WORD]), f"no sign of life: a message was sent, read {reading}"
    )


def met(single: Single, **options: Any) -> tuple[Connection, Tester]:
    """Let the peer connect to a tester, and require a sign of life."""
    connection, tester = single.meet(**options)
    alive(connection, tester)
    return connection, tester


def watched(single: Single) -> Watched:
    """Return the peer's process as its system sees it; a prerequisite of what depends on that."""
    try:
        return Watched(single.peer.pid)
    except NotWatched as error:
        raise Untestable(str(error)) from error


def taken(check: Recorder, tester: Tester, octets: bytes, schedule: str = "whole") -> bool:
    """Send octets and wait until the peer has taken them; False if it ended the connection first.

    What has to happen with a malformed or oversized frame is for the case to look at.
    """
    try:
        check.note_segmentation(tester.send_cut(octets, schedule))
    except PeerEnded:
        return False
    return True


def ended(check: Recorder, clause: str, reading: Reading, tester: Tester) -> None:
    """Check that the connection has ended: for the application, and on the wire."""
    check(clause, reading.ended, "the application is shown the end", f"ended: {reading.ended}")
    end = tester.expect_end()
    check(clause, end is not None, "the connection ends", "it is still open")


def written(check: Recorder, tester: Tester, messages: Sequence[Message], *clauses: str) -> None:
    """Check that the peer has sent exactly the frames of some messages, from the first octet on.

    FRAME-2 to FRAME-5 are decided by the first header, of which it is certain where it begins: each
    by the part that it speaks of (`faults`). Any other clause is decided by every octet.
    """
    with contextlib.suppress(TesterError):
        tester.receive_frames(len(messages))
    wanted, got = framed(*messages), tester.octets_received
    if not got:
        # That is for another clause to say, if one is asked for.
        clauses = tuple(clause for clause in clauses if clause not in HEADERS)
        prerequisite(clauses, "no frame came whose header could be judged")
    wrong = faults(messages[0], got)
    header = f"the header {wanted[: shortest(messages[0].length)].hex(' ')}"
    for clause in clauses:
        if clause in HEADERS:
            seen = f"the octets {got[:MAX_HEADER_OCTETS].hex(' ')}" if clause in wrong else header
            check(clause, clause not in wrong, header, seen)
        else:
            check(clause, got == wanted, "exactly the frames written", difference(wanted, got))


def faults(message: Message, octets: bytes) -> frozenset[str]:
    """Return the clauses that the header at the beginning of octets breaks, if it is for a message.

    None for a shortest header with the right kind and length. A longer header with the same meaning
    breaks FRAME-5 and nothing else; octets that end inside a header break what they got wrong.
    """
    right = encode(message.frame())[: shortest(message.length)]
    reader = FrameReader()
    frames = reader.feed(octets[: _header_octets(octets)])
    # Only the header was fed: a frame is complete when it has no payload.
    length = 0 if frames else reader.pending.length
    if octets[:1] and length == message.length and (octets[0] ^ right[0]) & 0x7F == 0:
        return frozenset() if octets.startswith(right) else frozenset({"FRAME-5"})
    wrong = {"FRAME-2" if octets[:1] != right[:1] else "FRAME-3"}
    return frozenset(wrong | ({"FRAME-4"} if length != message.length else set()))


def difference(wanted: bytes, got: bytes) -> str:
    """Say in words where octets begin to differ from those that were wanted."""
    if wanted == got:
        return "exactly these octets"
    first = next(
        (at for at, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b),
        min(len(wanted), len(got)),
    )
    return f"{len(got)} of {len(wanted)} octets; the first difference is at octet {first}"


def _header_octets(octets: bytes) -> int:
    """Return how many octets belong to the header that begins here, complete or not."""
    head = octets[:MAX_HEADER_OCTETS]
    return next((at for at, octet in enumerate(head, 1) if octet & 0x80), len(head))
