"""What the README says about judging an implementation is true: the mirror, the TOML, the table."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from harness import peers
from harness.discovery import Interpreter
from harness.smoke.mirror import MIRROR_CHECKS, MirrorBench
from harness.verdicts import GREEN, Verdict

ROOT = Path(__file__).resolve().parent.parent


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in one language, without the indentation of their list."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def test_the_mirror_is_one(tmp_path: Path) -> None:
    """The mirror of the README passes every check that `smoke` has for mirrors."""
    (program,) = blocks("python")
    mirror = tmp_path / "mirror.py"
    mirror.write_text(program, encoding="utf-8")
    command = [sys.executable, str(mirror), "--mirror"]
    bench = MirrorBench(command, {"PYTHONPATH": str(ROOT)}, patience=4.0)
    try:
        for check in MIRROR_CHECKS:
            check(bench)
    finally:
        bench.stop()


def test_the_peers_file_is_one(tmp_path: Path) -> None:
    """The TOML of the README gives the peers that it is said to give."""
    (text,) = blocks("toml")
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    there = [
        Interpreter((f"python{version[:-2]}",), "cpython", version, f"python{version[:-2]}")
        for version in ("2.7.1", "3.13.1")
    ]
    assert [spec.name for spec in peers.load_file(file, there)] == [
        "mine",
        "my-fork@cpython2.7-poll",
        "my-fork@cpython2.7-select",
        "my-fork@cpython3.13-poll",
        "my-fork@cpython3.13-select",
    ]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_table_of_verdicts_is_true(verdict: Verdict) -> None:
    """Each verdict has a row, with the colour that decides the exit code."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {verdict.value} \|.*\| (green|red) \|$", text, re.MULTILINE)
    assert row is not None
    assert (row[1] == "green") == (verdict in GREEN)
