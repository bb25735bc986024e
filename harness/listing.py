"""What `list` prints: cases, peers, clauses."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from harness import clauses
from harness.muster import muster
from harness.problem import Incomplete
from harness.selection import Selection


def list_cases(selection: Selection, verbose: bool) -> None:
    """Print the selected cases, with what they are about; with `verbose` what they need, too."""
    for stem in selection.stems():
        about = ", ".join(ident for ident, _ in stem.clauses)
        needs = f"; needs {', '.join(stem.needs)}" if verbose and stem.needs else ""
        click.echo(f"{stem.name}  ({stem.shape}: {about}{needs})")


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
    """Print each clause, its level, and which of the selected cases decide it.

    With `verbose`, its sentence as well.
    """
    stems = selection.stems()
    for ident, clause in clauses.load().items():
        if selection.clause and ident not in selection.clause:
            continue
        deciding = dict.fromkeys(stem.case for stem in stems if ident in dict(stem.clauses))
        click.echo(f"{ident}  {clause.level}  {', '.join(deciding) or '-'}")
        if verbose:
            click.echo(f"    {clause.sentence}")
