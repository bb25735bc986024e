"""TAP, Markdown, badge and annotations: what machines and web pages make of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from runs import failed, gave, passed, peers, results, run_of, warned

from harness.records import Share
from harness.report import badge, github, markdown, tap
from harness.results import Result, Run
from harness.verdicts import GREEN, Verdict

WHO = peers()
FIRST, SECOND = (peer.name for peer in WHO[:2])
PASSED = passed("interop/kinds/text", "[1]", FIRST, SECOND)

HOSTILE = "a\nok 9 - me\r::error::x\n## `` ` | <script>alert(1)</script> # TODO \x1b[2J \ud800 100%"
"""What a peer can put into a reason and onto its stderr."""


def broken() -> Result:
    """A result all of whose words are the peer's."""
    return gave(PASSED, Verdict.CRASH, HOSTILE, stderr=HOSTILE)


def of(*outcome: Result, missing: tuple[str, ...] = ()) -> Run:
    """A run of two peers with these results."""
    return run_of(WHO[:2], outcome, missing=missing)


@pytest.mark.parametrize("verdict", Verdict)
def test_tap_counts_as_red_what_is_red(verdict: Verdict) -> None:
    line = list(tap.lines(of(gave(PASSED, verdict, "because"))))[2]
    if verdict is Verdict.XFAIL:
        assert line == f"not ok 1 - {PASSED.id} # TODO because"
    elif verdict is Verdict.UNSUPPORTED:
        assert line == f"ok 1 - {PASSED.id} # SKIP because"
    else:
        assert line == f"{'ok' if verdict in GREEN else 'not ok'} 1 - {PASSED.id}"


def test_tap_tells_why(tmp_path: Path) -> None:
    tap.write(of(failed(PASSED)), tmp_path / "run.tap")
    assert (tmp_path / "run.tap").read_text("utf-8").splitlines() == [
        "TAP version 14",
        "1..1",
        f"not ok 1 - {PASSED.id}",
        "  ---",
        '  verdict: "FAIL"',
        '  clause: "FRAME-5"',
        '  expected: "the header 00 81"',
        '  observed: "the header 00 80 81"',
        f"  replay: \"python -m harness replay '{PASSED.id}'\"",
        "  ...",
    ]


def test_tap_has_a_failed_test_for_what_is_missing() -> None:
    said = list(tap.lines(of(PASSED, missing=("a/b#1@c",))))
    assert said[1] == "1..2"
    assert said[-1] == "not ok 2 - a/b\\#1@c has no result"
    killed = replace(of(PASSED, missing=("a/b@c",)), footer=None)
    assert list(tap.lines(killed))[-1] == "not ok 2 - one of the planned cases has no result"


def test_no_word_of_a_peer_becomes_a_line_of_tap() -> None:
    said = list(tap.lines(of(broken())))
    assert sum(line.startswith(("ok", "not ok")) for line in said) == 1
    facts = dict(line.strip().split(": ", 1) for line in said[4:-1])
    assert json.loads(facts["stderr"]) == HOSTILE
    assert all(line.isprintable() for line in said)


def test_no_word_of_a_peer_becomes_a_command_of_github() -> None:
    said = list(github.annotate(of(broken()), "a,b:c.jsonl"))
    (line,) = said
    assert line.startswith("::error file=a%2Cb%3Ac.jsonl,title=CRASH interop/kinds/text::1 result")
    assert "%0Aok 9 - me%0D::error::x%0A##" in line and "100%25" in line
    assert "\n" not in line and "\r" not in line
    line.encode("utf-8")


def test_github_hears_once_of_each_finding_and_of_what_is_missing() -> None:
    many = [failed(passed(f"frame/header/{letter}", "", FIRST)) for letter in "abcdefghijk"]
    said = list(github.annotate(of(*many, warned(PASSED), missing=("a@b",)), "run.jsonl"))
    errors = [line for line in said if line.startswith("::error ")]
    assert len(errors) == 10
    assert errors[-1].endswith("::2 further findings%0A1 planned case without a result")
    assert [line.partition(" ")[0] for line in said[10:]] == ["::warning"]
    assert list(github.annotate(of(PASSED), "run.jsonl")) == []
    (end,) = github.annotate(replace(of(PASSED), footer=None), "run.jsonl")
    assert end.endswith("::the results have no end")


def test_markdown_counts_and_tells() -> None:
    said = markdown.summary(of(PASSED, failed(passed("frame/header/a", "", FIRST)))).splitlines()
    assert said[0] == "## Stockings: does not conform"
    assert "| ` frame ` |  | 1 | 1 |" in said
    assert "| **total** | 1 | 1 | 2 |" in said
    assert "- observed: ` the header 00 80 81 `" in said


def test_no_word_of_a_peer_becomes_markdown() -> None:
    said = markdown.summary(of(broken()))
    said.encode("utf-8")
    (line,) = [line for line in said.splitlines() if "<script>" in line]
    assert line.startswith("- because: ``` a ok 9") and line.endswith(" ```")


def test_markdown_says_that_a_run_is_not_whole() -> None:
    said = markdown.summary(of(PASSED, missing=("a@b",)))
    assert said.startswith("## Stockings: incomplete\n") and "**The run is incomplete" in said


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (of(PASSED), "conforms 1.0 · 2 peers"),
        (of(warned(PASSED)), "conforms 1.0 · 2 peers"),
        (of(failed(PASSED)), "does not conform"),
        (of(PASSED, missing=("a@b",)), "incomplete"),
        (of(gave(PASSED, Verdict.HARNESS, "ours")), "incomplete"),
        (of(), "nothing was run"),
    ],
)
def test_the_badge_says_conforms_only_of_what_does(run: Run, words: str, tmp_path: Path) -> None:
    badge.write(run, tmp_path / "badge.svg")
    root = ElementTree.parse(tmp_path / "badge.svg").getroot()
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["stockings", words]
    assert root.get("aria-label") == f"stockings: {words}"


@pytest.mark.parametrize(
    ("options", "verdict", "words"),
    [
        ({"case": ["frame/**"]}, Verdict.PASS, "part of 1.0 passes · 2 peers"),
        ({"clause": ["FRAME-1"]}, Verdict.PASS, "part of 1.0 passes · 2 peers"),
        ({"case": [], "clause": []}, Verdict.PASS, "conforms 1.0 · 2 peers"),
        ({}, Verdict.XFAIL, "1 known failure · 2 peers"),
    ],
)
def test_the_badge_says_conforms_only_of_a_whole_suite(
    options: dict[str, list[str]], verdict: Verdict, words: str
) -> None:
    """Nor does it count a peer that nothing was asked of."""
    run = run_of(WHO[:3], [gave(PASSED, verdict, "")], options=options)
    assert badge.words(run)[0] == words
    shard = replace(run, header=replace(run.header, shard=Share(1, 2, 2, "0" * 64)))
    assert badge.words(shard)[0].startswith("part of")


def test_the_same_run_gives_the_same_octets(tmp_path: Path) -> None:
    run = run_of(WHO, results(WHO))
    for form in (tap, markdown, badge):
        form.write(run, tmp_path / "one")
        form.write(run, tmp_path / "two")
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
