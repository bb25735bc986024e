"""The command line: `python -m harness VERB`.

It hands what the user asks for to the module that does the work, and sees to the exit code:
0 conforms, 1 does not, 2 usage or a selection that matched nothing, 3 incomplete or harness fault.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

from harness import __version__, clock, known, options, suite, system
from harness import results as results_file
from harness.bench.verb import bench
from harness.explore.verb import explore
from harness.known import KnownLine
from harness.listing import list_
from harness.load import Load
from harness.merging.verb import merge
from harness.muster import MusterFailed
from harness.mutation.verb import mutants
from harness.newadapter import new_adapter
from harness.openaxis import NoValue
from harness.plan import Roster, Stem, case_ids, find_stem
from harness.problem import Incomplete, Usage, require_apart, require_folder, require_writable
from harness.report import terminal
from harness.report.ink import on_stdout
from harness.reporting import conclude, report, require_free
from harness.results import Run
from harness.run import NothingToRun, Request, carry_out
from harness.selection import Selection
from harness.shard import Shard
from harness.smokerun import smoke
from harness.story import keeping
from harness.story.verb import explain

#: What the system says where there is no room for an octet more.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn whatever ends a verb into one line, and 3 where it is nobody's verdict."""
    try:
        yield
    except KeyboardInterrupt:
        raise Incomplete("interrupted") from None
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            # Whoever reads our output has seen enough; click would exit with 1, a verdict.
            system.drop_what_cannot_be_printed()
            raise click.exceptions.Exit(Incomplete.exit_code) from None
        if isinstance(error, ModuleNotFoundError) and (
                error.name is not None and error.name.partition(".")[0] != "harness"):
            raise  # `__main__` says what to install, and asks the same
        if isinstance(error, results_file.ResultsError):
            raise Incomplete(str(error)) from error
        if isinstance(error, OSError) and error.errno in FULL:
            system.drop_what_cannot_be_printed()
            where = error.filename or "what was to be printed or kept in a temporary file"
            raise Incomplete(f"{where}: {os.strerror(error.errno)}") from error
        traceback.print_exc()
        raise Incomplete("the harness itself has failed; the traceback says where") from error


class _Verbs(click.Group):
    """Sees that no end of a verb has an exit code that means something else.

    Python's own for an exception is 1, which says that a peer does not conform.
    """

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _told():  # --help and --version are printed here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        # An orderly end on these, too: a peer that does not notice the end of its stdin would
        # otherwise be left.
        before = {
            number: signal.signal(number, signal.default_int_handler)
            for number in system.ending_signals()
        }
        try:
            with _told():
                return super().invoke(ctx)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.group(
    cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="harness")
def main() -> None:
    """Judge implementations of the Stockings wire format.

    \b
    Exit codes: 0 conforms, 1 does not conform, 2 usage or a selection that
    matched nothing, 3 incomplete or a fault of the harness.
    """


@dataclass(frozen=True)
class Running:
    """The options that say how to run, and where the outcome goes."""

    results: Path | None
    junit_file: Path | None
    known_failing: Sequence[Path]
    patience: float
    validate: bool
    repeat: int
    load: float
    verbose: bool = False
    jobs: int | None = None
    logs: str = "red"
    log: Path | None = None
    shard: Shard | None = None
    folder: Path | None = None

    @property
    def outputs(self) -> list[tuple[str, Path | None]]:
        """Where something is written, each with the option that says so."""
        return [
            ("--results", self.results), ("--junit", self.junit_file), ("--html", self.folder),
            ("--log" if self.log else "--logs", self.log_place),
        ]

    @property
    def log_place(self) -> Path | None:
        """The one file, or the folder, for wire logs; None if there are to be none."""
        if self.log is not None:
            return self.log
        if self.results is None or self.logs == "none":
            return None
        return keeping.place(self.results)


@main.command()
@options.selection
@options.jobs
@options.running
@options.logs
@options.shard
@options.html
def run(
    peer_files: Sequence[Path], peer: Sequence[str], partner: Sequence[str], case: Sequence[str],
    clause: Sequence[str], **running: Any,
) -> None:
    """Run the cases against each peer and each ordered pair of peers.

    Without options: the reference on every interpreter that is found, in both flavours, all cases,
    all ordered pairs.

    \b
    Examples:
      python -m harness run
      python -m harness run --peer 'reference@cpython2.7-*' --case 'handshake/**'
      python -m harness run --peers mine.toml --peer mine --with 'reference@*'
      python -m harness run --shard 1/3 --results one.jsonl
    """
    if running["logs"] == "all" and running["results"] is None:
        raise Usage("--logs all: wire logs lie beside the results file; say where: --results FILE")
    selection = Selection(peer_files, peer, partner, case, clause)
    _run(selection.stems(), selection, None, Running(**running))


@main.command()
@click.argument("case_id")
@options.peer_files
@options.running
@options.log
def replay(case_id: str, peer_files: Sequence[Path], **running: Any) -> None:
    """Run exactly one case again, by the id that a report gave.

    \b
    Example:
      python -m harness replay 'handshake/order/glued[whole]@reference@cpython2.7-poll'
    """
    stem_name, _, names = case_id.partition("@")
    if not names:
        raise Usage(f"an id reads CASE@PEER or CASE@FIRST~SECOND, not {case_id!r}")
    selection = Selection(peer_files, tuple(dict.fromkeys(names.split("~"))))
    try:
        stem = find_stem(selection.suite, stem_name)
    except NoValue as error:
        raise Usage(f"{stem_name}: {error}") from error
    if stem is None:
        raise Usage(f"no case is called {stem_name!r}; see `list cases`")
    _run([stem], selection, frozenset({case_id}), Running(**running, logs="all"))


def _run(
    stems: Sequence[Stem], selection: Selection, ids: frozenset[str] | None, running: Running
) -> NoReturn:
    """Run the cases on the selected peers, report, and end with the exit code of the run."""
    clock.set_patience(running.patience)
    inputs = [("--known-failing", path) for path in running.known_failing]
    require_apart([*inputs, *(("--peers", path) for path in selection.peer_files)], running.outputs)
    for option, path in (
        ("--results", running.results), ("--junit", running.junit_file), ("--log", running.log)
    ):
        if path is not None:
            require_writable(option, path)
    if running.log is None and running.log_place is not None:
        require_folder("--logs", running.log_place)
    if running.folder is not None:
        require_free(running.folder)
    if running.log is not None and running.log.suffix != keeping.FILE:
        raise Usage(f"--log {running.log}: the name of a wire log ends in {keeping.FILE}")
    lines = _known_lines(running.known_failing, selection)
    roster = selection.roster()
    if ids is not None and not ids.issubset(case_ids(stems, roster)):
        raise Usage(f"{stems[0].name!r} is not a case for {', '.join(selection.peer)}")
    console = on_stdout()
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as temporary:
        kept = running.results or Path(temporary) / "results.jsonl"
        request = Request(
            stems, roster, kept, lines, ids, running.jobs, running.patience, running.validate,
            repeat=running.repeat, load=running.load, logs=running.log_place,
            keep_logs=running.logs, shard=running.shard,
            options={
                **selection.options(),
                **({} if ids is None else {"case": sorted(ids)}),
                "known_failing": [str(path) for path in running.known_failing],
                "repeat": running.repeat, "load": running.load,
            },
        )
        with Load(running.load):
            outcome = _carried_out(request, console, Path(temporary))
    conclude(outcome, console, running.junit_file, running.folder, running.verbose)


def _known_lines(paths: Sequence[Path], selection: Selection) -> list[KnownLine]:
    """Read the lists; a line that fits no case of the whole suite is an error.

    Only one about a known implementation on an interpreter that is not here is none: a list is
    written for every machine.
    """
    if not paths:
        return []
    try:
        lines = [line for path in paths for line in known.read(path)]
    except known.KnownFailingError as error:
        raise Usage(str(error)) from error
    universe = case_ids(selection.suite, Roster(tuple(selection.available)))
    names = {stem.name for stem in selection.suite}
    peers = {(spec.implementation, spec.runtime) for spec in selection.available}
    for line in known.unused(lines, universe):
        if known.is_elsewhere(line, names, peers):
            click.echo(f"harness: {line.file}:{line.line}: no peer here is meant", err=True)
            continue
        raise Usage(f"{line.file}:{line.line}: {line.pattern!r} matches no case of any peer")
    return lines


def _carried_out(request: Request, console: Console, folder: Path) -> Run:
    try:
        return carry_out(request, lambda total: terminal.Live(console, total), folder)
    except NothingToRun as error:
        raise Usage(f"nothing to run: {error}") from error
    except MusterFailed as error:
        raise Incomplete(f"nothing was run: {error}") from error
    except (suite.SuiteError, results_file.ResultsError) as error:
        raise Incomplete(str(error)) from error


main.add_command(list_)
main.add_command(report)
main.add_command(smoke)
main.add_command(explain)
main.add_command(explore)
main.add_command(merge)
main.add_command(mutants)
main.add_command(new_adapter)
main.add_command(bench)
