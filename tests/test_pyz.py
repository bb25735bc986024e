"""The harness as one file, on a machine that has only Python.

Run by `tox run -e pyz`, which has what it takes to build the file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import system
from harness.peerspec import ADAPTER

pytest.importorskip("shiv", reason="shiv, which makes the file, is for `tox run -e pyz`")

ROOT = Path(__file__).resolve().parent.parent
PEER, REFERENCE = "mine@select", "reference@cpython{}.{}-select".format(*sys.version_info)
CASE = "frame/header/empty[1,text]"
MINE = """
[peers.mine]
command = {}
environment = {{ PYTHONPATH = {} }}
flavours = ["select"]
"""
Carried = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """A function that runs the built file, on a Python with no package and in a folder of its own.

    It takes the words behind the file, or a whole printed command, which starts with `python`.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "tools.pyz", str(folder)], cwd=ROOT, check=True)
    (file,) = folder.glob("stockings-harness-*.pyz")
    file.rename(folder / "stockings-harness.pyz")
    home = folder / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = str(system.environment_python(home))
    environment = {**os.environ, "SHIV_ROOT": str(folder / "unpacked")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        if words[0] != "python":
            words = ("python", "stockings-harness.pyz", *words)
        return subprocess.run(
            [python, "-I", *words[1:]], cwd=folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )

    for name, place in (
        ("right.toml", "stockings:SelectStocking"),
        ("wrong.toml", "conformance.mutants.header_received:ReadsKindInverted"),
    ):
        # By its command: which other interpreters are here is not what this is about.
        command = [sys.executable, str(ADAPTER), "--class", f"select={place}"]
        text = MINE.format(json.dumps(command), json.dumps(str(ROOT)))
        (folder / name).write_text(text, encoding="utf-8")
    return run


def test_it_has_the_suite_with_it(carried: Carried) -> None:
    said = carried("list", "clauses")
    assert said.returncode == 0, said.stderr
    assert re.search(r"^\d+ of \d+ clauses decided by a case$", said.stdout, re.MULTILINE)


def test_its_help_names_the_file(carried: Carried) -> None:
    """The examples can be typed as they stand."""
    said = carried("run", "--help").stdout
    assert "python stockings-harness.pyz run --peers mine.toml" in said
    assert "-m harness" not in said


def test_it_judges_a_third_party_alone_and_with_ours(carried: Carried) -> None:
    """Several worker processes, and the reference that it has with it as a partner."""
    smoke = carried("smoke", PEER, "--peers", "right.toml")
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
    said = carried(
        "run", "--peers", "right.toml", "--peer", PEER, "--with", REFERENCE,
        "--case", "interop/*", "--case", CASE, "--jobs", "2", "--html", "site",
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"{PEER}~{REFERENCE}" in said.stdout


def test_the_commands_that_it_prints_can_be_run(carried: Carried) -> None:
    """Below a red case: one that tells its story, and one that runs exactly it again."""
    said = carried(
        "run", "--peers", "wrong.toml", "--peer", PEER, "--case", CASE,
        "--results", "red.jsonl",
    )
    assert said.returncode == 1, said.stdout + said.stderr
    printed = re.findall(r"python stockings-harness\.pyz (?:explain|replay) .*", said.stdout)
    assert len(printed) == 2
    explained, replayed = (carried(*shlex.split(line)) for line in sorted(printed))
    assert explained.returncode == 0 and CASE in explained.stdout
    assert replayed.returncode == 1 and f"FAIL  {CASE}" in re.sub(" +", "  ", replayed.stdout)
