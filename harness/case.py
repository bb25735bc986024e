"""What a test case is written with: clauses, checks, axes, prerequisites.

A case is a pytest function named `case_…` in a file below `conformance/cases/`. Its docstring
quotes the clauses that it decides; it takes `single` (one peer opposite the tester) or `pair` (two
peers with a relay between them) and `check`, and records what it observed:

    @needs("kind:bytes")
    @each("schedule", ["whole", "1*"])
    def case_empty(single, check, schedule):
        '''An empty message, however its header arrives.

        FRAME-8: A receiver MUST deliver a frame of length zero as an empty message of its kind.
        '''
        ...
        check("FRAME-8", reading.matches([octets(b"")]), expected="…", observed="…")

A case must record a check for each clause that it quotes, and for no other.

The verdict is made elsewhere, from the record alone.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import TypeVar

import pytest

from harness import clauses, clock
from harness.codec import Frame, Kind
from harness.connection import Connection, Reading
from harness.hello import vocabulary
from harness.meeting import Meeting, Pair, Single
from harness.openaxis import OpenAxis, Where
from harness.payloads import Message, Received, describe
from harness.verdicts import Check
from harness.witness import Stuck

QUOTATION = re.compile(r"^([A-Z]+-\d+): (.+(?:\n[ ]+.+)*)", re.MULTILINE)

__all__ = [
    "CaseOver", "Connection", "Kind", "Meeting", "Message", "Pair", "Reading", "Received",
    "Recorder", "Single", "Stuck", "Untestable", "declared", "each", "needs", "octets",
    "open_axis", "prerequisite", "recipe", "text", "with_itself",
]

text, octets, recipe = Message.text, Message.octets, Message.recipe

Function = TypeVar("Function", bound=Callable[..., None])


class CaseOver(Exception):
    """A failed check has decided the case; what would follow could only mislead."""


class Untestable(Exception):
    """A prerequisite of the case was not met, so that it could not decide anything."""


@cache
def declared(function: Callable[..., object]) -> tuple[tuple[str, str], ...]:
    """Return the clauses that a case decides, with their quotations, from its docstring.

    A quotation is a paragraph's line that begins with the clause's id and a colon; lines that are
    indented below it belong to it.
    """
    quotations = QUOTATION.findall(inspect.getdoc(function) or "")
    return tuple((ident, " ".join(sentence.split())) for ident, sentence in quotations)


def needs(*features: str) -> Callable[[Function], Function]:
    """Declare features that each peer of the case must have declared in `hello`.

    For a peer that lacks one, the case is UNSUPPORTED, without asking the peer for anything.
    Raises ValueError for a word that the protocol does not have: no peer could ever declare it.
    """
    for word in features:
        if word not in vocabulary():
            raise ValueError(f"the adapter protocol has no feature {word!r}")

    def mark(function: Function) -> Function:
        pytest.mark.needs(*features)(function)
        return function

    return mark


def each(axis: str, values: Iterable[object]) -> Callable[[Function], Function]:
    """Run the case once for each value of an axis; the value's text becomes part of the case id."""

    def mark(function: Function) -> Function:
        listed = list(values)
        pytest.mark.parametrize(axis, listed, ids=[str(value) for value in listed])(function)
        return function

    return mark


def open_axis(
    axis: str,
    named: Iterable[str],
    parse: Callable[[str], object],
    rows: Callable[[Sequence[Where]], Iterable[tuple[str, Where]]] | None = None,
    decides: Callable[[str], Collection[str]] | None = None,
    requires: Callable[[str], Collection[str]] | None = None,
) -> Callable[[Function], Function]:
    """Run the case once for each named value, and for any other value that somebody asks for.

    The value's text becomes part of the case id, and every id with a text that `parse` accepts can
    be replayed. `parse` raises ValueError, whose message says where a text goes wrong, and why. The
    case gets the text. It can have no other axis.

    `rows`, `decides` and `requires` are those of `OpenAxis`. With `rows` values meet peers as it
    says, and `named` has one value, which stands for all of them in lists. With `decides` the
    docstring quotes the clauses of all values, and a value has to record a check for each of its
    own. With `requires` there are features that only some values need.
    """
    opened = OpenAxis(axis, tuple(named), parse, rows, decides, requires)

    def mark(function: Function) -> Function:
        pytest.mark.open_axis(opened)(function)
        return function

    return mark


def with_itself(function: Function) -> Function:
    """Let a pair case, one that is heavy, meet only pairs of a peer with itself."""
    pytest.mark.with_itself()(function)
    return function


def prerequisite(met: object, what: str) -> None:
    """Raise `Untestable` with `what` unless the prerequisite is met."""
    if not met:
        raise Untestable(what)


def shown(observed: object) -> str:
    """Return an observation as a short text: messages and frames in words, lists item by item."""
    if isinstance(observed, (Message, Received)):
        return describe(observed)
    if isinstance(observed, Frame):
        return describe(Message(observed.kind, None, len(observed.payload), observed.payload))
    if isinstance(observed, (list, tuple)):
        return ", ".join(shown(one) for one in observed) or "nothing"
    return str(observed)


class Recorder:
    """The record of one case: its checks, and how sure its segmentation is.

    Calling it records a check: whether `clause` was kept (`ok`), what was expected and what was
    observed, each one short line. A broken MUST raises `CaseOver`; a broken SHOULD does not.
    """

    def __init__(self) -> None:
        self.checks: list[Check] = []
        #: When each check was made, and when the case was over: monotonic nanoseconds, for logs.
        self.moments: list[int] = []
        self.over: int | None = None
        self.segmentation: str | None = None

    def __call__(self, clause: str, ok: object, expected: str, observed: object) -> bool:
        """Record one check; return whether the clause was kept."""
        level = clauses.level(clause)
        kept = bool(ok)
        self.checks.append(Check(clause, level, kept, expected, shown(observed)))
        self.moments.append(clock.now_ns())
        if not kept and level == "MUST":
            raise CaseOver(clause)
        return kept

    def note_segmentation(self, proof: str) -> None:
        """Note how sure it is that octets arrived as they were cut; the weakest note counts."""
        if self.segmentation != "unproved":
            self.segmentation = proof
