"""Lengths that a header declares and whose octets never come, and the longest that have to work."""

import contextlib

from harness.case import Kind, Recorder, Single, each, recipe, text
from harness.codec import MAX_LENGTH, header
from harness.expect import delivered
from harness.opposite import framed, met, taken
from harness.tester import PeerEnded

BEFORE, AFTER = text("before"), text("and one more")

# What is left of the declared length when it is cut down to a usual width, and as many octets.
REST = recipe("bytes", 15, 5)
# Payload for a peer that awaits it. Whoever takes it in pieces has done with the header before it.
FURTHER = bytes(2000)


@each("bits", [31, 32, 40, 62, 63, 64, 68])
@each("kind", ["text", "bytes"])
def case_beyond_integers(single: Single, check: Recorder, kind: Kind, bits: int) -> None:
    """A length of 5 more than that power of 2, and what looks like frames behind five octets.

    FRAME-15: A receiver MUST NOT take a message to have a length other than the one that its header
        declares, such as the declared one cut down to the width of an integer.
    """
    connection, tester = met(single)
    stream = header(kind, (1 << bits) + REST.length) + REST.payload + framed(AFTER, AFTER)
    if taken(check, tester, stream):
        # Everything that a peer has made of it comes to light at the end of the stream.
        with contextlib.suppress(PeerEnded):
            tester.finish()
    reading = connection.read(3, within=10.0)
    check("FRAME-15", not reading.messages, "no message made of a few octets", reading.messages)


@each("kind", ["text", "bytes"])
def case_longest(single: Single, check: Recorder, kind: Kind) -> None:
    """The largest length that the format can state is awaited, or refused as it has to be.

    FRAME-13: A receiver that refuses a message for its length MUST deliver every message that came
        before it and then end the connection, with an error that the application can tell from a
        clean end.
    """
    connection, tester = met(single)
    first = connection.begin_read(1)
    awaited = all(
        taken(check, tester, piece) and tester.expect_end(within=0) is None
        for piece in (framed(BEFORE) + header(kind, MAX_LENGTH), FURTHER, FURTHER)
    )
    delivered(check, first.result(), [BEFORE], "FRAME-13")
    if awaited:
        check("FRAME-13", True, "refused with an error, or awaited", "awaited")
        return
    reading = connection.read(1, within=10.0)
    check("FRAME-13", reading.ended and not reading.messages, "nothing but the end", reading)
    refused, clean = connection.state()["end"], _clean_end(single)
    observed = f"clean end: {clean!r}, message refused: {refused!r}"
    check("FRAME-13", refused != clean, "an end that differs from a clean one", observed)


def _clean_end(single: Single) -> str | None:
    """Return the word with which the peer shows a clean end."""
    connection, tester = met(single)
    tester.finish()
    connection.read(1, within=10.0)
    return str(connection.state()["end"])


@each("length", [65535, 65536, 1048576])
@each("kind", ["text", "bytes"])
def case_up_to_a_mebibyte(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """A message that every receiver should take, of the greatest such length among them.

    FRAME-14: A receiver SHOULD accept every message of up to 1048576 octets.
    """
    message = recipe(kind, 16, length)
    connection, tester = met(single)
    tester.try_send(framed(message))
    delivered(check, connection.read(1, within=10.0), [message], "FRAME-14")
