"""Segmentation: where the transport cuts and joins the octets must make no difference."""

from harness.case import Kind, Message, Reading, Recorder, Single, each, octets, recipe, text
from harness.expect import cut, delivered
from harness.opposite import framed

CODE_POINTS = text("a\0é€🧦\U0010ffff")
# Two frames with headers of one and of two octets, long enough that each has an inside.
SHORT, LONGER = text("né€🧦"), recipe("bytes", 23, 70)


def _read(check: Recorder, single: Single, messages: list[Message], schedule: str) -> Reading:
    connection, tester = single.meet()
    # Whoever takes nothing more while its application does not read must not be stuck in the cuts.
    reading = connection.begin_read(len(messages))
    cut(check, tester, framed(*messages), schedule)
    return reading.result()


@each("kind", ["text", "bytes"])
@each("length", [1, 64, 300])
def case_octet_by_octet(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """Every octet of header and payload arrives alone.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    """
    message = recipe(kind, 21, length)
    reading = _read(check, single, [message, message], "1*")
    delivered(check, reading, [message, message], "STREAM-1")


@each("schedule", ["1*", "2*", "3,5*"])
def case_inside_code_points(single: Single, check: Recorder, schedule: str) -> None:
    """A text is cut inside its code points.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    """
    reading = _read(check, single, [CODE_POINTS], schedule)
    delivered(check, reading, [CODE_POINTS], "STREAM-1")


@each("first", ["text", "bytes"])
def case_every_cut_in_two(single: Single, check: Recorder, first: Kind) -> None:
    """Two frames, again and again, cut in two at every place that they have.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    """
    messages = [SHORT, LONGER] if first == "text" else [LONGER, SHORT]
    connection, tester = single.meet()
    stream = framed(*messages)
    for size in range(1, len(stream)):
        reading = connection.begin_read(len(messages))
        cut(check, tester, stream, f"{size},whole")
        delivered(check, reading.result(), messages, "STREAM-1")


@each("kind", ["text", "bytes"])
@each("size", [4096, 8192, 16384, 32768, 65536])
def case_exactly_a_buffer(single: Single, check: Recorder, kind: Kind, size: int) -> None:
    """A frame of exactly as many octets as buffers like to have, and another one in the next piece.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    """
    # All these frames have headers of two octets or of three.
    message = recipe(kind, 24, size - (2 if size <= 8193 else 3))
    reading = _read(check, single, [message, message], f"{size},whole")
    delivered(check, reading, [message, message], "STREAM-1")


@each("extra", [0, 1, 2, 40])
def case_two_messages_in_one_segment(single: Single, check: Recorder, extra: int) -> None:
    """Two messages arrive in one segment, with some octets of a third one behind them.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    """
    messages = [octets(b"one"), text("zwei Strümpfe"), recipe("bytes", 22, 100)]
    connection, tester = single.meet()
    stream = framed(*messages)
    size = len(framed(*messages[:2])) + extra
    reading = connection.begin_read(2)
    cut(check, tester, stream[:size], "whole")
    delivered(check, reading.result(), messages[:2], "STREAM-1")
    early = connection.read(1, within=0)
    check("STREAM-3", not early.messages, "nothing of the third message yet", early.messages)
    tester.send(stream[size:])
    delivered(check, connection.read(1), messages[2:], "STREAM-1")
