"""`python -m tools.soak`: a million messages over faulty links, none lost, none changed.

Python 2.7 and the newest 3.x talk in both flavours and both orders, each in a process that serves
all of its connections. A relay between them cuts, glues, stalls, delays and resets from a seed.
After a reset the count goes on over a new connection with the first message that was not confirmed.
Exit codes: 0 all is well; 1 a message or an end was wrong, or a process grew or died; 3 there is
nothing to run, or the harness failed.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import clock
from harness.discovery import Interpreter, discover
from harness.meeting import Pair
from harness.peer import Peer
from harness.peererror import PeerError
from harness.peers import reference_peers
from harness.peerspec import PeerSpec
from harness.pool import Pool
from harness.relay import RelayBroken
from harness.usage import NotWatched
from tools.soak import samples
from tools.soak.link import Way, Wrong, carry

ROOT = Path(__file__).resolve().parent.parent.parent
#: Looks at the processes during a run, as far as there are as many connections.
LOOKS = 100
#: Has glibc give back what was freed. By itself it learns from large messages to keep more and
#: more, which would look like a leak; other systems take no notice.
ALLOCATOR = (("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072"),
             ("MALLOC_TRIM_THRESHOLD_", "131072"))
#: Everything else on the machine comes first, so limits are longer than for a case.
PATIENCE = 4.0


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N",
                        help="messages to carry; 1,000,000 without it")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of all that is random; 1 without it")
    parser.add_argument("--start", type=int, default=0, metavar="K",
                        help="begin with this connection of the seed, to see it again")
    options = parser.parse_args()
    clock.set_patience(PATIENCE)
    chosen = interpreters(discover())
    if not chosen:
        print("soak: there is no interpreter to run the library on", file=sys.stderr)
        return 3
    print(f"soak: {', '.join(one.name for one in chosen)}; {options.messages:,} messages, "
          f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="stockings-soak-") as folder:
        specs = [replace(one, environment=(*one.environment, *ALLOCATOR))
                 for one in reference_peers(chosen, ROOT)]
        soak = Soak(Pool(specs, Path(folder)), specs, options.seed, options.start)
        try:
            soak.run(options.messages)
        except (RelayBroken, NotWatched) as error:
            print(f"soak: the harness failed: {error}", file=sys.stderr)
            return 3
        finally:
            soak.pool.stop()
        return soak.report()


def interpreters(found: list[Interpreter]) -> list[Interpreter]:
    """CPython 2.7, or the oldest there is, and the newest."""
    there = sorted((one for one in found if one.name.startswith("cpython")),
                   key=lambda one: one.release)
    return list({one.name: one for one in there[:1] + there[-1:]}.values())


@dataclass
class Soak:
    """One run. `wrong`: what was wrong; the first wrong message ends the run."""

    pool: Pool
    specs: list[PeerSpec]
    seed: int
    connections: int = 0
    resets: int = 0
    wrong: list[str] = field(default_factory=list)
    ways: dict[str, dict[str, Way]] = field(default_factory=dict)
    seen: dict[str, list[samples.Sample]] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """Messages that have arrived."""
        return sum(way.confirmed for both in self.ways.values() for way in both.values())

    @property
    def octets(self) -> int:
        """Their octets."""
        return sum(way.octets for both in self.ways.values() for way in both.values())

    def pairs(self) -> Iterator[tuple[PeerSpec, PeerSpec]]:
        """Every ordered pair of peers on different interpreters, again and again.

        Where there is one interpreter its flavours are paired, and a flavour alone with itself.
        """
        found = [(one, other) for one, other in itertools.permutations(self.specs, 2)
                 if one.interpreter != other.interpreter or len(self.specs) <= 2]
        found = found or [(self.specs[0], self.specs[0])]
        return itertools.islice(itertools.cycle(found), self.connections % len(found), None)

    def run(self, messages: int) -> None:
        """Carry so many messages, or up to the first that is wrong."""
        began, next_look = clock.now(), 0.0
        for first, second in self.pairs():
            pair = Pair(self.pool.get(first.name), self.pool.get(second.name))
            try:
                self._connection(pair)
            except (Wrong, PeerError) as error:
                self.wrong.append(f"connection {self.connections} of seed {self.seed}, "
                                  f"{pair.name}: {error}; to see it again: --seed {self.seed} "
                                  f"--start {self.connections}")
                return
            self.connections += 1
            if self.messages >= next_look or self.messages >= messages:
                next_look = self.messages + messages / LOOKS
                self._look()
                rate = self.messages / (clock.now() - began)
                print(f"soak: {self.messages:,} messages, {self.octets / (1 << 20):,.0f} MiB, "
                      f"{self.connections} connections, {self.resets} reset; {rate:,.0f} a second",
                      flush=True)
            if self.messages >= messages:
                return

    def _connection(self, pair: Pair) -> None:
        draw = random.Random(f"{self.seed} {self.connections}")
        ways = self.ways.setdefault(pair.name, {
            name: Way(self.seed << 8 | 2 * len(self.ways) + at)
            for at, name in enumerate(("there", "back"))})
        peers = (pair.first, pair.second)
        for peer in peers:
            peer.ensure()
            peer.mark()
        try:
            self.resets += carry(pair, ways, draw)
        finally:
            pair.tidy()
        for peer in peers:
            left = peer.tidy()
            if left:
                raise Wrong(f"{left} threads were left in {peer.name}")
            if peer.stderr_since_mark():
                raise Wrong(f"{peer.name} said: {peer.stderr_since_mark()}")

    def _look(self) -> None:
        for peer in self._running():
            self.seen.setdefault(peer.name, []).append(samples.look(peer, self.messages))

    def _running(self) -> list[Peer]:
        return [peer for peer in (self.pool.get(spec.name) for spec in self.specs) if peer.alive]

    def report(self) -> int:
        """Print what came of it; return the exit code."""
        for name, seen in self.seen.items():
            said, wrong = samples.growth(seen)
            print(f"soak: {name}: {said}")
            self.wrong += [f"{name}: {each}" for each in wrong]
        for each in self.wrong:
            print(f"soak: WRONG: {each}")
        print(f"soak: {self.messages:,} messages, {self.octets:,} octets, {self.connections} "
              f"connections, {self.resets} reset: {'WRONG' if self.wrong else 'all is well'}")
        return 1 if self.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
