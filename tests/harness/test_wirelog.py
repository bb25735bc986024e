"""The log of a connection keeps what explains a failure, and not what fills the memory."""

from __future__ import annotations

import pytest

from harness import wirelog
from harness.kernel import Queues
from harness.wirelog import HEAD, WHOLE, Log

QUEUES = Queues("ESTABLISHED", 0, 7, 0, 100, 50, False)


def test_a_short_connection_is_kept_whole() -> None:
    """Every octet of it, with its place and its piece."""
    log = Log()
    log.octets("sent", 0, bytes(range(200)), chunk=3)
    log.octets("received", 0, memoryview(b"short"))
    log.octets("sent", 200, b"more", chunk=4)
    log.note("sent", "consumed", 204, chunk=4, queues=QUEUES)
    first, second, third, fourth = log.events
    assert (first.offset, first.length, first.chunk) == (0, 200, 3)
    assert first.head + third.head == bytes(range(200)) + b"more" and second.head == b"short"
    assert (fourth.what, fourth.offset, fourth.length, fourth.chunk) == ("consumed", 204, 0, 4)
    assert fourth.queues == QUEUES and third.queues is None
    assert first.ns <= second.ns <= third.ns <= fourth.ns


def test_of_a_long_connection_the_beginning_is_kept_and_the_head_of_each_chunk() -> None:
    """A chunk across the bound is kept up to it; a direction has a bound of its own."""
    log = Log()
    chunk = bytes(1000)
    for offset in range(0, WHOLE + 5000, 1000):
        log.octets("sent", offset, chunk)
    log.octets("received", 0, chunk)
    kept = {one.offset: len(one.head) for one in log.events if one.direction == "sent"}
    last = WHOLE // 1000 * 1000
    assert all(length == 1000 for offset, length in kept.items() if offset < last)
    assert kept[last] == WHOLE - last > HEAD
    assert {length for offset, length in kept.items() if offset > last} == {HEAD}
    assert len(log.events[-1].head) == 1000


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
    assert log.dropped == log.record.lost == 14
    assert log.record.began <= log.record.events[0].ns
