"""What the terminal shows: findings, warnings and the outcome, in every encoding."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from runs import CLAUSES, failed, gave, passed, peers, results, run_of, shown, warned

from harness.report.findings import findings
from harness.report.terminal import summary
from harness.results import Result, Run
from harness.verdicts import RED, Verdict

WHO = peers()
NAMES = [peer.name for peer in WHO]
FIRST, SECOND = NAMES[:2]


def broken(result: Result) -> Result:
    """Let the second peer fail as the second of a pair."""
    spoilt = result.peers[1:] == (SECOND,) and result.case.startswith("interop/kinds")
    return failed(result) if spoilt else result


GREEN_RUN = run_of(WHO, results(WHO))
BROKEN_RUN = run_of(WHO, results(WHO, broken), options={"peers": ["conformance/peers.toml"]})


def coloured(run: Run) -> str:
    """The summary as a terminal with colours gets it."""
    file = io.StringIO()
    # As a terminal with colours, whatever the environment of the tests asks for.
    console = Console(
        file=file, width=80, force_terminal=True, color_system="standard", no_color=False
    )
    summary(run, console, CLAUSES)
    return file.getvalue()


def test_a_broken_peer_does_not_fill_the_screen() -> None:
    lines = shown(BROKEN_RUN)
    titles = [line for line in lines if line.startswith("FAIL")]
    assert titles == [
        "FAIL  interop/kinds/every-boundary  36 results: 2 variants, 18 pairs",
        "FAIL  interop/kinds/text  18 results: 18 pairs",
    ]
    assert f"      suspect   {SECOND} is second in all of them" in lines
    assert "                and 33 more" in lines
    assert len(lines) < 80


def test_a_finding_says_all_that_is_needed_to_understand_and_repeat_it() -> None:
    lines = shown(BROKEN_RUN)
    assert lines[: lines.index("")] == [
        "FAIL  interop/kinds/every-boundary  36 results: 2 variants, 18 pairs",
        "      must      FRAME-5: A sender MUST use the shortest header that can hold the",
        "                payload length.",
        "      expected  the header 00 81",
        "      observed  the header 00 80 81",
        f"      suspect   {SECOND} is second in all of them",
        f"      at        [8191]@{NAMES[0]}~{SECOND}",
        f"                [8191]@{NAMES[1]}~{SECOND}",
        f"                [8191]@{NAMES[2]}~{SECOND}",
        "                and 33 more",
        "      replay    python -m harness replay "
        f"'interop/kinds/every-boundary[8191]@{FIRST}~{SECOND}' --peers conformance/peers.toml",
    ]


def test_an_interrupted_case_shows_its_step_and_the_end_of_stderr() -> None:
    stderr = "".join(f"line {number}\n" for number in range(9))
    result = passed("end/reset/noticed", "", FIRST)
    result = gave(result, Verdict.CRASH, "exit status 139", step="read", stderr=stderr)
    lines = shown(run_of(WHO, [result]))
    assert lines[: lines.index("")] == [
        f"CRASH end/reset/noticed@{FIRST}",
        "      because   exit status 139",
        "      step      read",
        "      stderr    line 4",
        *(f"                line {number}" for number in range(5, 9)),
        f"      replay    python -m harness replay end/reset/noticed@{FIRST}",
    ]


def test_a_clause_that_nobody_can_quote_is_named() -> None:
    result = gave(passed("a/b/c", "", FIRST), Verdict.FAIL, "because", clause="NEW-1")
    assert "      clause    NEW-1" in shown(run_of(WHO, [result]))


def test_warnings_are_short_and_come_after_what_is_red() -> None:
    some = [warned(passed("frame/empty/sent", "", name)) for name in NAMES]
    lines = shown(run_of(WHO, [*some, failed(passed("frame/length/two", "", FIRST))]))
    red = next(at for at, line in enumerate(lines) if line.startswith("FAIL"))
    at = lines.index("WARN  frame/empty/sent  18 results: 18 peers")
    assert red < at
    assert lines[at + 1 : at + 4] == [
        "      should    FRAME-9: A sender SHOULD send an empty message as a frame of",
        "                length zero rather than drop it.",
        "",
    ]


def many(number: int, verdict: Verdict) -> list[Result]:
    """As many findings as that."""
    return [gave(passed(f"a/b/c{at}", "", FIRST), verdict, f"reason {at}") for at in range(number)]


def test_of_many_findings_the_first_are_told_in_full() -> None:
    run = run_of(WHO, many(40, Verdict.CRASH))
    lines = shown(run)
    assert sum(line.startswith("CRASH a/b/c") for line in lines) == 30
    assert sum("  replay  " in line for line in lines) == 10
    assert "and 10 more findings; `report --verbose` tells all of them in full" in lines
    assert sum("  replay  " in line for line in shown(run, verbose=True)) == 40


def test_one_defect_is_one_finding_whatever_octets_show_it() -> None:
    """And it does not stand before the first finding of another clause."""
    texts = [gave(passed("text/a", f"[{at}]", FIRST), Verdict.FAIL,
                  f"observed text of {at} octets, crc 3d89fc7{at}, 61efbfbd62{at}{at}",
                  clause="TEXT-3") for at in range(9)]
    others = [gave(passed(f"text/b{at}", "", FIRST), Verdict.FAIL, "the same", clause="TEXT-3")
              for at in range(3)]
    end = gave(passed("end/a", "", FIRST), Verdict.FAIL, "no error", clause="END-2")
    found = findings([*texts, *others, end], [Verdict.FAIL])
    assert [(one.example.case, len(one.results)) for one in found] == [
        ("text/a", 9), ("end/a", 1), ("text/b0", 1), ("text/b1", 1), ("text/b2", 1)]


def test_nothing_is_said_to_be_left_out_where_nothing_is() -> None:
    three = [failed(passed("a/b/c", "", name)) for name in NAMES[:3]]
    runs = [run_of(WHO, many(30, verdict)) for verdict in (Verdict.CRASH, Verdict.WARN)]
    for run in (*runs, run_of(WHO, three), GREEN_RUN):
        text = "\n".join(shown(run))
        assert " more" not in text
        assert "\n\n\n" not in text
        assert not text.startswith("\n")


def test_a_run_without_results_has_only_its_sentence() -> None:
    assert len(shown(run_of(WHO, []))) == 1


def test_of_many_warnings_the_rest_is_counted() -> None:
    assert "and 5 more warnings" in shown(run_of(WHO, many(35, Verdict.WARN)))


def test_the_slowest_cases_are_listed_on_request() -> None:
    some = [replace(one, seconds=0.001) for one in results(WHO)]
    some[7] = replace(some[7], seconds=12.5)
    run = run_of(WHO, some)
    assert "slowest" not in shown(run)
    lines = shown(run, verbose=True)
    at = lines.index("slowest")
    assert lines[at + 1] == f"  12.500s  {some[7].id}"
    assert lines[at + 6] == ""


FLAKY = gave(
    replace(
        passed("end/ending/reset", "[behind]", FIRST, SECOND), tries={"FAIL END-5": 3, "PASS": 47}
    ),
    Verdict.FLAKY, "most tries gave PASS, try 4 gave FAIL END-5: expected this; observed that",
    clause="END-5",
)


def test_a_flaky_case_says_how_often_and_is_repeated_as_often() -> None:
    run = run_of(WHO, [FLAKY], options={"repeat": 50, "load": 2.0})
    lines = shown(run, 120)
    assert lines[: lines.index("")] == [
        f"FLAKY end/ending/reset[behind]@{FIRST}~{SECOND}",
        "      clause    END-5",
        "      because   most tries gave PASS, try 4 gave FAIL END-5: expected this; observed that",
        "      tries     47 PASS, 3 FAIL END-5",
        f"      replay    python -m harness replay 'end/ending/reset[behind]@{FIRST}~{SECOND}'"
        " --repeat 50 --load 2",
    ]
    assert f"     3 of 50     14.8 %  {FLAKY.id}" in lines


def test_steady_cases_are_told_in_a_line_for_each_number_of_tries() -> None:
    def tried(name: str, **tries: int) -> Result:
        return replace(passed("a/b/c", f"[{name}]", FIRST), tries=tries)

    some = [tried(str(at), PASS=1000) for at in range(7)]
    lines = shown(run_of(WHO, [*some, tried("x", FAIL=10)]))
    assert [line for line in lines if "all alike" in line] == [
        "steady    7 cases: 1000 tries each, all alike; the rate's 95 % bound is 0.299 %",
        "steady    1 case: 10 tries each, all alike; the rate's 95 % bound is 25.9 %",
    ]
    assert "astray" not in "\n".join(lines)


def test_of_many_unsteady_cases_the_worst_are_listed() -> None:
    some = [
        replace(FLAKY, id=f"a/b/c{at}@x", tries={"PASS": 50 - at, "TIMEOUT": at})
        for at in range(1, 14)
    ]
    lines = shown(run_of(WHO, some))
    at = next(number for number, line in enumerate(lines) if line.startswith("astray"))
    assert lines[at + 1].split() == ["13", "of", "50", "38.1", "%", "a/b/c13@x"]
    assert len(lines[at + 1 : lines.index("", at)]) == 11
    assert lines[at + 11].split() == ["and", "3", "more"]


def test_a_run_without_repetition_says_nothing_of_it() -> None:
    text = "\n".join(shown(GREEN_RUN))
    assert "astray" not in text and "steady" not in text


def test_a_failure_in_a_pair_says_who_and_how_little_it_takes_and_where_its_log_is() -> None:
    result = replace(
        failed(passed("cover/x/row", "[a]", FIRST, SECOND)), blame=SECOND,
        localised="kind bytes, length 64", log="matrix.logs/0123.jsonl",
    )
    run = replace(run_of(WHO, [result]), folder=Path("results/gone/.."))
    lines = shown(run)
    at = lines.index("      narrowed  kind bytes, length 64")
    story = Path("results/matrix.logs/0123.jsonl")
    assert lines[at + 1 : lines.index("")] == [
        f"      blame     {SECOND} was the first to break a clause",
        f"      explain   python -m harness explain {story}",
        f"      replay    python -m harness replay 'cover/x/row[a]@{FIRST}~{SECOND}'",
    ]


RED_ONE = passed("a/b/c", "", FIRST)
SENTENCES = [
    (GREEN_RUN, "conforms: 1764 cases over 18 peers and 324 pairs, 0 red, in 41 s"),
    (BROKEN_RUN, "does not conform: 1764 cases over 18 peers and 324 pairs, 54 red, in 41 s"),
    (
        run_of(WHO[:1], [RED_ONE], seconds=3.14),
        "conforms: 1 case over 1 peer, 0 red, in 3.1 s",
    ),
    (
        run_of(WHO[:1], [RED_ONE], seconds=3.14, options={"case": ["a/**"]}),
        "this part passes: 1 case over 1 peer, 0 red, in 3.1 s",
    ),
    (
        run_of(WHO[:1], [gave(RED_ONE, Verdict.HARNESS, "our fault")], seconds=61),
        "undecided: 1 case over 1 peer, 1 red, in 1 min 1 s",
    ),
    (
        run_of(WHO[:1], [RED_ONE], missing=["x", "y"]),
        "incomplete: 1 case over 1 peer, 0 red, 2 without result, in 41 s",
    ),
    (
        replace(run_of(WHO[:1], [RED_ONE]), footer=None),
        "incomplete: 1 case over 1 peer, 0 red, interrupted",
    ),
    (run_of(WHO[:1], []), "nothing ran: 0 cases over 1 peer, 0 red, in 41 s"),
]


@pytest.mark.parametrize(("run", "sentence"), SENTENCES)
def test_the_last_line_is_the_outcome(run: Run, sentence: str) -> None:
    assert shown(run)[-1] == sentence


def test_known_failures_and_declined_cases_are_in_the_total() -> None:
    some = [
        gave(passed("a/b/c", "", FIRST), Verdict.XFAIL, "known"),
        gave(passed("a/b/d", "", FIRST), Verdict.UNSUPPORTED, "declined"),
    ]
    lines = shown(run_of(WHO, some))
    assert lines[-3].split() == ["total", "1", "1", "2"]
    assert not any(line.startswith(("XFAIL", "UNSUPPORTED")) for line in lines)


def test_peers_that_could_not_take_part_are_named() -> None:
    reason = "reference@cpython3.13-poll: this system has no select.poll"
    lines = shown(run_of(WHO, results(WHO), options={"left_out": [reason]}))
    assert lines[-2] == f"left out  {reason}"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_outside_of_unicode_everything_is_ascii(encoding: str) -> None:
    check_text = "text \u00e9\u4e2d\U0001f600"
    result = gave(passed("a/b/c", "", FIRST), Verdict.CRASH, check_text, stderr=check_text)
    lines = shown(run_of(WHO, [result]), encoding=encoding)
    assert all(line.isascii() for line in lines)
    assert "      because   text \\xe9\\u4e2d\\U0001f600" in lines


def test_unicode_is_shown_where_it_can_be() -> None:
    result = gave(passed("a/b/c", "", FIRST), Verdict.CRASH, "text \u00e9\u4e2d")
    assert "      because   text \u00e9\u4e2d" in shown(run_of(WHO, [result]))


def test_what_a_peer_prints_cannot_command_the_terminal() -> None:
    hostile = "\x1b[2Jgone\x07 \u202ereversed [bold]no markup[/bold] \ud800"
    result = gave(passed("a/b/c", "", FIRST), Verdict.CRASH, hostile, stderr=hostile)
    text = "\n".join(shown(run_of(WHO, [result])))
    visible = "\\x1b[2Jgone\\x07 \\u202ereversed [bold]no markup[/bold] \\ud800"
    assert text.count(visible) == 2


def test_a_terminal_gets_colours_and_the_same_letters() -> None:
    text = coloured(BROKEN_RUN)
    assert "\x1b[1;31mF\x1b[0m" in text
    assert "\x1b[32m.\x1b[0m" in text
    plain = "\n".join(shown(BROKEN_RUN))
    assert sum(text.count(f"{letter}\x1b[0m") for letter in "F.") >= 18 * 24
    assert "\x1b" not in plain


def test_red_verdicts_are_all_told() -> None:
    some = [gave(passed("a/b/c", f"[{one}]", FIRST), one, "because") for one in sorted(RED)]
    lines = shown(run_of(WHO, some), verbose=True)
    for verdict in RED:
        assert any(line.startswith(f"{verdict} ") for line in lines)
