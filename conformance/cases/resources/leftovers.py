"""What is left of connections that have ended: nothing."""

from harness import clock
from harness.case import Recorder, Single, each
from harness.opposite import met, watched
from harness.usage import Watched

# Connections that end the same way; before them some that let the implementation, its runtime and
# the adapter set up what they set up once.
ENDED, BEFORE = 12, 3
# Less than one for each connection, since a runtime may have set up something late.
SPARE = 4


@each("ended", ["closed-here", "ended-there", "reset-there"])
def case_after_the_end(single: Single, check: Recorder, ended: str) -> None:
    """A dozen connections end, one after the other, and each of them is closed.

    END-8: An endpoint MUST NOT keep a thread, a descriptor or a queued message of a connection
        after the connection has ended and was closed.
    """
    process = watched(single)
    for _ in range(BEFORE):
        _one_connection(single, ended)
    threads, descriptors = _counts(process)
    for _ in range(ENDED):
        _one_connection(single, ended)

    def gone() -> bool:
        now = _counts(process)
        return now[0] - threads < SPARE and now[1] - descriptors < SPARE

    clock.until(gone, clock.SETTLE)
    now = _counts(process)
    check("END-8", now[0] - threads < SPARE, f"{threads} threads as before", f"{now[0]} threads")
    observed = f"{now[1]} descriptors"
    check("END-8", now[1] - descriptors < SPARE, f"{descriptors} descriptors as before", observed)


def _counts(process: Watched) -> tuple[int, int]:
    """Return the number of threads and of descriptors, 0 of the latter where nobody counts them."""
    return process.threads, process.descriptors or 0


def _one_connection(single: Single, ended: str) -> None:
    connection, tester = met(single)
    if ended == "closed-here":
        closing = connection.begin_close()
        tester.expect_end()
        tester.close()
        closing.result()
        return
    if ended == "reset-there":
        tester.reset()
    else:
        tester.close()
    connection.read(1, within=clock.ANSWER)
    connection.close()
