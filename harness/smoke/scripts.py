"""Level 1, the feature `handshake`: scripts do step by step what they say."""

from __future__ import annotations

from typing import Any

from harness.payloads import Message
from harness.smoke.bench import Bench
from harness.smoke.channel import Failed, shown
from harness.smoke.lines import MOMENT

HELLO, REPLY, APPLICATION = Message.text("hello?"), Message.octets(b"hello."), Message.text("app")


def feature_handshake(bench: Bench) -> None:
    """`handshake`: a script sends, receives and returns, and the connection is ready then."""
    steps: list[dict[str, Any]] = [
        {"do": "send", "message": HELLO.request()}, {"do": "receive"},
        {"do": "expect", "message": REPLY.request()}, {"do": "return", "value": True},
    ]
    if not bench.has("handshake"):
        return bench.open_undeclared("handshake", handshake=steps)
    meeting = bench.meet(ready=False, handshake=steps)
    meeting.expect_frames(HELLO)
    meeting.send(HELLO, REPLY)
    bench.wait_for(meeting, "handshake")
    _require(bench.wait_for(meeting, "ready"), True, [HELLO, REPLY],
             "send, receive, expect and return do what they say")
    meeting.send(APPLICATION)
    meeting.expect_read(APPLICATION)


def feature_handshake_hold(bench: Bench) -> None:
    """`handshake`: a script that holds goes on when it is released."""
    if not bench.has("handshake"):
        return
    steps = [{"do": "hold"}, {"do": "send", "message": HELLO.request()}]
    meeting = bench.meet(ready=False, handshake=steps)
    moment = MOMENT * max(1.0, bench.patience)
    held = bench.channel.ok("wait", conn=meeting.name, within=moment, **{"for": "handshake"})
    if held["happened"] or held["conn"]["handshake"]["state"] != "running":
        raise Failed("a script that holds must wait for a release, and open must not wait for it")
    bench.channel.ok("wait", conn=meeting.name, release=True)
    meeting.expect_frames(HELLO)
    if bench.wait_for(meeting, "handshake")["handshake"]["returned"] is not True:
        raise Failed("a script without a return ends with true")
    meeting = bench.meet(ready=False, handshake=[{"do": "receive"}, *steps])
    bench.channel.ok("wait", conn=meeting.name, release=True)
    meeting.send(REPLY)
    try:
        meeting.expect_frames(HELLO)
    except Failed:
        raise Failed("a release that comes before the script holds must not be lost: count them, "
                     "and let the step hold take one") from None


def feature_handshake_failing(bench: Bench) -> None:
    """`handshake`: a script may raise, and return false."""
    if not bench.has("handshake"):
        return
    steps: list[dict[str, Any]] = [{"do": "raise"}, {"do": "return", "value": True}]
    meeting = bench.meet(ready=False, handshake=steps)
    script = bench.wait_for(meeting, "handshake")["handshake"]
    if script["raised"] is None or script["returned"] is not None:
        raise Failed("the step raise must raise inside the library's handshake, and state must "
                     f"name the exception; state says {shown(script)}")
    meeting = bench.meet(ready=False, handshake=[{"do": "return", "value": False}])
    script = bench.wait_for(meeting, "handshake")["handshake"]
    if script["raised"] is not None or script["returned"] is not False:
        raise Failed("the step return ends the script with its value, false here; state says "
                     f"{shown(script)}")


def feature_handshake_unexpected(bench: Bench) -> None:
    """`handshake`: other messages than expected, and an end, let a script return false."""
    if not bench.has("handshake"):
        return
    same_octets = Message.text("hello.")
    for unexpected in (HELLO, same_octets):
        meeting = bench.meet(ready=False,
                             handshake=[{"do": "expect", "message": REPLY.request()}])
        meeting.send(unexpected)
        _require(bench.wait_for(meeting, "handshake"), False, [unexpected],
                 "the step expect compares kind and octets, and returns false if they differ")
    meeting = bench.meet(ready=False, handshake=[{"do": "receive"}, {"do": "receive"}])
    meeting.send(REPLY)
    meeting.sock.close()
    _require(bench.wait_for(meeting, "handshake"), False, [REPLY],
             "the step receive returns false when the connection ends")


def feature_handshake_drain(bench: Bench) -> None:
    """`handshake`: a script that drains takes all messages until the end, and goes on."""
    if not bench.has("handshake"):
        return
    meeting = bench.meet(ready=False,
                         handshake=[{"do": "drain"}, {"do": "return", "value": True}])
    meeting.send(HELLO, REPLY, APPLICATION)

    def taken() -> bool:
        state = bench.channel.ok("state", conn=meeting.name).inner("conn")
        return len(state["handshake"]["received"]) == 3

    if not bench.until(taken):  # not left to the end: some libraries forget there what is unread
        raise Failed("the step drain takes every message that comes, and state tells which did")
    meeting.sock.close()
    _require(bench.wait_for(meeting, "handshake"), True, [HELLO, REPLY, APPLICATION],
             "the step drain takes messages until the connection has ended, and the script goes on")


def _require(state: dict[str, Any], returned: bool, received: list[Message], advice: str) -> None:
    script = state["handshake"]
    wanted = {"state": "done", "returned": returned, "raised": None,
              "received": [message.description() for message in received]}
    if script != wanted:
        raise Failed(f"{advice}; the handshake should be {shown(wanted)}, state says "
                     f"{shown(script)}")


CHECKS = (
    feature_handshake, feature_handshake_hold, feature_handshake_failing,
    feature_handshake_unexpected, feature_handshake_drain,
)
