"""Trials on peers that are only made up: what comes of a case, and what is done to its peers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness import clauses
from harness.case import Recorder, Untestable
from harness.dialogue import Dialogue
from harness.known import KnownLine
from harness.meeting import Pair, Single
from harness.openaxis import OpenAxis
from harness.peererror import Died, Garbage, LibraryRaised, NotStarted, PeerError, StepTimeout
from harness.peerspec import PeerSpec
from harness.plan import Stem
from harness.relay import RelayBroken
from harness.results import Known, Result
from harness.tester import PeerEnded
from harness.trial import NOWHERE, Trial
from harness.verdicts import Check, Trouble, Verdict

MUST = "SEND-1"
STEM = Stem("a/b/c", "[1]", "single", ((MUST, "…"),), ("hooks", "queued"), "node")


def declares(*features: str) -> dict[str, list[str]]:
    """A hello with these features."""
    return {"features": list(features), "kinds": ["text"]}


HELLOS = {name: declares("hooks", "queued") for name in ("one", "two")}


class Made:
    """A peer that says nothing, and notes what is done to it."""

    def __init__(self, name: str, left: int | None = 0) -> None:
        self.name = name
        self.spec = PeerSpec(name, name, None, "poll", ("true",), ())
        self.left = left
        self.done: list[str] = []
        self.starts: PeerError | None = None
        self.ends: PeerError | None = None
        self.printed = f"{name} printed this\n"
        self.dialogue = Dialogue()
        self.recorder = Recorder()

    def mark(self) -> None:
        """A case begins."""
        self.done.append("mark")

    def ensure(self) -> None:
        """Start."""
        self.done.append("ensure")
        if self.starts is not None:
            raise self.starts

    def kill(self) -> None:
        """End. That the case is over was noted before: what comes now is our doing."""
        assert self.recorder.over is not None
        self.done.append("kill")

    def tidy(self) -> int | None:
        """Count what is left."""
        self.done.append("tidy")
        if self.ends is not None:
            raise self.ends
        return self.left

    def stderr_since_mark(self) -> str:
        """What it printed."""
        return self.printed


class Alone(Single):
    """A single meeting that can fail to be tidied."""

    broken: Exception | None = None
    tidied = 0

    def tidy(self) -> None:
        """Count, and fail if told so."""
        self.tidied += 1
        if self.broken is not None:
            raise self.broken


def single(peer: Made) -> Any:
    """A meeting of one made-up peer."""
    return Alone(peer)  # type: ignore[arg-type]


def pair(first: Made, second: Made) -> Any:
    """A meeting of two of them."""
    return Pair(first, second)  # type: ignore[arg-type]


def tried(
    meeting: Any,
    case: Callable[[Recorder], object],
    known: list[KnownLine] | None = None,
    hellos: dict[str, Any] = HELLOS,
    keeping: Any = NOWHERE,
    stem: Stem = STEM,
) -> Result:
    """The result of one case."""
    check = Recorder()
    trial = Trial(f"{stem.name}@{meeting.name}", stem, check, meeting, hellos, keeping)
    for peer in trial.peers:
        peer.recorder = check  # type: ignore[attr-defined]
    result = trial.result(lambda: case(check), known or [])
    assert check.over is not None or result.verdict is Verdict.UNSUPPORTED
    return result


def keeps(check: Recorder) -> None:
    """A case that finds its clause kept."""
    check.note_segmentation("proved")
    check(MUST, True, "this", "this")


def breaks(check: Recorder) -> None:
    """A case that finds it broken."""
    check(MUST, False, "this", "that")
    raise AssertionError("a broken MUST ends the case")


def raises(error: Exception) -> Callable[[Recorder], object]:
    """A case that an exception ends."""

    def case(check: Recorder) -> None:
        raise error

    return case


def test_a_case_that_passes() -> None:
    peer = Made("one")
    meeting = single(peer)
    result = tried(meeting, keeps)
    assert replace(result, seconds=0.0) == Result(
        "a/b/c[1]@one", "a/b/c", "[1]", ("one",), Verdict.PASS,
        checks=(Check(MUST, clauses.load()[MUST].level, True, "this", "this"),), clauses=(MUST,),
        segmentation="proved",
    )
    assert peer.done == ["mark", "ensure", "tidy"]
    assert meeting.tidied == 1


def test_a_case_took_as_long_as_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 10.1234567])
    monkeypatch.setattr("harness.clock.now", lambda: next(times))
    assert tried(single(Made("one")), keeps).seconds == 0.123457


class Kept:
    """Keeps what it is given; `wanted` is what it says when it is asked."""

    def __init__(self, wanted: bool = True) -> None:
        self.wanted = wanted
        self.asked: list[tuple[Verdict, bool]] = []
        self.given: list[tuple[Any, ...]] = []

    def wants(self, verdict: Verdict, pair: bool) -> bool:
        """Whether a log is wanted."""
        self.asked.append((verdict, pair))
        return self.wanted

    def completed(self, result: Result, *given: Any) -> Result:
        """Take everything."""
        self.given.append(given)
        return replace(result, log="kept")


def test_a_log_that_is_wanted_is_kept_with_all_that_happened() -> None:
    kept = Kept()
    result = tried(single(Made("one")), keeps, keeping=kept)
    assert (kept.asked, result.log) == ([(Verdict.PASS, False)], "kept")
    ((began, quoted, body, trouble),) = kept.given
    assert isinstance(began, int)
    assert (quoted, trouble) == (STEM.clauses, None)
    assert [type(one).__name__ for one in body] == ["Checked", "Over"]


def test_a_log_knows_what_decided_if_no_check_did() -> None:
    kept = Kept()
    died = Died("two", "read", "gone")
    tried(pair(Made("one"), Made("two")), raises(died), keeping=kept)
    assert kept.asked == [(Verdict.CRASH, True)]
    assert kept.given[0][-1] == Trouble(Verdict.CRASH, "read", None, str(died), "two")
    # What came behind a failed check did not decide.
    tried(single(Made("one", left=1)), breaks, keeping=kept)
    assert kept.given[1][-1] is None


def test_a_log_that_nobody_wants_is_not_made() -> None:
    kept = Kept(wanted=False)
    assert tried(single(Made("one")), breaks, keeping=kept).log is None
    assert (kept.asked, kept.given) == ([(Verdict.FAIL, False)], [])


def test_a_case_that_fails_has_what_the_peer_printed() -> None:
    peer = Made("one")
    result = tried(single(peer), breaks)
    assert (result.verdict, result.clause, result.step) == (Verdict.FAIL, MUST, None)
    assert result.reason == "expected this; observed that"
    assert result.stderr == "one printed this\n"
    # What ended it is nothing that the peer must be started anew for.
    assert peer.done == ["mark", "ensure", "tidy"]


KILLED = ["mark", "ensure", "kill", "tidy"]
KEPT = ["mark", "ensure", "tidy"]


@pytest.mark.parametrize(
    ("error", "verdict", "clause", "step", "done"),
    [
        (LibraryRaised("one", "write", {"name": "E"}), Verdict.FAIL, MUST, "write", KEPT),
        (Untestable("not stuck"), Verdict.UNTESTABLE, None, None, KEPT),
        (StepTimeout("one", "read", "no answer"), Verdict.TIMEOUT, None, "read", KILLED),
        (Died("one", "read", "gone"), Verdict.CRASH, None, "read", KILLED),
        (KeyError("ours"), Verdict.HARNESS, None, None, KILLED),
    ],
)
def test_what_ends_a_case_and_what_becomes_of_its_peer(
    error: Exception, verdict: Verdict, clause: str | None, step: str | None, done: list[str]
) -> None:
    peer = Made("one")
    result = tried(single(peer), raises(error))
    assert (result.verdict, result.clause, result.step) == (verdict, clause, step)
    assert peer.done == done


def test_in_a_pair_both_are_begun_and_both_are_ended() -> None:
    one, two = Made("one"), Made("two")
    result = tried(pair(one, two), raises(KeyError("ours")))
    assert result.peers == ("one", "two")
    assert one.done == two.done == KILLED
    assert result.stderr == "one:\none printed this\n\ntwo:\ntwo printed this\n"


def test_of_two_the_one_that_printed_nothing_is_not_quoted() -> None:
    one, two = Made("one"), Made("two")
    one.printed = ""
    assert tried(pair(one, two), raises(KeyError("x"))).stderr == "two:\ntwo printed this\n"


def test_a_peer_that_is_paired_with_itself_is_looked_after_once() -> None:
    one = Made("one")
    result = tried(pair(one, one), keeps)
    assert (result.peers, one.done) == (("one", "one"), ["mark", "ensure", "tidy"])


def test_a_peer_that_cannot_be_started() -> None:
    peer = Made("one")
    peer.starts = NotStarted("one", "start", "no such file")
    result = tried(single(peer), keeps)
    assert (result.verdict, result.step) == (Verdict.UNTESTABLE, "start")


def test_what_a_peer_does_not_declare_is_not_asked_of_it() -> None:
    one, two = Made("one"), Made("two")
    hellos = {"one": HELLOS["one"], "two": declares("fileno")}
    result = tried(pair(one, two), breaks, hellos=hellos)
    assert (result.verdict, result.clause) == (Verdict.UNSUPPORTED, None)
    assert result.reason == "two does not declare hooks, queued"
    assert (result.checks, result.stderr, one.done, two.done) == ((), "", [], [])
    hellos["two"] = declares("queued")
    assert tried(pair(one, two), breaks, hellos=hellos).reason == "two does not declare hooks"
    hellos["two"]["flavour_features"] = {two.spec.flavour: ["hooks"], "other": []}
    assert tried(pair(one, two), breaks, hellos=hellos).verdict is not Verdict.UNSUPPORTED
    hellos["two"]["flavour_features"] = {two.spec.flavour: [], "other": ["hooks"]}
    assert tried(pair(one, two), breaks, hellos=hellos).reason == "two does not declare hooks"


def test_what_one_value_needs_is_not_asked_for_another_one() -> None:
    axis = OpenAxis("number", ("1",), int, requires=lambda value: ["abort"] * (value == "2"))
    stem = replace(STEM, axis=axis)
    assert tried(single(Made("one")), keeps, stem=stem).verdict is Verdict.PASS
    lacking = tried(single(Made("one")), keeps, stem=stem.filled("2"))
    assert lacking.reason == "one does not declare abort"


def test_a_thread_that_is_left_breaks_a_clause_of_its_own() -> None:
    peer = Made("one", left=2)
    result = tried(single(peer), keeps)
    assert (result.verdict, result.clause) == (Verdict.FAIL, "END-8")
    assert result.step == "after the case: state"
    assert result.reason == "2 threads of closed connections are left in one"
    kept = Kept()
    tried(single(Made("one", left=2)), keeps, keeping=kept)
    assert kept.given[0][-1].peer == "one"
    assert peer.done == ["mark", "ensure", "tidy", "kill"]


def test_a_peer_that_does_not_count_its_threads_has_left_none() -> None:
    assert tried(single(Made("one", left=None)), keeps).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Died("one", "state", "gone"), Verdict.CRASH),
        (StepTimeout("one", "discard", "no answer"), Verdict.TIMEOUT),
        (Garbage("one", "state", "hm"), Verdict.UNTESTABLE),
    ],
)
def test_a_peer_that_is_not_whole_behind_its_case(error: PeerError, verdict: Verdict) -> None:
    peer = Made("one")
    peer.ends = error
    result = tried(single(peer), keeps)
    assert (result.verdict, result.step) == (verdict, f"after the case: {error.step}")
    assert peer.done == ["mark", "ensure", "tidy", "kill"]


def test_the_second_of_a_pair_is_looked_at_as_well() -> None:
    one, two = Made("one"), Made("two", left=1)
    result = tried(pair(one, two), keeps)
    assert result.reason == "1 threads of closed connections are left in two"


def test_a_relay_that_failed_is_our_fault() -> None:
    meeting = single(Made("one"))
    meeting.broken = RelayBroken("its thread has failed")
    result = tried(meeting, keeps)
    assert result.verdict is Verdict.HARNESS
    assert "its thread has failed" in result.reason


def test_a_peer_whose_end_was_only_seen_by_its_meeting() -> None:
    meeting = single(Made("one"))
    meeting.broken = PeerEnded("it has gone", "reset")
    assert tried(meeting, keeps).clause == MUST


def line(verdict: Verdict, pattern: str = "*", clause: str | None = MUST) -> KnownLine:
    """A line of a known-failing list."""
    return KnownLine("list", 7, pattern, verdict, clause, "always")


def test_a_known_failure_is_laid_over_the_verdict() -> None:
    known = [line(Verdict.FAIL, clause="END-5"), line(Verdict.FAIL)]
    excused = tried(single(Made("one")), breaks, known)
    assert (excused.verdict, excused.clause) == (Verdict.XFAIL, MUST)
    assert (excused.expected_verdict, excused.known) == (Verdict.FAIL, Known(7, "always"))
    assert excused.stderr == ""
    stale = tried(single(Made("one")), keeps, known[1:])
    assert (stale.verdict, stale.known) == (Verdict.STALE, Known(7, "always"))
    other = tried(single(Made("one")), breaks, [line(Verdict.FAIL, "x/*")])
    assert (other.verdict, other.expected_verdict, other.known) == (Verdict.FAIL, None, None)
