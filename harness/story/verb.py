"""The verb `explain`: a wire log as a story, or where a stream stood after an octet."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness import clauses
from harness.known import glob_fits
from harness.problem import Incomplete, Usage, require_apart, require_writable
from harness.report.findings import counted
from harness.report.ink import on_stdout
from harness.results import Result, ResultsError, Run, read
from harness.story import keeping, logfile, tell, where
from harness.story.logfile import CaseLog, LogError

#: Ids that an error lists when a glob fits several.
LISTED = 5


@click.command()
@click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--case", metavar="ID", help="The case whose log is meant, where LOG is a results"
              " file: its id, or a glob that fits one.")
@click.option("--at", type=click.IntRange(0), metavar="N",
              help="Tell where the framing stands after octet N of a direction; 0: at its start.")
@click.option("--direction", type=click.Choice(["sent", "received", "forward", "backward"]),
              help="The direction: at the tester, or away from the first peer of a pair and back."
              "  [default: both]")
@click.option("--wire", type=click.IntRange(0), metavar="K",
              help="Of several connections the one of that number, from 0.  [default: all]")
@click.option("--all", "everything", is_flag=True,
              help="Tell every piece of what was sent in many small ones.")
@click.option("--pcap", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.pcapng",
              help="Write the case as a capture for Wireshark instead; a file there is replaced.")
def explain(
    log: Path, case: str | None, at: int | None, direction: str | None, wire: int | None,
    everything: bool, pcap: Path | None,
) -> None:
    """Tell what happened in one case.

    LOG is a wire log, or a results file whose logs lie beside it. Exits with 0 once the story is
    told, whatever the verdict was.

    \b
    Examples:
      python -m harness explain results/matrix.jsonl --case 'frame/header/empty[1,text]@*'
      python -m harness explain case.jsonl --at 17 --direction backward
      python -m harness explain case.jsonl --pcap case.pcapng
    """
    require_apart([("the log", log)], [("--pcap", pcap)])
    told = _chosen(log, case)
    if pcap is not None:
        if at is not None or everything or direction is not None or wire is not None:
            raise Usage("--pcap writes all of a case; it goes with none of the other options")
        _capture(told, pcap)
        return
    console = on_stdout()
    if (direction is not None or wire is not None) and not where.holds(told, direction, wire):
        raise Usage("the log has no such wire or direction; without --wire and --direction all of "
                    "it is told")
    if at is None:
        tell.story(told, console, clauses.load(), direction, wire, everything)
        return
    try:
        where.stands(told, console, at, direction, wire)
    except where.NoSuchPlace as error:
        raise Usage(f"--at {at}: {error}") from error


def _capture(log: CaseLog, path: Path) -> None:
    # Here, since nothing else needs dpkt.
    from harness.story import capture

    require_writable("--pcap", path)
    try:
        packets = capture.write(log, path)
    except capture.NothingToShow as error:
        raise Usage(str(error)) from error
    except OSError as error:
        raise Incomplete(f"--pcap {path}: cannot be written: {error.strerror}") from error
    click.echo(f"{path}: {counted(packets, 'packet')}; conformance/wireshark/README.md tells how to"
               " look at them")


def _chosen(path: Path, case: str | None) -> CaseLog:
    """Return the log that is meant; raises a `Problem` that says why there is none."""
    try:
        if not _is_results(path):
            if case is not None:
                raise Usage(f"--case is for a results file; {path} is the log of one case")
            return logfile.read(path)
        run = read(path, partial=True)
        # A row that was only run to find out what it takes to fail is no result, and has a log.
        narrowed = keeping.place(path) / logfile.file_name(case or "")
        if narrowed.exists() and not any(one.id == case for one in run.results):
            return logfile.read(narrowed)
        result = _result(run, path, case)
        assert result.log is not None
        return logfile.read(run.folder / result.log)
    except (ResultsError, LogError) as error:
        raise Incomplete(str(error)) from error


def _is_results(path: Path) -> bool:
    """Whether a file's header is that of a results file; what it is instead is told later."""
    with path.open(encoding="utf-8", errors="replace") as file:
        try:
            header = json.loads(file.readline())
        except (ValueError, RecursionError):
            return False
    return isinstance(header, dict) and "planned" in header


def _result(run: Run, path: Path, case: str | None) -> Result:
    """Return the result that is meant, which has a log; raises `Usage`."""
    logged = [one for one in run.results if one.log is not None]
    if not logged:
        raise Usage(f"{path}: none of its results has a wire log; `run --logs all` keeps every one")
    if case is None:
        if len(logged) == 1:
            return logged[0]
        raise Usage(f"{path} has {len(logged)} logs; say --case ID, one of: {_list(logged)}")
    # An id may hold a `*` of a schedule: what is one, to the letter, is no glob.
    exactly = [one for one in run.results if one.id == case]
    fitting = exactly or [one for one in run.results if glob_fits(case, one.id)]
    if not fitting:
        raise Usage(f"--case {case}: {path} has no such result")
    with_log = [one for one in fitting if one.log is not None]
    if not with_log:
        raise Usage(f"--case {case}: its result has no wire log; replay it with --log FILE.jsonl")
    if len(with_log) > 1:
        raise Usage(f"--case {case} fits {len(with_log)} logs; say one of: {_list(with_log)}")
    return with_log[0]


def _list(results: list[Result]) -> str:
    more = len(results) - LISTED
    ids = [one.id for one in results[:LISTED]]
    return ", ".join(ids) + (f" and {more} more" if more > 0 else "")
