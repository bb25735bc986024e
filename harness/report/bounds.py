"""How sure repeated tries make us: a number instead of "it never failed here".

Every function is pure. A rate is a share of tries, between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from typing import Final

from harness.results import Result

DOUBT: Final = 0.05
"""A bound holds with a confidence of 95 %."""

HALVINGS: Final = 60
"""Steps of the search for a bound: more would be below the resolution of a float."""


@dataclass(frozen=True)
class Steadiness:
    """How alike the tries of one case ended: how many there were, and how many went astray.

    Astray is a try that ended otherwise than most of the tries of its case did.
    """

    result: Result
    tries: int
    astray: int

    @property
    def bound(self) -> float:
        """The upper 95 % bound of the rate at which tries of the case go astray."""
        return upper_bound(self.astray, self.tries)


def steadiness(results: Iterable[Result]) -> list[Steadiness]:
    """How steady each result is that was tried more than once, the worst first.

    Where bounds are equal the order of the results stays.
    """
    found = []
    for result in results:
        tries = sum(result.tries.values())
        if tries > 1:
            found.append(Steadiness(result, tries, tries - max(result.tries.values())))
    found.sort(key=lambda one: (one.astray > 0, one.bound), reverse=True)
    return found


def upper_bound(hits: int, tries: int) -> float:
    """The exact upper 95 % bound (Clopper and Pearson, one-sided) of a rate.

    It is the rate at which so few hits in so many tries have a probability of 5 %: with no hit
    `1 - 0.05 ** (1 / tries)`. ValueError unless `0 <= hits <= tries` and there is a try.
    """
    if not 0 <= hits <= tries or not tries:
        raise ValueError(f"there cannot be {hits} hits in {tries} tries")
    if hits == tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _at_most(hits, tries, middle) > DOUBT:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, tries: int, rate: float) -> float:
    """The probability of at most so many hits at a rate between 0 and 1, neither of them.

    It is the sum of the binomial distribution's first terms, by logarithms: the terms' own factors
    go beyond what a float can hold.
    """
    return sum(
        exp(
            lgamma(tries + 1) - lgamma(hit + 1) - lgamma(tries - hit + 1)
            + hit * log(rate) + (tries - hit) * log1p(-rate)
        )
        for hit in range(hits + 1)
    )


def percent(rate: float) -> str:
    """A rate as people write it, in three digits: `5.82 %`."""
    return f"{100 * rate:.3g} %"


def told(tries: Mapping[str, int]) -> str:
    """How the tries of a case ended, the most frequent outcome first: `47 PASS, 3 FAIL END-5`."""
    counted = sorted(tries.items(), key=lambda item: -item[1])
    return ", ".join(f"{number} {outcome}" for outcome, number in counted)
