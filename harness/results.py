"""The results file: one JSON object a line; a header first, a footer last.

The header states the plan (how many cases, and a digest of their ids), the footer proves
that the plan was carried out. A file without footer comes from a run that was killed, and
it is refused unless the caller asks for what is there. All reports are pure functions of
what `read` returns.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, TextIO, TypeVar

from harness import system
from harness.fields import Invalid
from harness.records import (
    FORMAT,
    Footer,
    Header,
    Known,
    PeerInfo,
    Result,
    Share,
    Suite,
)
from harness.verdicts import Check, Verdict, exit_code

__all__ = [
    "FORMAT",
    "MUTANTS",
    "Check",
    "Footer",
    "Header",
    "Known",
    "PeerInfo",
    "Result",
    "ResultsError",
    "Run",
    "Share",
    "Suite",
    "Writer",
    "ident_of",
    "plan_digest",
    "read",
]

_Record = TypeVar("_Record", Header, Result, Footer)

SCHEMA: Final = "conformance/results.schema.json"
"""The form of a line, for others; a test holds it against what is read here."""

MISSING_SHOWN: Final = 20
"""How many missing ids a footer names: enough to see the pattern, short enough to read."""

MUTANTS: Final = "mutants"
"""The option of a header whose run was one of mutants, in which a FAIL is no failure."""


class ResultsError(Exception):
    """A results file cannot be used; the message names the file, the line and the reason."""


@dataclass(frozen=True)
class Run:
    """All that one results file says. `footer` is None only after a partial read.

    `folder` is where the file lies, from which the wire logs of its results are named.
    """

    header: Header
    results: tuple[Result, ...]
    footer: Footer | None
    folder: Path = field(default=Path(), compare=False)

    @property
    def complete(self) -> bool:
        """Whether every planned case has its result."""
        return self.footer is not None and not self.footer.missing

    @property
    def partial(self) -> bool:
        """Whether the plan is a part of the suite: a shard, or cases that were selected."""
        selected = any(self.header.options.get(key) for key in ("case", "clause"))
        return selected or self.header.shard is not None

    @property
    def counts(self) -> Counter[Verdict]:
        """How often each verdict was given."""
        return Counter(result.verdict for result in self.results)


def plan_digest(ids: Iterable[str]) -> str:
    """The digest of a set of case ids: SHA-256 of the sorted ids joined by line feeds."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def ident_of(case: str, params: str, peers: Iterable[str]) -> str:
    """Return the id of a case with these parameters (with their brackets) on these peers."""
    return f"{case}{params}@{'~'.join(peers)}"


class Writer:
    """Writes a results file line by line, each line flushed, so that a killed run leaves
    everything it had found out.

    Not safe for several threads. As a context manager it closes the file; only `finish`
    writes the footer, so that a run that breaks off stays recognisable as one. Every method may
    raise an OSError, which has the file's name; there is a ResultsError at the beginning if
    another process writes the file.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._ids: set[str] = set()
        self._counts: Counter[Verdict] = Counter()
        # Not emptied before it is known that nobody else writes it.
        self._file: TextIO = path.open("a", encoding="utf-8", newline="\n")
        if not system.claim(self._file):
            self._file.close()
            raise ResultsError(f"{path}: another run is writing it; this one needs another file")
        if path.is_file():
            self._file.truncate(0)
        self._line(header.to_json())

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, result: Result) -> None:
        """Record one result; raises ValueError for an id that has one already."""
        if result.id in self._ids:
            raise ValueError(f"there is a result of {result.id} already")
        self._line(result.to_json())
        self._ids.add(result.id)
        self._counts[result.verdict] += 1

    def finish(self, planned: Iterable[str], exit_code: int, seconds: float) -> Footer:
        """Write the footer, close the file and return the footer.

        `planned` are the ids of the plan, `seconds` is the wall time of the run.
        """
        missing = sorted(set(planned) - self._ids)[:MISSING_SHOWN]
        footer = Footer(len(self._ids), dict(self._counts), tuple(missing), exit_code, seconds)
        self._line(footer.to_json())
        self.close()
        return footer

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        with self._named():
            self._file.close()

    def _line(self, line: Mapping[str, Any]) -> None:
        with self._named():
            self._file.write(json.dumps(line, allow_nan=False) + "\n")
            self._file.flush()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Put the file's name into an error: the system names none that is open already."""
        try:
            yield
        except OSError as error:
            error.filename = self._file.name
            raise


def read(path: Path, *, partial: bool = False) -> Run:
    """Read a results file and check it against itself; raises ResultsError.

    With `partial` a file without footer is taken as well, and a last line that was cut off
    in writing is left out. A run that was stopped in an orderly way has a footer that names
    what is missing; it is read, and it is not `complete`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error
    lines = text.split("\n")
    if lines.pop() and not partial:
        raise ResultsError(f"{path}, line {len(lines) + 1}: cut off; the run was interrupted")
    return _Reader(path, lines).run(partial)


class _Reader:
    """The lines of one file on their way to a Run; it knows how to complain about them."""

    def __init__(self, path: Path, lines: Sequence[str]) -> None:
        self._path = path
        self._lines = lines

    def run(self, partial: bool) -> Run:
        """The whole file as a Run, all checks done."""
        if not self._lines:
            self._refuse(1, "there is no header")
        objects = [self._parsed(number) for number in range(1, len(self._lines) + 1)]
        header = self._record(1, Header, objects[0])
        ends = objects[-1].get("type") == "footer"
        body = objects[1:-1] if ends else objects[1:]
        results = tuple(
            self._record(number, Result, line) for number, line in enumerate(body, start=2)
        )
        footer = self._record(len(objects), Footer, objects[-1]) if ends else None
        if footer is None and not partial:
            self._refuse(len(objects), "there is no footer after it; the run was interrupted")
        self._check_results(header, results)
        if footer is not None:
            self._check_footer(header, results, footer)
        return Run(header, results, footer, self._path.parent)

    def _parsed(self, number: int) -> dict[str, Any]:
        """One line as the JSON object it has to be."""
        try:
            value = json.loads(self._lines[number - 1])
        except (ValueError, RecursionError) as error:
            self._refuse(number, f"not JSON: {error}")
        if not isinstance(value, dict):
            self._refuse(number, "not a JSON object")
        return value

    def _record(self, number: int, kind: type[_Record], line: Mapping[str, Any]) -> _Record:
        """One line as the record that belongs there."""
        try:
            return kind.from_json(line)
        except Invalid as error:
            what = f"not a {kind.__name__.lower()}: {error}"
            self._refuse(number, f"{what}; {SCHEMA} has the form of a line")

    def _check_results(self, header: Header, results: Sequence[Result]) -> None:
        """Every result stands once, under its own id, and names peers of the header."""
        peers = {peer.name for peer in header.peers}
        seen: set[str] = set()
        for number, result in enumerate(results, start=2):
            if result.id in seen:
                self._refuse(number, f"a second result of {result.id}")
            seen.add(result.id)
            # Lists, replays and the plan's digest go by the id, reports by what it is made of.
            own = ident_of(result.case, result.params, result.peers)
            if result.id != own:
                self._refuse(number, f"by case, params and peers it is {own}, not {result.id}")
            for peer in result.peers:
                if peer not in peers:
                    self._refuse(number, f"the header does not list the peer {peer}")

    def _check_footer(self, header: Header, results: Sequence[Result], footer: Footer) -> None:
        """What the footer and the header say adds up with the results."""
        last = len(self._lines)
        if footer.results != len(results):
            self._refuse(last, f"says {footer.results} results, there are {len(results)}")
        if dict(footer.counts) != dict(Counter(result.verdict for result in results)):
            self._refuse(last, "the counts of the verdicts do not fit the results")
        missing = header.planned - len(results)
        named = len(footer.missing)
        if missing < 0 or named != min(missing, MISSING_SHOWN):
            self._refuse(
                last, f"{header.planned} planned, {len(results)} there, {named} named as missing"
            )
        ids = [result.id for result in results]
        if missing <= MISSING_SHOWN and plan_digest([*ids, *footer.missing]) != header.plan:
            self._refuse(last, "the ids are not those of the header's plan")
        code = exit_code((result.verdict for result in results), not footer.missing)
        # What became of mutants is made out by `report.kills`, and the exit code with it.
        if footer.exit != code and MUTANTS not in header.options:
            self._refuse(last, f"says exit code {footer.exit}, by its results it is {code}")

    def _refuse(self, number: int, what: str) -> NoReturn:
        raise ResultsError(f"{self._path}, line {number}: {what}")
