"""The plan of a run: which cases meet which peers, settled before anything runs.

The command line makes the plan, every worker process reads it, and the results file states it, so
that a case which silently did not run cannot hide.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.known import KnownLine, glob_fits
from harness.openaxis import OpenAxis, Quotations, Where
from harness.peers import PeerSpec

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "conformance" / "cases"


@dataclass(frozen=True)
class Stem:
    """A case with its parameters, before it is given to peers.

    `shape` is `single` or `pair`; `clauses` are the clauses it decides, with their quotations;
    `node` is pytest's id of its item. A pair case may be meant for each peer `with_itself` only.
    With an `axis`, the stem stands for every other value of that open axis as well; `quoted` are
    then all the clauses that the case quotes, whatever its value decides.
    """

    case: str
    params: str
    shape: str
    clauses: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    node: str
    with_itself: bool = False
    axis: OpenAxis | None = None
    quoted: Quotations = ()

    @property
    def name(self) -> str:
        """The part of the case id before the `@`."""
        return self.case + self.params

    @property
    def features(self) -> tuple[str, ...]:
        """The features that each peer must declare: `needs`, and what the value of the axis needs.

        A stem that stands for all rows gives those of its named one.
        """
        if self.axis is None or self.axis.requires is None:
            return self.needs
        return (*self.needs, *sorted(self.axis.requires(self.params[1:-1])))

    def filled(self, value: str) -> Stem:
        """Return the stem of the same case with another value of its open axis.

        Raises `NoValue`, which says what is wrong with the value and where.
        """
        assert self.axis is not None
        self.axis.require(value)
        params = f"[{value}]"
        node = self.node.removesuffix(f"-{self.params[1:]}") + f"-{value}]"
        clauses = self.axis.decided(value, self.quoted)
        axis = replace(self.axis, rows=None)
        return replace(self, params=params, clauses=clauses, node=node, axis=axis)

    def narrowed(self, cases: Sequence[str] = (), clauses: Collection[str] = ()) -> Stem:
        """Return the stem with those of its rows alone that `cases` and `clauses` select."""
        if self.axis is None or self.axis.rows is None:
            return self
        rows, axis = self.axis.rows, self.axis
        by_name = cases and not any(glob_fits(glob, self.case) for glob in cases)

        def chosen(value: str) -> bool:
            name = f"{self.case}[{value}]"
            return (not by_name or any(glob_fits(glob, name) for glob in cases)) and (
                not clauses
                or any(ident in clauses for ident, _ in axis.decided(value, self.quoted))
            )

        def some(everybody: Sequence[Where]) -> list[tuple[str, Where]]:
            return [(value, where) for value, where in rows(everybody) if chosen(value)]

        return replace(self, axis=replace(axis, rows=some))

    def _fits(self, glob: str) -> bool:
        """Whether a glob fits the case, or could fit one of its rows."""
        case, bracket, _ = glob.partition("[")
        if bracket and self.axis is not None and self.axis.rows is not None:
            return glob_fits(case, self.case)
        return glob_fits(glob, self.case) or glob_fits(glob, self.name)

    def chosen(self, cases: Sequence[str], clauses: Sequence[str]) -> bool:
        """Whether the stem is selected; an empty selection selects everything."""
        by_case = not cases or any(self._fits(glob) for glob in cases)
        return by_case and (not clauses or any(ident in clauses for ident, _ in self.clauses))


@dataclass(frozen=True)
class Roster:
    """Who takes part: all known peers, who is judged, and who is only a partner in pairs."""

    judged: tuple[PeerSpec, ...]
    partners: tuple[PeerSpec, ...] = ()

    @property
    def specs(self) -> tuple[PeerSpec, ...]:
        """Everybody, each once."""
        return tuple(dict.fromkeys((*self.judged, *self.partners)))

    def pairs(self) -> list[tuple[str, str]]:
        """All ordered pairs with at least one judged peer, but for those that a peer declines."""
        judged = {spec.name for spec in self.judged}
        return [
            (one.name, other.name)
            for one in self.specs
            for other in self.specs
            if (one.name in judged or other.name in judged) and _meet(one, other)
        ]

    def without(self, names: Iterable[str]) -> Roster:
        """Return the roster without some peers."""
        gone = set(names)
        return Roster(
            tuple(spec for spec in self.judged if spec.name not in gone),
            tuple(spec for spec in self.partners if spec.name not in gone),
        )


def _meet(one: PeerSpec, other: PeerSpec) -> bool:
    return one.level > 0 and other.level > 0 and all(
        this.pairs == "all" or (this.pairs == "reference" and that.implementation == "reference")
        for this, that in ((one, other), (other, one))
    )


#: Stands for a peer where cases are collected before there are any.
NOBODY = "PEER"


def case_ids(stems: Sequence[Stem], roster: Roster) -> list[str]:
    """Return the ids of all cases that the stems and the roster make together."""
    everybody: dict[str, list[Where]] = {
        "single": [(spec.name,) for spec in roster.judged if spec.level > 0],
        "pair": [*roster.pairs()],
    }
    sociable = {spec.name for spec in roster.specs if spec.pairs == "all"}
    found: list[str] = []
    for stem in stems:
        meetings = everybody[stem.shape]
        if stem.with_itself:
            meetings = [where for where in meetings if len(set(where)) == 1]
        if stem.axis is None or stem.axis.rows is None:
            found += [f"{stem.name}@{'~'.join(where)}" for where in meetings]
            continue
        # Rows are spread over all pairs; one that meets our own peers only would get odd ones.
        meetings = [where for where in meetings if sociable.issuperset(where)]
        rows = stem.axis.rows(meetings)
        found += [f"{stem.case}[{value}]@{'~'.join(where)}" for value, where in rows]
    return found


def find_stem(stems: Iterable[Stem], name: str) -> Stem | None:
    """Return the stem of that name, one that an open axis makes among them; None without any.

    Raises `NoValue` if the case has an open axis, and the name has no value of it.
    """
    case, bracket, rest = name.partition("[")
    template = None
    for stem in stems:
        if stem.name == name and (stem.axis is None or stem.axis.rows is None):
            return stem
        if stem.case == case and stem.axis is not None:
            template = stem
    if template is None or not bracket or not rest.endswith("]"):
        return None
    return template.filled(rest[:-1])


@dataclass(frozen=True)
class Plan:
    """Everything that a worker process must know.

    Each case is carried out `repeat` times. `logs` is the folder for wire logs, of "red" cases or
    of "all" (`keep_logs`), or one file for the one case of a replay; without it there are none.
    `home` is the folder of the results file, from which results name their logs, and `options` are
    those of the run, with which a log says how to replay its case.
    """

    specs: tuple[PeerSpec, ...]
    hellos: dict[str, dict[str, Any]]
    singles: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    stderr_folder: str
    ids: frozenset[str] | None = None
    known: tuple[KnownLine, ...] = ()
    patience: float = 1.0
    validate: bool = False
    repeat: int = 1
    logs: str | None = None
    keep_logs: str = "red"
    home: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def values_of(self, case: str) -> list[tuple[str, str]]:
        """Return the planned values of a case's open axis, each with the peers that it meets."""
        return self._values.get(case, [])

    def peers_of(self, case: str) -> set[str]:
        """Return the planned peers, or pairs, of a case, with whatever parameters."""
        return self._peers.get(case, set())

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each peer among all of them, by its name."""
        return {spec.name: place for place, spec in enumerate(self.specs)}

    @cached_property
    def _peers(self) -> dict[str, set[str]]:
        peers: dict[str, set[str]] = {}
        for ident in self.ids or ():
            name, _, where = ident.partition("@")
            peers.setdefault(name.partition("[")[0], set()).add(where)
        return peers

    @cached_property
    def _values(self) -> dict[str, list[tuple[str, str]]]:
        values: dict[str, list[tuple[str, str]]] = {}
        for ident in sorted(self.ids or ()):
            name, _, peers = ident.partition("@")
            case, bracket, value = name.partition("[")
            if bracket:
                values.setdefault(case, []).append((peers, value.removesuffix("]")))
        return values

    def save(self, path: Path) -> None:
        """Write the plan where `load` finds it."""
        body = {
            "specs": [spec.to_json() for spec in self.specs],
            "hellos": self.hellos,
            "singles": list(self.singles),
            "pairs": [list(pair) for pair in self.pairs],
            "stderr_folder": self.stderr_folder,
            "ids": None if self.ids is None else sorted(self.ids),
            "known": [line.to_json() for line in self.known],
            "patience": self.patience,
            "validate": self.validate,
            "repeat": self.repeat,
            "logs": self.logs,
            "keep_logs": self.keep_logs,
            "home": self.home,
            "options": self.options,
        }
        path.write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read a plan that `save` has written."""
        body = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            specs=tuple(PeerSpec.from_json(spec) for spec in body["specs"]),
            hellos=body["hellos"],
            singles=tuple(body["singles"]),
            pairs=tuple((one, other) for one, other in body["pairs"]),
            stderr_folder=body["stderr_folder"],
            ids=None if body["ids"] is None else frozenset(body["ids"]),
            known=tuple(KnownLine.from_json(line) for line in body["known"]),
            patience=body["patience"],
            validate=body["validate"],
            repeat=body["repeat"],
            logs=body["logs"],
            keep_logs=body["keep_logs"],
            home=body["home"],
            options=body["options"],
        )
