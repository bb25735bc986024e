"""What our library has to reach, as ratios to raw sockets: the floors of issue 4.

They were measured with a prototype on a machine with two processors, each process on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.bench.contender import LIMIT, RAW
from harness.bench.workload import MIB


@dataclass(frozen=True)
class Floor:
    """A floor: `contender` is a glob, `least` a ratio to the best of `base`."""

    workload: str
    contender: str
    least: float


#: Python 3, each process on a processor of its own; and both on one.
MODERN = (
    Floor("ping", "stockings-*-wait", 0.95),
    Floor("ping", "stockings-poll-select", 0.9),
    Floor("ping", "stockings-select-select", 0.75),
    Floor("ping", "stockings-*-busy", 5.0),
    Floor("small", "stockings-*-wait", 0.75),
    Floor("medium", "stockings-*-wait", 0.75),
    Floor("large", "stockings-*-wait", 1.0),
    Floor("both", "stockings-*-wait", 1.0),
    # 35,000 echoes a second where one thread per raw socket gives 26,000.
    Floor("many", "stockings-poll-*", 1.35),
)
ONE_CORE = (
    Floor("ping", "stockings-*-wait", 0.6),
    Floor("ping", "stockings-*-busy", 0.3),
)
OLD = (
    Floor("ping", "stockings-*-wait", 0.95),
    Floor("small", "stockings-*-wait", 1.0),
    Floor("medium", "stockings-*-wait", 1.5),
    Floor("large", "stockings-*-wait", 1.0),
    Floor("both", "stockings-*-wait", 0.8),
)
#: Peak memory of each process for one long message: times its length, and octets beside it.
PEAK = {2: (2.1, 32 * MIB), 3: (1.1, 32 * MIB)}


def floor(workload: str, contender: str, major: int, one_core: bool) -> float | None:
    """Return the least ratio that is asked for; None if none is."""
    some: Sequence[Floor] = (OLD if major == 2 else MODERN) if not one_core else ONE_CORE
    if one_core and major == 2:
        some = ()
    for each in some:
        if each.workload == workload and fnmatchcase(contender, each.contender):
            return each.least
    return None


def bases(workload: str, major: int) -> tuple[str, ...]:
    """Return the contenders whose best figure of a round is the measure of a workload.

    On 3.x a stream is held against the best raw variant; else everything is held against blocking
    sockets, or, where messages go both ways or to many, a thread for each direction or connection.
    """
    modern: Mapping[str, tuple[str, ...]] = {"small": (RAW, LIMIT), "medium": (RAW, LIMIT)}
    return modern.get(workload, (RAW,)) if major > 2 else (RAW,)
