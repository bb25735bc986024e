"""Segmentation: where the transport cuts and joins the octets must make no difference."""

from harness.case import Connection, Kind, Message, Recorder, Single, each, octets, recipe, text
from harness.codec import encode
from harness.expect import cut, delivered

CODE_POINTS = text("a\0é€🧦\U0010ffff")


def _send(check: Recorder, single: Single, messages: list[Message], schedule: str) -> Connection:
    connection, tester = single.meet()
    stream = b"".join(encode(message.frame()) for message in messages)
    cut(check, tester, stream, schedule)
    return connection


@each("kind", ["text", "bytes"])
@each("length", [1, 64, 300])
def case_octet_by_octet(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """Every octet of header and payload arrives alone.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    """
    message = recipe(kind, 21, length)
    connection = _send(check, single, [message, message], "1*")
    delivered(check, connection.read(2), [message, message], "STREAM-1")


@each("schedule", ["whole", "1*", "2*", "3,5*"])
def case_inside_code_points(single: Single, check: Recorder, schedule: str) -> None:
    """A text is cut inside its code points.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    TEXT-5: An endpoint MUST deliver the code points of a text unaltered, including U+0000, a
        leading U+FEFF and line ends.
    """
    connection = _send(check, single, [CODE_POINTS], schedule)
    delivered(check, connection.read(1), [CODE_POINTS], "STREAM-1", "TEXT-5")


@each("extra", [0, 1, 2, 40])
def case_two_messages_in_one_segment(single: Single, check: Recorder, extra: int) -> None:
    """Two messages arrive in one segment, with some octets of a third one behind them.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    """
    messages = [octets(b"one"), text("zwei Strümpfe"), recipe("bytes", 22, 100)]
    connection, tester = single.meet()
    stream = b"".join(encode(message.frame()) for message in messages)
    size = len(stream) - len(encode(messages[2].frame())) + extra
    cut(check, tester, stream[:size], "whole")
    delivered(check, connection.read(2), messages[:2], "STREAM-1")
    early = connection.read(1, within=0)
    check("STREAM-3", not early.messages, "nothing of the third message yet", early.messages)
    tester.send(stream[size:])
    delivered(check, connection.read(1), messages[2:], "STREAM-1")
