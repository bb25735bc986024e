"""Programs: what two peers do with one connection, in any order that makes sense.

`python -m harness explore` makes them up and looks for one that fails; what it has found stands
here by name, with the defect, next to a few that show what a program can say. The grammar is in
`harness/explore/program.py`. A program belongs to the case that fits its end, or its handshake,
because different clauses decide those.
"""

from collections.abc import Callable
from typing import TypeVar

from harness.case import Pair, Recorder, needs, open_axis
from harness.explore.meaning import parser
from harness.explore.named import spread
from harness.explore.perform import perform

Case = TypeVar("Case", bound=Callable[..., None])

NAMED = {
    "program": [
        "1w64b,2r",
        # Both sides write before either reads.
        "1w8192t,2w65536bx2,1r2,2r",
        # Two texts that arrive glued together, then each octet alone.
        "1s,1w3tx2,1g,2r2,1c1*,1w65t,2r",
        # One direction is stalled, and the other one goes on; a read finds nothing.
        "2s,2w300b,1r,1w7t,2r,2g,1r",
        # Cuts that change between messages.
        "1c2+p*,1w63b,1w64b,1c7*,1w300t,2r3",
    ],
    "narrow": ["narrow,1s,1w65536bx2,2w9000t,1r,1g,2r2"],
    "handshake": [
        # Behind the answer, glued to it, come application messages.
        "2s,h12,2w3bx2,2g,1r2",
        # Both sides greet first, cut into octets and pairs of them.
        "1c1*,2c2*,hx,1w5t,2w5b",
    ],
    "close": [
        # What the other side has written in vain does not spoil it.
        "1w300b,2w3t,2s,2w9b,1e",
        # What was written is still on its way.
        "1s,1w64tx3,1e",
    ],
    "finish": ["1w3tx3,2r,2s,2w300b,1f"],
    "truncation": ["1w64t,2w3b,2f1"],
    "reset": ["1w64tx2,2w3b,1x", "2w64bx2,1r,2x100"],
}


def programs(family: str) -> Callable[[Case], Case]:
    """Give a case the programs of its family."""
    return open_axis("program", NAMED[family][:1], parser(family), spread(NAMED, family))


@needs("kind:text", "kind:bytes")
@programs("program")
def case_program(pair: Pair, check: Recorder, program: str) -> None:
    """Writes, reads, stalls and cuts; in the end both sides have read everything.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "buffers")
@programs("narrow")
def case_narrow(pair: Pair, check: Recorder, program: str) -> None:
    """The same between buffers that hold little, so that senders get stuck.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "handshake", "buffers")
@programs("handshake")
def case_handshake(pair: Pair, check: Recorder, program: str) -> None:
    """A handshake comes first; it may be stalled, cut, or glued to what follows it.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    HAND-1: On each side every handshake message MUST precede every application message on the
        wire.
    HAND-3: A message that the handshake did not take MUST be delivered to the application, in
        order, even if it arrived together with the last handshake message.
    HAND-7: Two endpoints that both run a handshake at the same time MUST both complete it when
        each gets what it waits for.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "buffers")
@programs("close")
def case_close(pair: Pair, check: Recorder, program: str) -> None:
    """One side closes, whatever it has still queued; the other side gets all of it, and the end.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    END-1: An endpoint MUST treat an end of the stream between two frames as a clean end.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "buffers")
@programs("finish")
def case_finish(pair: Pair, check: Recorder, program: str) -> None:
    """One direction ends between two messages; the other one comes to its end first.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    END-1: An endpoint MUST treat an end of the stream between two frames as a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "buffers")
@programs("truncation")
def case_truncation(pair: Pair, check: Recorder, program: str) -> None:
    """One direction ends inside a message.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    END-2: An endpoint MUST report an end of the stream inside a frame as an error that the
        application can tell from a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    perform(pair, check, program)


@needs("kind:text", "kind:bytes", "buffers")
@programs("reset")
def case_reset(pair: Pair, check: Recorder, program: str) -> None:
    """The connection is reset, between two messages or inside one.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    END-6: An endpoint MUST report a reset connection as an error that the application can tell
        from a clean end.
    END-3: An endpoint MUST keep every message that it received completely before the end readable
        after the end.
    """
    perform(pair, check, program)
