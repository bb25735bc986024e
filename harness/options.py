"""The options that several verbs of the command line share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.shard import Shard

Function = TypeVar("Function", bound=Callable[..., Any])

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
WRITTEN = click.Path(dir_okay=False, path_type=Path)

peer_files = click.option(
    "--peers", "peer_files", multiple=True, metavar="FILE.toml", type=EXISTING,
    help="Add the third-party peers of this file. May be repeated.",
)

class Number(click.FloatRange):
    """A number of a range; click lets "nan" through, which is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; fail if it is none."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number to count with.", param, ctx)
        return number


patience = click.option(
    "--patience", type=Number(0.1, 1000), default=1.0, metavar="FACTOR",
    help="Multiply every time limit; for slow or busy machines. Below 1, peers still get the usual "
    "time to start.  [default: 1]",
)

jobs = click.option(
    "--jobs", type=click.IntRange(1), metavar="N",
    help="Worker processes.  [default: two per core, three if there are many cases]",
)

junit = click.option(
    "--junit", "junit_file", type=WRITTEN, metavar="FILE.xml",
    help="Write a JUnit XML report as well; a file that is there is replaced.",
)


html = click.option(
    "--html", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="Write a site of static pages; an earlier one in the folder is replaced.",
)


def _all(*decorators: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """Return one decorator for several, which `--help` lists in this order."""

    def decorate(function: Function) -> Function:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


selection = _all(
    peer_files,
    click.option("--peer", multiple=True, metavar="GLOB",
                 help="Judge only peers whose name matches, alone and in pairs with each other."),
    click.option("--with", "partner", multiple=True, metavar="GLOB",
                 help="Pair the judged peers with these as well, without judging these alone."),
    click.option("--case", multiple=True, metavar="GLOB",
                 help="Only cases whose name matches."),
    click.option("--clause", multiple=True, metavar="ID",
                 help="Only cases that decide this clause."),
)


verbose = click.option(
    "-v", "--verbose", is_flag=True, help="Tell every finding in full, and the slowest cases."
)


def _shard(_context: click.Context, _option: click.Parameter, text: str | None) -> Shard | None:
    try:
        return None if text is None else Shard.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


shard = click.option(
    "--shard", callback=_shard, metavar="K/N",
    help="Run only part K of N; which cases that are depends on their ids alone.  See `merge`.",
)

converted = _all(
    click.option("--junit", type=WRITTEN, metavar="FILE.xml", help="Write JUnit XML."),
    click.option("--tap", type=WRITTEN, metavar="FILE.tap", help="Write TAP 14."),
    click.option("--markdown", type=WRITTEN, metavar="FILE.md", help="Write a short summary."),
    click.option("--badge", type=WRITTEN, metavar="FILE.svg",
                 help="Write a badge: what came out, and of how many peers."),
    click.option("--svg", type=WRITTEN, metavar="FILE.svg",
                 help="Write a picture of the summary as a terminal shows it."),
)

logs = click.option(
    "--logs", type=click.Choice(["red", "all", "none"]), default="red",
    help="With --results: keep the wire logs of these cases in a folder beside it.  [default: red]",
)

log = click.option(
    "--log", type=WRITTEN, metavar="FILE.jsonl",
    help="Write the wire log here, for `explain`.  [default: beside --results, if given]",
)

running = _all(
    click.option("--results", type=WRITTEN, metavar="FILE.jsonl",
                 help="Keep the results file here; a file that is there is replaced."),
    junit,
    click.option("--known-failing", type=EXISTING, multiple=True, metavar="FILE",
                 help="Excuse the failures that this list names exactly."),
    patience,
    click.option("--validate", is_flag=True,
                 help="Hold every answer of a peer against the protocol's schemas."),
    click.option("--repeat", type=click.IntRange(1), default=1, metavar="N",
                 help="Try each case N times; tries that disagree make it FLAKY.  [default: 1]"),
    click.option("--load", type=Number(0, 1000), default=0.0, metavar="F",
                 help="Keep the processors busy with F processes per core meanwhile.  "
                      "[default: 0]"),
    verbose,
)
