"""Which mutants there are, and the peers that host them.

They are classes in `conformance/mutants/`: a family a module, the defect as the docstring, and the
clauses through which they must be found out in `breaks`.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

from harness import clauses, discovery
from harness.known import glob_fits
from harness.peerspec import Hosted, PeerSpec
from harness.plan import ROOT
from harness.problem import Incomplete

PACKAGE = "conformance.mutants"
#: The modules of mutants; each is a family.
FAMILIES = (
    "header_sent", "header_received", "limits", "payload_received", "payload_sent", "contents",
    "stream", "sending", "handshake_order", "handshake_failure", "ending", "interface",
    "interval", "resources",
)
#: What the mutants are made from, and one that refuses long messages as it may: neither has a
#: defect, and every case must pass on them.
SOUND = ("sound:Sound", "limits:Limited")
NULLS = "nulls"
#: What they wait by, and so a flavour for which the documented API has an interval.
FLAVOUR = "select"


@dataclass(frozen=True)
class Mutant:
    """One mutant, or one of the sound ones, which break nothing.

    `name` is `family.Class`; `defect` is one sentence.
    """

    name: str
    defect: str
    breaks: tuple[str, ...]

    @property
    def family(self) -> str:
        """The module that it stands in."""
        return self.name.partition(".")[0]


def mutants() -> list[Mutant]:
    """Return all mutants, family by family, in the order of their modules.

    Raises `Incomplete` for one without a docstring of its own, or that breaks an unknown clause.
    """
    found: list[Mutant] = []
    for family in FAMILIES:
        found += [one for one in _classes(family) if one.breaks]
    return found


def sound() -> list[Mutant]:
    """Return the endpoints that every case must pass on."""
    return [
        one for place in SOUND for one in _classes(place.partition(":")[0])
        if one.name == place.replace(":", ".")
    ]


def nulls() -> list[Mutant]:
    """Return the implementations of nothing, on which no case may pass."""
    return [one for one in _classes(NULLS) if one.name != f"{NULLS}.Threaded"]


def select(listed: Iterable[Mutant], globs: Sequence[str]) -> list[Mutant]:
    """Return those whose name, or class, fits one of the globs; all of them without any."""
    return [
        one for one in listed
        if not globs
        or any(
            glob_fits(glob, name) for glob in globs for name in (one.name, one.name.split(".")[1])
        )
    ]


def peers(listed: Iterable[Mutant]) -> dict[str, PeerSpec]:
    """Return a peer for each of them, on the interpreter that runs this, by their names.

    Raises `Incomplete` if the interpreter is none that peers can run on.
    """
    interpreters = discovery.survey([(sys.executable,)]).found
    if not interpreters:
        raise Incomplete(f"{sys.executable} is no interpreter that peers can run on")
    return {
        one.name: Hosted(
            name=one.name, interpreters=interpreters[:1],
            classes={FLAVOUR: f"{PACKAGE}.{one.name.replace('.', ':')}"}, path=(ROOT,),
            environment={}, pairs="none", requires=(),
        ).specs()[0]
        for one in listed
    }


def _classes(family: str) -> list[Mutant]:
    module = importlib.import_module(f"{PACKAGE}.{family}")
    return [_mutant(family, cls) for cls in _own_classes(module)]


def _own_classes(module: ModuleType) -> list[type]:
    return [
        cls for cls in vars(module).values()
        if inspect.isclass(cls) and cls.__module__ == module.__name__
        and hasattr(cls, "handshakeComplete")
    ]


def _mutant(family: str, cls: type) -> Mutant:
    name = f"{family}.{cls.__name__}"
    if not cls.__dict__.get("__doc__"):
        raise Incomplete(f"{PACKAGE}.{name} has no docstring; one sentence has to tell its defect")
    breaks: tuple[str, ...] = getattr(cls, "breaks", ())
    unknown = [clause for clause in breaks if clause not in clauses.load()]
    if unknown:
        raise Incomplete(f"{PACKAGE}.{name} breaks {unknown[0]}, and SPEC.md has no such clause")
    return Mutant(name, inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0], breaks)
