"""The results for the script of the index page: every name once, and every list of names once.

Peers meet the same cases again and again, so a result is no more than one letter behind its peers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from harness.results import PeerInfo, Result, Run
from harness.site.names import page, visible
from harness.verdicts import LETTER, RED, Verdict

#: The worst first: who opens a report looks for what is wrong.
SEVERITY: Final = tuple(reversed(Verdict))


def data(run: Run) -> dict[str, Any]:
    """Return what the script shows: `places` has peers, a list of names, letters, and pages.

    The names are numbers into `names`; `pages` leads from a result's place in the list to its page.
    """
    peers = _numbered(one.name for one in run.header.peers)
    names = _numbered(sorted({one.case + one.params for one in run.results}))
    lists: dict[tuple[int, ...], int] = {}
    places = []
    for where, results in grouped(run.results).items():
        listed = tuple(names[one.case + one.params] for one in results)
        places.append([
            [peers[peer] for peer in where], lists.setdefault(listed, len(lists)),
            "".join(LETTER[one.verdict] for one in results),
            {at: page("case", one.id) for at, one in enumerate(results) if has_page(one)},
        ])
    return {
        "peers": list(map(_told, run.header.peers)),
        "verdicts": [[one.value, LETTER[one]] for one in SEVERITY],
        "names": list(map(visible, names)), "lists": list(lists), "places": places,
    }


def grouped(results: Iterable[Result]) -> Mapping[tuple[str, ...], Sequence[Result]]:
    """Return the results of each peer and of each pair, by name."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for one in sorted(results, key=lambda one: (one.case, one.params)):
        groups.setdefault(one.peers, []).append(one)
    return groups


def worst_first(results: Iterable[Result]) -> list[Result]:
    """Return the results in the order of their severity."""
    return sorted(results, key=lambda one: SEVERITY.index(one.verdict))


def has_page(result: Result) -> bool:
    """Whether there is more to tell of a result than its row does."""
    return result.verdict in RED or result.log is not None


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _told(peer: PeerInfo) -> list[str]:
    told = (peer.name, peer.implementation, peer.runtime or "", peer.flavour)
    return list(map(visible, told))
