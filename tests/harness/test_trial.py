"""What each way in which a case can end means for its verdict."""

from __future__ import annotations

import pytest

from harness.case import Untestable
from harness.codec import Malformed
from harness.peererror import (
    AdapterFault,
    Died,
    Garbage,
    LibraryRaised,
    NotStarted,
    PeerError,
    StepTimeout,
    Unsupported,
)
from harness.plan import Stem
from harness.relay import RelayBroken
from harness.tester import Misframed, OutOfTime, PeerEnded
from harness.trial import first_trouble, trouble_behind, trouble_of
from harness.verdicts import Trouble, Verdict

STEM = Stem("a/b/c", "", "single", (("SEND-2", "…"), ("SEND-1", "…")), (), "node")
TESTER = "the tester's end"


@pytest.mark.parametrize(
    ("error", "verdict", "clause", "step"),
    [
        (LibraryRaised("p", "write", {"name": "E"}), Verdict.FAIL, "SEND-2", "write"),
        (Misframed(Malformed("FRAME-7", 3, "too long")), Verdict.FAIL, "FRAME-7", TESTER),
        (PeerEnded("gone", "fin"), Verdict.FAIL, "SEND-2", TESTER),
        (OutOfTime("slow"), Verdict.TIMEOUT, None, TESTER),
        (StepTimeout("p", "read", "no answer"), Verdict.TIMEOUT, None, "read"),
        (Died("p", "read", "gone"), Verdict.CRASH, None, "read"),
        (NotStarted("p", "start", "no such file"), Verdict.UNTESTABLE, None, "start"),
        (Garbage("p", "read", "hm"), Verdict.UNTESTABLE, None, "read"),
        (AdapterFault("p", "read", "hm"), Verdict.UNTESTABLE, None, "read"),
        (Unsupported("p", "read", "hm"), Verdict.UNTESTABLE, None, "read"),
        (Untestable("not stuck"), Verdict.UNTESTABLE, None, None),
        (RelayBroken("the thread has failed"), Verdict.HARNESS, None, None),
        (AssertionError("of ours"), Verdict.HARNESS, None, None),
        (ConnectionResetError("not foreseen"), Verdict.HARNESS, None, None),
    ],
)
def test_what_ended_a_case(
    error: Exception, verdict: Verdict, clause: str | None, step: str | None
) -> None:
    trouble = trouble_of(error, STEM)
    assert (trouble.kind, trouble.clause, trouble.step) == (verdict, clause, step)
    assert str(error) in trouble.reason
    assert trouble.peer == ("p" if isinstance(error, PeerError) else None)


def test_a_fault_of_ours_names_its_place() -> None:
    def deepest() -> None:
        raise KeyError("local")

    def deeper() -> None:
        deepest()

    try:
        deeper()
    except KeyError as error:
        trouble = trouble_of(error, STEM)
    line = deepest.__code__.co_firstlineno + 1
    assert trouble.reason == f"KeyError: 'local' (test_trial.py:{line})"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Died("p", "state", "gone"), Verdict.CRASH),
        (StepTimeout("p", "state", "no answer"), Verdict.TIMEOUT),
        (Garbage("p", "state", "hm"), Verdict.UNTESTABLE),
        (LibraryRaised("p", "discard", {"name": "E"}), Verdict.UNTESTABLE),
    ],
)
def test_a_peer_that_cannot_be_looked_at_afterwards(error: PeerError, verdict: Verdict) -> None:
    step = f"after the case: {error.step}"
    assert trouble_behind(error) == Trouble(verdict, step, None, str(error), "p")


FAILED = Trouble(Verdict.FAIL, "write", "SEND-2", "raised")
UNDECIDED = Trouble(Verdict.UNTESTABLE, None, None, "not stuck")
BEHIND = Trouble(Verdict.FAIL, "after the case", "END-8", "a thread")


@pytest.mark.parametrize(
    ("trouble", "behind", "counts"),
    [
        (None, None, None),
        (None, BEHIND, BEHIND),
        (UNDECIDED, None, UNDECIDED),
        (UNDECIDED, BEHIND, BEHIND),
        (FAILED, None, FAILED),
        (FAILED, BEHIND, FAILED),
    ],
)
def test_evidence_is_not_covered_up(
    trouble: Trouble | None, behind: Trouble | None, counts: Trouble | None
) -> None:
    assert first_trouble(trouble, behind) is counts
