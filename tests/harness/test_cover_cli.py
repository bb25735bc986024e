"""The covering array as a user meets it: in lists, in runs, and row by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import ROOT, RUNTIME, Cli, file

from harness.results import read

PEER = f"reference@{RUNTIME}-select"
#: A third party that takes part for the sake of its pairs alone.
UNSOCIABLE = """
[peers.mine]
python = ["{runtime}"]
class = {{own = "stockings:SelectStocking"}}
path = ["{root}"]
pairs = "reference"
"""


def test_one_line_stands_for_all_rows(cli: Cli) -> None:
    said = cli("list", "--case", "cover/**")
    (line,) = said.text.splitlines()
    assert line.startswith("cover/exchange/row[text,1,whole,first,none,first-closes,eager]")
    assert "stands for every row that the peers of a run make up" in line


def test_a_row_runs_by_its_id_alone(cli: Cli) -> None:
    ident = f"cover/exchange/row[bytes,100,p,7*,both,glued,reset,late]@{PEER}~{PEER}"
    said = cli("replay", ident, "--results", "results.jsonl")
    assert said.code == 0, said.text
    (result,) = read(Path("results.jsonl")).results
    assert result.id == ident
    assert set(result.clauses) == {check.clause for check in result.checks}
    assert "END-6" in result.clauses and "END-5" not in result.clauses


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("text,65,1*,first,none,reset,slow", "character 9: octet by octet with at most 64 octets"),
        ("text,65,1*,first,none,reset", "character 28: is too short for kind, length"),
        ("text,1,whole,first,none,reset,slow?", "'?' cannot stand in the id of a case"),
        ("", "the row is empty"),
    ],
)
def test_what_is_no_row_is_a_usage_error(cli: Cli, row: str, words: str) -> None:
    said = cli("replay", f"cover/exchange/row[{row}]@{PEER}")
    assert said.code == 2 and words in said.text


def test_who_meets_our_own_peers_only_gets_no_rows(cli: Cli) -> None:
    """But each one that is asked for."""
    peers = file("mine.toml", UNSOCIABLE.format(runtime=RUNTIME, root=ROOT.as_posix()))
    said = cli("run", "--peers", peers, "--peer", "mine*", "--with", PEER, "--case", "cover/**")
    assert said.code == 2 and "the selected cases and peers do not meet" in said.text
    ident = f"cover/exchange/row[text,64,1*,both,none,first-fin,slow]@mine@{RUNTIME}-own~{PEER}"
    assert cli("replay", ident, "--peers", peers).code == 0
