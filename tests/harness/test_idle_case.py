"""What the case about idleness makes of a peer that works: for ever, or on what it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.cases.resources import idle
from harness import clock
from harness.case import Recorder, Single, Untestable


class Process:
    """A process that could always run until it has done its `work`, in seconds of processor time.

    Of each second it gets `pace` seconds of a processor: little on an overloaded machine.
    """

    def __init__(self, work: float, pace: float) -> None:
        self._work = work
        self._pace = pace
        self.worked = 7.0

    def busy(self, seconds: float) -> float:
        if self.worked - 7.0 >= self._work:
            return 0.0
        self.worked += seconds * self._pace
        return 1.0


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that runs the case on such a process and returns whether it passes."""

    def judge(process: Process) -> bool:
        monkeypatch.setattr(idle, "met", lambda *_, **__: (None, None))
        monkeypatch.setattr(idle, "watched", lambda _: process)
        check = Recorder()
        idle.case_idle(cast(Single, SimpleNamespace()), check, "quiet")
        return all(each.ok for each in check.checks)

    yield judge
    clock.set_patience(1)


@pytest.mark.parametrize("pace", [1.0, 0.1, 0.01])
def test_a_peer_that_has_something_left_to_do_passes_on_a_busy_machine_too(
    judged: Any, pace: float
) -> None:
    """One that got a fifth of a processor for two seconds was called busy."""
    assert judged(Process(0.3, pace))


@pytest.mark.parametrize("pace", [1.0, 0.1])
def test_a_peer_that_never_sleeps_fails_on_a_busy_machine_too(judged: Any, pace: float) -> None:
    assert not judged(Process(1e9, pace))


def test_a_peer_that_gets_no_processor_is_not_judged(judged: Any) -> None:
    clock.set_patience(0.01)
    with pytest.raises(Untestable):
        judged(Process(1e9, 0.0))
