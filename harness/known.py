"""Known-failing lists: which cases a peer is known not to pass, with verdict, clause and reason.

A line is `PATTERN VERDICT CLAUSE  # reason`, with `-` for a verdict that has no clause. A pattern
is a glob over case ids; `*` does not stop at slashes. Only an exact match of verdict and clause
excuses a case, a case that passes all the same is STALE, and a line that matches no case at all is
an error, unless it is about an interpreter that is not here: a list cannot rot unseen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from harness.clauses import load
from harness.verdicts import RED, Verdict

LINE = re.compile(
    r"^(?P<pattern>\S+)\s+(?P<verdict>[A-Z]+)\s+(?P<clause>\S+)\s+#\s*(?P<reason>\S.*)$"
)

#: Verdicts that a peer can be known for. HARNESS and STALE are about us and the list itself, and a
#: line that expects FLAKY would excuse whatever happens.
EXPECTABLE = frozenset(
    one.value for one in RED - {Verdict.STALE, Verdict.HARNESS, Verdict.FLAKY}
)


class KnownFailingError(Exception):
    """A known-failing list cannot be used: one sentence with file and line."""


@dataclass(frozen=True)
class KnownLine:
    """One line of a known-failing list; `clause` is None for `-`."""

    file: str
    line: int
    pattern: str
    verdict: Verdict
    clause: str | None
    reason: str

    def fits(self, case_id: str) -> bool:
        """Whether the line's pattern matches the id of a case."""
        return glob_fits(self.pattern, case_id)

    def to_json(self) -> dict[str, Any]:
        """Return the line as a JSON object."""
        return {**asdict(self), "verdict": self.verdict.value}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> KnownLine:
        """Read a line that `to_json` has written."""
        return cls(**{**body, "verdict": Verdict(body["verdict"])})


def glob_fits(pattern: str, text: str) -> bool:
    """Match a glob in which `*` and `**` stand for anything and `?` for one character.

    Brackets stand for themselves, since case ids contain them.
    """
    pieces = re.split(r"(\*+|\?)", pattern)
    regex = "".join(
        ".*" if piece.startswith("*") else "." if piece == "?" else re.escape(piece)
        for piece in pieces
    )
    return re.fullmatch(regex, text) is not None


def parse(text: str, file: str) -> list[KnownLine]:
    """Parse a list; `file` is its name for messages. Raises `KnownFailingError`."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        lines.append(_parse_line(raw.strip(), file, number))
    return lines


def _parse_line(raw: str, file: str, number: int) -> KnownLine:
    match = LINE.match(raw)
    where = f"{file}:{number}"
    if match is None:
        raise KnownFailingError(
            f"{where}: a line must read 'PATTERN VERDICT CLAUSE  # reason', not {raw!r}"
        )
    verdict, clause = match["verdict"], match["clause"]
    if verdict not in EXPECTABLE:
        raise KnownFailingError(f"{where}: {verdict!r} is no verdict that can be expected")
    if clause != "-" and clause not in load():
        raise KnownFailingError(f"{where}: SPEC.md has no clause {clause!r}")
    named = None if clause == "-" else clause
    return KnownLine(file, number, match["pattern"], Verdict(verdict), named, match["reason"])


def read(path: Path) -> list[KnownLine]:
    """Read a list from a file; raises `KnownFailingError`, also when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnownFailingError(f"cannot read the known-failing list {path}: {error}") from error
    return parse(text, str(path))


def unused(lines: Sequence[KnownLine], case_ids: Iterable[str]) -> list[KnownLine]:
    """Return the lines that match none of the case ids."""
    left = list(lines)
    for case_id in case_ids:
        left = [line for line in left if not line.fits(case_id)]
        if not left:
            break
    return left


def is_elsewhere(
    line: KnownLine, cases: Iterable[str], peers: Collection[tuple[str, str | None]]
) -> bool:
    """Whether a line that fits no case is about an interpreter that is not here.

    `cases` are names of cases, with their parameters and without peers; `peers` are all that there
    are, by implementation and runtime. The peers of the pattern must be those of a known
    implementation, as in `…@published@cpython2.7-*`.
    """
    case, _, meant = line.pattern.partition("@")
    sides = [side.partition("@")[::2] for side in meant.split("~")]
    known = {implementation for implementation, _ in peers}
    if not known.issuperset(name for name, _ in sides):
        return False
    # A peer that is a command has no runtime that might be missing.
    hosted = {implementation for implementation, runtime in peers if runtime is not None}
    here = {runtime for _, runtime in peers if runtime is not None}
    absent = any(rest and name in hosted and not _names_one(rest, here) for name, rest in sides)
    return absent and any(glob_fits(case, name) for name in cases)


def _names_one(pattern: str, runtimes: Collection[str]) -> bool:
    """Whether a pattern `RUNTIME-FLAVOUR` is about one of the runtimes, whatever its flavour."""
    # Either half may have such a dash within.
    heads = list(accumulate(pattern.split("-"), "{}-{}".format))
    return any(glob_fits(head, runtime) for head in heads for runtime in runtimes)


def find(
    lines: Sequence[KnownLine], case_id: str, verdict: Verdict, clause: str | None
) -> KnownLine | None:
    """Return the line that excuses a case: an exact one if there is, else the first that fits."""
    fitting = [line for line in lines if line.fits(case_id)]
    for line in fitting:
        if (line.verdict, line.clause) == (verdict, clause):
            return line
    return fitting[0] if fitting else None
