"""Handshakes that fail: the connection ends, never becomes ready, and says what it had to say."""

from harness.case import Connection, Pair, Received, Recorder, Single, each, needs, recipe, text
from harness.codec import encode
from harness.expect import NARROW, TIGHT, arrived, delivered, refusal

PASSWORD = text("password: wrong")
# More than the tight socket buffers take, so that most of it is still queued when the handshake
# has returned: whoever closes at once has lost it, every time.
DENIED = recipe("bytes", 41, 1 << 17)

RECEIVE = {"do": "receive"}
SEND_PASSWORD = {"do": "send", "message": PASSWORD.request()}
SEND_DENIED = {"do": "send", "message": DENIED.request()}
ENDINGS = {"false": {"do": "return", "value": False}, "exception": {"do": "raise"}}


@needs("handshake", "buffers")
@each("ending", sorted(ENDINGS))
def case_refusal(single: Single, check: Recorder, ending: str) -> None:
    """A handshake tells the other side no, and then returns false or fails.

    HAND-5: An endpoint whose handshake fails MUST still deliver the handshake messages that it had
        written.
    HAND-4: An endpoint whose handshake returns false or fails with an error MUST NOT become ready
        and MUST end the connection.
    """
    script = [RECEIVE, SEND_DENIED, ENDINGS[ending]]
    connection, tester = single.meet(handshake=script, sndbuf=TIGHT, rcvbuf=TIGHT)
    tester.send(encode(PASSWORD.frame()))
    connection.wait("handshake")
    wanted = encode(DENIED.frame())
    got = arrived(tester, len(wanted))
    check("HAND-5", got == wanted, f"the refusal, {len(wanted)} octets", f"{len(got)} octets")
    end = tester.expect_end()
    check("HAND-4", end is not None, "the connection ends", "it is still open")
    tester.close()
    _never_ready(check, connection, "HAND-4")


@needs("handshake", "buffers")
def case_refused(pair: Pair, check: Recorder) -> None:
    """The second peer refuses the first one, whose handshake still gets the refusal.

    HAND-5: An endpoint whose handshake fails MUST still deliver the handshake messages that it had
        written.
    HAND-4: An endpoint whose handshake returns false or fails with an error MUST NOT become ready
        and MUST end the connection.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_PASSWORD, RECEIVE, RECEIVE, {"do": "return", "value": True}]},
        second={"handshake": [RECEIVE, SEND_DENIED, ENDINGS["false"]], "sndbuf": TIGHT},
        rcvbuf=NARROW,
    )
    meeting.second.wait("handshake")
    state = meeting.first.wait("handshake")
    received = [Received.from_json(one) for one in state["handshake"]["received"]]
    delivered(check, received, [DENIED], "HAND-5")
    for side in (meeting.first, meeting.second):
        side.wait("handshake")
        _never_ready(check, side, "HAND-4")


@needs("handshake")
@each("end", ["fin", "reset"])
@each("script", ["receive", "drain"])
def case_other_side_gone(single: Single, check: Recorder, script: str, end: str) -> None:
    """The other side ends in the middle of the handshake, inside a message.

    HAND-6: When the other side ends the connection while the handshake still waits for a message,
        the handshake MUST be able to notice it and the endpoint MUST NOT become ready.
    """
    connection, tester = single.meet(handshake=[SEND_PASSWORD, RECEIVE, {"do": script}])
    tester.receive_frames(1)
    tester.send(encode(PASSWORD.frame()) + encode(PASSWORD.frame())[:3])
    if end == "fin":
        tester.finish()
    else:
        tester.reset()
    noticed = connection.happens("handshake", within=10.0)
    check("HAND-6", noticed, "the handshake notices the end", "the handshake goes on")
    _never_ready(check, connection, "HAND-6")


def _never_ready(check: Recorder, connection: Connection, clause: str) -> None:
    connection.happens("ended", within=10.0)
    ready = connection.state()["ready"]
    check(clause, not ready, "the connection never becomes ready", f"ready: {ready}")
    refused = refusal(lambda: connection.write(text("after all")))
    check(clause, refused, "a write raises an error", refused or "the write was accepted")
