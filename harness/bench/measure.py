"""One measurement: a contender, a workload, two fresh processes, one figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import clock
from harness.bench.contender import Contender
from harness.bench.duo import Duo, Place
from harness.bench.workload import Workload
from harness.peererror import PeerError, StepTimeout, Unsupported

#: Seconds for one burst. The slowest contender that comes to an end takes 10 s for the longest one;
#: what does not come to an end is to be noticed before the user loses patience.
LIMIT = 30.0
#: The share of the wanted time that a burst has to take before it says how many messages fill it.
WARM = 0.2
#: A burst that is to tell a rate has to take this many times what the first, short one took: else
#: it tells how long the first message is on its way.
GROWN = 3.0
#: From one burst to the next, while the right number is looked for.
GROWTH = 4


@dataclass(frozen=True)
class Figure:
    """What one measurement gave.

    `value` is messages (or whatever the workload counts) a second, or what it cost. `laps` are the
    times of single rounds in nanoseconds, with how often each occurred. `facts` are what both
    processes held: `peak` memory in octets, `memory` for each connection of the serving side,
    its `threads` and its `descriptors` for each connection.
    """

    value: float
    laps: tuple[tuple[int, int], ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why there is no figure: `kind` is one word for a table, `what` the sentence."""

    kind: str
    what: str


@dataclass
class Setting:
    """What all measurements of a run share.

    `command` gives the interpreter's command for a contender; `versions` collects what they say
    of themselves, and `where` where their two processes ran.
    """

    command: Callable[[Contender], Sequence[str]]
    place: Place
    seconds: float
    folder: Path
    limit: float = LIMIT
    versions: dict[str, str] = field(default_factory=dict)
    where: set[str] = field(default_factory=set)


def measure(contender: Contender, workload: Workload, setting: Setting) -> Figure | Failure:
    """Return the figure; never raises for what a contender does."""
    try:
        with Duo(
            contender, setting.command(contender), workload, setting.place, setting.folder,
            setting.limit,
        ) as duo:
            setting.versions[contender.name] = duo.about[0]["version"]
            setting.where.add(" and ".join(duo.where))
            return _figure(duo, workload, setting.seconds)
    except StepTimeout as error:
        limit = setting.limit * clock.patience()
        return Failure("timeout", f"nothing came of it in {limit:g} s ({error})")
    except Unsupported as error:
        return Failure("cannot", str(error))
    except PeerError as error:
        return Failure("failed", str(error))


def _figure(duo: Duo, workload: Workload, seconds: float) -> Figure:
    before, _ = duo.met
    served, driven = _burst(duo, workload, seconds)
    facts = _facts(workload, before, *duo.facts())
    if workload.cost:
        return Figure(float(served["cost"]), facts=facts)
    laps = tuple((int(lap), int(times)) for lap, times in driven.get("laps", ()))
    return Figure(driven["count"] / float(driven["seconds"]), laps, facts)


def _burst(duo: Duo, workload: Workload, seconds: float) -> list[dict[str, Any]]:
    """Look for the number of messages that takes about so many seconds; then measure with it."""
    count = workload.first
    if not workload.fixed:
        first = took = float(duo.burst(workload.size, count)[1]["seconds"])
        while took < seconds * WARM or (workload.buffered and took < first * GROWN):
            count *= GROWTH
            took = float(duo.burst(workload.size, count)[1]["seconds"])
        count = max(count, round(count * seconds / took))
    outcome = duo.burst(workload.size, count)
    outcome[1]["count"] = count
    return outcome


def _facts(
    workload: Workload, before: Mapping[str, Any], served: Mapping[str, Any],
    driven: Mapping[str, Any],
) -> dict[str, float]:
    """What a table shows of the processes, where the system tells it."""
    facts: dict[str, float] = {}
    if "peak" in served and "peak" in driven:
        facts["peak"] = max(served["peak"], driven["peak"])
    if workload.links > 1 and "memory" in served:
        facts["memory"] = (served["memory"] - before["memory"]) / workload.links
        facts["threads"] = served["threads"]
        facts["descriptors"] = (served["descriptors"] - before["descriptors"]) / workload.links
    return facts
