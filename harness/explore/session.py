"""One search from its peers' start to its results file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis.configuration import set_hypothesis_home_dir
from rich.console import Console

from harness import clock
from harness.explore.bench import Bench
from harness.explore.search import Search, Wish
from harness.muster import MusterFailed, muster
from harness.pool import Pool
from harness.problem import Incomplete, Usage
from harness.report import terminal
from harness.results import Run, Writer, read
from harness.run import header_of, started_now
from harness.selection import Selection
from harness.story.keeping import Keeping, clear
from harness.verdicts import exit_code


def explored(
    selection: Selection, wish: Wish, given: Mapping[str, Any], results: Path, logs: Path | None,
    console: Console, folder: Path,
) -> Run:
    """Search, write everything down, and return what was written. No peer is left running.

    `given` are the options for the results file, `logs` is the folder for the log of a program that
    fails, if it is wanted, and `folder` is for temporary files. Raises a `Problem` when there is
    nothing to run, or a peer cannot be used.
    """
    # Hypothesis keeps tables of its own, by default where the user happens to stand.
    set_hypothesis_home_dir(folder)
    began = clock.now()
    started = started_now()
    roster = selection.roster()
    mustered = muster(roster.specs, folder)
    if mustered.errors:
        raise Incomplete(f"nothing was run: {MusterFailed(mustered.errors)}")
    roster = roster.without(spec.name for spec in roster.specs if spec.name not in mustered.hellos)
    hellos = {name: dict(hello.body) for name, hello in mustered.hellos.items()}
    pool = Pool(roster.specs, folder)
    if logs is not None:
        clear(logs)
    keeping = Keeping(logs, home=results.parent, options=given)
    bench = Bench(pool, selection.suite, hellos, keeping)
    pairs = [pair for pair in roster.pairs() if bench.families(pair)]
    if not pairs:
        raise Usage("no pair of the selected peers can meet in a program; see `list peers -v`")
    try:
        with terminal.Live(console, wish.examples) as live:
            search = Search(bench, wish, live)
            search.run(pairs)
    finally:
        pool.stop()
    ids = list(search.results)
    if logs is not None:
        # Those of programs that failed on the way to the smallest one.
        clear(logs, spare=[result for result in search.results.values() if result.log])
    options = {**given, "left_out": list(mustered.left_out)}
    with Writer(results, header_of(roster, mustered, ids, options, started)) as writer:
        for result in search.results.values():
            writer.add(result)
        code = exit_code([one.verdict for one in search.results.values()], True)
        writer.finish(ids, code, round(clock.now() - began, 3))
    return read(results)
