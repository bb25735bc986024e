"""Handshake ordering: first the handshake, then everything else, and nothing lost between them."""

from harness.case import Pair, Recorder, Single, each, needs, octets, text
from harness.codec import encode
from harness.expect import cut, delivered, refusal, sent
from harness.meeting import Meeting

HELLO, WELCOME = text("hello"), octets(b"welcome\x00\xff")
EARLY = [text("application 1"), octets(b"application 2"), text("application 3")]

SEND_HELLO = {"do": "send", "message": HELLO.request()}
SEND_WELCOME = {"do": "send", "message": WELCOME.request()}
EXPECT_HELLO = {"do": "expect", "message": HELLO.request()}
EXPECT_WELCOME = {"do": "expect", "message": WELCOME.request()}
RECEIVE = {"do": "receive"}
ACCEPT = {"do": "return", "value": True}


@needs("handshake")
@each("verb", ["write", "read"])
def case_not_ready_before(single: Single, check: Recorder, verb: str) -> None:
    """A handshake waits for the tester; until it has got its message, the application is refused.

    HAND-2: An endpoint MUST refuse application reads and writes, with an error that says so, until
        its handshake has completed.
    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    """
    connection, tester = single.meet(handshake=[RECEIVE, SEND_WELCOME, ACCEPT])
    attempts = {
        "write": lambda: connection.write(EARLY[0]),
        "read": lambda: connection.read(1, within=1.0),
    }
    refused = refusal(attempts[verb])
    check("HAND-2", refused, f"the {verb} raises an error", refused or f"the {verb} was accepted")
    tester.send(encode(HELLO.frame()))
    connection.wait("ready")
    connection.write(EARLY[1])
    frames = [parsed.frame for parsed in tester.receive_frames(2)]
    wanted = [WELCOME.frame(), EARLY[1].frame()]
    check("HAND-1", frames == wanted, "the handshake's frame, then the application's", frames)


@needs("handshake")
@each("schedule", ["whole", "1*"])
def case_glued(single: Single, check: Recorder, schedule: str) -> None:
    """Application messages arrive together with the only message that the handshake takes.

    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    connection, tester = single.meet(handshake=[RECEIVE, ACCEPT])
    stream = b"".join(encode(message.frame()) for message in [HELLO, *EARLY])
    cut(check, tester, stream, schedule)
    connection.wait("ready")
    delivered(check, connection.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_challenge(pair: Pair, check: Recorder) -> None:
    """A challenge and its answer, with application messages close behind from both sides.

    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_HELLO, EXPECT_WELCOME, ACCEPT]},
        second={"handshake": [EXPECT_HELLO, SEND_WELCOME, ACCEPT]},
    )
    for writer in (meeting.second, meeting.first):
        writer.wait("ready")
        writer.write(*EARLY)
    _both_have_early(check, meeting)


@needs("handshake")
def case_eager_other_side(pair: Pair, check: Recorder) -> None:
    """The second peer has no handshake and writes at once; the first one's handshake takes one.

    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    HAND-9: An endpoint without a handshake MUST NOT require anything of the other side before it
        becomes ready.
    """
    meeting = pair.meet(first={"handshake": [RECEIVE, ACCEPT]})
    ready = meeting.second.state()["ready"]
    check("HAND-9", ready, "the peer without a handshake is ready", f"ready: {ready}")
    meeting.second.write(HELLO, *EARLY)
    meeting.first.wait("ready")
    delivered(check, meeting.first.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_both_at_once(pair: Pair, check: Recorder) -> None:
    """Both sides send their handshake message first, and then wait for the other one's.

    HAND-7: Two endpoints that both run a handshake at the same time MUST both complete it when
        each gets what it waits for.
    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_HELLO, EXPECT_WELCOME, ACCEPT]},
        second={"handshake": [SEND_WELCOME, EXPECT_HELLO, ACCEPT]},
    )
    ready = [side.happens("ready", within=10.0) for side in (meeting.first, meeting.second)]
    check("HAND-7", all(ready), "both sides become ready", f"ready: {ready}")
    meeting.first.write(*EARLY)
    meeting.second.write(*EARLY)
    _both_have_early(check, meeting)


@needs("handshake", "hooks")
def case_hooks_bypassed(single: Single, check: Recorder) -> None:
    """Hooks mark what passes through them: application messages, and nothing of the handshake.

    HAND-8: Handshake messages MUST NOT pass through the application's write and read hooks.
    API-5: Every application message MUST pass through the write hook before it is sent and through
        the read hook before it is delivered.
    """
    hooks = {"preWrite": {"prepend": "<"}, "postRead": {"append": ">"}}
    script = [SEND_HELLO, EXPECT_HELLO, ACCEPT]
    connection, tester = single.meet(handshake=script, hooks=hooks)
    tester.send(encode(HELLO.frame()) + encode(text("in").frame()))
    # The script gives up on a message that is not the very one it expects, hook or not.
    ready = connection.happens("ready", within=10.0)
    check("HAND-8", ready, "the handshake gets its message unmarked", f"ready: {ready}")
    connection.write(text("out"))
    frames = [parsed.frame for parsed in tester.receive_frames(2)]
    check("HAND-8", frames[:1] == [HELLO.frame()], "the handshake's message unmarked", frames[:1])
    check("API-5", frames[1:] == [text("<out").frame()], "the text '<out'", frames[1:])
    delivered(check, connection.read(1), [text("in>")], "API-5")


def _both_have_early(check: Recorder, meeting: Meeting) -> None:
    """Both sides get the other one's application messages, and the wire had the handshake first."""
    for side in (meeting.first, meeting.second):
        delivered(check, side.read(len(EARLY)), EARLY, "HAND-3")
    sent(check, meeting.relay.forward, [HELLO, *EARLY], "HAND-1")
    sent(check, meeting.relay.backward, [WELCOME, *EARLY], "HAND-1")
