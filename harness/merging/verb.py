"""The verb `merge`: one results file, with its wire logs, out of several."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from harness import options
from harness.merging.combine import Merged, MergeError, Source, combine
from harness.problem import Incomplete, Usage, require_apart, require_folder, require_writable
from harness.records import Result
from harness.report.findings import counted
from harness.results import ResultsError, Writer, read
from harness.story import keeping, logfile
from harness.verdicts import exit_code


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.EXISTING)
@click.option("-o", "--output", required=True, type=options.WRITTEN, metavar="ALL.jsonl",
              help="The results file to write; one that is there is replaced.")
@click.option("--repeats", is_flag=True,
              help="Take several results of a case as its tries: two that disagree make it FLAKY.")
@click.option("--logs/--no-logs", default=True,
              help="Copy the wire logs into a folder beside the output.  [default: --logs]")
def merge(files: Sequence[Path], output: Path, repeats: bool, logs: bool) -> None:
    """Put the results of several machines together.

    The files have to be all shards of one plan; a hole, a case that stands twice, or a file of
    another suite, plan or peers is refused with exit code 3. Files from different operating systems
    stand side by side, with the system behind the name of each peer; to add one, merge all the
    original files anew. Exits with 0 once the file is written: what it says is for `report`.

    \b
    Examples:
      python -m harness merge one.jsonl two.jsonl three.jsonl -o all.jsonl
      python -m harness merge linux.jsonl macos.jsonl windows.jsonl -o all.jsonl
      python -m harness merge monday.jsonl tuesday.jsonl --repeats -o both.jsonl
    """
    require_apart([("a file to merge", file) for file in files], [("-o", output)])
    require_writable("-o", output)
    for number, file in enumerate(files):
        if any(file.samefile(other) for other in files[:number]):
            raise Usage(f"{file} is given twice, and would be counted twice")
    try:
        merged = combine([Source(str(file), read(file)) for file in files], repeats)
    except (ResultsError, MergeError) as error:
        raise Incomplete(str(error)) from error
    folder = output.with_suffix(".logs") if logs else None
    if folder is not None:
        _require_apart(folder, files)
        _require_logs(merged)
        require_folder("-o", folder)
        keeping.clear(folder)
    with Writer(output, merged.header) as writer:
        for result in merged.results:
            writer.add(_with_log(result, merged, folder))
        code = exit_code((result.verdict for result in merged.results), complete=True)
        writer.finish((result.id for result in merged.results), code, merged.seconds)
    click.echo(f"{output}: {counted(len(merged.results), 'result')}"
               f" from {counted(len(files), 'file')}")


def _require_apart(folder: Path, files: Sequence[Path]) -> None:
    """What is to be replaced must not be what is to be read."""
    for file in files:
        if file.with_suffix(".logs").resolve() == folder.resolve():
            raise Usage(f"{folder}: holds the wire logs of {file}; take another name for -o")


def _source_log(result: Result, merged: Merged) -> Path | None:
    return None if result.log is None else merged.origins[result.id].run.folder / result.log


def _require_logs(merged: Merged) -> None:
    for result in merged.results:
        path = _source_log(result, merged)
        if path is not None and not path.is_file():
            source = merged.origins[result.id].name
            raise Incomplete(f"{source}: the wire log {path} of {result.id} is not there;"
                             " bring it, or leave all of them out with --no-logs")


def _with_log(result: Result, merged: Merged, folder: Path | None) -> Result:
    """Copy the wire log of a result, and return the result that names the copy."""
    path = _source_log(result, merged)
    if path is None or folder is None:
        return replace(result, log=None)
    folder.mkdir(exist_ok=True)
    copy = folder / logfile.file_name(result.id)
    shutil.copyfile(path, copy)
    return replace(result, log=Path(os.path.relpath(copy, folder.parent)).as_posix())
