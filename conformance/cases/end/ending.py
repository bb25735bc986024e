"""The end of the stream: what is delivered before it, and what can be done behind it."""

from harness import clock
from harness.case import (
    Reading,
    Recorder,
    Single,
    each,
    needs,
    octets,
    prerequisite,
    recipe,
    text,
)
from harness.codec import encode
from harness.expect import arrived, cut, delivered, end_comes, held_up, on_wire, refusal

# Seconds in which a library has noticed the end that it is not to show yet.
LASTING = 0.3

WHOLE = [text("first"), octets(b"second")]
UNFINISHED = recipe("bytes", 31, 300)
MALFORMED = b"\x81\xff"

# What the stream ends with, inside a frame: in its header, a short or a long one, between header
# and payload, inside a code point, in the payload and before the last octet of it.
REMAINS = {
    "in-header": encode(UNFINISHED.frame())[:1],
    "in-long-header": b"\x00" * 10,
    "behind-header": encode(UNFINISHED.frame())[:2],
    "in-code-point": encode(text("\u00e9").frame())[:2],
    "in-payload": encode(UNFINISHED.frame())[:3],
    "before-last-octet": encode(UNFINISHED.frame())[:-1],
}


def _end_seen(
    check: Recorder, single: Single, octets_before: bytes
) -> tuple[Reading, str | None]:
    """Return the reading and the word for the end, after a stream of these octets."""
    connection, tester = single.meet()
    cut(check, tester, octets_before, "whole")
    tester.finish()
    end_comes(connection, tester)
    reading = connection.read(len(WHOLE) + 1, within=10.0)
    connection.happens("ended", within=10.0)
    return reading, connection.state()["end"]


def case_clean(single: Single, check: Recorder) -> None:
    """The stream ends between two frames; everything before it can be read after it.

    END-1: An endpoint MUST treat an end of the stream between two frames as a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    connection, tester = single.meet()
    tester.send(on_wire(*WHOLE))
    tester.finish()
    end_comes(connection, tester)
    delivered(check, connection.read(len(WHOLE)), WHOLE, "END-3")
    ended = connection.read(1, within=10.0)
    check("END-1", ended.ended and not ended.messages, "the end, and no message", ended)


@each("size", list(REMAINS))
def case_truncated(single: Single, check: Recorder, size: str) -> None:
    """The stream ends inside a frame; no part of it is delivered, and the end is told apart.

    STREAM-3: A receiver MUST NOT deliver a part of a message.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    END-2: An endpoint MUST report an end of the stream inside a frame as an error that the
        application can tell from a clean end.
    """
    reading, truncated = _end_seen(check, single, on_wire(*WHOLE) + REMAINS[size])
    check(
        "STREAM-3",
        len(reading.messages) <= len(WHOLE),
        "no part of a message",
        reading.messages[2:],
    )
    delivered(check, reading, WHOLE, "END-3")
    _, clean = _end_seen(check, single, on_wire(*WHOLE))
    observed = f"clean end: {clean!r}, truncated: {truncated!r}"
    check("END-2", truncated != clean, "an end that differs from a clean one", observed)


def case_reply_behind_half_close(single: Single, check: Recorder) -> None:
    """The other side ends its sending direction and waits for what is still queued.

    END-4: After the other side has ended its sending direction, an endpoint MUST still send the
        messages that are queued.
    """
    connection, tester = single.meet()
    message = recipe("bytes", 32, 1 << 23)
    stream = on_wire(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    tester.finish()
    got = arrived(tester, len(stream))
    check("END-4", got == stream, f"the frame of {len(stream)} octets", f"{len(got)} octets")
    writing.result()


def case_active_while_unread(single: Single, check: Recorder) -> None:
    """The other side has gone, and its messages have not been taken yet.

    API-4: An endpoint MUST report itself as active until the connection has ended and every
        received message was taken, or until a local close begins.
    """
    connection, tester = single.meet()
    cut(check, tester, on_wire(*WHOLE), "whole")
    tester.close()
    # Who shows the end while messages are unread has seen it now; who does not gets the time.
    connection.happens("ended", within=LASTING)
    active = connection.state()["active"]
    check("API-4", active, "active while messages are unread", f"active: {active}")
    delivered(check, connection.read(len(WHOLE)), WHOLE, "API-4")
    connection.wait("ended")
    inactive = clock.until(lambda: not connection.state()["active"], LASTING)
    check("API-4", inactive, "not active any more", f"active: {not inactive}")


@each("end", ["clean", "truncated", "reset", "malformed"])
def case_write_behind_end(single: Single, check: Recorder, end: str) -> None:
    """The connection has ended, and everything was read; a write says so.

    API-2: A write after the end of the connection MUST fail with an error; it MUST NOT be dropped
        silently.
    """
    connection, tester = single.meet()
    last = {"truncated": REMAINS["in-payload"], "malformed": MALFORMED}.get(end, b"")
    cut(check, tester, on_wire(*WHOLE) + last, "whole")
    reading = connection.read(len(WHOLE))
    prerequisite(reading.matches(WHOLE), f"the messages before the end did not arrive: {reading}")
    if end == "reset":
        tester.reset()
    else:
        tester.close()
    connection.wait("ended")
    refused = refusal(lambda: connection.write(WHOLE[0]))
    check("API-2", refused, "the write raises an error", refused or "the write was accepted")


@needs("keep")
def case_closed_here(single: Single, check: Recorder) -> None:
    """The connection was closed on this side, with messages unread.

    API-4: An endpoint MUST report itself as active until the connection has ended and every
        received message was taken, or until a local close begins.
    API-2: A write after the end of the connection MUST fail with an error; it MUST NOT be dropped
        silently.
    """
    connection, tester = single.meet()
    tester.send(on_wire(*WHOLE, *WHOLE))
    delivered(check, connection.read(len(WHOLE)), WHOLE, "API-4")
    active = connection.state()["active"]
    check("API-4", active, "active before the close", f"active: {active}")
    closing = connection.begin_close(keep=True)
    tester.expect_end()
    tester.close()
    closing.result()
    active = connection.state()["active"]
    check("API-4", not active, "not active any more", f"active: {active}")
    refused = refusal(lambda: connection.write(WHOLE[0]))
    check("API-2", refused, "the write raises an error", refused or "the write was accepted")
