"""Handshakes that fail: the connection ends, never becomes ready, and says what it had to say."""

from harness.case import each, needs, octets, text
from harness.codec import encode
from harness.expect import refusal

PASSWORD, DENIED = text("password: wrong"), octets(b"DENIED")

RECEIVE = {"do": "receive"}
SEND_PASSWORD = {"do": "send", "message": PASSWORD.request()}
SEND_DENIED = {"do": "send", "message": DENIED.request()}
ENDINGS = {"false": {"do": "return", "value": False}, "exception": {"do": "raise"}}


@needs("handshake")
@each("ending", sorted(ENDINGS))
def case_refusal(single, check, ending):
    """A handshake tells the other side no, and then returns false or fails.

    HAND-5: An endpoint whose handshake fails MUST still deliver the handshake messages that it had
        written.
    HAND-4: An endpoint whose handshake returns false or fails with an error MUST NOT become ready
        and MUST end the connection.
    """
    connection, tester = single.meet(handshake=[RECEIVE, SEND_DENIED, ENDINGS[ending]])
    tester.send(encode(PASSWORD.frame()))
    frames = [parsed.frame for parsed in tester.receive_frames(1)]
    check("HAND-5", frames == [DENIED.frame()], "the refusal as bytes 'DENIED'", frames or "nothing")
    end = tester.expect_end()
    check("HAND-4", end is not None, "the connection ends", "it is still open")
    tester.close()
    _never_ready(check, connection, "HAND-4")


@needs("handshake")
def case_refused(pair, check):
    """The second peer refuses the first one, whose handshake still gets the refusal.

    HAND-5: An endpoint whose handshake fails MUST still deliver the handshake messages that it had
        written.
    HAND-4: An endpoint whose handshake returns false or fails with an error MUST NOT become ready
        and MUST end the connection.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_PASSWORD, RECEIVE, RECEIVE, {"do": "return", "value": True}]},
        second={"handshake": [RECEIVE, SEND_DENIED, ENDINGS["false"]]},
    )
    state = meeting.first.wait("handshake")
    received = [one["base64"] for one in state["handshake"]["received"]]
    wanted = [DENIED.request()["base64"]]
    check("HAND-5", received == wanted, "the refusal reaches the first peer's handshake", received)
    for side in (meeting.first, meeting.second):
        side.wait("handshake")
        _never_ready(check, side, "HAND-4")


@needs("handshake")
@each("end", ["fin", "reset"])
@each("script", ["receive", "drain"])
def case_other_side_gone(single, check, script, end):
    """The other side ends in the middle of the handshake, inside a message.

    HAND-6: When the other side ends the connection during the handshake, the handshake MUST be
        able to notice it and the endpoint MUST NOT become ready.
    """
    connection, tester = single.meet(handshake=[SEND_PASSWORD, RECEIVE, {"do": script}])
    tester.receive_frames(1)
    tester.send(encode(DENIED.frame()) + encode(DENIED.frame())[:3])
    if end == "fin":
        tester.finish()
    else:
        tester.reset()
    noticed = connection.happens("handshake", within=10.0)
    check("HAND-6", noticed, "the handshake notices the end", "the handshake goes on")
    _never_ready(check, connection, "HAND-6")


def _never_ready(check, connection, clause):
    connection.happens("ended", within=10.0)
    ready = connection.state()["ready"]
    check(clause, not ready, "the connection never becomes ready", f"ready: {ready}")
    refused = refusal(lambda: connection.write(text("after all")))
    check(clause, refused, "a write raises an error", refused or "the write was accepted")
