"""What a peer was asked to write, held against the frames that it sent."""

from __future__ import annotations

from typing import Any

from harness.story.account import Exchange, Message, Side, same
from harness.story.lines import FrameLine

#: The messages of a write (None: of the handshake) that have not come yet.
Queue = tuple[Exchange | None, list[Message]]


def first_wrong(side: Side) -> FrameLine | None:
    """The first frame that is not the next message of any write under way."""
    queues = _queues(side)
    for frame in side.out.frames:
        if not _taken(queues, seen(frame), frame.ns):
            return frame
    return None


def first_missing(side: Side) -> Message | None:
    """The first message that was to be written and did not come, empty ones aside (FRAME-9)."""
    queues = _queues(side)
    for frame in side.out.frames:
        _taken(queues, seen(frame), frame.ns)
    for exchange, waiting in queues:
        if not _excused(exchange):
            for message in waiting:
                if message[1] != 0:
                    return message
    return None


def _queues(side: Side) -> list[Queue]:
    """What it was asked to write: the handshake's messages, then those of each write."""
    queues: list[Queue] = [(None, [same(step.get("message")) for step in _reached(side)])]
    for one in side.each("write"):
        queues.append((one, [same(message) for message in one.messages]))
    return queues


def _reached(side: Side) -> list[dict[str, Any]]:
    """The messages that its handshake has come to, by what it had received on the wire."""
    found: list[dict[str, Any]] = []
    received = 0
    for step in side.script:
        if step.get("do") == "send":
            found.append(step)
        elif step.get("do") in ("receive", "expect"):
            came = side.into.frames[received : received + 1]
            received += 1
            wrong = step.get("do") == "expect" and came and seen(came[0]) != same(step["message"])
            if not came or wrong:
                break
    return found


def _taken(queues: list[Queue], frame: Message, ns: int) -> bool:
    """Take a frame off the write that it belongs to; False if it belongs to none.

    Writes that overlap have no order; one that began after another was answered comes after it.
    """
    until: int | None = None
    for exchange, waiting in queues:
        if exchange is not None and exchange.ns > (ns if until is None else min(ns, until)):
            return False
        # Who drops an empty message breaks no MUST (FRAME-9).
        while waiting and waiting[0] != frame and waiting[0][1] == 0:
            waiting.pop(0)
        if waiting and waiting[0] == frame:
            waiting.pop(0)
            return True
        if waiting and not _excused(exchange):
            if exchange is None:
                return False
            answered = exchange.answered
            if answered is not None:
                until = answered if until is None else min(until, answered)
    return False


def _excused(exchange: Exchange | None) -> bool:
    """Whether the messages that a write has left over were refused, so that they need not come."""
    return exchange is not None and "ok" not in exchange.answer and exchange.answered is not None


def seen(frame: FrameLine) -> Message:
    """What makes a frame the same as a message."""
    return (frame.kind, frame.length, frame.crc32)


def words(message: Message) -> str:
    """A message for people."""
    kind, length, crc32 = message
    return f"{kind} of {length} octets, crc {crc32}"
