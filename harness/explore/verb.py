"""The verb `explore`: makes programs up, and looks for one that a pair of peers fails."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness import clauses, clock, options
from harness.problem import Usage, require_apart, require_folder, require_writable
from harness.report import terminal
from harness.report.ink import on_stdout
from harness.selection import Selection
from harness.story.keeping import place

#: Programs without --examples: a quarter of a minute.
EXAMPLES = 500
#: Steps without --steps: enough for two things to meet, and few enough to be read.
STEPS = 12


@click.command()
@options.peer_files
@click.option("--peer", multiple=True, metavar="GLOB",
              help="Only pairs of peers whose names match.")
@click.option("--with", "partner", multiple=True, metavar="GLOB",
              help="Pair these peers with them as well.")
@click.option("--examples", type=click.IntRange(1), default=EXAMPLES, show_default=True,
              metavar="N", help="How many programs to draw.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N",
              help="Draw other programs: the same seed draws the same ones.")
@click.option("--steps", type=click.IntRange(1, 100), default=STEPS, show_default=True,
              metavar="N", help="How many steps a program has at most.")
@click.option("--time", "seconds", type=options.Number(0, min_open=True), metavar="SECONDS",
              help="Draw no more programs after this time.")
@click.option("--results", type=options.WRITTEN, metavar="FILE.jsonl",
              help="Keep the results file here, and the log of a program that fails beside it.")
@options.patience
def explore(
    peer_files: Sequence[Path], peer: Sequence[str], partner: Sequence[str], results: Path | None,
    patience: float, **wish: Any,
) -> None:
    """Look for a program of writes, reads, stalls, cuts and ends that fails.

    Programs are drawn at random and carried out on pairs of peers, one after the other. One that
    fails is made as small as it gets, tried again, and shown with the command that replays it.
    One that does not fail again is FLAKY.

    \b
    Examples:
      python -m harness explore --peer 'reference@cpython3.12-*'
      python -m harness explore --peers mine.toml --peer mine --seed 7 --time 60
    """
    try:
        from harness.explore.search import Wish
        from harness.explore.session import explored
    except ModuleNotFoundError as error:
        raise Usage(f"explore needs {error.name}: python -m pip install {error.name}") from error
    require_apart([("--peers", path) for path in peer_files], [("--results", results)])
    clock.set_patience(patience)
    selection = Selection(peer_files, peer, partner)
    console = on_stdout()
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as folder:
        kept = results or Path(folder) / "results.jsonl"
        logs = None if results is None else place(results)
        require_writable("--results", kept)
        if logs is not None:
            require_folder("--results", logs)
        given = {**selection.options(), **wish, "patience": patience}
        outcome = explored(selection, Wish(**wish), given, kept, logs, console, Path(folder))
        terminal.summary(outcome, console, clauses.load())
    assert outcome.footer is not None
    sys.exit(outcome.footer.exit)
