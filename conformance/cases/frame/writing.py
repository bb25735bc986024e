"""Frames as a peer writes them: header and payload, octet for octet."""

from harness.case import Kind, Recorder, Single, each, prerequisite, recipe, text
from harness.opposite import framed, written

BEFORE, AFTER = text("before"), text("and one more")

# Texts whose number of octets is not that of their code points, nor that of their UTF-16 units.
# Two of them have more octets than one header octet can say, and fewer code points.
TEXTS = {
    "two-octets": text("é"),
    "three-octets": text("€"),
    "four-octets": text("🧦"),
    "beyond-63": text("é" * 32),
    "beyond-8191": text("🧦" * 2048),
}


@each("length", [1, 63, 64, 8191, 8192, 1048575, 1048576])
@each("kind", ["text", "bytes"])
def case_header(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """A message on both sides of every length at which the header grows.

    FRAME-2: In the first header octet, bit 7 MUST be 1 exactly when it is the last header octet,
        bit 6 MUST be 1 for a bytes message and 0 for a text message, and bits 5 to 0 MUST hold the
        lowest 6 bits of the payload length.
    FRAME-3: In each further header octet, bit 7 MUST be 1 exactly when it is the last header
        octet, and bits 6 to 0 MUST hold the next 7 bits of the payload length, least significant
        group first.
    FRAME-5: A sender MUST use the shortest header that can hold the payload length.
    FRAME-1: A sender MUST send each message as exactly one frame: a header, followed directly by
        the payload, followed directly by the next frame.
    """
    messages = [recipe(kind, 14, length), AFTER]
    connection, tester = single.meet()
    writing = connection.begin_write(*messages)
    written(check, tester, messages, "FRAME-2", "FRAME-3", "FRAME-5", "FRAME-1")
    writing.result()


@each("content", list(TEXTS))
def case_length_of_text(single: Single, check: Recorder, content: str) -> None:
    """Texts of fewer code points than octets.

    FRAME-4: The payload length MUST count the octets of the payload; for a text message these are
        the octets of its UTF-8 encoding.
    """
    messages = [TEXTS[content], AFTER]
    connection, tester = single.meet()
    connection.write(*messages)
    written(check, tester, messages, "FRAME-4")


@each("kind", ["text", "bytes"])
def case_empty(single: Single, check: Recorder, kind: Kind) -> None:
    """An empty message between two others: a frame without payload, and not nothing.

    FRAME-9: A sender SHOULD send an empty message as a frame of length zero rather than drop it.
    """
    empty = recipe(kind, 1, 0)
    connection, tester = single.meet()
    connection.write(BEFORE, empty, AFTER)
    without = framed(BEFORE, AFTER)
    got = tester.receive_exactly(len(without))
    if got != without:
        got += tester.receive_exactly(1)
    wanted = framed(BEFORE, empty, AFTER)
    prerequisite(got in (wanted, without), f"not the messages around it: {got.hex(' ')}")
    check("FRAME-9", got == wanted, "a frame of length zero", got.hex(" "))
