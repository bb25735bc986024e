"""Order: what several writers write at once leaves as whole frames, each writer's in its order."""

from collections import Counter
from collections.abc import Sequence

from harness.case import Kind, Message, Recorder, Single, each, needs, recipe
from harness.codec import Parsed
from harness.expect import TIGHT, arrived, held_up
from harness.opposite import framed, of_kind

WRITERS = 8
MESSAGES = 20
# Shorter than what the smallest buffers take, so that many frames are partly sent; and short enough
# that a library which hands its messages on through a pipe can do so in one piece (POSIX promises
# that up to 4096 octets).
LENGTH = 2000
# Messages of one to three octets, so that every other cut falls into a header or beside one.
TINY = 1000
# A message inside which a sender is stuck when the others are written.
LONG = recipe("bytes", 99, 1 << 16)


@needs("buffers")
def case_many_writers(single: Single, check: Recorder) -> None:
    """Eight writers at once, while the sender is stuck inside a first message.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    """
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    beginning = connection.begin_write(LONG)
    held_up(connection, tester, LONG.length)
    written = [_messages(writer) for writer in range(WRITERS)]
    writings = [beginning, *(connection.begin_write(*messages) for messages in written)]
    arrived(tester, len(framed(LONG, *(message for some in written for message in some))))
    found = _out_of_turn(tester.frames, [[LONG], *written])
    wanted = "whole frames, in the order of each writer"
    check("SEND-1", found is None, wanted, found or wanted)
    for writing in writings:
        writing.result()


def _messages(writer: int) -> list[Message]:
    """Return the messages of one writer, each like no other one of anybody, long and short in turn.

    Whoever lets short ones overtake, or long ones, is found out.
    """
    kind: Kind = "bytes" if writer % 2 else "text"
    lengths = [LENGTH + (number if number % 2 else -number) for number in range(MESSAGES)]
    return [recipe(kind, 100 + writer, length) for length in lengths]


def _out_of_turn(frames: Sequence[Parsed], written: Sequence[Sequence[Message]]) -> str | None:
    """Say which frame is not the next one of any writer, or how many are missing; else None."""
    turns = [iter(messages) for messages in written]
    nexts = [next(turn, None) for turn in turns]
    for place, parsed in enumerate(frames, 1):
        frame = parsed.frame
        writer = next((at for at, one in enumerate(nexts) if one and one.frame() == frame), None)
        if writer is None:
            return f"frame {place}, of {len(frame.payload)} octets, is the next one of no writer"
        nexts[writer] = next(turns[writer], None)
    missing = sum(len(messages) for messages in written) - len(frames)
    return f"{missing} frames fewer than messages" if missing else None


@needs("buffers")
@each("kind", ["text", "bytes"])
def case_tiny_messages(single: Single, check: Recorder, kind: Kind) -> None:
    """A thousand tiny messages behind a long one, through the smallest buffers.

    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    """
    messages = [LONG, *(of_kind(kind, str(number)) for number in range(TINY))]
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    writing = connection.begin_write(*messages)
    held_up(connection, tester, LONG.length)
    arrived(tester, len(framed(*messages)))
    wanted = [message.frame() for message in messages]
    got = [parsed.frame for parsed in tester.frames]
    observed = f"{len(got)} frames, {len(set(got) & set(wanted))} of them as written"
    check("SEND-2", Counter(got) == Counter(wanted), "each frame once", observed)
    check("SEND-1", got == wanted, "the frames in the order of writing", "another order")
    writing.result()
