"""The gates of our own can fail, and the summary of a workflow run says what its files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.discovery import Interpreter, discover
from tools import compile27, summarise


@pytest.fixture(scope="module")
def python27() -> Interpreter:
    """A real Python 2.7, or a skip."""
    for interpreter in discover():
        if interpreter.name == "cpython2.7":
            return interpreter
    pytest.skip("cpython2.7 is not on this machine")


@pytest.mark.parametrize(
    ("line", "fine"), [("print('a')", True), ("print(f'a')", False), ("raise A from B", False)]
)
def test_the_gate_for_27_knows_its_syntax(
    line: str,
    fine: bool,
    python27: Interpreter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What only 3.x can read is refused, with the place in the checkout; no byte code is left."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text(line + "\n", encoding="utf-8")
    monkeypatch.setattr(compile27, "ROOT", tmp_path)
    monkeypatch.setattr(compile27, "SOURCES", ("package",))
    assert compile27.compiles(python27) is fine
    captured = capfd.readouterr()
    assert ("./package/module.py" in captured.out + captured.err) is not fine
    assert [path.name for path in package.iterdir()] == ["module.py"]


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_the_gate_for_27_asks_for_27_in_ci(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine without 2.7 passes and says so; continuous integration does not."""
    monkeypatch.setattr(compile27, "discover", list)
    monkeypatch.setenv("CI", ci)
    assert compile27.main() == code
    assert "no Python 2.7" in capsys.readouterr().out


JUNIT = """<?xml version="1.0"?>
<testsuites>
  <testsuite name="one" tests="4" failures="{failures}" errors="0" skipped="1" time="1.25">
    <testcase classname="a" name="b" time="1.25"/>
  </testsuite>
</testsuites>
"""


def test_the_summary_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row a file, with the counts that the file states, and a sign that needs no colour."""
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "good.xml").write_text(JUNIT.format(failures=0), encoding="utf-8")
    (tmp_path / "poor.xml").write_text(JUNIT.format(failures=2), encoding="utf-8")
    assert summarise.main(tmp_path) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert rows == [
        "| ✅ linux/good.xml | 3 | 0 | 1 | 1.2 |",
        "| ❌ poor.xml | 1 | 2 | 1 | 1.2 |",
    ]


def test_a_summary_of_nothing_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run of which no results arrived does not look like a good one."""
    assert summarise.main(tmp_path) == 1
    assert str(tmp_path) in capsys.readouterr().err
