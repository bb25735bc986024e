"""The end of a connection: what is delivered before it, and what can be told of it."""

from harness import clock
from harness.case import (
    Connection,
    Message,
    Reading,
    Recorder,
    Single,
    each,
    needs,
    octets,
    recipe,
    text,
)
from harness.codec import encode
from harness.expect import TIGHT, arrived, cut, delivered, held_up, refusal

# Seconds in which a library has noticed the end that it is not to show yet.
LASTING = 0.3
# Seconds in which a close that waits for nobody has returned; well below the two seconds that our
# own library gives the other side, whatever the patience.
SETTLED = 0.3

WHOLE = [text("first"), octets(b"second")]
UNFINISHED = recipe("bytes", 31, 300)

# Where the stream may end inside a frame: in its header, between header and payload, and before
# the last octet of the payload.
CUTS = {"in-header": 1, "behind-header": 2, "in-payload": 3, "before-last-octet": 301}


def _stream(*messages: Message) -> bytes:
    return b"".join(encode(message.frame()) for message in messages)


def _end_seen(
    check: Recorder, single: Single, octets_before: bytes, reset: bool = False
) -> tuple[Connection, Reading, str | None]:
    """Return the reading and the word for the end, after a stream that ended as told."""
    connection, tester = single.meet()
    cut(check, tester, octets_before, "whole")
    if reset:
        tester.reset()
    else:
        tester.finish()
    reading = connection.read(len(WHOLE) + 1, within=10.0)
    connection.happens("ended", within=10.0)
    return connection, reading, connection.state()["end"]


def case_clean(single: Single, check: Recorder) -> None:
    """The stream ends between two frames; everything before it can be read after it.

    END-1: An endpoint MUST treat an end of the stream between two frames as a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    connection, tester = single.meet()
    tester.send(_stream(*WHOLE))
    tester.finish()
    delivered(check, connection.read(len(WHOLE)), WHOLE, "END-3")
    ended = connection.read(1, within=10.0)
    check("END-1", ended.ended and not ended.messages, "the end, and no message", ended)


@each("size", list(CUTS))
def case_truncated(single: Single, check: Recorder, size: str) -> None:
    """The stream ends inside a frame; no part of it is delivered, and the end is told apart.

    STREAM-3: A receiver MUST NOT deliver a part of a message.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    END-2: An endpoint MUST report an end of the stream inside a frame as an error that the
        application can tell from a clean end.
    """
    stream = _stream(*WHOLE) + _stream(UNFINISHED)[: CUTS[size]]
    _, reading, truncated = _end_seen(check, single, stream)
    check(
        "STREAM-3",
        len(reading.messages) <= len(WHOLE),
        "no part of a message",
        reading.messages[2:],
    )
    delivered(check, reading, WHOLE, "END-3")
    _, _, clean = _end_seen(check, single, _stream(*WHOLE))
    observed = f"clean end: {clean!r}, truncated: {truncated!r}"
    check("END-2", truncated != clean, "an end that differs from a clean one", observed)


@each("where", ["between-frames", "in-frame"])
def case_reset(single: Single, check: Recorder, where: str) -> None:
    """The connection is reset, between two frames or inside one; this is no clean end.

    STREAM-3: A receiver MUST NOT deliver a part of a message.
    END-6: An endpoint MUST report a reset connection as an error that the application can tell
        from a clean end.
    """
    stream = _stream(*WHOLE) + (_stream(UNFINISHED)[:50] if where == "in-frame" else b"")
    _, reading, reset = _end_seen(check, single, stream, reset=True)
    check(
        "STREAM-3",
        len(reading.messages) <= len(WHOLE),
        "no part of a message",
        reading.messages[2:],
    )
    _, _, clean = _end_seen(check, single, _stream(*WHOLE))
    observed = f"clean end: {clean!r}, reset: {reset!r}"
    check("END-6", reset != clean, "an end that differs from a clean one", observed)


def case_reply_behind_half_close(single: Single, check: Recorder) -> None:
    """The other side ends its sending direction and waits for what is still queued.

    END-4: After the other side has ended its sending direction, an endpoint MUST still send the
        messages that are queued.
    """
    connection, tester = single.meet()
    message = recipe("bytes", 32, 1 << 23)
    stream = _stream(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    tester.finish()
    got = arrived(tester, len(stream))
    check("END-4", got == stream, f"the frame of {len(stream)} octets", f"{len(got)} octets")
    writing.result()


@needs("buffers")
@each("unread", ["nothing-unread", "one-octet-unread"])
def case_close_delivers(single: Single, check: Recorder, unread: str) -> None:
    """Fifty messages are written, more than the buffers take, and the connection is closed.

    A socket that is closed with unread input resets its connection, and the reset destroys what
    is still on its way: an endpoint must not fall for it.

    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    """
    messages = [recipe("bytes", 33, 1000 + number) for number in range(50)]
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    if unread == "one-octet-unread":
        cut(check, tester, _stream(UNFINISHED)[:1], "whole")
    stream = _stream(*messages)
    connection.write(*messages)
    held_up(connection, tester, len(stream))
    closing = connection.begin_close()
    # Who closes with messages in its queue has lost them by now; who waits for us goes on waiting.
    closing.returns(SETTLED / clock.patience())
    got = arrived(tester, len(stream))
    tester.close()
    closing.result()
    check("END-5", len(got) == len(stream), f"{len(stream)} octets", f"{len(got)} octets")
    check("SEND-1", got == stream, "the frames in the order of writing", "other octets")


def case_active_while_unread(single: Single, check: Recorder) -> None:
    """The other side has gone, and its messages have not been taken yet.

    API-4: An endpoint MUST report itself as active until the connection has ended and every
        received message was taken, or until a local close begins.
    """
    connection, tester = single.meet()
    cut(check, tester, _stream(*WHOLE), "whole")
    tester.close()
    given_up = clock.until(lambda: not connection.state()["active"], LASTING)
    check("API-4", not given_up, "active while messages are unread", f"active: {not given_up}")
    delivered(check, connection.read(len(WHOLE)), WHOLE, "API-4")
    connection.wait("ended")
    active = connection.state()["active"]
    check("API-4", not active, "not active any more", f"active: {active}")


def case_write_behind_end(single: Single, check: Recorder) -> None:
    """The connection has ended, and everything was read; a write says so.

    API-2: A write after the end of the connection MUST fail with an error; it MUST NOT be dropped
        silently.
    """
    connection, tester = single.meet()
    cut(check, tester, _stream(*WHOLE), "whole")
    tester.close()
    connection.read(len(WHOLE))
    connection.wait("ended")
    refused = refusal(lambda: connection.write(WHOLE[0]))
    check("API-2", refused, "the write raises an error", refused or "the write was accepted")
