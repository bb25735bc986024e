"""The results of a run as tables of numbers, without a thought about how they look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.results import Result, Run
from harness.verdicts import RED, Verdict, worst


@dataclass(frozen=True)
class Cell:
    """Some results taken together; without any, its verdict is None.

    `counts` has only verdicts that were given; `red` are the ids of the red results.
    """

    counts: Mapping[Verdict, int] = field(default_factory=dict)
    red: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of the cell."""
        return worst(self.counts) if self.counts else None

    @property
    def total(self) -> int:
        """How many results the cell stands for."""
        return sum(self.counts.values())


NOTHING = Cell()


@dataclass(frozen=True)
class Matrix:
    """The tables of one run.

    `rows` are the peers that were first in a pair, `columns` those that were second, both in
    the order of the header; `singles` are the peers that had cases of their own. `families`
    and `single_families` are sorted by name.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    singles: tuple[str, ...]
    families: tuple[str, ...]
    single_families: tuple[str, ...]
    _pairs: Mapping[tuple[str, str], Cell]
    _singles: Mapping[tuple[str, str], Cell]
    _families: Mapping[str, Cell]

    def cell(self, first: str, second: str) -> Cell:
        """The results of an ordered pair."""
        return self._pairs.get((first, second), NOTHING)

    def single(self, peer: str, family: str) -> Cell:
        """The results of a peer by itself in one family of cases."""
        return self._singles.get((peer, family), NOTHING)

    def family(self, family: str) -> Cell:
        """The results of a family of cases, pairs and single peers together."""
        return self._families.get(family, NOTHING)

    @property
    def pairs(self) -> int:
        """How many ordered pairs met."""
        return len(self._pairs)


def cell_of(results: Iterable[Result]) -> Cell:
    """Take results together."""
    listed = list(results)
    return Cell(
        dict(Counter(result.verdict for result in listed)),
        tuple(result.id for result in listed if result.verdict in RED),
    )


def matrix(run: Run) -> Matrix:
    """Arrange the results of a run into its tables."""
    pairs: dict[tuple[str, str], list[Result]] = {}
    singles: dict[tuple[str, str], list[Result]] = {}
    families: dict[str, list[Result]] = {}
    for result in run.results:
        families.setdefault(result.family, []).append(result)
        if len(result.peers) == 1:
            singles.setdefault((result.peers[0], result.family), []).append(result)
        else:
            pairs.setdefault((result.peers[0], result.peers[1]), []).append(result)
    names = [peer.name for peer in run.header.peers]

    def present(some: Iterable[str]) -> tuple[str, ...]:
        wanted = set(some)
        return tuple(name for name in names if name in wanted)

    return Matrix(
        rows=present(first for first, _ in pairs),
        columns=present(second for _, second in pairs),
        singles=present(peer for peer, _ in singles),
        families=tuple(sorted(families)),
        single_families=tuple(sorted({family for _, family in singles})),
        _pairs={key: cell_of(some) for key, some in pairs.items()},
        _singles={key: cell_of(some) for key, some in singles.items()},
        _families={key: cell_of(some) for key, some in families.items()},
    )
