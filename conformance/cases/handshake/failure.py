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
# Seconds in which an endpoint learns of something, times the patience: it has nothing else to do.
NOTICED = 10.0


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
    _never_ready(check, meeting.second, "HAND-4")
    state = meeting.first.wait("handshake")
    received = [Received.from_json(one) for one in state["handshake"]["received"]]
    delivered(check, received, [DENIED], "HAND-5")
    _never_ready(check, meeting.first, "HAND-4")


@needs("handshake")
@each("end", ["fin", "fin-in-message", "reset"])
@each("script", ["receive", "drain"])
def case_other_side_gone(single: Single, check: Recorder, script: str, end: str) -> None:
    """The other side ends in the middle of the handshake, between two messages or inside one.

    HAND-6: When the other side ends the connection while the handshake still waits for a message,
        the handshake MUST be able to notice it and the endpoint MUST NOT become ready.
    """
    connection, tester = single.meet(handshake=[SEND_PASSWORD, RECEIVE, {"do": script}])
    tester.receive_frames(1)
    tester.send(encode(PASSWORD.frame()))
    if end == "fin-in-message":
        tester.send(encode(PASSWORD.frame())[:3])
    if end == "reset":
        tester.reset()
    else:
        tester.finish()
    noticed = connection.happens("handshake", within=NOTICED)
    check("HAND-6", noticed, "the handshake notices the end", "the handshake goes on")
    _never_ready(check, connection, "HAND-6")


@needs("handshake", "keep")
@each("script", ["receive", "drain"])
def case_closed_meanwhile(single: Single, check: Recorder, script: str) -> None:
    """The application closes the connection while the handshake waits for the other side.

    HAND-11: When its application closes an endpoint whose handshake has not completed, the
        handshake MUST be able to notice it and the endpoint MUST NOT become ready.
    """
    connection, tester = single.meet(handshake=[SEND_PASSWORD, {"do": script}])
    # With it, the script stands at its second step, or will without our doing.
    tester.receive_frames(1)
    closing = connection.begin_close(keep=True)
    noticed = connection.happens("handshake", within=NOTICED)
    check("HAND-11", noticed, "the handshake notices the close", "the handshake goes on")
    tester.close()
    closing.result()
    _never_ready(check, connection, "HAND-11")


def _never_ready(check: Recorder, connection: Connection, clause: str) -> None:
    connection.happens("ended", within=NOTICED)
    ready = connection.state()["ready"]
    check(clause, not ready, "the connection never becomes ready", f"ready: {ready}")
    refused = refusal(lambda: connection.write(text("after all")))
    check(clause, refused, "a write raises an error", refused or "the write was accepted")
