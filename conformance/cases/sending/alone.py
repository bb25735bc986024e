"""Sending without help: what was written goes out although nothing else ever happens."""

from harness.case import Recorder, Single, needs, recipe, text
from harness.expect import TIGHT, arrived, held_up
from harness.opposite import framed, met

# How often a message is written on an idle connection: whoever is not yet asleep when the first one
# is written is so later.
TIMES = 5


def case_on_an_idle_connection(single: Single, check: Recorder) -> None:
    """A message is written, and nothing is received and nothing else is written until it is there.

    SEND-6: A sender MUST hand each octet of a written message to the transport within a time that
        it documents after the transport can take it, whether or not another message is written or
        any octet is received.
    """
    connection, tester = met(single)
    for number in range(TIMES):
        word = text(f"word {number}")
        connection.begin_write(word)
        wanted = framed(word)
        got = arrived(tester, len(wanted))
        check("SEND-6", got == wanted, f"the frame {wanted.hex(' ')}", got.hex(" ") or "nothing")


@needs("buffers")
def case_rest_of_a_message(single: Single, check: Recorder) -> None:
    """The transport has taken a part of a message and can take the rest; nothing else happens.

    SEND-6: A sender MUST hand each octet of a written message to the transport within a time that
        it documents after the transport can take it, whether or not another message is written or
        any octet is received.
    """
    connection, tester = met(single, sndbuf=TIGHT, rcvbuf=TIGHT)
    message = recipe("bytes", 10, 1 << 16)
    wanted = framed(message)
    connection.begin_write(message)
    held_up(connection, tester, len(wanted))
    got = arrived(tester, len(wanted))
    check("SEND-6", len(got) == len(wanted), f"{len(wanted)} octets", f"{len(got)} octets")
