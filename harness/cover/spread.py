"""Spreads the rows of the covering array over the pairs of a roster.

The runtime and the flavour of both peers are axes of the array like all others, so that every value
of the others meets every interpreter in both places, and each other there. A roster of one peer
gives a small array, one of eighteen a large one; the same roster gives the same rows every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from harness.cover import row
from harness.cover.array import Rule, Space, covering_array
from harness.openaxis import Where

#: Every three values of different axes meet.
STRENGTH = 3


def spread(everybody: Sequence[Where]) -> list[tuple[str, Where]]:
    """Return the rows, each with the pair that it is for. `everybody` lists all ordered pairs."""
    return list(_spread(tuple(everybody))) if everybody else []


# A run asks several times: for its selection, its known-failing list, its plan.
@lru_cache(maxsize=4)
def _spread(everybody: tuple[Where, ...]) -> tuple[tuple[str, Where], ...]:
    halves: dict[tuple[str, ...], Where] = {
        (*_parts(one), *_parts(two)): (one, two) for one, two in everybody
    }
    hosts = tuple(tuple(dict.fromkeys(key[place] for key in halves)) for place in range(4))
    together = Rule((0, 1, 2, 3), lambda *key: key in halves)
    space = Space((*hosts, *row.AXES.values()), (together, *row.rules(len(hosts))))
    return tuple(
        (",".join(values[4:]), halves[values[:4]]) for values in covering_array(space, STRENGTH)
    )


def _parts(name: str) -> tuple[str, str]:
    """The part of a peer's name that says what it runs on, and its flavour."""
    host, dash, flavour = name.rpartition("-")
    return (host, flavour) if dash else (name, "")
