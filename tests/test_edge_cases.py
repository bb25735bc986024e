"""The table of edge cases names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = (ROOT / "docs" / "edge-cases.md").read_text("utf-8")


def test_every_number_is_there_once() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", TABLE, re.MULTILINE)]
    assert numbers == list(range(1, 42))


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/library/\w+\.py)::(\w+)`", TABLE)
    assert named and len(named) == TABLE.count("::")
    missing = [
        f"{path}::{name}"
        for path, name in named
        if f"\ndef {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert not missing


def test_a_row_names_tests_or_says_that_there_are_none() -> None:
    rows = re.findall(r"^\| \d+ \|.*$", TABLE, re.MULTILINE)
    assert all("::" in row or "none yet" in row for row in rows)
