"""The parser of SPEC.md's clauses, and the frozen list of their ids."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness import clauses
from harness.clauses import SPEC, Clause, ClauseError, load

# Ids are stable and their levels are part of what they mean: an entry leaves this list only for a
# note under "Retired ids" in SPEC.md, section 14, and then never comes back.
FROZEN = """
FRAME-1 MUST    FRAME-2 MUST    FRAME-3 MUST    FRAME-4 MUST    FRAME-5 MUST    FRAME-6 MUST
FRAME-7 MUST    FRAME-8 MUST    FRAME-9 SHOULD  FRAME-10 MUST   FRAME-11 MUST   FRAME-12 MAY
FRAME-13 MUST   FRAME-14 SHOULD FRAME-15 MUST
TEXT-1 MUST     TEXT-2 MUST     TEXT-3 MUST     TEXT-4 MUST     TEXT-5 MUST     TEXT-6 MAY
STREAM-1 MUST   STREAM-2 MUST   STREAM-3 MUST   STREAM-4 MUST   STREAM-5 MUST   STREAM-6 MAY
SEND-1 MUST     SEND-2 MUST     SEND-3 MUST     SEND-4 MUST     SEND-5 MAY      SEND-6 MUST
SEND-7 SHOULD
HAND-1 MUST     HAND-2 MUST     HAND-3 MUST     HAND-4 MUST     HAND-5 MUST     HAND-6 MUST
HAND-7 MUST     HAND-8 MUST     HAND-9 MUST     HAND-10 MAY     HAND-11 MUST
END-1 MUST      END-2 MUST      END-3 MUST      END-4 MUST      END-5 MUST      END-6 MUST
END-7 MUST      END-8 MUST      END-9 MAY       END-10 MAY      END-11 MUST     END-12 MUST
END-13 MUST
API-1 MUST      API-2 MUST      API-3 MUST      API-4 MUST      API-5 MUST
API-6 MUST      API-7 MUST      API-8 MUST      API-9 SHOULD    API-10 MUST
API-11 MUST     API-12 MUST
"""


def test_the_ids_and_levels_of_the_specification_are_the_frozen_ones() -> None:
    words = FROZEN.split()
    frozen = dict(zip(words[::2], words[1::2], strict=True))
    assert {clause.id: clause.level for clause in load().values()} == frozen


def test_the_numbers_of_a_family_have_no_gaps() -> None:
    families: dict[str, set[int]] = {}
    for name in load():
        family, number = name.rsplit("-", 1)
        families.setdefault(family, set()).add(int(number))
    for family, numbers in families.items():
        assert numbers == set(range(1, len(numbers) + 1)), family


def test_every_id_that_the_specification_mentions_exists() -> None:
    text = SPEC.read_text(encoding="utf-8")
    mentioned = set(re.findall(r"\b(?:FRAME|TEXT|STREAM|SEND|HAND|END|API)-[0-9]+\b", text))
    assert mentioned == set(load())


def test_a_clause_has_its_sentence_on_one_line_and_its_section() -> None:
    assert load()["FRAME-1"] == Clause(
        "FRAME-1",
        "MUST",
        "A sender MUST send each message as exactly one frame: a header, followed directly by the"
        " payload, followed directly by the next frame.",
        "4.1 Layout",
    )
    assert all(clause.sentence.endswith(".") for clause in load().values())


def test_loading_works_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clauses._load.cache_clear()
    assert "FRAME-1" in load()


def test_the_answer_is_the_callers_own() -> None:
    load().clear()
    assert "FRAME-1" in load()


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "SPEC.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_relative_path_is_that_of_the_present_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, f"**A-1** {name} MUST be.\n")
    found = []
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        found.append(load(Path(f".{os.sep}SPEC.md"))["A-1"].sentence)
    assert found == ["one MUST be.", "two MUST be."]


@pytest.mark.parametrize(
    ("word", "level"),
    [("MUST", "MUST"), ("MUST NOT", "MUST"), ("SHOULD", "SHOULD"), ("SHOULD NOT", "SHOULD"),
     ("MAY", "MAY")],
)
def test_the_level_is_that_of_the_word(tmp_path: Path, word: str, level: str) -> None:
    path = write(tmp_path, f"# Title\n\n## 1. Part\n\n**A-1** One\n{word} go on\n  and on.\n")
    assert load(path) == {"A-1": Clause("A-1", level, f"One {word} go on and on.", "1. Part")}  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["MUST NOT", "MUST", "SHOULD", "MAY", "OPTIONAL"])
def test_words_in_quotation_marks_and_code_blocks_are_only_talked_about(
    tmp_path: Path, word: str
) -> None:
    code = f"```\n**A-1** {word}\n# no\n```"
    path = write(tmp_path, f'The word "{word}".\n\n**A-1** It MUST.\n{code}\n\n**A-2** It MAY.')
    assert [(clause.id, clause.section) for clause in load(path).values()] == [
        ("A-1", ""), ("A-2", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("**A-1** MUST.\n\n# B\n\n**A-1** MAY.", r"^SPEC\.md:5: A-1 stands here and in line 1;"),
        ("**A-1** is good.", r"^SPEC\.md:1: A-1 has no requirement word; write MUST"),
        ("**A-1**", r"^SPEC\.md:1: A-1 has no requirement word"),
        ("**A-1** MUST and MAY.", r"^SPEC\.md:1: A-1 has MAY and MUST; a clause has one level"),
        ("**A-1** SHALL.", r"^SPEC\.md:1: A-1 says SHALL; write MUST, SHOULD or MAY instead"),
        ("# H\nIt MAY\nrain.", r"^SPEC\.md:2: MAY in a paragraph that is no clause;"),
        ("x\n\n**a-1** MUST.", r"^SPEC\.md:3: begins like a clause, but an id is written \*\*F"),
        ("**A-1: MUST.**", r"^SPEC\.md:1: begins like a clause"),
        ("**A-01** MUST.", r"^SPEC\.md:1: A-01: a number has no leading zeros"),
        ("Nothing here.", r"no clause found; a clause is a paragraph beginning \*\*FRAME-1\*\*"),
    ],
)
def test_errors_say_what_where_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ClauseError, match=message):
        load(write(tmp_path, text))


def test_a_file_that_cannot_be_read_is_an_error_of_the_same_sort(tmp_path: Path) -> None:
    with pytest.raises(ClauseError, match=r"missing\.md: cannot be read as the specification"):
        load(tmp_path / "missing.md")
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"\xff")
    with pytest.raises(ClauseError, match=r"bad\.md: cannot be read"):
        load(bad)
