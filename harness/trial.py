"""One case on its peers: run, looked behind, judged.

Whatever ends a case early is an exception that says what it was; here each becomes what it means
for the verdict. What a case leaves behind in its peers counts as well.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import clock
from harness.case import CaseOver, Recorder, Untestable
from harness.hello import Hello
from harness.known import KnownLine, find
from harness.meeting import Pair, Single
from harness.peer import Peer
from harness.peererror import Died, LibraryRaised, PeerError, StepTimeout
from harness.plan import Stem
from harness.results import Known, Result
from harness.story.gather import gather
from harness.story.keeping import Keeping
from harness.tester import Misframed, OutOfTime, PeerEnded
from harness.verdicts import RED, Judgement, Trouble, Verdict, judge, overlay

#: Decided after every case, without being declared: nothing of a closed connection may remain.
LEFTOVERS = "END-8"
#: Where it happened, if it happened in no peer's step.
TESTER_STEP = "the tester's end"
AFTERWARDS = "after the case"
#: No log is written.
NOWHERE = Keeping()


@dataclass(frozen=True)
class Trial:
    """One case on its peers. `hellos` are the peers' declarations, by name.

    `keeping` says whether its log is written, and where.
    """

    ident: str
    stem: Stem
    recorder: Recorder
    meeting: Single | Pair
    hellos: Mapping[str, Mapping[str, Any]]
    keeping: Keeping = NOWHERE

    @property
    def peers(self) -> list[Peer]:
        """The peers that take part, each once."""
        if isinstance(self.meeting, Single):
            return [self.meeting.peer]
        return list(dict.fromkeys((self.meeting.first, self.meeting.second)))

    def result(self, case: Callable[[], object], known: Sequence[KnownLine]) -> Result:
        """Run the case and return its result, with the known-failing list laid over it."""
        began, began_ns = clock.now(), clock.now_ns()
        self.meeting.begin()
        judgement, trouble = self._judged(case)
        line = find(known, self.ident, judgement.verdict, judgement.clause)
        final = overlay(judgement, line)
        result = Result(
            id=self.ident, case=self.stem.case, params=self.stem.params,
            peers=tuple(self.meeting.name.split("~")),
            verdict=final.verdict, clause=final.clause, reason=final.reason,
            checks=tuple(self.recorder.checks),
            clauses=tuple(clause for clause, _ in self.stem.clauses),
            step=final.step, seconds=round(clock.now() - began, 6),
            segmentation=self.recorder.segmentation,
            stderr=self._stderr() if final.verdict in RED else "",
            expected_verdict=None if line is None else line.verdict,
            known=None if line is None else Known(line.line, line.reason),
        )
        if not self.keeping.wants(final.verdict, isinstance(self.meeting, Pair)):
            return result
        body = gather(self.meeting, self.peers, self.recorder)
        return self.keeping.completed(result, began_ns, self.stem.clauses, body, trouble)

    def _judged(self, case: Callable[[], object]) -> tuple[Judgement, Trouble | None]:
        """Run the case; return the judgement, and the trouble that decided it, if one did."""
        lacking = self._lacking()
        if lacking is not None:
            return Judgement(Verdict.UNSUPPORTED, None, lacking, None), None
        trouble = first_trouble(self._run(case), self._look_behind())
        clauses = [clause for clause, _ in self.stem.clauses]
        judgement = judge(clauses, self.recorder.checks, trouble)
        if trouble is not None and (judgement.verdict, judgement.step) != (
            trouble.kind, trouble.step
        ):
            trouble = None
        return judgement, trouble

    def _lacking(self) -> str | None:
        """Say what a peer has declined before the run, if the case needs it."""
        for peer in self.peers:
            features = Hello(self.hellos[peer.name], peer.spec.flavour).features
            missing = [word for word in self.stem.features if word not in features]
            if missing:
                return f"{peer.name} does not declare {', '.join(missing)}"
        return None

    def _run(self, case: Callable[[], object]) -> Trouble | None:
        """Run the case function; say what interrupted it, if anything did."""
        for peer in self.peers:
            peer.mark()
        try:
            for peer in self.peers:
                peer.ensure()
            case()
        except CaseOver:
            return None
        except Exception as error:
            self.recorder.over = clock.now_ns()
            if not isinstance(error, (LibraryRaised, Untestable)):
                # What the peers do now is nobody's business any more: they start anew.
                for peer in self.peers:
                    peer.kill()
            return trouble_of(error, self.stem)
        finally:
            self.recorder.over = self.recorder.over or clock.now_ns()
        return None

    def _look_behind(self) -> Trouble | None:
        """Drop what the case has left open, and see that the peers are whole and free of it."""
        try:
            self.meeting.tidy()
        except Exception as error:
            return trouble_of(error, self.stem)
        for peer in self.peers:
            try:
                left = peer.tidy()
            except PeerError as error:
                peer.kill()
                return trouble_behind(error)
            if left:
                peer.kill()
                reason = f"{left} threads of closed connections are left in {peer.name}"
                return Trouble(Verdict.FAIL, f"{AFTERWARDS}: state", LEFTOVERS, reason, peer.name)
        return None

    def _stderr(self) -> str:
        """What the peers printed during the case; with their names, if they are two."""
        printed = {peer.name: peer.stderr_since_mark() for peer in self.peers}
        if len(printed) == 1:
            return "".join(printed.values())
        return "\n".join(f"{name}:\n{text}" for name, text in printed.items() if text)


def first_trouble(trouble: Trouble | None, behind: Trouble | None) -> Trouble | None:
    """Return what counts: what ended the case, or else what was found behind it.

    A case that could not decide anything does not cover up evidence that was found behind it.
    """
    undecided = trouble is None or trouble.kind is Verdict.UNTESTABLE
    return behind if undecided and behind is not None else trouble


def trouble_of(error: Exception, stem: Stem) -> Trouble:
    """Say what an exception that ended a case means for its verdict."""
    if isinstance(error, LibraryRaised):
        clause = _first_clause(stem)
        return Trouble(Verdict.FAIL, error.step, clause, str(error), error.peer)
    if isinstance(error, Misframed):
        return Trouble(Verdict.FAIL, TESTER_STEP, error.malformed.clause, str(error))
    if isinstance(error, PeerEnded):
        return Trouble(Verdict.FAIL, TESTER_STEP, _first_clause(stem), str(error))
    if isinstance(error, OutOfTime):
        return Trouble(Verdict.TIMEOUT, TESTER_STEP, None, str(error))
    if isinstance(error, StepTimeout):
        return Trouble(Verdict.TIMEOUT, error.step, None, str(error), error.peer)
    if isinstance(error, Died):
        return Trouble(Verdict.CRASH, error.step, None, str(error), error.peer)
    if isinstance(error, PeerError):
        return Trouble(Verdict.UNTESTABLE, error.step, None, str(error), error.peer)
    if isinstance(error, Untestable):
        return Trouble(Verdict.UNTESTABLE, None, None, str(error))
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" ({Path(one.filename).name}:{one.lineno})" for one in place)
    return Trouble(Verdict.HARNESS, None, None, f"{type(error).__name__}: {error}{where}")


def trouble_behind(error: PeerError) -> Trouble:
    """Say what it means that a peer cannot be looked at after a case."""
    kinds = {Died: Verdict.CRASH, StepTimeout: Verdict.TIMEOUT}
    # Whatever else it answers: neither `discard` nor `state` may raise or be unknown.
    kind = kinds.get(type(error), Verdict.UNTESTABLE)
    return Trouble(kind, f"{AFTERWARDS}: {error.step}", None, str(error), error.peer)


def _first_clause(stem: Stem) -> str:
    """The clause that a case is about first of all: the first one that it quotes."""
    return stem.clauses[0][0]
