"""Known-failing lists: their lines, their errors, and which case a line excuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import known
from harness.verdicts import Verdict

IDS = [
    "end/ending/close-delivers[a]@old@cpython2.7-poll",
    "frame/header/empty[text,1]@old@cpython3.6-poll",
]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("handshake/**", "handshake/order/glued", True),
        ("handshake/*", "handshake/order/glued", True),
        ("*/glued[1*]", "handshake/order/glued[1*]", True),
        ("*/glued[whole]", "handshake/order/glued[1]", False),
        ("h?ndshake", "handshake", True),
        ("handshake", "handshake/order", False),
        ("a.b", "axb", False),
    ],
)
def test_globs_take_brackets_as_they_are(pattern: str, text: str, fits: bool) -> None:
    assert known.glob_fits(pattern, text) is fits


def test_a_line_has_pattern_verdict_clause_and_reason() -> None:
    text = "# a comment\n\nend/**@old@* FAIL END-5  # loses the queue\n* TIMEOUT -  # hangs\n"
    first, second = known.parse(text, "list")
    assert (first.line, first.verdict, first.clause, first.reason) == (
        3, Verdict.FAIL, "END-5", "loses the queue",
    )
    assert second.clause is None
    assert known.KnownLine.from_json(first.to_json()) == first


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("end/** FAIL END-5", "must read"),
        ("end/** FAIL  # no clause", "must read"),
        ("end/** FAIL END-5  #", "must read"),
        ("end/** FAIL NOSUCH-1  # reason", "no clause 'NOSUCH-1'"),
        ("end/** PASS END-5  # reason", "'PASS' is no verdict that can be expected"),
        ("end/** HARNESS -  # reason", "'HARNESS' is no verdict that can be expected"),
        ("end/** STALE -  # reason", "'STALE' is no verdict that can be expected"),
        ("end/** FLAKY -  # reason", "'FLAKY' is no verdict that can be expected"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_line(line: str, words: str) -> None:
    with pytest.raises(known.KnownFailingError, match="my-list:2: ") as caught:
        known.parse(f"\n{line}\n", "my-list")
    assert words in str(caught.value)


def test_a_list_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "my-list"
    text = "  # loses the queue \u2014 always\n\n * FAIL END-5 # \u00e9\n"
    path.write_text(text, encoding="utf-8")
    (line,) = known.read(path)
    assert line == known.KnownLine(str(path), 3, "*", Verdict.FAIL, "END-5", "\u00e9")
    path.write_bytes(b"* FAIL END-5  # \xe9\n")
    with pytest.raises(known.KnownFailingError, match="cannot read"):
        known.read(path)


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(known.KnownFailingError, match="cannot read"):
        known.read(tmp_path / "missing")


def test_lines_that_match_no_case_are_found() -> None:
    lines = known.parse("end/**@old@* FAIL END-5  # a\nend/**@new@* FAIL END-5  # b\n", "list")
    assert [line.line for line in known.unused(lines, IDS)] == [2]
    assert [line.line for line in known.unused(lines, IDS[::-1])] == [2]
    assert known.unused(lines, [*IDS, "end/x@new@y"]) == []


@pytest.mark.parametrize(
    ("pattern", "elsewhere"),
    [
        ("end/**@old@cpython2.7-*", True),
        ("end/**@old@pypy2.7-poll~new@cpython3.9-poll", True),
        ("end/**@odl@cpython2.7-*", False),
        ("edn/**@old@cpython2.7-*", False),
        ("end/**@old@cpython2.7-*~odl@cpython3.9-poll", False),
        ("end/**@old@win32-cpython3.9-poll", True),
        ("end/**@new@cpython3.9-poll~old@cpython2.7-poll", True),
        # These were passed over: what they name is here, and fits nothing.
        ("end/**@old@cpython3.9-pol", False),
        ("end/**@old@cpython3.?-pol", False),
        ("end/**@old@*-pol", False),
        ("end/**@old@cpython3.9", False),
        ("end/**@old", False),
        ("end/**@old@win32-cpython3.8-pol", False),
        ("end/**@old@cpython3.9-poll~own", False),
        ("end/**@own@pol", False),
    ],
)
def test_a_line_for_an_interpreter_that_is_not_here_is_told_from_a_typo(
    pattern: str, elsewhere: bool
) -> None:
    (line,) = known.parse(f"{pattern} FAIL END-5  # a", "list")
    cases = ["end/ending/close-delivers[a]"]
    peers = [("old", "cpython3.9"), ("old", "win32-cpython3.8"), ("new", "cpython3.9"),
             ("own", None)]
    assert known.is_elsewhere(line, cases, peers) is elsewhere


def test_an_exact_line_is_preferred_to_one_that_only_fits() -> None:
    lines = known.parse("end/** FAIL END-4  # a\nend/** FAIL END-5  # b\n", "list")
    assert known.find(lines, IDS[0], Verdict.FAIL, "END-5") == lines[1]
    assert known.find(lines, IDS[0], Verdict.FAIL, "END-6") == lines[0]
    assert known.find(lines, IDS[1], Verdict.FAIL, "END-5") is None
