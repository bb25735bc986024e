"""The log of a connection keeps what explains a failure, and not what fills the memory."""

from __future__ import annotations

import pytest

from harness import wirelog
from harness.wirelog import Log


def test_octets_are_kept_by_their_head() -> None:
    """Of a long run the place, the length and the first octets."""
    log = Log()
    log.octets("sent", 7, bytes(range(200)), chunk=3)
    log.octets("received", 0, memoryview(b"short"))
    log.note("sent", "consumed", 207, chunk=3)
    first, second, third = log.events
    assert (first.offset, first.length, first.chunk) == (7, 200, 3)
    assert first.head == bytes(range(64)) and second.head == b"short"
    assert (third.what, third.offset, third.length, third.chunk) == ("consumed", 207, 0, 3)
    assert first.ns <= second.ns <= third.ns


def test_a_long_log_keeps_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """How it began, how it ended, and how much lies between."""
    monkeypatch.setattr(wirelog, "KEPT", 3)
    log = Log()
    for offset in range(5):
        log.note("sent", "consumed", offset)
    assert [event.offset for event in log.events] == [0, 1, 2, 3, 4] and log.dropped == 0
    for offset in range(5, 20):
        log.note("sent", "consumed", offset)
    assert [event.offset for event in log.events] == [0, 1, 2, 17, 18, 19]
    assert log.dropped == 14
