"""What the case about memory makes of a peer that asks for a whole declared length."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.cases.resources import memory
from harness import clock
from harness.case import CaseOver, Recorder, Single

GIB = 1 << 30


class Process:
    """A process that has so much memory at one look after the other, and then as at the last."""

    def __init__(self, *looks: int) -> None:
        self._looks = iter(looks)
        self._last = 0

    @property
    def memory(self) -> int:
        self._last = next(self._looks, self._last)
        return self._last


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that runs the case on such a process and returns whether it passes."""
    clock.set_patience(0.1)

    def judge(*looks: int) -> bool:
        process = Process(*looks)
        monkeypatch.setattr(memory, "met", lambda _: (None, None))
        monkeypatch.setattr(memory, "watched", lambda _: process)
        monkeypatch.setattr(memory, "taken", lambda *_: True)
        check = Recorder()
        try:
            memory.case_declared_length(cast(Single, SimpleNamespace()), check, "text", "GiB")
        except CaseOver:
            return False
        return all(each.ok for each in check.checks)

    yield judge
    clock.set_patience(1)


def test_a_peer_that_gives_back_at_once_passes_whenever_it_is_looked_at(judged: Any) -> None:
    """Each of its calls asks for the whole: the published 1.2.3 was caught at it now and then."""
    assert judged(0, 0, GIB)
    assert judged(0, GIB, 0, GIB)


def test_a_peer_that_keeps_what_it_asked_for_fails(judged: Any) -> None:
    assert not judged(0, GIB)
