"""The gates of our own can fail, and the summary of a workflow run says what its files say."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import system
from harness.discovery import Interpreter, discover
from tools import compile27, polyglot, summarise
from tools.wine import __main__ as wine


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


@pytest.mark.parametrize(
    ("options", "judged"),
    [
        ([], ["polyglot-*"]),
        (["--peer", "polyglot-c", "--jobs", "2"], ["polyglot-c"]),
        (["--peer=polyglot-c", "--case=text/**", "--peer", "x"], ["polyglot-c", "x"]),
    ],
)
def test_what_is_asked_of_the_other_languages_narrows_the_run(
    options: list[str], judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A glob given is the only one; what else is given reaches `harness run`."""
    asked: list[list[str]] = []
    one = SimpleNamespace(level=1)
    monkeypatch.setattr(polyglot.builds, "made", lambda here, _: here)
    monkeypatch.setattr(polyglot.peers, "load_file", lambda *_, **__: [one])
    monkeypatch.setattr(polyglot, "partners", lambda: ["reference@here"])
    monkeypatch.setattr(polyglot, "harness", asked.append)
    smoked: list[object] = []
    monkeypatch.setattr(polyglot, "smoke_peers", lambda here, patience: smoked.extend(here) or 0)
    polyglot.main(options)
    assert smoked == [one]
    (words,) = asked

    def values(option: str) -> list[str]:
        return [value for word, value in pairwise(words) if word == option]

    assert values("--peer") == judged
    assert "text/**" in values("--case")
    assert (len(values("--case")) == 1) is ("--case=text/**" in options)
    assert values("--with") == ["reference@here"]
    assert values("--jobs") == (["2"] if "--jobs" in options else [])


def test_adapters_that_are_wrong_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they would say of their implementations could be anything."""
    monkeypatch.setattr(polyglot.peers, "load_file", lambda *_, **__: [])
    monkeypatch.setattr(polyglot, "smoke_peers", lambda *_, **__: 1)
    monkeypatch.setattr(polyglot, "harness", lambda words: pytest.fail("it was judged"))
    with pytest.raises(SystemExit) as ended:
        polyglot.main([])
    assert ended.value.code == 1


LEAVES_ONE = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
print(sys.argv[2])
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.skipif(system.WINDOWS, reason="wine is for other systems")
@pytest.mark.parametrize(
    ("code", "last", "good"),
    [
        (0, "== 1025 passed, 81 skipped, 7 deselected in 839.03s (0:13:59) ===", True),
        (1, "== 1 failed, 1024 passed in 846.99s ==", False),
        (1, "== 1024 passed in 846.99 seconds ==", False),
        (0, "wine: Unimplemented function KERNEL32.dll.CopyFile2", False),
        (0, "== 1012 passed, 1 error in 703.80 seconds ==", False),
    ],
)
def test_a_run_under_wine_is_over_when_its_process_is(
    code: int, last: str, good: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever it has left behind, and has its pipe for ever, is ended and not waited for.

    It was a good one if pytest says so, since wine has 0 for a program that it gives up.
    """
    assert wine.shown([sys.executable, "-c", LEAVES_ONE, str(code), last], os.environ) is good
    assert last in capfd.readouterr().out


def test_where_there_is_no_wine_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing can be run then, which is no failure, and not silent."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["wine", "2.7"])
    assert wine.main() == 0
    assert capsys.readouterr().out == "wine: SKIPPED: wine is not installed\n"


def test_what_is_left_out_under_wine_is_there() -> None:
    """A test that was renamed would be left out no more, or a line stay that says nothing."""
    root = Path(__file__).resolve().parent.parent
    for version in ("2.7", "3.13"):
        for test in wine.unfaithful(version):
            file, _, function = test.partition("[")[0].partition("::")
            assert f"def {function}(" in (root / file).read_text(encoding="utf-8")
    assert len(wine.unfaithful("2.7")) > len(wine.unfaithful("3.13")) > 0
