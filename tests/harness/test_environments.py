"""Environments for third parties: really made, from packages made here, without a network."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness import command, environments
from harness.discovery import Interpreter, discover, survey
from harness.environments import PreparationFailed, prepare

ROOT = Path(__file__).resolve().parent.parent.parent
AMPLE = 300.0


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    """The interpreter that runs the tests, or the one that its virtualenv was made from."""
    found = survey([(sys.executable,)]).found
    return next(one for one in found if one.release == sys.version_info[:2])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and a pip that asks no index."""
    monkeypatch.setenv(environments.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "cache" / "environments"


def wheel(folder: Path, value: str) -> str:
    """Make the wheel of a module `tiny` whose `VALUE` is a text; return its path."""
    path = folder / "tiny-1.0-py2.py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": f"VALUE = {value!r}\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                         "Tag: py2-none-any\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return str(path)


def source(folder: Path) -> str:
    """Make a source archive of `tiny` that needs setuptools to be there; return its path."""
    path = folder / "tiny-1.0.tar.gz"
    files = {
        "setup.py": "from setuptools import setup\n"
                    "setup(name='tiny', version='1.0', py_modules=['tiny'])\n",
        "tiny.py": "VALUE = 'from source'\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"tiny-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return str(path)


def value(made: Interpreter) -> str:
    """What an environment's `tiny` holds."""
    ended = command.run([*made.command, "-c", "import tiny; print(tiny.VALUE)"], AMPLE)
    assert ended.code == 0, ended.output
    return ended.last_line


def test_made_once(
    tmp_path: Path, interpreter: Interpreter, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second call finds what the first has made, and each state of an archive has its own."""
    # A setting of the user's that would have pip install beside the environment.
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    said: list[str] = []
    archive = wheel(tmp_path, "one")
    made = prepare(interpreter, [archive], said.append)
    assert value(made) == "one"
    assert (made.name, made.version) == (interpreter.name, interpreter.version)
    assert Path(made.executable).is_relative_to(cache)
    assert made.command == (made.executable,)
    assert prepare(interpreter, [archive], said.append) == made
    assert len(said) == 1 and interpreter.name in said[0] and archive in said[0]
    wheel(tmp_path, "another")
    assert value(prepare(interpreter, [archive], said.append)) == "another"
    assert value(made) == "one"
    assert len(said) == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("damage", ["no stamp", "empty stamp", "stamp of another", "no executable"])
def test_a_half_made_environment_is_made_anew(
    tmp_path: Path, interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """Whatever was left of it is gone."""
    monkeypatch.setattr(command, "run", pretend)
    made = prepare(interpreter, ["tiny"])
    home = Path(made.executable).parent.parent
    stamp = home / environments.STAMP
    (home / "rest").write_text("of the last time", encoding="utf-8")
    if damage == "no stamp":
        stamp.unlink()
    elif damage == "empty stamp":
        stamp.write_text("", encoding="utf-8")
    elif damage == "stamp of another":
        stamp.write_text(json.dumps(interpreter.to_json()), encoding="utf-8")
    else:
        Path(made.executable).unlink()
    assert prepare(interpreter, ["tiny"]) == made
    assert Path(made.executable).exists()
    assert not (home / "rest").exists()


def pretend(argv: list[str], within: float, environment: object = None) -> command.Ended:
    """Stands for virtualenv and pip where only what is around them is looked at."""
    if environments.RUN_VIRTUALENV in argv:
        python = Path(argv[-1]) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        python.parent.mkdir(parents=True)
        python.write_text("", encoding="utf-8")
    return command.Ended(0, "")


def test_what_makes_an_environment_another_one(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter, its version, and what is required, in whatever order."""
    monkeypatch.setattr(command, "run", pretend)
    one = prepare(interpreter, ["a", "b"])
    newer = Interpreter(interpreter.command, "cpython", "3.99.1", interpreter.executable)
    other = Interpreter(("elsewhere",), "cpython", interpreter.version, "elsewhere")
    both = ["a", "b"]
    made = [one, prepare(interpreter, ["a"]), prepare(newer, both), prepare(other, both)]
    assert len({each.executable for each in made}) == len(made)
    assert prepare(interpreter, ["b", "a", "b"]) == one


@pytest.mark.parametrize(("version", "pip", "setuptools"), [
    ("2.7.18", ["--no-download", "--pip", "embed"], True),
    ("3.11.7", ["--no-download", "--pip", "embed"], True),
    ("3.12.1", ["--no-download", "--pip", "embed"], False),
    ("3.14.2", ["--no-download", "--pip", "embed"], False),
    ("3.15.0", ["--download", "--pip", "25.3"], False),
])
def test_each_version_gets_tools_that_work_on_it(
    monkeypatch: pytest.MonkeyPatch, version: str, pip: list[str], setuptools: bool
) -> None:
    """One virtualenv makes them all, but not all with the same contents."""
    asked: list[list[str]] = []

    def recorded(argv: list[str], within: float, environment: object) -> command.Ended:
        asked.append(argv)
        return pretend(argv, within)

    monkeypatch.setattr(command, "run", recorded)
    prepare(Interpreter(("python",), "cpython", version, "python"), ["tiny==1.0", "other"])
    made, installed = asked
    assert made[:3] == [sys.executable, "-c", environments.RUN_VIRTUALENV]
    assert all(option in made for option in pip)
    assert ("--no-setuptools" not in made) == setuptools
    assert made[-3:-1] == ["-p", "python"]
    assert installed[-3:] == ["--", "tiny==1.0", "other"]


def test_what_cannot_be_installed(interpreter: Interpreter, cache: Path) -> None:
    """The message has the step, the requirement, the interpreter and pip's own words."""
    with pytest.raises(PreparationFailed) as caught:
        prepare(interpreter, ["no-such-thing==1.0"])
    first, *quoted = str(caught.value).splitlines()
    assert first == (f"installing no-such-thing==1.0 for {interpreter.name}"
                     f" ({interpreter.executable}) failed: exit code 1; it said:")
    assert any("No matching distribution" in line for line in quoted)
    assert len(quoted) <= environments.QUOTED_LINES
    assert all(path.suffix == ".lock" for path in cache.iterdir())


def test_no_interpreter(cache: Path, tmp_path: Path) -> None:
    """It went away between discovery and now."""
    gone = str(tmp_path / "python3.9")
    with pytest.raises(PreparationFailed, match=r"virtual environment of cpython3\.9 .*failed"):
        prepare(Interpreter((gone,), "cpython", "3.9.1", gone), ["tiny"])
    assert all(path.suffix == ".lock" for path in cache.iterdir())


def test_a_step_that_does_not_end(
    interpreter: Interpreter, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`command` has ended it; here it becomes a sentence."""
    monkeypatch.setattr(command, "run", lambda *_: command.Ended(None, ""))
    with pytest.raises(PreparationFailed, match=r"failed: no end within 120 s$"):
        prepare(interpreter, ["tiny"])


def test_an_interruption_leaves_nothing(
    interpreter: Interpreter, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of it."""
    def interrupted(argv: list[str], within: float, environment: object) -> command.Ended:
        if "pip" in argv and environments.RUN_VIRTUALENV not in argv:
            raise KeyboardInterrupt
        return pretend(argv, within)

    monkeypatch.setattr(command, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(interpreter, ["tiny"])
    assert all(path.suffix == ".lock" for path in cache.iterdir())


def test_an_argv_of_several_words() -> None:
    """virtualenv takes one executable; the message says what is possible instead."""
    wine = Interpreter(("wine", "python.exe"), "cpython", "3.9.1", "python.exe")
    with pytest.raises(PreparationFailed, match=r"'wine python\.exe'.*'command'"):
        prepare(wine, ["tiny"])


def test_a_cache_that_cannot_be_written(
    interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable that moves it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(environments.CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(PreparationFailed, match=environments.CACHE_VARIABLE):
        prepare(interpreter, ["tiny"])


def test_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable it is where the system keeps such things."""
    monkeypatch.delenv(environments.CACHE_VARIABLE)
    assert environments.cache().is_absolute()
    assert "stockings-harness" in environments.cache().parts
    monkeypatch.setenv(environments.CACHE_VARIABLE, "here")
    assert environments.cache() == Path.cwd() / "here" / "environments"


RACER = """
import sys
from harness.discovery import Interpreter
from harness.environments import prepare
import json
interpreter = Interpreter.from_json(json.loads(sys.argv[1]))
said = []
sys.stdin.readline()
made = prepare(interpreter, [sys.argv[2]], said.append)
print(json.dumps([made.executable, len(said)]))
"""


def test_two_runs_at_once(tmp_path: Path, interpreter: Interpreter) -> None:
    """One makes the environment, the other waits for it, and both use it."""
    archive = wheel(tmp_path, "raced for")
    argv = [sys.executable, "-c", RACER, json.dumps(interpreter.to_json()), archive]
    racers = [
        subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [json.loads(racer.communicate(timeout=AMPLE)[0]) for racer in racers]
    assert answers[0][0] == answers[1][0]
    assert sorted(times for _, times in answers) == [0, 1]


def needs(name: str) -> Interpreter:
    """An interpreter of this machine, or a skip that names it."""
    for one in discover():
        if one.name == name:
            return one
    pytest.skip(f"this machine has no {name}")


@pytest.mark.parametrize("name", ["cpython2.7", "cpython3.6"])
def test_from_source_on_old_interpreters(tmp_path: Path, name: str) -> None:
    """Their pips build with the setuptools that is there; no index is asked for one."""
    assert value(prepare(needs(name), [source(tmp_path)])) == "from source"


@pytest.mark.parametrize("name", ["cpython3.13", "pypy3.9"])
def test_on_other_interpreters(tmp_path: Path, name: str) -> None:
    """With the pip that was chosen for them."""
    assert value(prepare(needs(name), [wheel(tmp_path, name)])) == name
