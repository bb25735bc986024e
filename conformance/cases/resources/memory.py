"""Memory: a length that is only declared must not cost any."""

from harness import clock
from harness.case import Kind, Recorder, Single, each
from harness.codec import header
from harness.opposite import met, taken, watched

# So much memory a peer may take for the few octets that it gets: buffers, and what its runtime
# asks for in advance when it likes to. It is little beside both lengths, and beside a four
# thousandth of the longer one, such as a table of a payload's pages has.
LIMIT = 64 << 20
# The one can be had on any machine, the other one on none: who asks for it gets nothing.
DECLARED = {"GiB": 1 << 30, "TiB": 1 << 40}
PIECE = bytes(4096)
# Seconds for memory that was asked for and given back at once not to be mistaken for memory that
# is kept.
GIVEN_BACK = 0.5


@each("length", list(DECLARED))
@each("kind", ["text", "bytes"])
def case_declared_length(single: Single, check: Recorder, kind: Kind, length: str) -> None:
    """A header declares an enormous message, of which a few kilobytes come.

    STREAM-4: A receiver MUST NOT allocate memory in proportion to a declared length before the
        octets have arrived.
    """
    _, tester = met(single)
    process = watched(single)
    before = process.memory
    for piece in (header(kind, DECLARED[length]) + PIECE, PIECE, PIECE):
        if not taken(check, tester, piece):
            break
    # This decides, and no further look: a peer that asks for the whole length with each call, and
    # gives it back at once, would now and then be caught at it, and mostly not.
    freed = clock.until(lambda: process.memory - before < LIMIT, GIVEN_BACK)
    grown = process.memory - before
    mib = 1 << 20
    check("STREAM-4", freed, f"less than {LIMIT // mib} MiB", f"{grown // mib} MiB more")
