"""The clauses of SPEC.md: which there are, how binding each is, and where it stands.

The document is the only source. A clause is a paragraph that begins with its id in bold type,
``**FRAME-1** A sender MUST …``; its level is that of its requirement word. What breaks these rules
is an error here, so that the document, the cases and the reports cannot drift apart unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Level = Literal["MUST", "SHOULD", "MAY"]

SPEC = Path(__file__).resolve().parent.parent / "conformance" / "SPEC.md"

_LEVELS: dict[str, Level] = {
    "MUST": "MUST",
    "MUST NOT": "MUST",
    "SHOULD": "SHOULD",
    "SHOULD NOT": "SHOULD",
    "MAY": "MAY",
}
# Words of RFC 2119 that the document does without: each has a twin above.
_UNUSED = ("SHALL NOT", "SHALL", "REQUIRED", "NOT RECOMMENDED", "RECOMMENDED", "OPTIONAL")
_WORD = re.compile(r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD|MAY|{})\b".format("|".join(_UNUSED)))
# A word that is talked about instead of used, as where the document introduces them.
_QUOTED = re.compile('"{}"'.format(_WORD.pattern.replace(r"\b", "")))
_START = re.compile(r"\*\*([A-Z]+-[0-9]+)\*\*(?:\s|$)")
_LOOSE_START = re.compile(r"\*\*\s*[A-Za-z]+\s*-\s*[0-9]+")
_CANONICAL = re.compile(r"[A-Z]+-[1-9][0-9]*")
_HEADING = re.compile(r"#{1,6}\s+(.*\S)")
_WITHOUT_A_CASE = "Clauses without a case"
# A table begins with its column titles and the rule below them.
_HEAD_ROWS = 2


class ClauseError(ValueError):
    """The document breaks its own rules; the message names file, line and clause."""


@dataclass(frozen=True)
class Clause:
    """One numbered requirement.

    `sentence` is the clause without its id, on one line. `section` is the heading that it stands
    under, as written ("4.1 Layout").
    """

    id: str
    level: Level
    sentence: str
    section: str


@dataclass(frozen=True)
class _Paragraph:
    line: int
    text: str
    section: str


def load(path: Path = SPEC) -> dict[str, Clause]:
    """Every clause of the document by its id, in the order of the document.

    The answer is the caller's own; the parsing is done once for each path. Raises ClauseError,
    also when the file cannot be read or has no clauses at all. Safe to call from any thread.
    """
    return dict(_load(Path(path).resolve()))


@cache
def level(ident: str) -> Level:
    """Return the level of a clause of SPEC.md. Raises KeyError if there is none with that id."""
    return load()[ident].level


def exempt(path: Path = SPEC) -> dict[str, str]:
    """Why a clause has no case, by the clause's id, from the document's table of them.

    The table stands under the heading that ends in "Clauses without a case", if there are any.
    Raises ClauseError for a row about no clause, one without a reason, and one that is there twice.
    """
    known = load(path)
    reasons: dict[str, str] = {}
    for number, cells in _rows_without_a_case(path.read_text(encoding="utf-8")):
        ident, reason = cells[0], cells[-1]
        if ident not in known or not reason or len(cells) != 2 or ident in reasons:
            raise ClauseError(f"{path.name}:{number}: a clause without a case has one row, with"
                              f" its id and the reason; this one reads {' | '.join(cells)!r}")
        reasons[ident] = reason
    return reasons


def _rows_without_a_case(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of the table, without its head, each with the number of its line."""
    inside, rows = False, 0
    for number, line in enumerate(text.splitlines(), 1):
        heading = _HEADING.match(line)
        if heading:
            inside = heading.group(1).endswith(_WITHOUT_A_CASE)
        elif inside and line.startswith("|"):
            rows += 1
            if rows > _HEAD_ROWS:
                yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


@cache
def _load(path: Path) -> dict[str, Clause]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClauseError(f"{path}: cannot be read as the specification: {error}") from error
    clauses: dict[str, Clause] = {}
    lines: dict[str, int] = {}
    for paragraph in _paragraphs(text):
        place = f"{path.name}:{paragraph.line}"
        clause = _clause(paragraph, place)
        if clause is None:
            continue
        if clause.id in clauses:
            raise ClauseError(f"{place}: {clause.id} stands here and in line {lines[clause.id]};"
                              " give one of them a number of its own")
        clauses[clause.id] = clause
        lines[clause.id] = paragraph.line
    if not clauses:
        raise ClauseError(f"{path}: no clause found; a clause is a paragraph beginning **FRAME-1**")
    return clauses


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """The paragraphs outside code blocks, folded to one line each."""
    section = ""
    fenced = False
    start = 0
    collected: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        heading = None if fenced else _HEADING.match(line)
        fence = line.startswith("```")
        if collected and (fence or heading or not line.strip()):
            yield _Paragraph(start, " ".join(" ".join(collected).split()), section)
            collected = []
        if fence:
            fenced = not fenced
        elif heading:
            section = heading.group(1)
        elif line.strip() and not fenced:
            start = start if collected else number
            collected.append(line)


def _clause(paragraph: _Paragraph, place: str) -> Clause | None:
    """The paragraph as a clause, None when it is only explanation; ClauseError when neither."""
    words = _WORD.findall(_QUOTED.sub("", paragraph.text))
    start = _START.match(paragraph.text)
    if start is None:
        if _LOOSE_START.match(paragraph.text):
            raise ClauseError(f"{place}: begins like a clause, but an id is written **FRAME-1**:"
                              f" {paragraph.text[:40]!r}")
        if words:
            raise ClauseError(f"{place}: {words[0]} in a paragraph that is no clause;"
                              " make it one, or say it in small letters")
        return None
    name = start.group(1)
    if not _CANONICAL.fullmatch(name):
        raise ClauseError(f"{place}: {name}: a number has no leading zeros and is at least 1")
    return Clause(name, _level(name, words, place), paragraph.text[start.end():], paragraph.section)


def _level(name: str, words: list[str], place: str) -> Level:
    """The one level of a clause's requirement words."""
    if not words:
        raise ClauseError(f"{place}: {name} has no requirement word; write MUST, MUST NOT, SHOULD,"
                          " SHOULD NOT or MAY")
    for word in words:
        if word not in _LEVELS:
            raise ClauseError(f"{place}: {name} says {word}; write MUST, SHOULD or MAY instead")
    levels = sorted({_LEVELS[word] for word in words})
    if len(levels) > 1:
        raise ClauseError(f"{place}: {name} has {' and '.join(levels)};"
                          " a clause has one level, make it two clauses")
    return _LEVELS[words[0]]
