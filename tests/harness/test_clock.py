"""Deadlines, patience and looking again, on a clock that the tests turn by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import pytest

from harness import clock


class Hands:
    """Stands in for the module `time`: sleeping moves the hands, and is remembered."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """The time shown."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Turn the hands."""
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    """A clock turned by hand, and the patience as it was afterwards."""
    hands = Hands()
    monkeypatch.setattr(clock, "time", hands)
    before = clock.patience()
    yield hands
    clock.set_patience(before)


def test_a_deadline_counts_down_to_nothing(hands: Hands) -> None:
    """What is left never becomes negative."""
    deadline = clock.Deadline(2.0)
    assert deadline.left() == 2.0 and not deadline.over
    hands.at += 1.5
    assert deadline.left() == 0.5 and not deadline.over
    hands.at += 0.5
    assert deadline.left() == 0.0 and deadline.over
    hands.at += 9.0
    assert deadline.left() == 0.0


def test_patience_stretches_limits_once(hands: Hands) -> None:
    """A deadline that is handed on is not scaled again, and some never are."""
    clock.set_patience(3)
    deadline = clock.Deadline(2.0)
    assert clock.patience() == 3.0 and deadline.seconds == 6.0
    assert clock.Deadline.of(deadline) is deadline
    assert clock.Deadline.of(1.0).seconds == 3.0
    assert clock.Deadline(2.0, scaled=False).left() == 2.0


@pytest.mark.parametrize(("patience", "seconds"), [(0.1, 2.0), (1, 2.0), (3, 6.0)])
def test_what_is_not_judged_is_never_hurried(
    hands: Hands, patience: float, seconds: float
) -> None:
    """Patience below 1 is for what does not come, and gives a busy machine no less time."""
    clock.set_patience(patience)
    assert clock.unhurried(2.0).seconds == seconds


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_patience_is_a_number_above_zero(hands: Hands, factor: float) -> None:
    """Anything else is refused, and the old factor stays."""
    with pytest.raises(ValueError, match="patience"):
        clock.set_patience(factor)
    assert clock.patience() == 1.0


@pytest.mark.parametrize("seconds", [-0.1, math.nan])
def test_a_deadline_lies_ahead(seconds: float) -> None:
    """A negative limit is a mistake of the caller."""
    with pytest.raises(ValueError, match="0 s or more"):
        clock.Deadline(seconds)


def test_a_pause_has_a_reason(hands: Hands) -> None:
    """It is not scaled, and nobody sleeps without saying why."""
    clock.set_patience(5)
    clock.pause(0.25, "the test says so")
    assert hands.slept == [0.25]
    with pytest.raises(ValueError, match="reason"):
        clock.pause(0.25, " ")


def test_gaps_double_up_to_the_longest() -> None:
    """From 50 µs to 5 ms, unless somebody asks for less."""
    first = list(islice(clock.gaps(), 9))
    assert first[:3] == [50e-6, 100e-6, 200e-6] and first[-2:] == [5e-3, 5e-3]
    assert list(islice(clock.gaps(80e-6), 3)) == [50e-6, 80e-6, 80e-6]


def test_until_looks_first_and_sleeps_then(hands: Hands) -> None:
    """What is true already costs no time."""
    assert clock.until(lambda: True, 1.0)
    assert hands.slept == []
    looks = iter([False, False, False, True])
    assert clock.until(lambda: next(looks), 1.0)
    assert hands.slept == [50e-6, 100e-6, 200e-6]


def test_until_can_be_eager(hands: Hands) -> None:
    """The first looks follow each other without a gap."""
    looks = iter([False, False, False, True])
    assert clock.until(lambda: next(looks), 1.0, eager=3)
    assert hands.slept == []


def test_until_gives_up_after_a_last_look(hands: Hands) -> None:
    """The time is kept, and there is always a look behind it."""
    seen: list[float] = []

    def look() -> bool:
        seen.append(hands.at)
        return False

    assert not clock.until(look, 0.1, every=0.03)
    assert seen[-1] == pytest.approx(100.1) and max(hands.slept) <= 0.03
    assert clock.until(lambda: hands.at > 0, 0.0)


def test_until_finds_what_happened_while_the_process_stood_still(hands: Hands) -> None:
    """A process that comes back late looks once more before it gives up."""

    def look() -> bool:
        happened = hands.at > 105
        hands.at += 10
        return happened

    assert clock.until(look, 1.0)


def test_the_two_clocks_agree() -> None:
    """Nanoseconds for logs come from the same clock as seconds for limits."""
    before, ns, after = clock.now(), clock.now_ns(), clock.now()
    assert before <= ns / 1e9 <= after
