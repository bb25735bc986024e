"""Which of two peers first broke a clause, by what went over the wire between them.

The relay has both directions as they came, before either peer could change them, so every message
can be followed: asked for, on the wire, delivered. What a peer *did* wrong counts at its time, and
the first of it decides: an illegal octet, a frame that nobody asked for, a message that is not what
the wire carried, an end that nobody asked for, a process that died. Only where there is nothing of
the sort is it asked who *left out* something that the case then waited for in vain. Where both, or
neither, can be meant, nobody is blamed.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.story.account import Blame, accounts, over_at
from harness.story.deeds import deeds, processes, told
from harness.story.lines import Line
from harness.story.omissions import omissions
from harness.verdicts import Trouble, Verdict

#: Requests for which a peer needs nobody else. Who lets us wait for anything else may itself wait
#: in vain, for the other one.
ALONE = frozenset({"hello", "listen", "state", "bye"})

__all__ = ["Blame", "find"]


def find(
    body: Sequence[Line], peers: Sequence[str], trouble: Trouble | None = None
) -> Blame | None:
    """Return whom a log shows to be at fault; None where it shows nobody.

    `trouble` is what ended the case early, if that is what decided its verdict.
    """
    done = [*processes(body, peers), *told(body, peers)]
    met = None
    if trouble is not None and trouble.peer is not None:
        met = Blame(over_at(body), trouble.peer, trouble.reason)
        if trouble.kind is not Verdict.TIMEOUT:
            done.append(met)
        elif ALONE.isdisjoint(str(trouble.step).split()):
            met = None
    left_out: list[Blame] = []
    for account in accounts(body, peers):
        for side, other in account.both:
            done += deeds(side, other)
            left_out += omissions(account, side, other)
    if done:
        return min(done, key=lambda one: one.ns)
    guilty = {one.peer for one in left_out}
    if len(guilty) == 1:
        return left_out[0]
    return None if guilty else met
