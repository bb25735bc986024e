"""The cause of an end: what the application is told of a reset, of malformed octets, of both."""

from harness.case import Connection, Received, Recorder, Single, each, needs, octets, recipe, text
from harness.codec import encode
from harness.expect import alive, cut, delivered, end_comes, on_wire, refusal
from harness.tester import Tester

WHOLE = [text("first"), octets(b"second")]
UNFINISHED = encode(recipe("bytes", 31, 300).frame())[:50]
FAULTS = {"text": b"\x81\xff", "header": b"\x00" * 10 + b"\x80"}
CLEAN = "an end that differs from a clean one"


def _word(connection: Connection) -> str | None:
    """Read to the end and return the library's word for it."""
    connection.read(len(WHOLE) + 1, within=10.0)
    connection.happens("ended", within=10.0)
    word: str | None = connection.state()["end"]
    return word


def _clean_end(check: Recorder, single: Single, clause: str) -> str | None:
    """Return the word for a clean end, once messages came through before it."""
    connection, tester = single.meet()
    tester.send(on_wire(*WHOLE))
    tester.finish()
    delivered(check, connection.read(len(WHOLE)), WHOLE, clause)
    return _word(connection)


@each("where", ["before-data", "between-frames", "in-frame", "behind-unread"])
def case_reset(single: Single, check: Recorder, where: str) -> None:
    """The connection is reset; this is no clean end, and what was received whole stays.

    END-6: An endpoint MUST report a reset connection as an error that the application can tell
        from a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    """
    connection, tester = single.meet()
    sent = [] if where == "before-data" else WHOLE
    if sent:
        cut(check, tester, on_wire(*sent), "whole")
    messages: list[Received] = []
    if where in ("between-frames", "in-frame") or tester.unproved:
        messages += connection.read(len(sent), within=10.0).messages
    if where == "in-frame":
        cut(check, tester, UNFINISHED, "whole")
    tester.reset()
    end_comes(connection, tester)
    messages += connection.read(len(WHOLE) + 1, within=10.0).messages
    check("STREAM-3", len(messages) <= len(sent), "no part of a message", messages[len(sent) :])
    delivered(check, messages, sent, "END-3")
    reset = _word(connection)
    clean = _clean_end(check, single, "END-3")
    check("END-6", reset != clean, CLEAN, f"clean end: {clean!r}, reset: {reset!r}")


@each("fault", list(FAULTS))
def case_malformed(single: Single, check: Recorder, fault: str) -> None:
    """The other side sends a malformed frame, and ends its direction like any other.

    END-11: An endpoint MUST report a malformed frame as an error that the application can tell
        from a clean end.
    TEXT-4: A receiver that meets a malformed frame or a malformed text MUST deliver every message
        that came before it and then end the connection.
    """
    connection, tester = single.meet()
    tester.send(on_wire(*WHOLE) + FAULTS[fault])
    tester.finish()
    delivered(check, connection.read(len(WHOLE)), WHOLE, "TEXT-4")
    malformed = _word(connection)
    ended = connection.state()["ended"]
    check("TEXT-4", ended, "the connection ends", f"ended: {ended}")
    clean = _clean_end(check, single, "TEXT-4")
    check("END-11", malformed != clean, CLEAN, f"clean end: {clean!r}, malformed: {malformed!r}")


@needs("keep")
@each("first", ["clean", "truncated", "reset", "malformed"])
def case_first_cause(single: Single, check: Recorder, first: str) -> None:
    """The connection ends; then it is reset, written to, and closed.

    END-12: An endpoint MUST report the first cause that ended the connection, whatever happens to
        the connection after it.
    """
    clean = _clean_end(check, single, "END-12") if first != "clean" else None
    connection, tester = single.meet()
    alive(connection, tester)
    _end(tester, first)
    before = _word(connection)
    if first != "reset":
        tester.reset()
    refusal(lambda: connection.write(WHOLE[0]))
    connection.close(keep=True)
    connection.read(1, within=0)
    after = connection.state()["end"]
    told = after == before and after != clean
    expected = "the same cause before and after" + (f", not {clean!r}" if clean else "")
    check("END-12", told, expected, f"first {before!r}, then {after!r}")


def _end(tester: Tester, how: str) -> None:
    if how == "reset":
        tester.reset()
        return
    tester.send({"truncated": UNFINISHED, "malformed": FAULTS["text"]}.get(how, b""))
    if how != "malformed":
        tester.finish()
