"""Failure localisation: the smallest combination of axes, in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import RUNTIME, broken, harness

from harness.clock import Deadline
from harness.cover import row
from harness.cover.again import FIRST, PLAIN, SECOND
from harness.cover.localise import Combination, Point, localise
from harness.verdicts import Verdict

PEERS = ("one-poll", "one-select", "two-poll", "two-select")
VALUES = {**row.AXES, FIRST: PEERS, SECOND: PEERS}
ROW = {
    **dict(zip(row.NAMES, ("bytes", "8192", "p*", "both", "glued", "reset", "slow"), strict=True)),
    FIRST: "one-poll", SECOND: "two-select",
}


def found(fails: Callable[[Point], bool | None], seconds: float = 60) -> Combination | None:
    """What is found for the row."""
    return localise(ROW, fails, VALUES, PLAIN, Deadline(seconds))


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (lambda p: p["kind"] == "bytes", "kind bytes"),
        (lambda p: int(p["length"]) >= 64, "length 64 or more"),
        (lambda p: int(p["length"]) > 0, "length 1 or more"),
        (lambda p: int(p["length"]) in (8191, 8192), "length 8191, 8192"),
        (lambda p: int(p["length"]) == 8192, "length 8192"),
        (lambda p: int(p["length"]) < 9000 and p["kind"] == "bytes",
         "kind bytes; length 8192 or less"),
        (lambda p: p["kind"] == "bytes" and int(p["length"]) > 63 and p["schedule"] == "p*",
         "kind bytes; length 64 or more; schedule p*"),
        (lambda p: p["end"] in ("reset", "first-fin"), "end first-fin or reset"),
        (lambda p: p["handshake"] != "none", "handshake other than none"),
        (lambda p: p[FIRST].startswith("one"), "first peer one-poll or one-select"),
        (lambda p: p[SECOND] == "two-select" and p["pace"] == "slow",
         "pace slow; second peer two-select"),
        (lambda p: True, "whatever the values"),
    ],
)
def test_the_smallest_combination(fails: Callable[[Point], bool], words: str) -> None:
    assert str(found(fails)) == words


def test_what_cannot_be_run_is_neither_here_nor_there() -> None:
    """Plain values that do not go with the rest stay out of it."""

    def fails(point: Point) -> bool | None:
        if point["direction"] == "first" and point["kind"] == "bytes":
            return None
        return point["kind"] == "bytes"

    assert str(found(fails)) == "kind bytes"


def test_a_row_that_does_not_fail_again_has_no_combination() -> None:
    assert found(lambda point: False) is None
    assert found(lambda point: None) is None


def test_when_the_time_is_up_it_says_so() -> None:
    combination = found(lambda point: True, seconds=0)
    assert combination is not None and not combination.reduced
    assert "kind bytes; length 8192; schedule p*" in str(combination)
    assert str(combination).endswith("(not reduced any further: the time was up)")


def test_other_rows_that_a_combination_explains() -> None:
    combination = found(lambda p: p["kind"] == "bytes" and int(p["length"]) > 63)
    assert combination is not None
    assert combination.covers({**ROW, "length": "64", "end": "first-fin"})
    assert not combination.covers({**ROW, "length": "63"})
    assert not combination.covers({**ROW, "kind": "text"})


def test_the_results_file_says_what_it_takes(tmp_path: Path) -> None:
    """A row with eight axes of which four matter, on a library with a real defect."""
    peers = tmp_path / "peers.toml"
    entry = broken("covered", "TurnsCutBytes", "all").replace("broken:", "covered:")
    peers.write_text(entry, encoding="utf-8")
    peer = f"covered@{RUNTIME}-own"
    words = "bytes,8192,1,1,1,1,1,whole,both,none,reset,slow"
    ident = f"cover/exchange/row[{words}]@{peer}~{peer}"
    results = tmp_path / "results.jsonl"
    ended = harness(
        "replay", ident, "--peers", str(peers), "--results", str(results), "--patience", "5",
        folder=tmp_path,
    )
    (result,) = ended.run.results
    assert (result.id, result.verdict, ended.code) == (ident, Verdict.FAIL, 1)
    plain = "bytes,8192,1,1,1,1,1,whole,first,none,first-closes,eager"
    least = f"cover/exchange/row[{plain}]@{peer}~{peer}"
    assert result.localised == (
        "kind bytes; length 64 or more; schedule 1,1,1,1,1,whole; handshake none,"
        f" as in {least}"
    )
    assert len(list((tmp_path / "results.logs").iterdir())) == 2
    told = harness("explain", str(results), "--case", least, folder=tmp_path)
    assert told.code == 0 and told.out.startswith(f"FAIL  {least}")
