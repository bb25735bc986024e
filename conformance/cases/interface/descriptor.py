"""The descriptor that a library offers to programs that wait for several things at once."""

from harness import clock
from harness.case import Recorder, Single, needs, octets, text
from harness.expect import cut, delivered, on_wire

MESSAGES = [text("word"), octets(b"another")]
# Seconds, times the patience, in which a descriptor follows what happened: microseconds of work.
FOLLOWS = 10.0


@needs("fileno")
def case_readable(single: Single, check: Recorder) -> None:
    """Nothing is there, then half a message, then two, one, and nothing again.

    API-8: A descriptor that an endpoint offers to wait on MUST be readable while a complete
        message waits to be read.
    API-9: A descriptor that an endpoint offers to wait on SHOULD NOT stay readable while the
        connection has not ended and no complete message waits to be read.
    """
    connection, tester = single.meet()
    stream = on_wire(*MESSAGES)

    def readable() -> bool:
        return connection.state()["readable"] is True

    check("API-9", not readable(), "quiet with nothing there", "it is readable")
    cut(check, tester, stream[:3], "whole")
    quiet = clock.until(lambda: not readable(), FOLLOWS)
    check("API-9", quiet, "quiet with half a message", "it is readable")
    tester.send(stream[3:])
    ready = connection.happens("readable", within=FOLLOWS)
    check("API-8", ready, "readable with two messages", "it is quiet")
    delivered(check, connection.read(1), MESSAGES[:1], "API-8")
    ready = connection.happens("readable", within=FOLLOWS)
    check("API-8", ready, "readable with one message left", "it is quiet")
    delivered(check, connection.read(1), MESSAGES[1:], "API-8")
    quiet = clock.until(lambda: not readable(), FOLLOWS)
    check("API-9", quiet, "quiet once everything was read", "it is readable")
