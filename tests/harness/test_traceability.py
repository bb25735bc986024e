"""Clauses and cases: each clause that binds has a case, or SPEC.md says why there can be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import clauses
from harness.clauses import ClauseError
from harness.plan import Stem
from harness.trial import LEFTOVERS

TABLE = """
# 1 First

**ODD-1** A sock MUST be odd.

**ODD-2** A sock MUST NOT be even.

## 1.1 {heading}

| Clause | Why no case |
|---|---|
{rows}

# 2 Last

| Not | this | one |
|---|---|---|
| ODD-2 | is another | table |
"""


def spec(folder: Path, *rows: str, heading: str = "Clauses without a case") -> Path:
    path = folder / "SPEC.md"
    path.write_text(TABLE.format(heading=heading, rows="\n".join(rows)), encoding="utf-8")
    return path


def test_every_binding_clause_has_a_case_or_a_written_reason(stems: list[Stem]) -> None:
    decided = {ident for stem in stems for ident, _ in stem.clauses} | {LEFTOVERS}
    binding = {one.id for one in clauses.load().values() if one.level != "MAY"}
    assert binding - decided - clauses.exempt().keys() == set()


def test_no_reason_is_left_for_a_clause_that_has_a_case(stems: list[Stem]) -> None:
    decided = {ident for stem in stems for ident, _ in stem.clauses}
    assert clauses.exempt().keys() & decided == set()


def test_the_reasons_are_read_from_their_table(tmp_path: Path) -> None:
    path = spec(tmp_path, "| ODD-1 | Nobody can count a sock. |")
    assert clauses.exempt(path) == {"ODD-1": "Nobody can count a sock."}


def test_no_table_is_no_reason(tmp_path: Path) -> None:
    path = spec(tmp_path, "| ODD-1 | Nobody can count a sock. |", heading="Other things")
    assert clauses.exempt(path) == {}


@pytest.mark.parametrize(
    "rows",
    [
        ["| ODD-3 | There is no such clause. |"],
        ["| ODD-1 | |"],
        ["| ODD-1 | One. |", "| ODD-1 | Two. |"],
        ["| ODD-1 | A reason | and more |"],
        ["| ODD-1 |"],
    ],
)
def test_a_row_that_says_nothing_is_refused(tmp_path: Path, rows: list[str]) -> None:
    path = spec(tmp_path, *rows)
    with pytest.raises(ClauseError, match=rf"^SPEC\.md:{11 + len(rows)}: "):
        clauses.exempt(path)
