"""Which cases leave a log, where it goes, and what a result says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import clock
from harness.plan import Plan
from harness.records import Result
from harness.story import blame, logfile
from harness.story.lines import Header, Judged, Line
from harness.story.logfile import CaseLog
from harness.verdicts import RED, Trouble, Verdict

#: A name ending by which a place for logs is known to be one file, for the one case of a replay.
FILE = ".jsonl"
#: What a folder of logs holds; whatever else lies in it is somebody else's.
OURS = re.compile(rf"[0-9a-f]{{{logfile.DIGITS}}}{re.escape(FILE)}")
#: Verdicts that may be one peer's fault. The others are ours, or nobody's.
BLAMABLE = frozenset({Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.UNTESTABLE})


@dataclass(frozen=True)
class Keeping:
    """Where logs go: into the folder `place`, or into that one file if it ends in `.jsonl`.

    Without a place none is written. `every`: of every case, not only of red ones. `home` is the
    folder of the results file, from which results name their logs; `options` are those of the run.
    """

    place: Path | None = None
    every: bool = False
    home: Path = Path()
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Keeping:
        """What a plan says about logs."""
        place = None if plan.logs is None else Path(plan.logs)
        return cls(place, plan.keep_logs == "all", Path(plan.home), plan.options)

    def behind(self, earlier: Sequence[Result]) -> Keeping:
        """How it is kept behind earlier tries of the same case: of all logs the first red one."""
        red = any(one.verdict in RED for one in earlier)
        place = None if red else self.place
        return replace(self, place=place, every=self.every and not earlier)

    def wants(self, verdict: Verdict, pair: bool) -> bool:
        """Whether it is worth bringing a case's log into order, to write it or to lay blame."""
        red = verdict in RED
        return (self.place is not None and (red or self.every)) or (pair and verdict in BLAMABLE)

    def completed(
        self,
        result: Result,
        began: int,
        quoted: Sequence[tuple[str, str]],
        body: Sequence[Line],
        trouble: Trouble | None,
    ) -> Result:
        """Lay the blame, write the log if it is wanted, and return the result with both named.

        `began` is the time of the beginning (monotonic nanoseconds), `quoted` are the clauses with
        their sentences, `body` is what happened; `trouble` decided the verdict, if one did. Where
        the log cannot be written, the reason says so.
        """
        found = None
        if len(result.peers) == 2 and result.verdict in BLAMABLE:
            found = blame.find(body, result.peers, trouble)
            result = replace(result, blame=found.peer if found else None)
        if self.place is None or not (self.every or result.verdict in RED):
            return result
        one = self.place.suffix == FILE
        path = self.place if one else self.place / logfile.file_name(result.id)
        log = _log(result, began, quoted, body, self.options, found)
        try:
            logfile.write(log, path)
        except OSError as error:
            # A full disk changes nothing about the peer.
            lacking = f"its wire log cannot be written: {error.strerror}"
            return replace(result, reason=f"{result.reason}; {lacking}".removeprefix("; "))
        return replace(result, log=Path(os.path.relpath(path, self.home)).as_posix())


def place(results: Path) -> Path:
    """Return the folder for the logs of the results in a file."""
    return results.with_suffix(".logs")


def clear(folder: Path, spare: Iterable[Result] = ()) -> None:
    """Take logs out of a folder, which may be absent, but for those of some results.

    What is no log stays. OSError if that fails.
    """
    spared = {logfile.file_name(result.id) for result in spare}
    for path in folder.iterdir() if folder.is_dir() else ():
        if OURS.fullmatch(path.name) and path.name not in spared:
            path.unlink()


def _log(
    result: Result,
    began: int,
    quoted: Sequence[tuple[str, str]],
    body: Sequence[Line],
    options: Mapping[str, Any],
    found: blame.Blame | None,
) -> CaseLog:
    header = Header(
        began, result.id, result.case, result.params, list(result.peers),
        [list(one) for one in quoted], dict(options),
    )
    why = None if found is None else found.what
    judged = Judged(
        clock.now_ns(), str(result.verdict), result.clause, result.reason, result.step,
        result.blame, why, result.stderr,
    )
    return CaseLog(header, tuple(body), judged)
