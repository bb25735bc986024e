"""The plan of a run: which cases meet which peers, settled before anything runs.

The command line makes the plan, every worker process reads it, and the results file states it, so
that a case which silently did not run cannot hide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.known import KnownLine, glob_fits
from harness.peers import PeerSpec

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "conformance" / "cases"


@dataclass(frozen=True)
class Stem:
    """A case with its parameters, before it is given to peers.

    `shape` is `single` or `pair`; `clauses` are the clauses it decides, with their quotations;
    `node` is pytest's id of its item.
    """

    case: str
    params: str
    shape: str
    clauses: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    node: str

    @property
    def name(self) -> str:
        """The part of the case id before the `@`."""
        return self.case + self.params

    def chosen(self, cases: Sequence[str], clauses: Sequence[str]) -> bool:
        """Whether the stem is selected; an empty selection selects everything."""
        by_case = not cases or any(
            glob_fits(glob, text) for glob in cases for text in (self.case, self.name)
        )
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
    singles = [spec.name for spec in roster.judged if spec.level > 0]
    pairs = ["~".join(pair) for pair in roster.pairs()]
    return [
        f"{stem.name}@{name}"
        for stem in stems
        for name in (singles if stem.shape == "single" else pairs)
    ]


@dataclass(frozen=True)
class Plan:
    """Everything that a worker process must know.

    Each case is carried out `repeat` times. `logs` is the folder for wire logs, of "red" cases or
    of "all" (`keep_logs`); without it there are none.
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
        )
