"""Expectations at the tester's end: which part of a frame each clause is decided by."""

from __future__ import annotations

from typing import Any, cast

import pytest

from harness.case import CaseOver, Recorder, Untestable
from harness.codec import encode
from harness.connection import Reading
from harness.opposite import (
    WORD,
    alive,
    difference,
    ended,
    faults,
    framed,
    of_kind,
    taken,
    watched,
    written,
)
from harness.payloads import Message, Received, crc32
from harness.tester import OutOfTime, PeerEnded

SHORT, LONG = Message.text("é"), Message.octets(bytes(300))


@pytest.mark.parametrize(
    ("message", "octets", "broken"),
    [
        (SHORT, b"\x82\xc3\xa9", ""),
        (SHORT, b"\x82", ""),
        (LONG, b"\x6c\x84" + bytes(300), ""),
        # Longer than needed, with the same meaning.
        (SHORT, b"\x02\x80\xc3\xa9", "FRAME-5"),
        (LONG, b"\x6c\x04\x80", "FRAME-5"),
        # The other kind; the length is right.
        (SHORT, b"\xc2\xc3\xa9", "FRAME-2"),
        (LONG, b"\x2c\x84", "FRAME-2"),
        # The lowest bits of the length are wrong, or the header ends too early.
        (SHORT, b"\x81\xc3\xa9", "FRAME-2 FRAME-4"),
        (LONG, b"\xec", "FRAME-2 FRAME-4"),
        # The rest of the length is wrong, or is missing.
        (LONG, b"\x6c\x85", "FRAME-3 FRAME-4"),
        (LONG, b"\x6c\x80", "FRAME-3 FRAME-4"),
        (LONG, b"\x6c" + b"\x04" * 9, "FRAME-3 FRAME-4"),
        (LONG, b"\x6c", "FRAME-3 FRAME-4"),
        (SHORT, b"", "FRAME-2 FRAME-4"),  # `written` does not ask then
    ],
)
def test_a_header_is_judged_by_the_part_that_is_wrong(
    message: Message, octets: bytes, broken: str
) -> None:
    assert faults(message, octets) == set(broken.split())


class Far:
    """A tester to whose far end something happens: `sends` octets, `takes` what it is sent or not.

    `end` is how the far end has ended the connection.
    """

    def __init__(
        self, sends: bytes = b"", takes: Exception | None = None, end: str | None = None
    ) -> None:
        self.octets_received = sends
        self.sent = b""
        self._takes = takes
        self._end = end

    def receive_frames(self, count: int) -> None:
        """Fewer may have come; that is for the caller to see."""
        raise OutOfTime("no more")

    def send_cut(self, octets: bytes, schedule: str) -> str:
        """Send, or fail as told."""
        if self._takes:
            raise self._takes
        self.sent += octets
        return "proved"

    def try_send(self, octets: bytes) -> bool:
        """Send, or say that nobody is there."""
        self.sent += octets
        return self._takes is None

    def expect_end(self) -> str | None:
        """The end, if there is one."""
        return self._end


def far(**what: Any) -> Any:
    """A tester of that sort."""
    return cast(Any, Far(**what))


MESSAGES = [SHORT, LONG, Message.text("a")]
ALL = ("FRAME-2", "FRAME-3", "FRAME-4", "FRAME-5", "FRAME-1")


def test_what_was_written_as_it_should_be_keeps_every_clause() -> None:
    check = Recorder()
    written(check, far(sends=framed(*MESSAGES)), MESSAGES, *ALL)
    assert [(one.clause, one.ok) for one in check.checks] == [(clause, True) for clause in ALL]


@pytest.mark.parametrize(
    ("octets", "clause", "observed"),
    [
        (b"\xc2\xc3\xa9" + framed(*MESSAGES[1:]), "FRAME-2", "the octets c2 c3 a9"),
        (encode(SHORT.frame(), header_octets=2) + framed(*MESSAGES[1:]), "FRAME-5",
         "the octets 02 80 c3 a9"),
        # What comes behind the first header is wrong, or is not there.
        (framed(SHORT) + b"\n" + framed(*MESSAGES[1:]), "FRAME-1", "difference is at octet 3"),
        (framed(SHORT, LONG), "FRAME-1", "305 of 307 octets; the first difference is at octet 305"),
        (framed(SHORT, LONG) + b"\x81b", "FRAME-1", "307 of 307 octets; the first difference is"),
        (framed(*MESSAGES) + b"\n", "FRAME-1", "the first difference is at octet 307"),
        (b"", "FRAME-1", "0 of 307 octets"),
    ],
)
def test_what_was_written_otherwise(octets: bytes, clause: str, observed: str) -> None:
    check = Recorder()
    with pytest.raises(CaseOver):
        written(check, far(sends=octets), MESSAGES, *ALL)
    assert check.checks[-1].clause == clause
    assert observed in check.checks[-1].observed


def test_the_rest_of_a_length_has_a_clause_of_its_own() -> None:
    check = Recorder()
    with pytest.raises(CaseOver):
        written(check, far(sends=b"\x6c\x85" + bytes(300)), [LONG], *ALL)
    assert [(one.clause, one.ok) for one in check.checks] == [("FRAME-2", True), ("FRAME-3", False)]


def test_without_a_frame_no_header_can_be_judged() -> None:
    with pytest.raises(Untestable, match="no frame came whose header could be judged"):
        written(Recorder(), far(), [SHORT, LONG], "FRAME-4")


def test_the_first_difference_is_counted_from_0() -> None:
    assert difference(b"abc", b"abc") == "exactly these octets"
    assert difference(b"abc", b"abd").endswith("at octet 2")
    assert difference(b"abc", b"ab").endswith("at octet 2")


def test_who_ends_the_connection_has_not_taken_what_was_sent() -> None:
    check = Recorder()
    assert taken(check, far(), b"octets")
    assert check.segmentation == "proved"
    assert not taken(check, far(takes=PeerEnded("gone", "reset")), b"octets")
    with pytest.raises(OutOfTime):
        taken(check, far(takes=OutOfTime("it does not read")), b"octets")


@pytest.mark.parametrize(
    ("shown", "end", "kept"), [(True, "fin", True), (False, "fin", False), (True, None, False)]
)
def test_an_end_is_one_for_the_application_and_on_the_wire(
    shown: bool, end: str | None, kept: bool
) -> None:
    check = Recorder()
    if kept:
        ended(check, "TEXT-4", Reading((), shown, None), far(end=end))
    else:
        with pytest.raises(CaseOver):
            ended(check, "TEXT-4", Reading((), shown, None), far(end=end))
    assert check.checks[-1].ok is kept


class Delivering:
    """A connection whose library delivers the same messages whatever is sent."""

    def __init__(self, *messages: Message) -> None:
        self._messages = messages

    def read(self, count: int, within: float) -> Reading:
        """What it delivers."""
        got = [Received(one.kind, one.length, crc32(one.payload), one.payload[:32],
                        one.payload[-32:]) for one in self._messages]
        return Reading(tuple(got), False, None)


@pytest.mark.parametrize(
    ("delivers", "takes"),
    [((), None), ((SHORT,), None), ((WORD, WORD), None), ((WORD,), PeerEnded("gone", "fin"))],
)
def test_no_sign_of_life_decides_nothing(
    delivers: tuple[Message, ...], takes: Exception | None
) -> None:
    with pytest.raises(Untestable, match="no sign of life"):
        alive(cast(Any, Delivering(*delivers)), far(takes=takes))


def test_a_sign_of_life_is_the_message_that_was_sent() -> None:
    other = Far()
    alive(cast(Any, Delivering(WORD)), cast(Any, other))
    assert other.sent == framed(WORD)


def test_a_content_becomes_a_message_of_either_kind() -> None:
    assert of_kind("text", "é") == Message.text("é")
    assert of_kind("bytes", "é") == Message.octets(b"\xc3\xa9")


def test_a_peer_that_cannot_be_watched_makes_a_case_untestable() -> None:
    class Elsewhere:
        """A peer whose process has a number that is not ours."""

        pid = 1

    class Alone:
        """It, opposite a tester."""

        peer = Elsewhere

    with pytest.raises(Untestable, match="process 1"):
        watched(cast(Any, Alone))
