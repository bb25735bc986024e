"""Collecting the suite, and cases that are no cases: each is refused in words that name it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import suite
from harness.plan import ROOT

GOOD = '''
def case_one(single, check):
    """A case.

    FRAME-8: A receiver MUST deliver a frame of length zero as an empty message of its kind.
    """
'''


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A suite and a folder for temporary files of its own; gives the folder of its cases."""
    cases = tmp_path / "conformance" / "cases"
    (cases / "family").mkdir(parents=True)
    shutil.copy(ROOT / "conformance" / "pytest.ini", cases.parent)
    (cases / "family" / "good.py").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr("harness.suite.ROOT", tmp_path)
    monkeypatch.setattr("harness.plugin.CASES", cases)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield cases
    # Modules are known by their place below the suite; the next tree has the same places.
    for name in [name for name in sys.modules if name.startswith("cases.family")]:
        del sys.modules[name]


def add(cases: Path, text: str) -> None:
    """Add a file of cases."""
    (cases / "family" / "bad.py").write_text(text, encoding="utf-8")


def kept(message: str) -> Path:
    """The file that a fault's message names."""
    return Path(message.partition("its whole output is in ")[2].partition(";")[0])


def along(axis: str, values: str) -> str:
    """A case with an axis."""
    decorator = f"from harness.case import each\n@each({axis!r}, {values})"
    return decorator + GOOD.replace("check)", f"check, {axis})")


def test_a_case_has_a_name_clauses_and_a_shape(tree: Path) -> None:
    (stem,) = suite.collect()
    assert (stem.name, stem.shape, stem.needs) == ("family/good/one", "single", ())
    assert [ident for ident, _ in stem.clauses] == ["FRAME-8"]


def test_axes_make_stems(tree: Path) -> None:
    add(tree, "from harness.case import each, needs\n\n@needs('hooks')\n@each('kind', 'ab')\n"
              "@each('at', [1, 2])" + GOOD.replace("(single, check)", "(pair, check, at, kind)"))
    stems = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    assert sorted(stem.params for stem in stems) == ["[1,a]", "[1,b]", "[2,a]", "[2,b]"]
    assert {(stem.shape, stem.needs) for stem in stems} == {("pair", ("hooks",))}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def case_one(single, check:", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        (GOOD.replace("FRAME-8:", "FRAME-8"), "the case family/bad/one@PEER quotes no clause"),
        (GOOD.replace("single, check", "single"), "the case family/bad/one has to take 'check'"),
        (GOOD.replace("single, check", "check"), "and either 'single' or 'pair'"),
        (GOOD.replace("single", "single, pair"), "and either 'single' or 'pair'"),
        (along("at", "['a b']"),
         "'family/bad/one[a b]@PEER' has a character that ids must not have"),
        (along("at", "['a', 'a']"), "two cases have the id family/bad/one[a]@PEER"),
        ("from harness.case import needs\n@needs('plugh')" + GOOD, "has no feature 'plugh'"),
    ],
)
def test_what_is_no_case_is_named(tree: Path, text: str, words: str) -> None:
    add(tree, text)
    with pytest.raises(suite.SuiteError) as caught:
        suite.collect()
    message = str(caught.value)
    assert words in message
    assert len(message.splitlines()) <= 1 + suite.QUOTED
    log = kept(message)
    assert words in log.read_text("utf-8")


def test_what_pytest_said_is_kept_for_a_day(tree: Path) -> None:
    """It can be read after the fault, and does not stay for ever: the next start removes it."""
    add(tree, "import no_such_module")
    with pytest.raises(suite.SuiteError) as caught:
        suite.collect()
    log = kept(str(caught.value))
    (tree / "family" / "bad.py").unlink()
    suite.collect()
    assert log.exists()
    os.utime(log, (time.time() - suite.KEPT - 60,) * 2)
    suite.collect()
    assert not log.exists()


@pytest.mark.parametrize(("name", "value"), [
    ("PYTEST_ADDOPTS", "-k nothing-like-it"), ("PYTEST_PLUGINS", "no_such_plugin"),
])
def test_the_user_s_own_options_for_pytest_are_not_for_us(
    tree: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert len(suite.collect()) == 1
    assert os.environ[name] == value


def test_an_interruption_stays_one(tree: Path) -> None:
    add(tree, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        suite.collect()


def test_the_digest_is_that_of_what_decides(tree: Path) -> None:
    before = suite.digest()
    (tree / "notes.txt").write_text("no part of it", encoding="utf-8")
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "x.py").write_text("nor this", encoding="utf-8")
    assert suite.digest() == before
    add(tree, "# a comment\n")
    assert suite.digest() != before
