"""The bench: what its figures mean, and contenders that hang, die or cheat. Speed is no matter."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from commandline import FULL, harness, needs_full

from harness.bench import duo, floors, outcome, table
from harness.bench.contender import CONTENDERS, LIMIT, RAW, Contender
from harness.bench.duo import Place
from harness.bench.measure import Failure, Figure, Setting, measure
from harness.bench.rounds import carry_out, rows
from harness.bench.statistics import Latency, latency, ratios, spread
from harness.bench.workload import WORKLOADS, Workload

PING, SMALL = (one for one in WORKLOADS if one.name in ("ping", "small"))
NAMED = {one.name: one for one in CONTENDERS}

#: A contender that does one thing wrong, as a module for the workers.
WRONG = """
from __future__ import absolute_import, division, print_function

import os

import raw


class Link(raw.Link):
    def receive(self):
        got = raw.Link.receive(self)
        {wrong}


class Contender(raw.Contender):
    wrap = Link
"""


def setting(folder: Path, limit: float = 30.0) -> Setting:
    """Measurements that take as little time as they can."""
    return Setting(lambda _: [sys.executable], Place(), 0.001, folder, limit)


def figures(*values: float) -> dict[int, Figure]:
    """A figure a round."""
    return {number: Figure(value) for number, value in enumerate(values)}


def test_a_ratio_is_to_the_best_of_the_same_round() -> None:
    """A round in which nothing was there to compare with counts for nothing."""
    assert ratios(figures(10, 30, 5), [figures(20, 10), figures(5, 40)]) == [0.5, 0.75]


def test_a_spread_has_the_median_between_the_extremes() -> None:
    found = spread([3.0, 1.0, 2.0])
    assert found is not None
    assert (found.least, found.median, found.greatest) == (1, 2, 3)
    assert spread([]) is None


def test_a_percentile_is_the_least_time_that_so_many_did_not_exceed() -> None:
    laps = [Figure(1, tuple((each, 1) for each in range(1, 1001))), Figure(1, ((5000, 1),))]
    assert latency(laps) == Latency(501, 991, 1000, 5000)
    assert latency(figures(1).values()) is None


def test_rounds_rotate_and_ask_nobody_again_who_failed() -> None:
    some = [NAMED[RAW], NAMED[LIMIT], NAMED["multiprocessing"]]
    asked: list[str] = []

    def told(who: Contender, what: Workload) -> Figure | Failure:
        asked.append(who.name)
        return Failure("failed", "as told") if who.name == LIMIT else Figure(1.0)

    filled = rows(some, [PING])
    carry_out(filled, 3, told)
    assert asked == [
        RAW, LIMIT, "multiprocessing", "multiprocessing", RAW, "multiprocessing", RAW,
    ]
    assert [len(row.figures) for row in filled] == [3, 0, 3]


def test_contenders_take_part_in_their_own_workloads_only() -> None:
    """Nobody compares a library that has no such thing as many connections in one thread."""
    found = {(row.workload.name, row.contender.name) for row in rows(CONTENDERS, WORKLOADS)}
    assert ("many", "stockings-poll-wait") in found
    assert ("many", "websockets") not in found


@pytest.mark.parametrize(("value", "missed"), [(94.0, True), (96.0, False)])
def test_a_floor_is_missed_by_the_median(value: float, missed: bool) -> None:
    line = lines_of([("stockings-poll-wait", value), (RAW, 100.0)], PING)[0]
    assert line.floor == 0.95
    assert bool(line.missed) is missed


def test_the_peak_of_a_long_message_has_a_floor_too() -> None:
    large = next(one for one in WORKLOADS if one.name == "large")
    assert floors.PEAK[3] == (1.1, 32 << 20)
    line = lines_of([("stockings-poll-wait", 2.0), (RAW, 1.0)], large, peak=400 << 20)[0]
    assert line.missed == ("a peak of 400 MiB instead of 314",)


def lines_of(
    found: Sequence[tuple[str, float]], workload: Workload, peak: float | None = None
) -> list[outcome.Line]:
    """Lines of a run in which each contender showed this, in one round."""
    filled = rows([NAMED[name] for name, _ in found], [workload])
    facts = {} if peak is None else {"peak": peak}
    for row, (_, value) in zip(filled, found, strict=True):
        row.figures[0] = Figure(value, facts=facts)
    return outcome.lines(filled, 3, False)


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda one: one.name)
def test_every_row_of_a_table_has_a_cell_for_each_heading(workload: Workload) -> None:
    base = [] if workload.cost else [(RAW, 1.0)]
    found = lines_of([("stockings-poll-wait", 2.0), *base], workload)
    shown = [line for line in table.markdown(found).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in shown}) == 1
    json.dumps(outcome.document(found, {}))


def test_what_is_sent_arrives_and_is_counted(tmp_path: Path) -> None:
    """A real run of raw sockets and of the library, both directions, one message after the other.
    """
    for name in (RAW, LIMIT, "stockings-select-wait", "multiprocessing"):
        for workload in (PING, SMALL):
            found = measure(NAMED[name], workload, setting(tmp_path))
            assert isinstance(found, Figure), found
            assert found.value > 0
            assert bool(found.laps) is (workload is PING)


WAYS = {
    "alters": ("return got[:-1] + b'?'", "failed", "WrongOctets"),
    "dies": ("os._exit(3)", "failed", "3"),
    "hangs": ("self.sock.recv(1)", "timeout", "nothing came of it"),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_cheats_dies_or_hangs_is_named_and_leaves_no_process(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, kind, words = WAYS[way]
    (tmp_path / "wrong.py").write_text(WRONG.format(wrong=wrong))
    monkeypatch.setattr(duo, "FOLDER", tmp_path)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    limit = 3.0 if way == "hangs" else 30.0
    found = measure(Contender("wrong", "wrong"), PING, setting(tmp_path, limit=limit))
    assert isinstance(found, Failure)
    assert found.kind == kind
    assert words in found.what
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_a_choice_that_fits_nothing_is_an_error_that_says_what_there_is(
    tmp_path: Path
) -> None:
    for option in ("--workload", "--contender", "--python"):
        ended = harness("bench", option, "nonsense", folder=tmp_path)
        assert ended.code == 2
        assert "nonsense" in ended.err
        assert {"--workload": "ping", "--contender": "rawbuf", "--python": "cpython"}[option] in (
            ended.err)


@needs_full
def test_a_file_that_cannot_be_written_in_the_end_is_told(tmp_path: Path) -> None:
    """What was measured for an hour has been shown; it ended with a traceback."""
    ended = harness(
        "bench", "--workload", "small", "--contender", "rawbuf", "--rounds", "1", "--seconds",
        "0.001", "--json", FULL, folder=tmp_path,
    )
    assert ended.code == 3
    assert "raw" in ended.out and "Traceback" not in ended.err
    full = os.strerror(errno.ENOSPC)
    assert ended.err.endswith(f"harness: --json {FULL}: cannot be written: {full}\n")


def test_the_verb_measures_writes_and_checks(tmp_path: Path) -> None:
    """Floors decide the exit code only when they are asked to; who is not there is said so."""
    file = tmp_path / "bench.json"
    ended = harness(
        "bench", "--workload", "small", "--contender", "web*", "--rounds", "1", "--seconds",
        "0.001", "--python", "cpython2.7", "--json", str(file), "--check", folder=tmp_path,
    )
    if ended.code == 2:
        pytest.skip("there is no Python 2.7 here")
    assert ended.code == 0, ended.err
    assert "absent: there is none for Python 2.7" in ended.out
    found = json.loads(file.read_text())
    assert {line["contender"] for line in found["lines"]} == {"raw", "websockets"}
