"""Idleness: a connection on which nothing happens, or nothing can, costs no processor time."""

from harness import clock
from harness.case import Connection, Recorder, Single, each, needs, prerequisite, recipe
from harness.expect import TIGHT, fill, held_up
from harness.opposite import framed, met, watched
from harness.tester import Tester

# Seconds of one look. Whoever asks again and again is found at it at any moment, in so many looks
# and in however many more; whoever has only something left to do has done it some looks later.
LOOK, LOOKS = 0.1, 8
# Seconds of processor time in which any implementation is through with what it was sent; an
# overloaded machine may take many looks to give it that much.
WORK = 1.0
# The share of a look in which whoever is idle may be found working.
IDLE = 0.5
# More than implementations like to hold for an application that does not read.
UNREAD = [recipe("bytes", 17, 1 << 20)] * 24


@needs("buffers")
@each("state", ["quiet", "held-up", "unread", "other-side-ended"])
def case_idle(single: Single, check: Recorder, state: str) -> None:
    """There is nothing to do: all is done, or the other side or the application does nothing.

    SEND-7: An endpoint SHOULD NOT keep a processor busy while nothing arrives that it can take and
        nothing can be sent that it has queued.
    """
    sizes = {"rcvbuf": TIGHT, "sndbuf": TIGHT} if state == "held-up" else {}
    connection, tester = met(single, **sizes)
    _bring_about(state, connection, tester)
    process = watched(single)
    shares: list[float] = []
    before, deadline = process.worked, clock.Deadline(clock.TRANSFER)
    while min(shares, default=1.0) > IDLE:
        if len(shares) >= LOOKS and process.worked - before >= WORK:
            break
        prerequisite(not deadline.over, "the machine does not let the peer come to an end")
        shares.append(process.busy(LOOK))
    least = min(shares)
    check("SEND-7", least <= IDLE, "an idle process", f"busy for {least:.0%} of the time or more")


def _bring_about(state: str, connection: Connection, tester: Tester) -> None:
    """Bring a connection into a state in which it has nothing to do."""
    if state == "held-up":
        connection.begin_write(recipe("bytes", 18, 1 << 17))
        held_up(connection, tester, 1 << 17)
    elif state == "unread":
        fill(tester, framed(*UNREAD))
    elif state == "other-side-ended":
        tester.finish()
