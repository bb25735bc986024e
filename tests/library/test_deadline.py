"""Points in time."""
from __future__ import absolute_import, division, print_function

import pytest

from stockings import _deadline
from stockings._deadline import Deadline


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr(_deadline, "clock", lambda: now[0])
    return now


def test_counts_down_and_stays_over(clock):
    """left() shrinks with the clock and never goes below 0."""
    deadline = Deadline(2.5)
    assert deadline.left() == 2.5 and not deadline.over
    clock[0] += 2
    assert deadline.left() == 0.5 and not deadline.over
    clock[0] += 0.5
    assert deadline.left() == 0 and deadline.over
    clock[0] += 10
    assert deadline.left() == 0 and deadline.over


def test_none_never_comes(clock):
    """No limit: no number of seconds left, and never over."""
    deadline = Deadline(None)
    clock[0] += 1e9
    assert deadline.left() is None and not deadline.over


@pytest.mark.parametrize("seconds", [0, -1])
def test_nothing_left_from_the_start(clock, seconds):
    """0 and negative numbers are over at once."""
    assert Deadline(seconds).over and Deadline(seconds).left() == 0


def test_nan_is_refused():
    """nan would never come and never be over."""
    with pytest.raises(ValueError):
        Deadline(float("nan"))
