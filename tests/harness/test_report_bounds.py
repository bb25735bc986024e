"""Bounds of rates, against the definition and against what the literature gives."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import gave, passed

from harness.report.bounds import percent, steadiness, told, upper_bound
from harness.verdicts import Verdict


def at_most(hits: int, tries: int, rate: float) -> float:
    """The probability of at most so many hits, by exact arithmetic."""
    exact = Fraction(rate)
    terms = (comb(tries, hit) * exact**hit * (1 - exact) ** (tries - hit)
             for hit in range(hits + 1))
    return float(sum(terms))


@pytest.mark.parametrize("tries", [1, 2, 10, 50, 1000, 1_000_000])
def test_without_a_hit_the_bound_has_a_formula(tries: int) -> None:
    assert upper_bound(0, tries) == pytest.approx(1 - 0.05 ** (1 / tries), rel=1e-9)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_hits_have_a_probability_of_5_percent(share: tuple[int, int]) -> None:
    hits, tries = share
    assert at_most(hits, tries, upper_bound(hits, tries)) == pytest.approx(0.05, rel=1e-6)


def test_the_bound_is_the_one_of_published_tables() -> None:
    # One-sided exact 95 % limits; 0 in 59 is the well-known sample that shows "below 5 %".
    assert upper_bound(0, 59) < 0.05 < upper_bound(0, 58)
    assert upper_bound(1, 10) == pytest.approx(0.3942, abs=5e-5)
    assert upper_bound(3, 50) == pytest.approx(0.1478, abs=5e-5)


def test_what_always_happens_may_always_happen() -> None:
    assert upper_bound(7, 7) == 1.0


@pytest.mark.parametrize(("hits", "tries"), [(0, 0), (-1, 5), (6, 5)])
def test_shares_that_cannot_be(hits: int, tries: int) -> None:
    with pytest.raises(ValueError, match=str(hits)):
        upper_bound(hits, tries)


def test_the_least_steady_case_comes_first() -> None:
    def tried(name: str, **tries: int) -> object:
        return replace(passed("end/reset/noticed", f"[{name}]", "one"), tries=tries)

    some = [
        tried("once", PASS=1), tried("often", PASS=50), tried("few", FAIL=10), tried("two", PASS=2),
        tried("third", PASS=40, FAIL=20), tried("never", **{}), tried("rarely", PASS=49, FAIL=1),
    ]
    steady = steadiness(some)  # type: ignore[arg-type]
    assert [(one.result.params, one.astray, one.tries) for one in steady] == [
        ("[third]", 20, 60), ("[rarely]", 1, 50), ("[two]", 0, 2), ("[few]", 0, 10),
        ("[often]", 0, 50),
    ]


def test_astray_is_what_is_not_the_most_frequent_outcome() -> None:
    flaky = gave(passed("a/b/c", "", "one"), Verdict.FLAKY, "because")
    (one,) = steadiness([replace(flaky, tries={"PASS": 2, "FAIL END-5": 5, "CRASH": 1})])
    assert (one.astray, one.tries) == (3, 8)
    assert one.bound == upper_bound(3, 8)


def test_rates_and_tries_in_words() -> None:
    assert [percent(rate) for rate in (1.0, 0.0581551, 0.00299, 0.0000123)] == [
        "100 %", "5.82 %", "0.299 %", "0.00123 %",
    ]
    assert told({"FAIL END-5": 3, "PASS": 47}) == "47 PASS, 3 FAIL END-5"
