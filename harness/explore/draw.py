"""Draws programs at random, in a way that lets Hypothesis make a failing one small.

Steps are drawn without a thought of whether they can follow each other; `mended` leaves those out
that cannot. So every draw is a program, and leaving steps out of one gives another one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from harness.codec import Kind
from harness.explore.meaning import mended
from harness.explore.model import SIDES, further
from harness.explore.program import (
    Cut,
    End,
    Ending,
    Hold,
    Narrow,
    Program,
    Read,
    Shake,
    Side,
    Step,
    Write,
)
from harness.explore.way import frame_octets

#: Lengths at which something changes: headers, buffers, the sizes that are received at once. The
#: longest ones come seldom, since a program should take milliseconds.
TELLING = (63, 64, 65, 300, 8191, 8192)
LARGE = (65535, 65536, 65536, 262144, 1048575, 1048576)
KINDS: tuple[Kind, Kind] = ("bytes", "text")
#: Cuts: around headers, code points and messages. None leaves anything to chance, as `whole` does.
CUTS = ("1*", "2*", "3*", "7*", "64*", "1,p*", "2,p*", "1,2,3*", "65,1,p*", "p*")
#: From how many octets on a message is a long one.
LONG = 10000
#: Messages of one step, and reads: a few, and enough for queues to matter. Of long ones only a few.
FEW, MANY = 4, 40

sides = st.sampled_from(SIDES)
some = st.one_of(st.integers(1, FEW), st.integers(1, FEW), st.integers(1, MANY))
lengths = st.one_of(
    st.integers(1, 70), st.sampled_from(TELLING), st.integers(1, 20000), st.sampled_from(LARGE)
)
writes = st.tuples(sides, lengths, st.sampled_from(KINDS), some).map(
    lambda drawn: Write(*drawn) if drawn[1] < LONG else Write(*drawn[:3], min(drawn[3], FEW))
)
reads = st.builds(Read, sides, some)
holds = st.builds(Hold, sides, st.booleans().map(lambda off: not off))
cuts = st.builds(Cut, sides, st.sampled_from(CUTS))
# What is stalled arrives glued; by chance alone too few messages would stand between two holds.
bursts = st.tuples(sides, st.lists(writes, min_size=1, max_size=3)).map(
    lambda burst: (
        Hold(burst[0], True),
        *(replace(write, side=burst[0]) for write in burst[1]),
        Hold(burst[0], False),
    )
)
bits: st.SearchStrategy[tuple[Step, ...]] = st.one_of(
    *(strategy.map(lambda step: (step,)) for strategy in (writes, reads, holds, cuts)), bursts
)
handshakes = st.lists(sides, max_size=4).map(lambda order: Shake(tuple(order)))


#: What ends the programs of a family, and behind how many octets of a further frame it can do so.
INSIDE = frame_octets([further(1, 0)]) - 1
ENDS: dict[str, tuple[Ending, st.SearchStrategy[int]]] = {
    "close": ("close", st.just(0)), "finish": ("fin", st.just(0)),
    "truncation": ("fin", st.integers(1, INSIDE)), "reset": ("reset", st.integers(0, INSIDE)),
}


@st.composite
def ends(draw: st.DrawFn, family: str) -> End:
    """Draw an end of a family."""
    how, places = ENDS[family]
    side: Side = draw(sides)
    return End(side, how, draw(places))


@st.composite
def programs(draw: st.DrawFn, families: Sequence[str], most: int) -> Program:
    """Draw a program of one of the families, the simplest one first, of at most so many steps.

    The handshake, the end and `narrow` come on top. A program whose end or handshake cannot stand
    where it was drawn becomes one of a simpler family: one that needs less of the peers.
    """
    family = draw(st.sampled_from(families))
    drawn = draw(st.lists(bits, min_size=1, max_size=most))
    steps = list(itertools.chain.from_iterable(drawn))[:most]
    if family == "handshake":
        steps.insert(draw(st.integers(0, min(2, len(steps)))), draw(handshakes))
    elif family in ENDS:
        steps.append(draw(ends(family)))
    if family == "narrow" or (family != "program" and draw(st.booleans())):
        steps.insert(0, Narrow())
    program = mended(steps)
    assume(program is not None)
    assert program is not None
    return program
