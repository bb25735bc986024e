"""What a file of peers may hold at its top: interpreters that no search finds."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from harness import discovery, peersfile
from harness.discovery import Discovery
from harness.peers import reference_peers
from harness.peersfile import PeersError, read, with_named
from harness.peerspec import ADAPTER

NOTHING = Discovery((), ())


def named(file: Path, *words: str) -> Path:
    """A file that names one interpreter by the words of its command."""
    file.write_text(f"interpreters = [{json.dumps(list(words))}]\n", encoding="utf-8")
    return file


def answering(**changes: object) -> str:
    """A program that says what an interpreter is asked, as another one would."""
    body = {
        "implementation": "cpython", "version": [3, 12, 4, "final", 0], "free_threaded": False,
        "platform": "win32", "executable": r"Z:\\python.exe", "prefix": r"Z:\\", "base": r"Z:\\",
        "base_executable": "", **changes,
    }
    return f"print({discovery.MARK + json.dumps(body)!r})"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file that names an interpreter of two words, which says that it is one for Windows."""
    program = tmp_path / "emulator.py"
    program.write_text(answering(), encoding="utf-8")
    return named(tmp_path / "mine.toml", sys.executable, "./emulator.py")


def test_an_interpreter_is_the_words_before_its_arguments(foreign: Path) -> None:
    """It joins those that were found, under a name that says which system it is for."""
    (one,) = with_named(NOTHING, [foreign]).found
    assert one.name == "win32-cpython3.12"
    assert one.command == (sys.executable, str(foreign.parent / "emulator.py"))


@pytest.mark.skipif(sys.platform == "win32", reason="a Windows path needs no other form there")
def test_a_windows_peer_is_told_windows_paths(foreign: Path, tmp_path: Path) -> None:
    """Its adapter and its PYTHONPATH are on the drive that stands for our root folder."""
    one, _ = reference_peers(with_named(NOTHING, [foreign]).found, tmp_path)
    assert one.name == "reference@win32-cpython3.12-poll"
    assert one.command[2] == "Z:" + str(ADAPTER).replace("/", "\\")
    assert dict(one.environment)["PYTHONPATH"] == "Z:" + str(tmp_path).replace("/", "\\")


def test_a_file_may_name_interpreters_and_nothing_else(foreign: Path) -> None:
    assert read(foreign).peers == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no such command",), "'no such command': cannot be started"),
        ((sys.executable, "-c", "0"), "ended with exit code 0: no output"),
        ((sys.executable, "-c", answering(version=[3, 3, 0, "final", 0])), "from 3.4 on and 2.7"),
    ],
)
def test_a_named_interpreter_has_to_be_one(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    """Named by the user, it is not passed over like a stray file on PATH."""
    file = named(tmp_path / "mine.toml", *words)
    with pytest.raises(PeersError) as caught:
        with_named(NOTHING, [file])
    assert str(caught.value).startswith(f"{file}: 'interpreters': {shlex.join(words)}: ")
    assert message in str(caught.value)


def test_a_named_interpreter_that_was_found_already_is_refused(tmp_path: Path) -> None:
    """Two peers of one name could not be told apart."""
    found = discovery.survey([(sys.executable,)])
    file = named(tmp_path / "mine.toml", *found.found[0].command)
    with pytest.raises(PeersError, match="which was found without it"):
        with_named(found, [file])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("interpreters = []", r"has to consist of tables \[peers\.NAME\]"),
        ("interpreters = 'wine'", r"'interpreters\[0\]' has to be a list of strings"),
        ("interpreters = [['wine', '']]", r"'interpreters\[0\]' has to be a list of words"),
        ("interpreters = [['a']]\nother = 1", r"not \[other\]"),
    ],
)
def test_what_cannot_name_an_interpreter(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PeersError, match=message):
        peersfile.read(file)
