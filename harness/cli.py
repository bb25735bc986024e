"""The command line: `python -m harness VERB`.

It resolves what the user names (interpreters, peers, cases, lists), hands it to the module that
does the work, and turns every problem of the user's into one sentence and a documented exit code:
0 conforms, 1 does not, 2 usage or a selection that matched nothing, 3 incomplete or harness fault.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

from harness import __version__, clauses, clock, discovery, environments, known, peers, suite
from harness import results as results_file
from harness.peers import PeerSpec
from harness.plan import ROOT, Roster, Stem, case_ids
from harness.process import PeerError
from harness.report import junit, terminal
from harness.run import MusterFailed, Request, carry_out, muster
from harness.smoke import smoke as smoke_peer

Function = TypeVar("Function", bound=Callable[..., Any])

USAGE = 2
INCOMPLETE = 3


def fail(code: int, message: str) -> NoReturn:
    """End with one message on stderr and an exit code."""
    click.echo(f"harness: {message}", err=True)
    sys.exit(code)


@dataclass
class Selection:
    """The options that say which peers and cases are meant."""

    peer_files: Sequence[Path]
    peer: Sequence[str]
    partner: Sequence[str]
    case: Sequence[str]
    clause: Sequence[str]

    def stems(self) -> list[Stem]:
        """Return the selected cases; ends with exit code 2 when there are none."""
        for ident in self.clause:
            if ident not in clauses.load():
                fail(USAGE, f"--clause {ident}: SPEC.md has no such clause; `list --clauses` names them")
        everything = suite.collect()
        for glob in self.case:
            if not any(stem.chosen([glob], []) for stem in everything):
                fail(USAGE, f"--case {glob}: matches no case; `list --cases` names them")
        chosen = [stem for stem in everything if stem.chosen(self.case, self.clause)]
        if not chosen:
            fail(USAGE, "no case fits both --case and --clause")
        return chosen

    def roster(self) -> Roster:
        """Return the selected peers, ready to start.

        Ends with exit code 2 for a glob that matches nothing or a file that cannot be used, and
        with 3 when what a third party requires cannot be installed.
        """
        try:
            judged = peers.select(self.available, self.peer)
            partners = peers.select(self.available, self.partner) if self.partner else []
            installed = peers.ready([*judged, *partners], environments.prepare)
        except peers.PeersError as error:
            fail(USAGE, str(error))
        except environments.PreparationFailed as error:
            fail(INCOMPLETE, str(error))
        return Roster(tuple(installed[: len(judged)]), tuple(installed[len(judged) :]))

    @cached_property
    def available(self) -> list[PeerSpec]:
        """Every peer there is: the reference on each interpreter, then the files' peers.

        Raises `PeersError`. Nothing is installed for them yet.
        """
        interpreters = discovery.discover()
        found = peers.reference_peers(interpreters, ROOT)
        for path in self.peer_files:
            found += peers.load_file(path, interpreters)
        return found

    def options(self) -> dict[str, Any]:
        """Return the selection as the results file states it and a replay repeats it."""
        return {
            "peers": [str(path) for path in self.peer_files], "peer": list(self.peer),
            "with": list(self.partner), "case": list(self.case), "clause": list(self.clause),
        }


def _peer_files(function: Function) -> Function:
    return click.option(
        "--peers", "peer_files", multiple=True, metavar="FILE.toml",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Add the third-party peers of this file. May be repeated.",
    )(function)


def _selection(function: Function) -> Function:
    decorators = [
        _peer_files,
        click.option("--peer", multiple=True, metavar="GLOB",
                     help="Judge only peers whose name matches, alone and in pairs with each other."),
        click.option("--with", "partner", multiple=True, metavar="GLOB",
                     help="Pair the judged peers with these as well, without judging these alone."),
        click.option("--case", multiple=True, metavar="GLOB", help="Only cases whose name matches."),
        click.option("--clause", multiple=True, metavar="ID", help="Only cases that decide this clause."),
    ]
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def _running(function: Function) -> Function:
    decorators = [
        click.option("--jobs", type=click.IntRange(1), metavar="N", default=os.cpu_count() or 1,
                     help="Worker processes.  [default: one per core]"),
        click.option("--results", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.jsonl",
                     help="Keep the results file here."),
        click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
                     metavar="FILE.xml", help="Write a JUnit XML report as well."),
        click.option("--known-failing", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                     multiple=True, metavar="FILE", help="Excuse the failures that this list names exactly."),
        click.option("--patience", type=click.FloatRange(0.1, 1000), default=1.0, metavar="FACTOR",
                     help="Multiply every time limit; for slow or busy machines.  [default: 1]"),
        click.option("--validate", is_flag=True,
                     help="Hold every answer of a peer against the protocol's schemas."),
    ]
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="harness")
def main() -> None:
    """Judge implementations of the Stockings wire format.

    \b
    Exit codes: 0 conforms, 1 does not conform, 2 usage or a selection that
    matched nothing, 3 incomplete or a fault of the harness.
    """


@main.command()
@_selection
@_running
def run(**options: Any) -> None:
    """Run the cases against each peer and each ordered pair of peers.

    Without options: the reference on every interpreter that is found, in both flavours, all cases,
    all ordered pairs.

    \b
    Examples:
      python -m harness run
      python -m harness run --peer 'reference@cpython2.7-*' --case 'handshake/**'
      python -m harness run --peers mine.toml --peer mine --with 'reference@*'
    """
    running = {key: options.pop(key) for key in
               ("jobs", "results", "junit_file", "known_failing", "patience", "validate")}
    selection = Selection(**options)
    clock.set_patience(running["patience"])
    stems = selection.stems()
    roster = selection.roster()
    if not case_ids(stems, roster):
        fail(USAGE, "the selected cases and peers do not meet: nothing to run")
    _run(stems, roster, None, selection, running)


@main.command()
@click.argument("case_id")
@_peer_files
@_running
def replay(case_id: str, peer_files: Sequence[Path], **running: Any) -> None:
    """Run exactly one case again, by the id that a report gave.

    \b
    Example:
      python -m harness replay 'handshake/order/glued@reference@cpython2.7-poll~reference@cpython3.13-poll'
    """
    stem_name, _, names_text = case_id.partition("@")
    names = tuple(dict.fromkeys(names_text.split("~")))
    clock.set_patience(running["patience"])
    stems = [stem for stem in suite.collect() if stem.name == stem_name]
    if not stems:
        fail(USAGE, f"no case is called {stem_name!r}; `list --cases` names them")
    selection = Selection(peer_files, names, (), (), ())
    roster = selection.roster()
    if case_id not in case_ids(stems, roster):
        fail(USAGE, f"{stem_name!r} is not a case for {names_text!r}")
    _run(stems, roster, frozenset({case_id}), selection, {**running, "jobs": 1})


def _run(
    stems: Sequence[Stem], roster: Roster, ids: frozenset[str] | None, selection: Selection,
    running: dict[str, Any],
) -> NoReturn:
    lines = _known_lines(running["known_failing"], selection)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as temporary:
        kept = running["results"] or Path(temporary) / "results.jsonl"
        for path in (kept, running["junit_file"]):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
        request = Request(
            stems, roster, kept, lines, ids, running["jobs"], running["patience"], running["validate"],
            {**selection.options(), "known_failing": [str(path) for path in running["known_failing"]]},
        )
        try:
            outcome = carry_out(
                request, lambda total: terminal.Live(console, total), Path(temporary)
            )
        except MusterFailed as error:
            fail(INCOMPLETE, f"nothing was run, since not every peer can be used:\n{error}")
        except (suite.SuiteError, results_file.ResultsError) as error:
            fail(INCOMPLETE, str(error))
        terminal.summary(outcome, console, clauses.load())
        if running["junit_file"] is not None:
            junit.write(outcome, running["junit_file"])
    assert outcome.footer is not None
    sys.exit(outcome.footer.exit)


def _known_lines(paths: Sequence[Path], selection: Selection) -> list[known.KnownLine]:
    """Read the lists; a line that fits no case of the whole suite is an error."""
    if not paths:
        return []
    try:
        lines = [line for path in paths for line in known.read(path)]
    except known.KnownFailingError as error:
        fail(USAGE, str(error))
    universe = case_ids(suite.collect(), Roster(tuple(selection.available)))
    for line in known.unused(lines, universe):
        fail(USAGE, f"{line.file}:{line.line}: {line.pattern!r} matches no case")
    return lines


@main.command("list")
@_selection
@click.option("--cases", "what", flag_value="cases", help="The cases.  [default]", default="cases")
@click.option("--peers-found", "what", flag_value="peers", help="The peers, and what they declare.")
@click.option("--clauses", "what", flag_value="clauses", help="The clauses, and the cases that decide each.")
def list_(what: str, **options: Any) -> None:
    """List cases, peers or clauses without running anything.

    \b
    Examples:
      python -m harness list --case 'handshake/**'
      python -m harness list --peers-found --peers conformance/peers.toml
      python -m harness list --clauses
    """
    selection = Selection(**options)
    if what == "peers":
        _list_peers(selection)
    elif what == "clauses":
        _list_clauses(selection)
    else:
        for stem in selection.stems():
            click.echo(f"{stem.name}  ({stem.shape}: {', '.join(ident for ident, _ in stem.clauses)})")


def _list_peers(selection: Selection) -> None:
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as temporary:
        roster = selection.roster()
        try:
            mustered = muster(roster.specs, Path(temporary))
        except MusterFailed as error:
            fail(INCOMPLETE, str(error))
    for spec in roster.specs:
        hello = mustered.hellos.get(spec.name)
        if hello is not None:
            click.echo(f"{spec.name}  {hello.implementation}, {hello.body['runtime']}")
    for line in mustered.left_out:
        click.echo(f"left out: {line}")


def _list_clauses(selection: Selection) -> None:
    stems = selection.stems()
    for ident, clause in clauses.load().items():
        deciding = sorted({stem.case for stem in stems if ident in dict(stem.clauses)})
        click.echo(f"{ident}  {clause.level}  {', '.join(deciding) or '-'}")


@main.command()
@click.argument("peer")
@_peer_files
@click.option("--patience", type=click.FloatRange(0.1, 1000), default=1.0, metavar="FACTOR",
              help="Multiply every time limit.  [default: 1]")
def smoke(peer: str, peer_files: Sequence[Path], patience: float) -> None:
    """Check the adapter of one peer: does it obey the adapter protocol?

    PEER is a peer's name or a glob that matches one.

    \b
    Example:
      python -m harness smoke mine --peers mine.toml
    """
    clock.set_patience(patience)
    roster = Selection(peer_files, (peer,), (), (), ()).roster()
    worst = 0
    for spec in roster.judged:
        click.echo(spec.name)
        try:
            checks = smoke_peer(
                list(spec.command), dict(spec.environment), spec.flavour, patience,
                mirror_command=list(spec.mirror) or None,
            )
        except PeerError as error:
            fail(INCOMPLETE, str(error))
        for one in checks:
            click.echo(f"  {'ok  ' if one.ok else 'FAIL'}  {one.name}" + ("" if one.ok else f": {one.message}"))
        worst = max(worst, 0 if all(one.ok for one in checks) else 1)
    sys.exit(worst)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
              metavar="FILE.xml", help="Write a JUnit XML report.")
def report(file: Path, junit_file: Path | None) -> None:
    """Show a results file again, and convert it; exits as the run did.

    \b
    Example:
      python -m harness report results/matrix.jsonl --junit matrix.xml
    """
    try:
        outcome = results_file.read(file)
    except results_file.ResultsError as error:
        fail(INCOMPLETE, str(error))
    terminal.summary(outcome, Console(highlight=False), clauses.load())
    if junit_file is not None:
        junit.write(outcome, junit_file)
    assert outcome.footer is not None
    sys.exit(outcome.footer.exit)
