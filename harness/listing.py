"""The verb `list`: prints cases, peers or clauses."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from harness import clauses, options
from harness.muster import muster
from harness.plan import Stem
from harness.problem import Incomplete
from harness.report.findings import counted
from harness.selection import Selection
from harness.trial import LEFTOVERS


def list_cases(selection: Selection, verbose: bool) -> None:
    """Print the selected cases, with what they are about; with `verbose` what they need, too."""
    for stem in selection.stems():
        about = ", ".join(ident for ident, _ in stem.clauses)
        needs = f"; needs {', '.join(stem.features)}" if verbose and stem.features else ""
        click.echo(f"{stem.name}  ({stem.shape}: {about}{needs}{_more(stem)})")


def _more(stem: Stem) -> str:
    """Say what else there is beside a case with an open axis."""
    if stem.axis is None:
        return ""
    if stem.axis.rows is None:
        return f"; replays any other {stem.axis.name}"
    return f"; stands for every {stem.axis.name} that the peers of a run make up"


def list_peers(selection: Selection, verbose: bool) -> None:
    """Print the selected peers, and what they say of themselves when they are started.

    With `verbose`, their features and the interpreters that were passed over as well.
    """
    roster = selection.roster()
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as folder:
        mustered = muster(roster.specs, Path(folder))
    for name, hello in mustered.hellos.items():
        features = f", {' '.join(sorted(hello.features))}" if verbose else ""
        click.echo(f"{name}  {hello.implementation}, {hello.body['runtime']}{features}")
    for line in mustered.left_out:
        click.echo(f"left out: {line}")
    if verbose:
        for command, reason in selection.survey.skipped:
            click.echo(f"passed over: {' '.join(command)}: {reason}")
    if mustered.errors:
        raise Incomplete("\n".join(str(error) for error in mustered.errors))


def list_clauses(selection: Selection, verbose: bool) -> None:
    """Print the traceability matrix: each clause, its level, and the selected cases that decide it.

    Where no case can be, the reason stands in its place. With `verbose`, the clause's sentence as
    well.
    """
    shown, stems, exempt = selection.clauses(), selection.named(), clauses.exempt()
    decided = 0
    for clause in shown:
        cases = sorted({stem.case for stem in stems if clause.id in dict(stem.clauses)})
        if clause.id == LEFTOVERS:
            cases.append("behind every case")
        decided += bool(cases)
        without = f"no case: {exempt[clause.id]}" if clause.id in exempt else "-"
        click.echo(f"{clause.id:<9} {clause.level:<6}  {', '.join(cases) or without}")
        if verbose:
            click.echo(f"    {clause.sentence}")
    click.echo(f"{decided} of {counted(len(shown), 'clause')} decided by a case")


LISTS: dict[str, Callable[[Selection, bool], None]] = {
    "cases": list_cases, "peers": list_peers, "clauses": list_clauses,
}


@click.command("list")
@click.argument("what", type=click.Choice(list(LISTS)), default="cases", required=False)
@click.option("--clauses", "traced", is_flag=True,
              help="The same as `list clauses`: which case decides which clause.")
@options.selection
@click.option("-v", "--verbose", is_flag=True,
              help="Peers: features, and interpreters passed over. Clauses: their sentences.")
def list_(
    what: str, traced: bool, verbose: bool, peer_files: Sequence[Path], peer: Sequence[str],
    partner: Sequence[str], case: Sequence[str], clause: Sequence[str],
) -> None:
    """List cases, peers or clauses without running a case.

    \b
    Examples:
      python -m harness list --case 'handshake/**'
      python -m harness list peers --peers conformance/peers.toml
      python -m harness list --clauses
    """
    selection = Selection(peer_files, peer, partner, case, clause)
    LISTS["clauses" if traced else what](selection, verbose)
