"""The suite itself: every case quotes what SPEC.md says, and has an id of its own."""

from __future__ import annotations

import ast
from collections import Counter

from harness import clauses
from harness.hello import vocabulary
from harness.plan import CASES, Stem
from harness.plugin import ID_CHARACTERS


def test_every_quotation_is_the_sentence_of_its_clause(stems: list[Stem]) -> None:
    spec = clauses.load()
    wrong = {
        f"{stem.case}: {ident}": (quoted, spec[ident].sentence if ident in spec else "no clause")
        for stem in stems
        for ident, quoted in stem.clauses
        if ident not in spec or quoted != spec[ident].sentence
    }
    assert wrong == {}


def test_every_case_decides_a_clause_and_none_twice(stems: list[Stem]) -> None:
    assert [stem.case for stem in stems if not stem.clauses] == []
    assert [stem.case for stem in stems if len(dict(stem.clauses)) < len(stem.clauses)] == []


def test_every_id_is_unique_and_can_be_typed(stems: list[Stem]) -> None:
    names = Counter(stem.name for stem in stems)
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not ID_CHARACTERS.fullmatch(name)] == []


def test_needs_are_words_of_the_protocol(stems: list[Stem]) -> None:
    assert {word for stem in stems for word in stem.needs} <= vocabulary()


def test_every_case_function_is_collected(stems: list[Stem]) -> None:
    written = {
        f"{path.relative_to(CASES).with_suffix('').as_posix()}/"
        + node.name.removeprefix("case_").replace("_", "-")
        for path in CASES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("case_")
    }
    assert written == {stem.case for stem in stems}


def test_both_shapes_are_there(stems: list[Stem]) -> None:
    assert {stem.shape for stem in stems} == {"single", "pair"}
