"""The commands of the documents do what stands there, in the order of each page."""

from __future__ import annotations

import configparser
import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import (
    ADAPTER,
    ENDS,
    FENCE,
    LEFT_OUT,
    NARROWED,
    NO_SHELL,
    PAGES,
    ROOT,
    Command,
    added,
    blocks,
    commands,
)

#: Folders of a checkout that are no part of it, as a user has it before he types anything.
NOT_CHECKED_OUT = shutil.ignore_patterns(
    ".*", "*.egg-info", "*.pyc", "__pycache__", "build", "dist", "results"
)
#: What all runs of one session may take: seconds on an idle machine.
LIMIT = 900.0


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


TEXTS = {path.relative_to(ROOT).as_posix(): text(path) for path in PAGES}
EVERY = [each for page in TEXTS.values() for each in commands(page)]
RUN = [page for page in TEXTS if any(each.reason is None for each in commands(TEXTS[page]))]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of its own, with what readers of the pages have brought."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, ignore=NOT_CHECKED_OUT)
    (folder / "adapter").write_text(ADAPTER.format(root=folder), encoding="utf-8")
    (folder / "adapter").chmod(0o755)
    (entry,) = blocks(TEXTS["README.md"], "toml")
    (folder / "mine.toml").write_text(entry, encoding="utf-8")
    return folder


def _the_implementation(folder: Path) -> None:
    """Save the program of docs/new-adapter.md."""
    first = blocks(TEXTS["docs/new-adapter.md"], "python")[0]
    (folder / "mine" / "mine.py").write_text(first, encoding="utf-8")


def _the_adapter(folder: Path) -> None:
    """Write what docs/new-adapter.md adds to its skeleton, step by step."""
    adapter = folder / "mine" / "adapter.py"
    for block in blocks(TEXTS["docs/new-adapter.md"], "python")[1:]:
        adapter.write_text(added(text(adapter), block), encoding="utf-8")


def _a_run(folder: Path) -> None:
    """Do what README.md does before it shows what can be seen of it."""
    first = next(commands(TEXTS["README.md"]))
    assert "results/matrix.jsonl" in first.as_run
    assert shell(first, folder).returncode == 0


#: What readers do by hand, or have done on another page, before a command.
BEFORE: dict[str, Callable[[Path], None]] = {
    "python -m harness smoke mine --peers mine/peers.toml --first": _the_implementation,
    "python -m harness smoke mine --peers mine/peers.toml": _the_adapter,
    "python -m harness explain results/matrix.jsonl --case ID --pcap case.pcapng": _a_run,
}


def shell(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a command in a folder, where `python` is the Python of the tests."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(
        ["sh", "-c", command.as_run], cwd=folder, text=True, timeout=LIMIT,
        env={**os.environ, "PATH": path, "COLUMNS": "100"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


def squeezed(output: str) -> str:
    """What was printed, in whichever columns."""
    return " ".join(output.split())


@pytest.mark.skipif(
    shutil.which("sh") is None or not hasattr(select, "poll"),
    reason="the commands are for a POSIX shell and a system with select.poll",
)
@pytest.mark.timeout(LIMIT)
@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page(page: str, checkout: Path) -> None:
    """Each ends as the page has it and prints what it shows; later ones find what earlier wrote."""
    absent = set()
    for command in dict.fromkeys(commands(TEXTS[page])):
        if command.reason is not None:
            continue
        if shutil.which(command.text.split()[0]) is None:
            absent.add(command.text.split()[0])
            continue
        if command.text in BEFORE:
            BEFORE[command.text](checkout)
        said = shell(command, checkout)
        assert said.returncode == ENDS.get(command.text, 0), f"{command.as_run}\n{said.stdout}"
        assert squeezed(command.shown) in squeezed(said.stdout), command.as_run
    if absent:
        pytest.skip(f"all but those of {', '.join(sorted(absent))}, not on this machine")


@pytest.mark.parametrize("page", TEXTS)
def test_no_command_is_overlooked(page: str) -> None:
    """Commands stand in blocks of a language that is known, or in running text as code."""
    assert {each[1] for each in FENCE.findall(TEXTS[page])} <= NO_SHELL | {"console", "sh"}
    rest = FENCE.sub("", TEXTS[page])
    strays = r"^ {4,}(?:\$ .*|(?:\w+=\S+ )*(?:apt-get|bash|export|pip|printf|python|tshark) .*)"
    assert re.findall(strays, rest, re.MULTILINE) == []


def test_nothing_is_said_of_commands_that_are_not_there() -> None:
    """An entry that no command needs any more would hide the next one that looks like it."""
    texts = {each.text for each in EVERY}
    assert set(ENDS) | set(BEFORE) <= texts
    assert [part for part in NARROWED if not any(part in each for each in texts)] == []
    reasons = {each.reason for each in EVERY}
    assert [glob for glob, why in LEFT_OUT.items() if why not in reasons] == []


def test_the_environments_of_tox_are_there() -> None:
    """Those that a page tells to run."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    there = {each.removeprefix("testenv:") for each in tox.sections()}
    named = {name for each in EVERY for name in re.findall(r"tox run -e (\S+)", each.text)}
    assert named - there <= {"py27-poll", "py313-poll"}  # made of factors
    assert "matrix" in named
