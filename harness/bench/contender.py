"""Who is measured: the contenders, what each needs, and which module of the workers it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: What the workers run.
FOLDER = Path(__file__).resolve().parent / "contenders"
#: The checkout, which has our library.
ROOT = FOLDER.parent.parent.parent

#: Blocking sockets as everybody writes them, and the best that raw sockets give.
RAW, LIMIT = "raw", "rawbuf"
#: Workloads in which one side of a connection talks to the other.
ONE_LINK = frozenset({"ping", "small", "medium", "large", "both"})
#: Workloads of a process that holds hundreds of connections, or makes them.
MANY_LINKS = frozenset({"many", "idle", "construct"})


@dataclass(frozen=True)
class Contender:
    """One contender. A value.

    `module` is a file of `contenders/`, `options` what it is told. `requires` is installed for it,
    and `since` the oldest Python that can have it; `ours` tells that it runs our library, from this
    checkout. `workloads` are the names of those that it takes part in.
    """

    name: str
    module: str
    options: tuple[tuple[str, str], ...] = ()
    requires: tuple[str, ...] = ()
    since: tuple[int, int] = (2, 7)
    ours: bool = False
    workloads: frozenset[str] = ONE_LINK


def _stockings(
    name: str, package: str, ways: tuple[str, ...], requires: tuple[str, ...] = ()
) -> list[Contender]:
    """A library with the documented API: both flavours, every way to read.

    One way takes part in what is not about reading.
    """
    return [
        Contender(
            f"{name}-{flavour}-{way}", "stocking",
            (("place", f"{package}:{flavour.capitalize()}Stocking"), ("way", way)),
            requires, ours=not requires,
            workloads=ONE_LINK | (together if way == ways[0] else frozenset()),
        )
        # What waits with select can watch a thousand descriptors and no more.
        for flavour, together in (("poll", MANY_LINKS | {"crowd"}), ("select", MANY_LINKS))
        for way in ways
    ]


CONTENDERS = (
    Contender(RAW, "raw", workloads=ONE_LINK | {"many", "construct"}),
    Contender(LIMIT, "rawbuf", workloads=frozenset({"ping", "small", "medium"})),
    *_stockings("stockings", "stockings", ("wait", "select", "drain", "busy")),
    Contender("multiprocessing", "connections"),
    Contender("asyncio", "streams", since=(3, 7), workloads=ONE_LINK | {"many"}),
    Contender("twisted", "twist", requires=("Twisted",), workloads=ONE_LINK | {"many"}),
    Contender("pyzmq", "zeromq", requires=("pyzmq",)),
    Contender("websockets", "web", requires=("websockets>=13",), since=(3, 9)),
    *_stockings("published", "Stockings", ("drain",), ("Stockings==1.2.3",)),
)
