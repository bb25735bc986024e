"""Where the columns of a peer table stand, and what stands above them.

A row carries its peer's whole name, a column has two characters. So the head is folded:
implementation above runtime above the initial of the flavour where that fits the width,
numbers read downwards where it does not, and several panels where not even numbers fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from harness.results import PeerInfo

GAP: Final = 2
"""Blank columns between a label and its row, and between groups of columns."""

STEP: Final = 2
"""From one column to the next: the letter and a blank."""

Peers = Mapping[str, PeerInfo]


@dataclass(frozen=True)
class Grid:
    """Columns at fixed places: `columns` are names with their x, `head` are lines of text."""

    columns: tuple[tuple[str, int], ...]
    head: tuple[str, ...]
    numbered: bool


def grids(names: Sequence[str], peers: Peers, start: int, width: int) -> list[Grid]:
    """Lay out columns for the named peers from column `start` on, in as few panels as fit.

    Numbers count the peers of `peers` from 1, in its order.
    """
    spelled = _spelled(names, peers, start)
    if max(map(len, spelled.head), default=0) <= width:
        return [spelled]
    start += number_width(peers)
    room = max(1, (width - start + STEP - 1) // STEP)
    return [
        _numbered(names[at : at + room], list(peers), start) for at in range(0, len(names), room)
    ]


def number_width(peers: Peers) -> int:
    """The room that the number of a peer takes before its name."""
    return len(str(len(peers))) + 1


def _spelled(names: Sequence[str], peers: Peers, start: int) -> Grid:
    """Columns under implementation, runtime and flavour."""
    columns: list[tuple[str, int]] = []
    implementations: dict[int, str] = {}
    tags: dict[int, str] = {}
    left = start
    for implementation, block in groupby(names, lambda name: peers[name].implementation):
        implementations[left] = implementation
        end = left + len(implementation) + GAP
        for tag, group in groupby(block, lambda name: _tag(peers[name])):
            tags[left] = tag
            members = [(name, left + STEP * at) for at, name in enumerate(group)]
            columns += members
            left = max(members[-1][1] + 1 + GAP, left + len(tag) + 1)
        left = max(left + 1, end)
    initials = {at: peers[name].flavour[:1] for name, at in columns}
    return Grid(tuple(columns), (_line(implementations), _line(tags), _line(initials)), False)


def _numbered(names: Sequence[str], order: Sequence[str], start: int) -> Grid:
    """Columns under the numbers of their peers, one digit below the other."""
    columns = tuple((name, start + STEP * at) for at, name in enumerate(names))
    digits = len(str(len(order)))
    numbers = {at: str(order.index(name) + 1).rjust(digits) for name, at in columns}
    head = (_line({at: text[digit] for at, text in numbers.items()}) for digit in range(digits))
    return Grid(columns, tuple(head), True)


def _tag(peer: PeerInfo) -> str:
    """The runtime in short: `2.7` for cpython2.7, others in full."""
    return re.sub(r"^cpython(?=\d)", "", peer.runtime or "")


def _line(pieces: Mapping[int, str]) -> str:
    """A line with each piece at its place; places rise and pieces do not overlap."""
    line = ""
    for at, piece in pieces.items():
        line = line.ljust(at) + piece
    return line
