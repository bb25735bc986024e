"""The verb `bench`."""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness import clock, options, system
from harness.bench import floors, outcome, plot, table
from harness.bench.contender import CONTENDERS, Contender
from harness.bench.duo import Place, processors
from harness.bench.measure import Failure, Figure, Setting, measure
from harness.bench.rounds import Row, carry_out, rows
from harness.bench.workload import WORKLOADS, Workload
from harness.discovery import Interpreter, discover
from harness.environments import PreparationFailed, prepare
from harness.problem import Incomplete, Usage, require_apart, require_writable, written
from harness.report.ink import on_stdout

#: Columns that the widest table takes; in a pipe nobody says how many there are.
WIDTH = 120


@click.command()
@click.option("--workload", multiple=True, metavar="GLOB",
              help="Only workloads whose name matches: ping, small, medium, large, both, many,"
                   " idle, crowd, construct.")
@click.option("--contender", multiple=True, metavar="GLOB",
              help="Only contenders whose name matches, beside what all are compared with.")
@click.option("--python", "name", metavar="NAME",
              help="The interpreter, like cpython2.7.  [default: the newest CPython found]")
@click.option("--rounds", "times", type=click.IntRange(1), default=5, metavar="N",
              help="Measure every contender so often, in turn.  [default: 5]")
@click.option("--seconds", type=options.Number(0.001, 3600), default=0.5, metavar="S",
              help="How long one measurement is to take.  [default: 0.5]")
@click.option("--one-core", is_flag=True, help="Pin both processes to one processor.")
@click.option("--check", is_flag=True, help="End with 1 if our library misses a floor.")
@click.option("--json", "json_file", type=options.WRITTEN, metavar="FILE.json",
              help="Write all figures; a file that is there is replaced.")
@click.option("--plot", "plot_file", type=options.WRITTEN, metavar="FILE.svg",
              help="Draw the ratios; needs pygal. A file that is there is replaced.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown.")
@options.patience
def bench(
    workload: Sequence[str], contender: Sequence[str], name: str | None, times: int,
    seconds: float, one_core: bool, check: bool, json_file: Path | None, plot_file: Path | None,
    markdown: bool, patience: float,
) -> None:
    """Measure how fast the library is beside raw sockets and other libraries.

    Two processes talk over the loopback. In each round every contender has its turn, so that
    whatever else the machine does meets all alike; ratios are taken within a round. Other libraries
    are installed into environments that are made once and kept.

    \b
    Examples:
      python -m harness bench
      python -m harness bench --workload ping --contender 'stockings-*' --one-core
      python -m harness bench --python cpython2.7 --rounds 9 --json bench-2.7.json
    """
    require_apart((), [("--json", json_file), ("--plot", plot_file)])
    clock.set_patience(patience)
    for option, file in (("--json", json_file), ("--plot", plot_file)):
        if file is not None:
            require_writable(option, file)
    if plot_file is not None:
        plot.require()
    console = on_stdout()
    console.width = max(console.width, WIDTH)
    interpreter = _interpreter(name)
    some = _workloads(workload)
    entrants = _entrants(contender, some, interpreter)
    found, setting = _measured(
        console, interpreter, rows(entrants, some), _place(one_core), times, seconds
    )
    about = _about(interpreter, setting, times, seconds)
    console.print(about["said"], soft_wrap=True, markup=False)
    lines = outcome.lines(found, interpreter.release[0], one_core)
    if markdown:
        click.echo(table.markdown(lines))
    else:
        table.show(console, lines)
    whole = _kept(lines, about, json_file, plot_file)
    missed = [line for line in lines if line.missed]
    for line in missed:
        console.print(f"floor missed: {line.workload.name} {line.contender}:"
                      f" {'; '.join(line.missed)}", soft_wrap=True, markup=False)
    if check and missed:
        sys.exit(1)
    if not whole:
        sys.exit(Incomplete.exit_code)


def _kept(
    lines: Sequence[outcome.Line], about: dict[str, Any], json_file: Path | None,
    plot_file: Path | None,
) -> bool:
    """Write the files that are wanted; say whether that went well."""
    whole = True
    if json_file is not None:
        text = json.dumps(outcome.document(lines, about), indent=1) + "\n"
        whole &= written(f"--json {json_file}", lambda: json_file.write_text(text, "ascii"))
    if plot_file is not None:
        title = f"{about['python']}, {about['machine']}"
        whole &= written(f"--plot {plot_file}", lambda: plot.draw(lines, title, plot_file))
    return whole


def _workloads(globs: Sequence[str]) -> list[Workload]:
    _require_matches("--workload", globs, [one.name for one in WORKLOADS])
    return [one for one in WORKLOADS if _fits(one.name, globs)]


def _entrants(
    globs: Sequence[str], some: Sequence[Workload], interpreter: Interpreter
) -> list[Contender]:
    _require_matches("--contender", globs, [one.name for one in CONTENDERS])
    measures = {base for one in some for base in floors.bases(one.name, interpreter.release[0])}
    return [one for one in CONTENDERS if one.name in measures or _fits(one.name, globs)]


def _require_matches(option: str, globs: Sequence[str], names: Sequence[str]) -> None:
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            raise Usage(f"{option} {glob}: matches none of {', '.join(names)}")


def _fits(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _place(one_core: bool) -> Place:
    there = processors()
    if not there:
        return Place()
    return Place((there[0],), (there[0],) if one_core else (there[-1],))


def _interpreter(name: str | None) -> Interpreter:
    found = discover()
    some = [one for one in found if name == one.name or (
        name is None and one.implementation == "cpython" and not one.platform)]
    if not some:
        raise Usage(f"--python {name}: there are {', '.join(one.name for one in found)}")
    return max(some, key=lambda one: one.release)


def _about(
    interpreter: Interpreter, setting: Setting, times: int, seconds: float
) -> dict[str, Any]:
    """What a reader has to know of a run, and the line that says it."""
    python = f"{interpreter.implementation} {interpreter.version}"
    machine = f"{platform.platform()}, {system.cores()} processors"
    where = sorted(setting.where)
    said = f"{python} on {machine}; {'; '.join(where)}; {times} rounds of {seconds:g} s"
    return {
        "python": python, "machine": machine, "where": where, "rounds": times,
        "seconds": seconds, "versions": setting.versions, "said": said,
    }


def _measured(
    console: Console, interpreter: Interpreter, filled: list[Row], place: Place, times: int,
    seconds: float,
) -> tuple[list[Row], Setting]:
    """Return the rows, filled, and what was noted on the way."""
    commands = _commands(console, interpreter, filled)
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as folder:
        setting = Setting(lambda one: commands[one.name], place, seconds, Path(folder))

        def told(who: Contender, what: Workload) -> Figure | Failure:
            with console.status(f"{what.name}: {who.name}"):
                return measure(who, what, setting)

        carry_out(filled, times, told)
    return filled, setting


def _commands(
    console: Console, interpreter: Interpreter, filled: Sequence[Row]
) -> dict[str, Sequence[str]]:
    """Return what runs each contender; the rows of one that cannot be had say so from here on."""
    commands: dict[str, Sequence[str]] = {}
    for one in dict.fromkeys(row.contender for row in filled):
        try:
            if interpreter.release < one.since:
                raise PreparationFailed("there is none for Python {}.{}".format(
                    *interpreter.release))
            made = prepare(interpreter, one.requires, console.print) if one.requires else (
                interpreter)
            commands[one.name] = made.command
        except PreparationFailed as error:
            absent = Failure("absent", f"absent: {str(error).splitlines()[0]}")
            for row in filled:
                if row.contender is one:
                    row.failure = absent
    return commands
