"""The results file: what is written is read back, and nothing that does not add up is."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import FIRST, SECOND, SOME, WHO, passed, run_of, write

from harness.results import (
    MISSING_SHOWN,
    Check,
    Header,
    Known,
    Result,
    ResultsError,
    Share,
    Writer,
    plan_digest,
    read,
)
from harness.verdicts import Verdict

FULL = Result(
    id=f"text/refused/surrogate[1*]@{FIRST}",
    case="text/refused/surrogate",
    params="[1*]",
    peers=(FIRST,),
    verdict=Verdict.XFAIL,
    clause="TEXT-2",
    reason="known failing, line 3: \u00e9\u2028",
    checks=(Check("TEXT-2", "MUST", False, "refused", "sent \U0001f600 and a lone \ud800"),),
    clauses=("TEXT-2", "TEXT-3"),
    step="write",
    seconds=0.125,
    segmentation="proved",
    stderr="line\nline\x1b[31m",
    expected_verdict=Verdict.FAIL,
    known=Known(3, "\u00e9\u2028"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a results file may be."""
    return tmp_path / "results.jsonl"


@pytest.fixture
def whole(path: Path) -> Path:
    """A results file with which nothing is wrong."""
    return write(run_of(WHO, SOME), path)


@pytest.mark.parametrize(
    ("options", "share", "partial"),
    [
        ({}, None, False),
        ({"case": [], "clause": [], "jobs": 2}, None, False),
        ({"case": ["frame/**"]}, None, True),
        ({"clause": ["FRAME-1"]}, None, True),
        ({}, Share(1, 2, 2, "0" * 64), True),
    ],
)
def test_selected_cases_and_a_shard_are_a_part(
    options: dict[str, object], share: Share | None, partial: bool
) -> None:
    run = run_of(WHO, SOME, options=options)
    assert replace(run, header=replace(run.header, shard=share)).partial is partial


def test_a_run_is_read_back_as_it_was_written(path: Path) -> None:
    run = run_of(WHO, [*SOME, FULL], options={"peers": ["a.toml"], "jobs": 2})
    assert read(write(run, path)) == run
    assert read(path).folder == path.parent


@pytest.mark.parametrize("cut", [None, "proved", "unproved"])
def test_how_sure_the_cuts_were_is_read_back(path: Path, cut: str | None) -> None:
    run = run_of(WHO, [replace(FULL, segmentation=cut, tries={"PASS": 49, "FAIL END-5": 1})])
    assert read(write(run, path)) == run


def test_a_shard_is_read_back(path: Path) -> None:
    run = run_of(WHO, SOME)
    part = replace(run, header=replace(run.header, shard=Share(2, 3, 12, "0f")))
    assert read(write(part, path)) == part


def test_a_run_is_complete_and_counted(whole: Path) -> None:
    run = read(whole)
    assert run.complete
    assert run.counts == {Verdict.PASS: 1, Verdict.FAIL: 1, Verdict.WARN: 1}


def test_a_verdict_that_was_given_twice_counts_twice(path: Path) -> None:
    twice = [passed("frame/empty/delivered", "", name) for name in (FIRST, SECOND)]
    assert read(write(run_of(WHO, twice), path)).counts == {Verdict.PASS: 2}


def test_the_file_is_json_lines_in_ascii(path: Path) -> None:
    lines = write(run_of(WHO, [FULL]), path).read_bytes().decode("ascii").split("\n")
    assert [json.loads(line)["type"] for line in lines[:-1]] == ["header", "result", "footer"]
    assert lines[-1] == ""


def test_a_result_travels_between_processes_as_plain_values() -> None:
    def kinds(value: object) -> set[type]:
        if isinstance(value, dict):
            return {dict}.union(*map(kinds, value), *map(kinds, value.values()))
        if isinstance(value, list | tuple):
            return {type(value)}.union(*map(kinds, value))
        return {type(value)}

    plain = {dict, list, tuple, str, int, float, bool, type(None)}
    assert kinds(FULL.to_json()) <= plain


@given(
    reason=st.text(),
    seconds=st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    verdict=st.sampled_from(Verdict),
    clause=st.none() | st.text(),
)
def test_every_result_survives_its_line(
    reason: str, seconds: float, verdict: Verdict, clause: str | None
) -> None:
    result = replace(FULL, reason=reason, seconds=seconds, verdict=verdict, clause=clause)
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_the_writer_gives_back_the_footer_that_it_wrote(path: Path) -> None:
    with Writer(path, run_of(WHO, SOME).header) as writer:
        for result in SOME:
            writer.add(result)
        footer = writer.finish([one.id for one in SOME], 1, 2.5)
    assert footer == read(path).footer
    assert (footer.results, footer.exit, footer.seconds) == (3, 1, 2.5)


def test_each_line_is_there_as_soon_as_it_is_known(path: Path) -> None:
    run = run_of(WHO, SOME)
    with Writer(path, run.header) as writer:
        assert len(path.read_text(encoding="utf-8").splitlines()) == 1
        writer.add(SOME[0])
        assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_a_run_that_was_killed_is_refused_but_can_be_looked_at(path: Path) -> None:
    with Writer(path, run_of(WHO, SOME).header) as writer:
        writer.add(SOME[0])
    with pytest.raises(ResultsError, match=r"results\.jsonl, line 2: there is no footer"):
        read(path)
    run = read(path, partial=True)
    assert run.results == (SOME[0],)
    assert run.footer is None
    assert not run.complete


def test_a_line_that_was_cut_off_is_left_out_of_a_partial_read(whole: Path) -> None:
    whole.write_text(whole.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    with pytest.raises(ResultsError, match="line 5: cut off"):
        read(whole)
    assert read(whole, partial=True).results == tuple(SOME)


def test_partial_checks_what_is_there(whole: Path) -> None:
    text = whole.read_text(encoding="utf-8")
    whole.write_text(text.replace('"results": 3', '"results": 2'), encoding="utf-8")
    with pytest.raises(ResultsError, match="says 2 results, there are 3"):
        read(whole, partial=True)


def test_a_run_that_was_stopped_names_what_is_missing(path: Path) -> None:
    missing = [f"frame/late/one@{number}" for number in range(MISSING_SHOWN - 1)]
    run = read(write(run_of(WHO, SOME, missing=missing), path))
    assert run.footer is not None
    assert run.footer.missing == tuple(sorted(missing))
    assert not run.complete


def test_of_many_missing_ones_the_first_are_named(path: Path) -> None:
    missing = [f"frame/late/one@{number:03d}" for number in range(MISSING_SHOWN + 5)]
    run = run_of(WHO, SOME, missing=missing)
    read_back = read(write(run, path))
    assert read_back.footer is not None
    assert read_back.footer.missing == tuple(missing[:MISSING_SHOWN])


def test_a_file_that_is_there_is_replaced(whole: Path) -> None:
    with Writer(whole, run_of(WHO, SOME).header) as writer:
        assert len(whole.read_text(encoding="utf-8").splitlines()) == 1
        writer.finish([one.id for one in SOME], 3, 0.5)
    assert read(whole).results == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' locks would keep readers off")
def test_a_file_that_another_run_is_writing_is_left_alone(path: Path) -> None:
    """Two runs with the same file, or with the usual one, wrote into each other's lines."""
    with Writer(path, run_of(WHO, SOME).header) as writer:
        writer.add(SOME[0])
        with pytest.raises(ResultsError, match=r"results\.jsonl: another run is writing it; "):
            Writer(path, run_of(WHO, SOME).header)
        assert read(path, partial=True).results == (SOME[0],)
    Writer(path, run_of(WHO, SOME).header).close()
    assert read(path, partial=True).results == ()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such file")
def test_what_is_no_file_can_be_written_by_several(path: Path) -> None:
    path.symlink_to(os.devnull)
    with Writer(path, run_of(WHO, SOME).header), Writer(path, run_of(WHO, SOME).header) as writer:
        writer.add(SOME[0])


def test_the_writer_refuses_a_second_result(path: Path) -> None:
    with Writer(path, run_of(WHO, SOME).header) as writer:
        writer.add(SOME[0])
        with pytest.raises(ValueError, match="frame/empty/delivered@"):
            writer.add(SOME[0])


def test_the_writer_refuses_what_json_has_not(path: Path) -> None:
    with Writer(path, run_of(WHO, SOME).header) as writer:
        with pytest.raises(ValueError):
            writer.add(replace(SOME[0], seconds=float("nan")))


def test_the_digest_of_a_plan_is_that_of_its_sorted_ids() -> None:
    # printf 'a\nb' | sha256sum
    digest = "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"
    assert digest == plan_digest(["a", "b"]) == plan_digest(iter(["b", "a"]))
    assert plan_digest(["ab"]) != plan_digest(["a", "b"])


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(ResultsError, match=r"results\.jsonl: cannot be read"):
        read(path)


def test_a_file_that_is_no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ResultsError, match="cannot be read"):
        read(path)


def test_what_a_result_says_of_itself() -> None:
    single, pair, _ = SOME
    assert (single.family, single.where) == ("frame", FIRST)
    assert (pair.family, pair.where) == ("interop", f"{FIRST}~{SECOND}")


def test_the_decisive_check_is_the_one_that_decided() -> None:
    single, fails, warns = SOME
    assert single.decisive is None
    assert fails.decisive is fails.checks[-1]
    assert warns.decisive is warns.checks[-1]
    assert replace(fails, verdict=Verdict.XFAIL).decisive is fails.checks[-1]
    assert replace(fails, verdict=Verdict.CRASH).decisive is None
    assert replace(fails, clause="END-8").decisive is None


def test_a_header_is_read_back() -> None:
    header = run_of(WHO, SOME, options={"patience": 2.0}).header
    assert Header.from_json(json.loads(json.dumps(header.to_json()))) == header
