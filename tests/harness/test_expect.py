"""Expectations that cases share: what they check, and the words in which they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from harness.case import CaseOver, Recorder, Untestable
from harness.codec import FrameReader, Malformed, encode
from harness.connection import Reading
from harness.expect import delivered, held_up, refusal, sent
from harness.payloads import Message, Received, crc32
from harness.peererror import Died, LibraryRaised
from harness.relay import Direction
from harness.skimmer import Seen
from harness.witness import Stuck

A, B = Message.text("a"), Message.octets(b"bb")


class Wire:
    """A direction of a relay that has carried some frames."""

    def __init__(self, messages: Sequence[Message], malformed: Malformed | None = None) -> None:
        octets = b"".join(encode(message.frame()) for message in messages)
        self.frames = [Seen.of(parsed, 0) for parsed in FrameReader().feed(octets)]
        self.malformed = malformed


def wire(*messages: Message, malformed: Malformed | None = None) -> Direction:
    """A wire that has carried the frames of these messages."""
    return cast(Direction, Wire(messages, malformed))


def received(message: Message) -> Received:
    """The message as a peer describes it that has read it."""
    octets = message.payload
    return Received(message.kind, len(octets), crc32(octets), octets[:32], octets[-32:], octets)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that are not there will not come."""
    monkeypatch.setattr("harness.clock.RECORDED", 0.0)


def outcome(expectation: Any, *arguments: Any) -> tuple[str, str, str]:
    """The clause that failed, what it expected and what it observed."""
    check = Recorder()
    with pytest.raises(CaseOver):
        expectation(check, *arguments)
    *before, last = check.checks
    assert all(one.ok for one in before)
    assert not last.ok
    return last.clause, last.expected, last.observed


def test_what_was_sent_as_written_keeps_every_clause() -> None:
    check = Recorder()
    sent(check, wire(A, B), [A, B], "FRAME-2", "FRAME-3", "FRAME-4", "FRAME-5", "SEND-1")
    assert [one.ok for one in check.checks] == [True] * 5


@pytest.mark.parametrize(
    ("frames", "clause", "expected", "observed"),
    [
        ([A, A], "FRAME-2", "kinds text, bytes", "kinds text, text"),
        ([A, A], "FRAME-3", "payload lengths 1, 2", "payload lengths 1, 1"),
        ([A], "FRAME-4", "payload lengths 1, 2", "payload lengths 1"),
        ([A, Message.octets(b"cc")], "SEND-1", "exactly the 2 frames of the written messages",
         "number 2 is bytes of 2 octets, crc "),
        ([A], "SEND-1", "exactly the 2 frames", "1 of 2; the first one missing is bytes of 2"),
        ([A, B, B], "SEND-1", "exactly the 2 frames", "3 instead of 2; the first one too many is"),
        ([], "SEND-1", "exactly the 2 frames", "0 of 2; the first one missing is text of 1"),
    ],
)
def test_what_was_sent_otherwise(
    frames: list[Message], clause: str, expected: str, observed: str
) -> None:
    found = outcome(sent, wire(*frames), [A, B], clause)
    assert found[0] == clause
    assert found[1].startswith(expected)
    assert found[2].startswith(observed)


def test_a_longer_header_is_shown_by_its_length() -> None:
    stretched = Wire([A, B])
    stretched.frames[1] = replace(stretched.frames[1], shortest=False)
    found = outcome(sent, stretched, [A, B], "FRAME-2", "FRAME-5")
    assert found == ("FRAME-5", "shortest headers", "longer headers at the lengths [2]")


def test_no_frame_has_no_shortest_header() -> None:
    with pytest.raises(Untestable, match="no frame came"):
        sent(Recorder(), wire(), [A], "FRAME-5")


def test_octets_that_are_no_frame_break_what_is_about_frames() -> None:
    malformed = Malformed("FRAME-7", 4, "an eleventh header octet")
    clause, _, observed = outcome(sent, wire(A, B, malformed=malformed), [A, B], "SEND-1")
    assert (clause, observed) == ("SEND-1", str(malformed))


def test_what_was_delivered_as_sent_keeps_every_clause() -> None:
    check = Recorder()
    reading = Reading((received(A), received(B)), False, None)
    delivered(check, reading, [A, B], "FRAME-10", "STREAM-2")
    delivered(check, [], [], "STREAM-2")
    assert [one.ok for one in check.checks] == [True] * 3


@pytest.mark.parametrize(
    ("messages", "clause", "observed"),
    [
        ([A, A], "FRAME-10", "kinds text, text"),
        ([A], "STREAM-2", "1 of 2; the first one missing is bytes of 2 octets"),
        ([B, A], "STREAM-2", "number 1 is bytes of 2 octets"),
        ([A, B, A], "STREAM-2", "3 instead of 2; the first one too many is text of 1 octet"),
    ],
)
def test_what_was_delivered_otherwise(
    messages: list[Message], clause: str, observed: str
) -> None:
    found = outcome(delivered, [received(one) for one in messages], [A, B], clause)
    assert found[0] == clause
    assert found[2].startswith(observed)


def test_many_values_are_cut_short() -> None:
    found = outcome(delivered, [received(A)] * 20, [B] * 20, "FRAME-10")
    assert found[1] == "kinds " + ", ".join(["bytes"] * 12) + " and 8 more"


def raising(error: Exception) -> Any:
    """A call that raises."""

    def call() -> None:
        raise error

    return call


def test_a_refusal_is_called_by_its_name() -> None:
    assert refusal(raising(LibraryRaised("p", "write", {"name": "NotReady"}))) == "NotReady"
    assert refusal(raising(LibraryRaised("p", "write", {}))) == "an exception without a name"
    assert refusal(lambda: None) is None
    with pytest.raises(Died):
        refusal(raising(Died("p", "write", "gone")))


class Standing:
    """A wire that has been stuck with so many octets handed over, or that proves nothing."""

    unproved = "no kernel to ask"

    def __init__(self, handed: int | None) -> None:
        self._found = None if handed is None else Stuck(handed, 1, 1, 10)

    def stuck(self) -> Stuck | None:
        """The proof, if there is one."""
        return self._found


class Saying:
    """A connection whose library says of its queue what it is told, the last word for ever."""

    def __init__(self, *words: bool | None) -> None:
        self._words = list(words)

    def state(self) -> dict[str, Any]:
        """The next word."""
        return {"queued": self._words.pop(0) if len(self._words) > 1 else self._words[0]}


@pytest.mark.parametrize(
    ("kernel", "handed", "words", "why"),
    [
        (True, 99, [False], None),
        (True, 100, [True], "it handed over 100 of 100 octets"),
        (True, 0, [True], "it handed over 0 of 100 octets"),
        (True, None, [True], "no proof that the sender was stuck: no kernel to ask"),
        (False, None, [False, True], None),
        (False, None, [True, True, True, False], "the library says nothing of a queue"),
        (False, None, [None], "the library says nothing of a queue"),
    ],
)
def test_a_sender_counts_as_held_up_by_the_kernel_or_else_by_its_own_word(
    monkeypatch: pytest.MonkeyPatch,
    kernel: bool, handed: int | None, words: list[bool | None], why: str | None,
) -> None:
    monkeypatch.setattr("harness.kernel.available", lambda: kernel)
    monkeypatch.setattr("harness.clock.QUEUED", 0.02)
    arguments = cast(Any, (Saying(*words), Standing(handed), 100))
    if why is None:
        held_up(*arguments)
        return
    with pytest.raises(Untestable, match=why):
        held_up(*arguments)
