"""`explore` as a user runs it: on running peers, some of which have a known defect."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import ROOT, RUNTIME, Cli, Ended, harness

from harness.results import read
from harness.verdicts import Verdict

#: Small endpoints with one defect each, and one without.
PEERS = """
[peers.{name}]
python = ["{runtime}"]
class = {{own = "conformance.mutants.{place}"}}
path = ["{root}"]
"""
GLUE = ("glue", "stream:DropsBehindMessage")
SOUND = ("sound", "sound:Sound")


def explore(peer: tuple[str, str], folder: Path, *options: str) -> Ended:
    """Explore with one peer of `conformance/mutants`, alone with itself."""
    name, place = peer
    file = folder / "peers.toml"
    file.write_text(
        PEERS.format(name=name, place=place, runtime=RUNTIME, root=ROOT.as_posix()), "utf-8"
    )
    ended = harness(
        "explore", "--peers", str(file), "--peer", f"{name}@*",
        "--results", str(folder / "results.jsonl"), *options, folder=folder,
    )
    return Ended(ended.code, ended.out, ended.err, folder / "results.jsonl")


def test_a_sound_peer_conforms(tmp_path: Path) -> None:
    ended = explore(SOUND, tmp_path, "--examples", "30", "--steps", "6", "--patience", "3")
    assert (ended.code, ended.err) == (0, "")
    run = ended.run
    assert run.complete and {one.verdict for one in run.results} == {Verdict.PASS}
    assert 10 < len(run.results) <= 30
    assert run.header.options["seed"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="the printed command is for a POSIX shell")
def test_a_defect_is_found_made_small_and_replayed_by_the_printed_command(tmp_path: Path) -> None:
    ended = explore(GLUE, tmp_path, "--examples", "200", "--steps", "4")
    assert ended.code == 1
    found = [one for one in ended.run.results if one.verdict is not Verdict.PASS]
    assert [one.case + one.params for one in found] == ["explore/programs/program[1s,1w1bx2]"]
    assert (found[0].verdict, found[0].clause) == (Verdict.FAIL, "STREAM-2")
    # Of all that failed on the way, the log of the smallest one is left.
    assert [found[0].log] == [f"results.logs/{path.name}" for path in tmp_path.glob("*.logs/*")]
    told = harness("explain", str(tmp_path / "results.jsonl"), folder=tmp_path)
    assert told.code == 0 and told.out.startswith(f"FAIL  {found[0].id}")
    (line,) = [line for line in ended.out.splitlines() if line.split()[:1] == ["replay"]]
    again = tmp_path / "again.jsonl"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    replayed = subprocess.run(
        f"{line.partition('replay')[2].strip()} --results {again}", shell=True, cwd=ROOT,
        env={**os.environ, "PATH": path}, capture_output=True, check=False,
    )
    (second,) = read(again).results
    assert (second.id, second.verdict, second.clause) == (
        found[0].id, found[0].verdict, found[0].clause
    )
    assert replayed.returncode == 1


def test_what_cannot_be_meant_is_a_usage_error(cli: Cli) -> None:
    assert cli("explore", "--peer", "nobody").code == 2
    assert cli("explore", "--examples", "0").code == 2
    said = cli("explore", "--results", "/proc/nowhere/file", "--examples", "1")
    assert (said.code, said.text.count("\n")) == (2, 1)
    assert "cannot be written" in said.text


def test_a_replay_says_what_is_wrong_with_a_program(cli: Cli) -> None:
    said = cli("replay", f"explore/programs/program[1w3b,2q]@a@{RUNTIME}-poll~b@{RUNTIME}-poll")
    assert said.code == 2
    assert "program '1w3b,2q', character 6: expected a step such as" in said.text
