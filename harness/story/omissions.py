"""What a peer left out, so that the other one waited for it in vain."""

from __future__ import annotations

from collections.abc import Iterator

from harness.story.account import Account, Blame, Exchange, Side
from harness.story.asked import first_missing, seen, words

#: Seconds after which a message that was written and did not come counts as left out: twice the
#: half second that a select flavour of 1.2.3 may sit on it.
LATE = 1.0


def omissions(account: Account, side: Side, other: Side) -> Iterator[Blame]:
    """What `side` was waited for in vain, by its own fault or by that of the other one."""
    if side.into.paused or side.out.paused or not (side.plain and other.plain):
        return
    for one in side.exchanges:
        if one.verb == "read" and not _got_all(one):
            yield from _why_short(account, side, other, one)
        elif one.verb == "write" and _hangs(account, side, one):
            what = "has not sent what it was asked to write, though the wire has room"
            yield Blame(account.over, side.peer, what)
        elif one.verb == "wait" and one.result.get("happened", False) is False:
            wanted = one.request.get("for")
            if wanted in ("ready", "handshake"):
                yield from _why_not_through(account, side, other, str(wanted))
            elif wanted == "ended":
                yield from _why_not_ended(account, side, other, one)


def _got_all(read: Exchange) -> bool:
    """Whether a read gave what it could: a mere look at what is there was not waited for."""
    count, within = read.request.get("count"), read.request.get("within")
    looked = not within and read.answered is not None and not read.result.get("ended")
    enough = isinstance(count, int) and len(read.given) >= count
    return looked or enough or "raised" in read.answer


def _hangs(account: Account, side: Side, write: Exchange) -> bool:
    """Whether a write was long ago, of which the wire would take more."""
    late = (account.over - write.ns) / 1e9 > LATE
    gone = side.out.end or side.into.end or side.cut
    return late and not gone and not side.out.full and first_missing(side) is not None


def _why_short(account: Account, side: Side, other: Side, read: Exchange) -> Iterator[Blame]:
    """A read gave less than was asked for: was it on the wire, or was it never sent?"""
    when = read.answered or account.over
    reads = [one for one in side.each("read") if (one.answered or account.over) <= when]
    taken = len(side.steps("receive", "expect")) + sum(len(one.given) for one in reads)
    there = side.into.until(when)
    if len(there) > taken:
        if side.into.end is not None and side.into.end.what == "reset":
            if not other.asked_to_end(when, "abort"):
                what = "reset the connection, which loses what it had sent (END-5)"
                yield Blame(side.into.end.ns, other.peer, what)
            return
        message = words(seen(there[taken]))
        yield Blame(when, side.peer, f"did not deliver {message}, which the wire had")
        return
    if side.into.full:
        yield Blame(when, side.peer, "did not take the octets that waited for it")
        return
    if side.out.end is not None and side.out.end.what == "reset":
        return
    missing = None if side.cut else first_missing(other)
    end = side.into.end or side.into.cut
    if missing is not None:
        yield Blame(when, other.peer, f"never sent {words(missing)}, which it was asked to write")
    elif end is not None and end.ns <= when and read.answered and not read.result.get("ended"):
        yield Blame(when, side.peer, f"did not notice the end of the connection ({end.what})")


def _why_not_through(
    account: Account, side: Side, other: Side, wanted: str
) -> Iterator[Blame]:
    """A handshake did not come to its end: whose turn was it?"""
    if side.stands == "done" and (wanted == "handshake" or not side.fails):
        what = f"did not get to {wanted}, though it had all that its handshake needs"
        yield Blame(account.over, side.peer, what)
    for one in (side, other):
        if one.stands == "send":
            yield Blame(account.over, one.peer, "did not send a message of its handshake")


def _why_not_ended(
    account: Account, side: Side, other: Side, wait: Exchange
) -> Iterator[Blame]:
    """An end was not noticed: was there one on the wire, or was it never made?"""
    when = wait.answered or account.over
    end = side.into.end or side.into.cut
    if end is not None and end.ns <= when:
        yield Blame(when, side.peer, f"did not notice the end of the connection ({end.what})")
    elif other.asked_to_end(when):
        yield Blame(when, other.peer, "did not end the connection when it was asked to")
