"""Many small pieces told as one: octets that went out one by one fill no screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.story.lines import Line, Mark, Octets
from harness.story.talk import spaced

FEW: Final = 3
"""Pieces in a row that are told one by one."""

SHOWN: Final = 16
"""Octets of a run that are shown."""

PROOFS: Final = {
    "consumed": "each was read before the next went out, and the last one",
    "unproved": "without a proof that each was read alone",
}
"""Marks that may stand between the pieces of a run, and what they say about all of it."""


@dataclass(frozen=True)
class Run:
    """Pieces in a row, of one direction, with nothing but the same kind of mark between them."""

    pieces: tuple[Octets, ...]
    proof: str | None

    @property
    def ns(self) -> int:
        """When it began."""
        return self.pieces[0].ns

    @property
    def wire(self) -> int:
        """The wire of all its pieces."""
        return self.pieces[0].wire

    @property
    def direction(self) -> str:
        """The direction of all its pieces."""
        return self.pieces[0].direction

    @property
    def words(self) -> str:
        """The run in words."""
        first, last = self.pieces[0], self.pieces[-1]
        stop = last.offset + last.length
        octets = b"".join(piece.octets for piece in self.pieces)
        shown = spaced(octets[:SHOWN].hex()) + (" .." if stop - first.offset > SHOWN else "")
        took = (last.ns - first.ns) / 1e6
        proof = f"; {PROOFS[self.proof]}" if self.proof else ""
        return (
            f"octets {first.offset} to {stop - 1} in {len(self.pieces)} pieces, within"
            f" {took:.3f} ms: {shown}{proof}"
        )


def folded(body: Iterable[Line], few: int | None = None) -> Iterator[Line | Run]:
    """Yield the lines with every run of more than `few` (FEW) pieces as one; 1: fold nothing."""
    held: list[Octets | Mark] = []
    for line in body:
        if held and not _goes_on(held, line):
            yield from _told(held, few)
            held = []
        if held or isinstance(line, Octets):
            assert isinstance(line, (Octets, Mark))
            held.append(line)
        else:
            yield line
    yield from _told(held, few)


def _goes_on(held: list[Octets | Mark], line: Line) -> bool:
    """Whether a line belongs to the run so far."""
    if not isinstance(line, (Octets, Mark)):
        return False
    if (line.wire, line.direction) != (held[0].wire, held[0].direction):
        return False
    if isinstance(line, Octets):
        return True
    marks = {one.what for one in held if isinstance(one, Mark)}
    return line.what in PROOFS and marks <= {line.what}


def _told(held: list[Octets | Mark], few: int | None) -> Iterator[Line | Run]:
    pieces = tuple(one for one in held if isinstance(one, Octets))
    marks = [one for one in held if isinstance(one, Mark)]
    if few == 1 or len(pieces) <= (few or FEW) or (marks and len(marks) != len(pieces)):
        yield from held
    else:
        yield Run(pieces, marks[0].what if marks else None)
