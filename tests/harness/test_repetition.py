"""Repeated cases through the whole command line, as real processes."""

from __future__ import annotations

import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commandline import RUNTIME, Ended, broken, harness, run

from harness.verdicts import Verdict

WRITES = "frame/header/nothing-but-frames"
STEADY = f"{WRITES}@steady@{RUNTIME}-own"
MOODY = f"{WRITES}@moody@{RUNTIME}-own"
PEERS = broken("steady", "Correct") + broken("moody", "Moody")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the one run that these tests look at."""
    return tmp_path_factory.mktemp("repetition")


@pytest.fixture(scope="module")
def ended(folder: Path) -> Ended:
    """A steady and a moody peer, each tried twelve times on a busy machine."""
    return run(
        PEERS, "--peer", "steady*", "--peer", "moody*", "--case", WRITES, "--jobs", "1",
        "--repeat", "12", "--load", "0.5", "--junit", str(folder / "junit.xml"), folder=folder,
    )


def test_a_peer_that_is_right_every_time_passes(ended: Ended) -> None:
    (result,) = (one for one in ended.run.results if one.id == STEADY)
    assert result.verdict is Verdict.PASS
    assert result.tries == {"PASS": 12}
    assert ended.run.header.options["repeat"] == 12
    assert ended.run.header.options["load"] == 0.5


def test_a_peer_that_is_right_most_of_the_time_is_flaky(ended: Ended) -> None:
    (result,) = (one for one in ended.run.results if one.id == MOODY)
    assert result.verdict is Verdict.FLAKY
    assert result.clause is not None
    assert result.tries == {"PASS": 8, f"FAIL {result.clause}": 4}
    assert result.reason.startswith(f"most tries gave PASS, try 3 gave FAIL {result.clause}: ")
    assert ended.code == 1


def test_the_report_says_how_sure_it_is(ended: Ended) -> None:
    lines = ended.out.splitlines()
    assert f"     4 of 12     60.9 %  {MOODY}" in lines
    assert ("steady    1 case: 12 tries each, all alike; the rate's 95 % bound is 22.1 %") in lines


def test_the_printed_command_repeats_as_often(ended: Ended, tmp_path: Path) -> None:
    (line,) = {line.strip() for line in ended.out.splitlines() if "  replay  " in line}
    command = shlex.split(line.removeprefix("replay"))
    assert command[-4:] == ["--repeat", "12", "--load", "0.5"]
    again = harness(
        *command[3:], "--results", str(tmp_path / "results.jsonl"), folder=tmp_path
    )
    (before,) = (one for one in ended.run.results if one.id == MOODY)
    (after,) = again.run.results
    assert (after.verdict, after.clause, after.tries, again.code) == (
        before.verdict, before.clause, before.tries, 1,
    )


def test_junit_has_the_number_as_a_property(ended: Ended, folder: Path) -> None:
    assert ended.code == 1
    properties = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in ElementTree.parse(folder / "junit.xml").iter("testcase")
    }
    assert properties[f"steady@{RUNTIME}-own"] == {
        "tries": "12 PASS", "astray": "0", "astray.upper95": "0.220922",
    }
    assert properties[f"moody@{RUNTIME}-own"]["astray"] == "4"


def test_each_try_has_a_record_of_its_own(ended: Ended, tmp_path: Path) -> None:
    once = run(
        broken("steady", "Correct"), "--peer", "steady*", "--case", WRITES, folder=tmp_path
    )
    (single,) = once.run.results
    (result,) = (one for one in ended.run.results if one.id == STEADY)
    assert result.checks == single.checks
    assert single.tries == {}


@pytest.mark.parametrize("option", [("--repeat", "0"), ("--load", "-1"), ("--repeat", "x")])
def test_numbers_that_mean_nothing_are_refused(option: tuple[str, str], tmp_path: Path) -> None:
    ended = harness("run", *option, folder=tmp_path)
    assert ended.code == 2
    assert option[0] in ended.err
