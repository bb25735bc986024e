"""The progress of a run: a line a case in a pipe, one living line on a terminal."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pytest
from commandline import ROOT
from rich.console import Console
from runs import failed, gave, passed, peers

from harness.report.terminal import Live
from harness.verdicts import Verdict

WHO = peers()
FIRST, SECOND, THIRD = (peer.name for peer in WHO[:3])
PASSED = passed("interop/kinds/text", "[1]", FIRST, SECOND)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def piped(*outcome: object) -> list[str]:
    """What a pipe gets for these results."""
    file = io.StringIO()
    with Live(Console(file=file, width=80), len(outcome)) as live:
        for result in outcome:
            live.add(result)  # type: ignore[arg-type]
    *lines, last = file.getvalue().split("\n")[:-1]
    assert last == ""
    return lines


def on_terminal(width: int = 100) -> tuple[Console, io.StringIO]:
    """A console that believes to be a terminal, and what it has been sent."""
    file = io.StringIO()
    return Console(file=file, width=width, force_terminal=True, color_system=None), file


def test_in_a_pipe_every_case_has_its_line() -> None:
    assert piped(PASSED, gave(PASSED, Verdict.UNSUPPORTED, "declined")) == [
        f"PASS         {PASSED.id}  0.012s",
        f"UNSUPPORTED  {PASSED.id}  0.012s",
    ]


def test_in_a_pipe_no_line_is_broken() -> None:
    long = replace(PASSED, id="interop/" + "x" * 200)
    assert piped(long) == [f"PASS         {long.id}  0.012s"]


def test_a_red_line_is_followed_by_what_was_expected_and_observed() -> None:
    fails = failed(PASSED)
    assert piped(fails) == [
        f"FAIL         {fails.id}  0.012s",
        "             clause    FRAME-5",
        "             expected  the header 00 81",
        "             observed  the header 00 80 81",
    ]


def test_an_interrupted_case_is_followed_by_its_reason_and_step() -> None:
    crash = gave(PASSED, Verdict.CRASH, "exit status 139\n\x1b[2J", step="read")
    assert piped(crash)[1:] == [
        "             because   exit status 139\\n\\x1b[2J",
        "             step      read",
    ]


def test_the_same_failure_is_explained_once() -> None:
    again = failed(passed("interop/kinds/text", "[1]", FIRST, THIRD))
    assert piped(failed(PASSED), again)[4:] == [f"FAIL         {again.id}  0.012s"]


def test_the_line_counts_cases_verdicts_rate_and_time() -> None:
    clock = Clock()
    console, _ = on_terminal()
    live = Live(console, 200, clock)
    for _ in range(20):
        clock.time += 0.5
        live.add(PASSED)
    clock.time += 170
    for _ in range(10):
        live.add(gave(PASSED, Verdict.WARN, "late"))
    line = live.line().plain
    assert line.endswith("30/200  20 PASS  10 WARN  2/s  3:00")
    assert line.startswith("\u2501" * 32 + "  ")


def test_the_line_fits_where_it_is_narrow() -> None:
    for width in range(20, 140):
        console, _ = on_terminal(width)
        live = Live(console, 2592, Clock())
        for _ in range(1000):
            live.add(PASSED)
        live.add(gave(PASSED, Verdict.WARN, "late"))
        assert "1001/2592" in live.line().plain
        if width >= 39:
            assert len(live.line().plain) <= width
        assert live.line().plain.startswith("1001/" if width <= 50 else "\u2501" * 4)


def test_the_bar_is_done_when_the_cases_are_and_turns_red_with_them() -> None:
    console, _ = on_terminal()
    live = Live(console, 2, Clock())
    styles = [str(live.line().spans[0].style)]
    live.add(PASSED)
    half = live.line()
    live.add(failed(PASSED))
    whole = live.line()
    styles += [str(half.spans[0].style), str(whole.spans[0].style)]
    assert styles == ["bright_black", "green", "red"]
    assert half.spans[0].end == 16
    assert whole.spans[0].end == 32


def test_the_bar_is_ascii_where_the_terminal_is() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    live = Live(Console(file=file, width=100, force_terminal=True), 2, Clock())
    live.add(PASSED)
    assert live.line().plain.startswith("#" * 16 + "." * 16 + "  1/2")


def test_on_a_terminal_only_red_results_are_printed() -> None:
    console, file = on_terminal()
    fails = failed(passed("interop/kinds/text", "[2]", FIRST, SECOND))
    with Live(console, 2) as live:
        live.add(PASSED)
        live.add(fails)
    text = file.getvalue()
    assert f"FAIL         {fails.id}" in text
    assert PASSED.id not in text
    assert "1/2" in text or "2/2" in text


def test_the_line_is_gone_when_the_run_is_over() -> None:
    console, file = on_terminal()
    with Live(console, 1) as live:
        live.add(PASSED)
    # The cursor comes back, and the line is erased: nothing of it stays above the summary.
    assert "\x1b[?25h" in file.getvalue()
    assert file.getvalue().endswith("\x1b[2K")


def test_stopping_twice_or_without_a_start_is_harmless() -> None:
    console, _ = on_terminal()
    live = Live(console, 1)
    live.stop()
    live.start()
    live.stop()
    live.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no word of its own for it")
@pytest.mark.parametrize("way", ["say(console, 'a word')", "console.print('a word')"])
def test_a_pipe_that_nobody_reads_is_left_to_the_command_line(way: str) -> None:
    """Whichever line finds out; rich would end the program with 1, which would be a verdict."""
    speak = (
        "import os\nfrom harness.report.ink import on_stdout, say\nconsole = on_stdout()\n"
        f"try:\n    while True: {way}\nexcept BrokenPipeError: os._exit(7)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", speak], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as speaker:
        assert speaker.stdout is not None and speaker.stderr is not None
        assert speaker.stdout.readline() == "a word\n"
        speaker.stdout.close()
        assert speaker.stderr.read() == ""
    assert speaker.returncode == 7
