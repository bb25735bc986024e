"""What a text or a run of bytes may hold, and that it stays as it is, in both directions."""

from harness.case import Recorder, Single, each, octets, text
from harness.expect import delivered
from harness.opposite import framed, written

# What implementations are tempted to strip, to normalise, to translate or to stop at.
TEXTS = {
    "nul": text("a\0b\0"),
    "byte-order-mark": text("\ufeffa\ufeff"),
    "line-ends": text("\na\r\nb\rc\u2028d\x85\r"),
    "blanks": text(" \t a \u00a0 "),
    "controls": text("\x01\x1b[0m\x1a\x7f\x9f\u202e"),
    "noncharacters": text("\uffff\ufffe\ufdd0\U0001ffff\U0010ffff"),
    "replacement": text("\ufffd"),
    "around-surrogates": text("\ud7ff\ue000"),
    "composed": text("\u00e9 \uac00 \u212b"),
    "decomposed": text("e\u0301 \u1100\u1161 A\u030a"),
    "every-length": text("\x7f\x80\u07ff\u0800\uffee\U00010000\U0010fffd"),
}
# What could be taken for a text, or could not; all of it is bytes.
BYTES = {
    "ascii": octets(b"plain"),
    "utf-8": octets("é€🧦".encode()),
    "byte-order-mark": octets(b"\xef\xbb\xbfa"),
    "utf-16": octets("\ufeffé".encode("utf-16-le")),
    "not-utf-8": octets(b"\xff\xfe\x00\xc0\x80"),
    "nul": octets(b"\0\0"),
    "line-ends": octets(b"\na\r\nb\r"),
    "header-like": octets(b"\x81a\xc1b\x00\x80"),
    "every-octet": octets(bytes(range(256))),
}
AFTER = text("and one more")


@each("content", list(TEXTS))
def case_received(single: Single, check: Recorder, content: str) -> None:
    """A text with code points that somebody might want to change arrives as it was sent.

    TEXT-5: An endpoint MUST deliver the code points of a text unaltered, including U+0000, a
        leading U+FEFF and line ends.
    """
    connection, tester = single.meet()
    tester.try_send(framed(TEXTS[content], AFTER))
    delivered(check, connection.read(2), [TEXTS[content], AFTER], "TEXT-5")


@each("content", list(TEXTS))
def case_written(single: Single, check: Recorder, content: str) -> None:
    """The same texts, written: the other side can only get what is on the wire.

    TEXT-5: An endpoint MUST deliver the code points of a text unaltered, including U+0000, a
        leading U+FEFF and line ends.
    """
    connection, tester = single.meet()
    connection.write(TEXTS[content], AFTER)
    written(check, tester, [TEXTS[content], AFTER], "TEXT-5")


@each("content", list(BYTES))
def case_bytes_received(single: Single, check: Recorder, content: str) -> None:
    """Bytes are bytes, whatever they look like.

    FRAME-10: A receiver MUST deliver a message with the kind that its frame states.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    connection, tester = single.meet()
    tester.try_send(framed(BYTES[content], AFTER))
    delivered(check, connection.read(2), [BYTES[content], AFTER], "FRAME-10", "STREAM-2")


@each("content", list(BYTES))
def case_bytes_written(single: Single, check: Recorder, content: str) -> None:
    """The same bytes, written: kind and octets stay.

    FRAME-2: In the first header octet, bit 7 MUST be 1 exactly when it is the last header octet,
        bit 6 MUST be 1 for a bytes message and 0 for a text message, and bits 5 to 0 MUST hold the
        lowest 6 bits of the payload length.
    FRAME-1: A sender MUST send each message as exactly one frame: a header, followed directly by
        the payload, followed directly by the next frame.
    """
    connection, tester = single.meet()
    connection.write(BYTES[content], AFTER)
    written(check, tester, [BYTES[content], AFTER], "FRAME-2", "FRAME-1")
