"""Discovery: with candidates made for the purpose, and once with what this machine really has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import command, discovery
from harness.discovery import Interpreter, candidates, discover, survey
from harness.fields import Invalid

posix = pytest.mark.skipif(os.name == "nt", reason="makes executable scripts and links")

Fake = Callable[..., tuple[str, ...]]


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Makes an interpreter that is really a script: an argv of two words, which runs everywhere."""
    made: list[Path] = []

    def make(text: str) -> tuple[str, ...]:
        path = tmp_path / f"interpreter{len(made)}.py"
        path.write_text(text, encoding="utf-8")
        made.append(path)
        return sys.executable, str(path)

    return make


@pytest.fixture
def fake(script: Callable[[str], tuple[str, ...]]) -> Fake:
    """Makes an interpreter that says of itself what it is told to."""

    def make(version: tuple[Any, ...], before: str = "", **changes: Any) -> tuple[str, ...]:
        body = {
            "implementation": "cpython", "version": [*version, "final", 0][:5],
            "free_threaded": False, "platform": sys.platform,
            "executable": "/somewhere/python", "prefix": "/somewhere", "base": "/somewhere",
            "base_executable": "", **changes,
        }
        return script(f"print({before!r} + {discovery.MARK + json.dumps(body)!r})")

    return make


def names(found: discovery.Discovery) -> list[str]:
    """What was found, in its order."""
    return [interpreter.name for interpreter in found.found]


def test_what_is_found(fake: Fake) -> None:
    """Everything that an interpreter says is kept, and its command is the argv that was asked."""
    asked = fake((2, 7, 18))
    assert survey([asked]).found == (
        Interpreter(asked, "cpython", "2.7.18", "/somewhere/python", False),
    )


def test_order(fake: Fake) -> None:
    """By implementation, then by version as numbers."""
    commands = [fake((3, 10, 1)), fake((3, 9, 1), implementation="pypy"), fake((3, 9, 1)),
                fake((2, 7, 18))]
    assert names(survey(commands)) == ["cpython2.7", "cpython3.9", "cpython3.10", "pypy3.9"]


def test_newest_patch_of_a_version_is_kept(fake: Fake) -> None:
    """And the others are passed over with a reason that names it."""
    old, new, older = fake((3, 11, 9)), fake((3, 11, 10)), fake((3, 11, 2))
    result = survey([old, new, older])
    assert [one.command for one in result.found] == [new]
    assert [one for one, _ in result.skipped] == [old, older]
    assert all("3.11.10" in reason and new[1] in reason for _, reason in result.skipped)


def test_of_two_alike_the_first_is_kept(fake: Fake) -> None:
    """PATH decides, as it does for the user."""
    first, second = fake((3, 12, 1)), fake((3, 12, 1))
    assert [one.command for one in survey([first, second]).found] == [first]
    assert [one.command for one in survey([second, first]).found] == [second]


def test_a_release_is_newer_than_its_candidates(fake: Fake) -> None:
    """Candidates are found too, as long as there is nothing better."""
    early, final = fake((3, 15, 0, "candidate", 2)), fake((3, 15, 0))
    assert [one.version for one in survey([early]).found] == ["3.15.0rc2"]
    assert [one.version for one in survey([early, final]).found] == ["3.15.0"]
    assert names(survey([early])) == ["cpython3.15"]


def test_free_threaded_builds_are_interpreters_of_their_own(fake: Fake) -> None:
    """Both run: threads are what Stockings are made of."""
    result = survey([fake((3, 13, 1), free_threaded=True), fake((3, 13, 0))])
    assert sorted(names(result)) == ["cpython3.13", "cpython3.13t"]


def test_an_interpreter_for_another_system_has_its_platform_in_its_name(fake: Fake) -> None:
    """`cpython*` goes on to mean our own, and a Windows Python is no second one of its version."""
    result = survey([fake((3, 13, 1), platform="win32"), fake((3, 13, 0))])
    assert sorted(names(result)) == ["cpython3.13", "win32-cpython3.13"]


@pytest.mark.parametrize(("version", "supported"), [
    ((2, 6, 9), False), ((2, 7, 0), True), ((3, 3, 7), False), ((3, 4, 0), True), ((4, 0, 0), True),
])
def test_supported_range(fake: Fake, version: tuple[int, ...], supported: bool) -> None:
    """2.7, and 3.4 and newer."""
    result = survey([fake(version)])
    assert len(result.found) == supported
    assert len(result.skipped) == (not supported)


def test_other_implementations_are_passed_over(fake: Fake) -> None:
    """What is not known to run a Stocking is not judged by one."""
    result = survey([fake((3, 12, 1), implementation="graalpy")])
    assert not result.found
    assert "graalpy3.12" in result.skipped[0][1]


BAD = {
    "fails": ("import sys; sys.exit('shim: no such version')", "exit code 1: shim: no such"),
    "fails in silence": ("raise SystemExit(3)", "exit code 3: no output"),
    "says something else": ("print('Python 3.9.1')", "Python 3.9.1"),
    "says nothing": ("", "no output"),
    "answers and fails": (f"print({discovery.MARK!r} + '{{}}'); exit(1)", "exit code 1"),
    "answers half": (f"print({discovery.MARK!r} + '{{')", "something else"),
    "answers a list": (f"print({discovery.MARK!r} + '[]')", "something else"),
    "answers little": (f"print({discovery.MARK!r} + '{{\"version\": [3, 9]}}')", "something else"),
    "answers without": (f"print({discovery.MARK!r} + '{{}}')", "something else"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_candidate_is_passed_over(
    fake: Fake, script: Callable[[str], tuple[str, ...]], case: str
) -> None:
    """It costs nothing but its line among the skipped ones, and hides no other candidate."""
    text, reason = BAD[case]
    bad, good = script(text), fake((3, 9, 1))
    result = survey([bad, good])
    assert names(result) == ["cpython3.9"]
    assert [one for one, _ in result.skipped] == [bad]
    assert reason in result.skipped[0][1]


def test_a_candidate_that_cannot_be_started(tmp_path: Path) -> None:
    """A file with a promising name need not be a program."""
    result = survey([(str(tmp_path / "python3.9"),)])
    assert not result.found
    assert "cannot be started" in result.skipped[0][1]


def test_a_candidate_that_hangs_is_given_up(script: Callable[[str], tuple[str, ...]]) -> None:
    """After its time; that its process is gone is the business of `command`."""
    result = survey([script("import threading; threading.Event().wait()")], within=0.2)
    assert not result.found
    assert result.skipped[0][1] == "gave no answer within 0.2 s"
    (line,) = result.silent
    assert line.endswith(" gave no answer within 0.2 s; it takes no part")


def test_noise_around_the_answer(fake: Fake) -> None:
    """Somebody's sitecustomize may print what it likes, on lines of its own."""
    assert names(survey([fake((3, 9, 1), before="Welcome!\n")])) == ["cpython3.9"]


def test_the_same_candidate_is_asked_once(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is listed."""
    asked = []
    run = command.run

    def counted(argv: Sequence[str], within: float) -> command.Ended:
        asked.append(argv)
        return run(argv, within)

    monkeypatch.setattr(command, "run", counted)
    one = fake((3, 9, 1))
    survey([one, one])
    assert len(asked) == 1


@pytest.mark.parametrize("how", ["--symlinks", "--copies"])
def test_a_virtualenv_stands_for_its_base(tmp_path: Path, how: str) -> None:
    """The harness itself runs in one; what it judges on is the interpreter beneath."""
    home = tmp_path / "made"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", how, str(home)], check=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    result = survey([(str(python),)])
    assert sys.version_info[:2] in [one.release for one in result.found]
    assert not [one for one in result.found if Path(one.executable).is_relative_to(tmp_path)]
    assert ((str(python),), "belongs to a virtualenv") in result.skipped


def test_a_virtualenv_without_its_base_is_passed_over(fake: Fake, tmp_path: Path) -> None:
    """It would be a peer that vanishes with its project."""
    lost = fake((3, 9, 1), prefix=str(tmp_path), base=str(tmp_path / "gone"))
    result = survey([lost])
    assert not result.found
    assert result.skipped == ((lost, "belongs to a virtualenv"),)


def executable(path: Path, line: str = "exit 1") -> Path:
    """Make an executable file: a shell script of one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@posix
def test_a_base_is_found_by_its_folder(fake: Fake, tmp_path: Path) -> None:
    """Old interpreters do not know the executable that their virtualenv was made from."""
    base = executable(tmp_path / "base" / "bin" / "python3.9", f"exec {' '.join(fake((3, 9, 1)))}")
    made = fake((3, 9, 1), prefix=str(tmp_path), base=str(tmp_path / "base"))
    assert [one.command for one in survey([made]).found] == [(str(base),)]


@posix
def test_virtualenvs_of_each_other_end_the_search(fake: Fake, tmp_path: Path) -> None:
    """Each is asked once, however they came to it."""
    one, other = (str(tmp_path / name) for name in ("one", "other"))
    for path, base in [(one, other), (other, one)]:
        answer = fake((3, 9, 1), prefix=path, base=base, base_executable=base)
        executable(Path(path), f"exec {' '.join(answer)}")
    result = survey([(one,)])
    assert not result.found
    assert sorted(words for words, _ in result.skipped) == [(one,), (other,)]


def under(tmp_path: Path) -> list[str]:
    """The candidates in a test's own folder, in their order; the machine has others."""
    paths = [Path(words[0]) for words in candidates() if len(words) == 1]
    ours = [path for path in paths if path.is_relative_to(tmp_path)]
    return [path.relative_to(tmp_path).as_posix() for path in ours]


@posix
def test_names_of_candidates_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that may be an interpreter, and no tool that is called after one."""
    good = ["pypy3", "pypy3.10", "python", "python2.7", "python3", "python3.10", "python3.13t"]
    bad = ["python-config", "python3-dbg", "python3.8-gdb.py", "pythonw", "pydoc3", "mypython3"]
    for name in good + bad:
        executable(tmp_path / "bin" / name)
    (tmp_path / "bin" / "python3.4").mkdir()
    (tmp_path / "bin" / "python3.5").write_text("not executable", encoding="utf-8")
    (tmp_path / "bin" / "python3.6").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert under(tmp_path) == [f"bin/{name}" for name in good]


@posix
def test_our_own_interpreter_is_a_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be called by its whole path, and nothing else may lead to it."""
    monkeypatch.setattr(sys, "executable", str(executable(tmp_path / "python3.9")))
    assert under(tmp_path) == ["python3.9"]


@posix
def test_candidates_follow_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its order is kept; entries that are empty, missing or files do no harm."""
    for folder in ("b", "a"):
        executable(tmp_path / folder / "python3.9")
    file = executable(tmp_path / "file")
    entries = [tmp_path / "b", tmp_path / "missing", file, tmp_path / "a"]
    monkeypatch.setenv("PATH", os.pathsep.join(["", *map(str, entries)]))
    assert under(tmp_path) == ["b/python3.9", "a/python3.9"]


@posix
def test_links_are_followed_to_interpreters_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three names of one file are one candidate; a manager that goes by its name stays itself."""
    executable(tmp_path / "real" / "python3.9")
    executable(tmp_path / "manager")
    for name, target in [("python", "python3"), ("python3", "../real/python3.9"),
                         ("python3.8", "../manager")]:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(target)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert under(tmp_path) == ["real/python3.9", "bin/python3.8"]


@posix
@pytest.mark.parametrize("versions", ["versions", "installs/python"])
def test_shims_give_way_to_what_they_lead_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: str
) -> None:
    """pyenv's shim answers for the versions that are switched on only; asdf and mise alike."""
    executable(tmp_path / "shims" / "python3.9")
    installed = [f"{versions}/2.7.18/bin/python2.7", f"{versions}/3.9.1/bin/python3.9"]
    for path in installed:
        executable(tmp_path / path)
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    assert under(tmp_path) == installed


@posix
def test_other_shims_are_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else leads to an interpreter, its shim is asked."""
    executable(tmp_path / "shims" / "python3.9")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    assert under(tmp_path) == ["shims/python3.9"]


@posix
@pytest.mark.parametrize(("variable", "home"), [
    ("PYENV_ROOT", "versions/2.7.18/bin"), ("PYENV_ROOT", "versions/3.9.1"),
    ("UV_PYTHON_INSTALL_DIR", "cpython-3.9.1-linux/bin"),
    ("XDG_DATA_HOME", "uv/python/cpython-3.9.1-linux/bin"),
    ("MISE_DATA_DIR", "installs/python/3.9.1/bin"), ("HOMEBREW_PREFIX", "opt/python@3.9/bin"),
])
def test_installations_beside_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, home: str
) -> None:
    """What a manager has installed is found without it being on PATH."""
    executable(tmp_path / home / "python3.9")
    monkeypatch.setenv(variable, str(tmp_path))
    assert under(tmp_path) == [f"{home}/python3.9"]


def test_json() -> None:
    """An interpreter is read back as it was."""
    one = Interpreter(("wine", "python.exe"), "cpython", "3.13.0", "C:\\python.exe", True)
    assert Interpreter.from_json(json.loads(json.dumps(one.to_json()))) == one
    with pytest.raises(Invalid, match=r"interpreter\.command"):
        Interpreter.from_json({**one.to_json(), "command": "wine"})
    with pytest.raises(Invalid, match="extra"):
        Interpreter.from_json({**one.to_json(), "extra": 1})


def test_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter that runs the tests is found, whatever PATH says, and each name once."""
    monkeypatch.setenv("PATH", "")
    found = discover()
    ours = f"{sys.implementation.name}{sys.version_info[0]}.{sys.version_info[1]}"
    assert ours in [one.name.rstrip("t") for one in found]
    assert len({one.name for one in found}) == len(found)
    for one in found:
        said = command.run([*one.command, "-c", "import sys; print(sys.version_info[:2])"], 60)
        assert said.last_line == str(one.release), one
