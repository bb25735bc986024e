"""Handshake ordering: first the handshake, then everything else, and nothing lost between them."""

from harness import clock
from harness.case import (
    Pair,
    Received,
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
from harness.expect import TIGHT, arrived, cut, delivered, held_up, on_wire, refusal, sent

HELLO, WELCOME = text("hello"), octets(b"welcome\x00\xff")
EARLY = [text("application 1"), octets(b"application 2"), text("application 3")]
# More than the tight socket buffers take.
LONG = recipe("bytes", 42, 1 << 17)
# Seconds in which a library has noticed an end, if it shows one while messages are unread.
LASTING = 0.3

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
def case_refused_meanwhile(single: Single, check: Recorder) -> None:
    """Application messages are there already, and the handshake is not content yet.

    HAND-2: An endpoint MUST refuse application reads and writes, with an error that says so, until
        its handshake has completed.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    connection, tester = single.meet(handshake=[RECEIVE, SEND_WELCOME, {"do": "hold"}, ACCEPT])
    tester.send(on_wire(HELLO, *EARLY))
    tester.receive_frames(1)
    for verb in (lambda: connection.read(1, within=0), lambda: connection.write(EARLY[0])):
        refused = refusal(verb)
        check("HAND-2", refused, "an error", refused or "it was accepted")
    connection.release()
    connection.wait("ready")
    delivered(check, connection.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake", "buffers")
def case_long_message_first(single: Single, check: Recorder) -> None:
    """Most of the handshake's message is still queued when the application writes one.

    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    """
    script = [{"do": "send", "message": LONG.request()}, ACCEPT]
    connection, tester = single.meet(handshake=script, sndbuf=TIGHT, rcvbuf=TIGHT)
    stream = on_wire(LONG, *EARLY)
    connection.wait("ready")
    writing = connection.begin_write(*EARLY)
    held_up(connection, tester, len(encode(LONG.frame())))
    got = arrived(tester, len(stream))
    check("HAND-1", got == stream, "the handshake's message, then the others", "something else")
    writing.result()


@needs("handshake")
@each("schedule", ["whole", "1,whole", "5,whole"])
def case_glued(single: Single, check: Recorder, schedule: str) -> None:
    """Application messages arrive together with the only message that the handshake takes.

    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    connection, tester = single.meet(handshake=[RECEIVE, ACCEPT])
    cut(check, tester, on_wire(HELLO, *EARLY), schedule)
    connection.wait("ready")
    delivered(check, connection.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
@each("part", [1, 5])
def case_cut_by_completion(single: Single, check: Recorder, part: int) -> None:
    """The handshake completes when the first application message has arrived in part.

    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    connection, tester = single.meet(handshake=[RECEIVE, ACCEPT])
    stream = on_wire(HELLO, *EARLY)
    before = len(on_wire(HELLO)) + part
    tester.send(stream[:before])
    connection.wait("ready")
    tester.send(stream[before:])
    delivered(check, connection.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_other_side_gone(single: Single, check: Recorder) -> None:
    """Everything has arrived, and the other side has gone, before the handshake looks.

    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    connection, tester = single.meet(handshake=[{"do": "hold"}, RECEIVE, ACCEPT])
    tester.send(on_wire(HELLO, *EARLY))
    tester.finish()
    connection.happens("ended", within=LASTING)
    connection.release()
    state = connection.wait("handshake")
    received = [Received.from_json(one) for one in state["handshake"]["received"]]
    delivered(check, received, [HELLO], "END-3")
    connection.happens("ready", within=LASTING)
    delivered(check, connection.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_active_loop(single: Single, check: Recorder) -> None:
    """The handshake is the loop "while active: read", and the other side has gone already.

    API-4: An endpoint MUST report itself as active until the connection has ended and every
        received message was taken, or until a local close begins.
    """
    connection, tester = single.meet(handshake=[{"do": "hold"}, {"do": "drain"}])
    tester.send(on_wire(*EARLY))
    tester.finish()
    connection.happens("ended", within=LASTING)
    connection.release()
    over = connection.happens("handshake", within=10.0)
    check("API-4", over, "the loop ends", "it goes on")
    received = connection.state()["handshake"]["received"]
    delivered(check, [Received.from_json(one) for one in received], EARLY, "API-4")


def case_silent_other_side(single: Single, check: Recorder) -> None:
    """There is no handshake, and the other side says nothing.

    HAND-9: An endpoint without a handshake MUST NOT require anything of the other side before it
        becomes ready.
    """
    connection, tester = single.meet(ready=False)
    ready = connection.happens("ready", within=10.0)
    check("HAND-9", ready, "the connection is ready", "it is not")
    connection.write(*EARLY)
    stream = on_wire(*EARLY)
    got = arrived(tester, len(stream))
    check("HAND-9", got == stream, "its messages", f"{len(got)} of {len(stream)} octets")


@needs("handshake")
def case_challenge(pair: Pair, check: Recorder) -> None:
    """A challenge and its answer, with application messages close behind from both sides.

    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_HELLO, EXPECT_WELCOME, {"do": "hold"}, ACCEPT]},
        second={"handshake": [EXPECT_HELLO, SEND_WELCOME, ACCEPT]},
    )
    meeting.second.wait("ready")
    meeting.second.write(*EARLY)
    # All of it is with the first peer, or on its way there, before its handshake completes.
    sent(check, meeting.relay.backward, [WELCOME, *EARLY], "HAND-1")
    meeting.first.release()
    meeting.first.wait("ready")
    meeting.first.write(*EARLY)
    sent(check, meeting.relay.forward, [HELLO, *EARLY], "HAND-1")
    for side in (meeting.first, meeting.second):
        delivered(check, side.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_eager_other_side(pair: Pair, check: Recorder) -> None:
    """The second peer has no handshake and writes at once; the first one's handshake takes one.

    HAND-9: An endpoint without a handshake MUST NOT require anything of the other side before it
        becomes ready.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    """
    meeting = pair.meet(
        first={"handshake": [RECEIVE, {"do": "hold"}, ACCEPT]}, second={"ready": False}
    )
    ready = meeting.second.happens("ready", within=10.0)
    check("HAND-9", ready, "the peer without a handshake is ready", f"ready: {ready}")
    meeting.second.write(HELLO, *EARLY)
    prerequisite(
        clock.until(lambda: len(meeting.relay.backward.frames) > len(EARLY), clock.RECORDED),
        "the second peer has not sent what it wrote",
    )
    meeting.first.release()
    meeting.first.wait("ready")
    delivered(check, meeting.first.read(len(EARLY)), EARLY, "HAND-3")


@needs("handshake")
def case_both_at_once(pair: Pair, check: Recorder) -> None:
    """Both sides send their handshake message first, and then wait for the other one's.

    HAND-7: Two endpoints that both run a handshake at the same time MUST both complete it when
        each gets what it waits for.
    """
    meeting = pair.meet(
        first={"handshake": [SEND_HELLO, EXPECT_WELCOME, ACCEPT]},
        second={"handshake": [SEND_WELCOME, EXPECT_HELLO, ACCEPT]},
    )
    sides = (meeting.first, meeting.second)
    ready = [side.happens("ready", within=10.0) for side in sides]
    returned = [side.state()["handshake"]["returned"] for side in sides]
    completed = all(ready) and returned == [True, True]
    check("HAND-7", completed, "both complete it", f"ready: {ready}, returned: {returned}")


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
