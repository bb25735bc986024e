"""The verb `report`, and how every verb that has a run to show ends."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from harness import clauses, options
from harness import results as results_file
from harness.fields import Invalid
from harness.problem import (
    Incomplete,
    Usage,
    require_apart,
    require_folder,
    require_writable,
    written,
)
from harness.report import badge, github, junit, kills, markdown, picture, tap, terminal
from harness.report.findings import counted
from harness.report.ink import on_stdout
from harness.results import Run


def conclude(
    outcome: Run, console: Console, junit_file: Path | None, folder: Path | None,
    verbose: bool, whole: bool = True,
) -> NoReturn:
    """Show the outcome of a run (in full if `verbose`), convert it, and end with its exit code.

    A report that could not be written (nor others before, if not `whole`) makes it 3 where the
    run conforms, and hides nothing where it does not.
    """
    terminal.summary(outcome, console, clauses.load(), verbose)
    if junit_file is not None:
        whole &= written(f"--junit {junit_file}", lambda: junit.write(outcome, junit_file))
    if folder is not None:
        whole &= _site(outcome, folder)
    assert outcome.footer is not None
    if outcome.footer.missing:
        gap = counted(outcome.header.planned - len(outcome.results), "case")
        raise Incomplete(f"{gap} without result, {outcome.footer.missing[0]} among them")
    sys.exit(outcome.footer.exit or (0 if whole else Incomplete.exit_code))


@click.command()
@click.argument("file", type=options.EXISTING)
@options.converted
@options.html
@options.verbose
@click.option("--github", "on_github", is_flag=True,
              help="Print annotations for GitHub Actions, and add to the step's summary.")
def report(
    file: Path, folder: Path | None, verbose: bool, on_github: bool, **outputs: Path | None
) -> None:
    """Show a results file again, and convert it; exits as the run did.

    A file that is no results file, was cut off or is of a newer format ends it with 3.

    \b
    Examples:
      python -m harness report results/matrix.jsonl --junit matrix.xml
      python -m harness report results/matrix.jsonl --tap matrix.tap --badge badge.svg
      python -m harness report results/matrix.jsonl --html results/html
      python -m harness report results/matrix.jsonl --verbose
      python -m harness report results/matrix.jsonl --github
    """
    asked = [(f"--{option}", path) for option, path in outputs.items()]
    require_apart([("the results file", file)], [*asked, ("--html", folder)])
    try:
        outcome = kills.retold(results_file.read(file))
    except results_file.ResultsError as error:
        raise Incomplete(str(error)) from error
    except Invalid as error:
        raise Incomplete(f"{file}, line 1: not a header of mutants: {error}") from error
    wanted = {option: path for option, path in outputs.items() if path is not None}
    for option, path in wanted.items():
        require_writable(f"--{option}", path)
    if folder is not None:
        require_free(folder)
    whole = True
    for option, path in wanted.items():
        whole &= written(f"--{option} {path}", partial(_converted, option, outcome, path))
    if on_github:
        whole &= _on_github(outcome, file)
    conclude(outcome, on_stdout(), None, folder, verbose, whole)


def require_free(folder: Path) -> None:
    """Raise `Usage` now rather than after the work, if a site cannot go there."""
    # Here, since templates take a while to import.
    from harness.site import build

    require_folder("--html", folder)
    try:
        build.require_free(folder)
    except build.SiteError as error:
        raise Usage(f"--html {error}") from error


def _site(outcome: Run, folder: Path) -> bool:
    """Write a run as a site; as `written`."""
    from harness.site import build  # as above

    try:
        build.write(outcome, folder, clauses.load())
    except build.SiteError as error:
        click.echo(f"harness: --html {error}", err=True)
        return False
    return True


def _converted(form: str, outcome: Run, path: Path) -> None:
    """Write a run in one of the forms that `options.converted` lists."""
    if form == "svg":
        picture.write(outcome, path, clauses.load())
    else:
        {"junit": junit, "tap": tap, "markdown": markdown, "badge": badge}[form].write(
            outcome, path
        )


def _on_github(outcome: Run, file: Path) -> bool:
    """Annotate the step that is running, and add to its summary if it has one; as `written`."""
    for line in github.annotate(outcome, file.as_posix()):
        click.echo(line)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return True

    def add() -> None:
        with open(summary, "a", encoding="utf-8", newline="\n") as added:
            added.write(markdown.summary(outcome))

    return written(f"GITHUB_STEP_SUMMARY {summary}", add)
