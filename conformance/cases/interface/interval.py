"""The setting by which users bound how long a written message waits: the interval of SEND-6."""

from harness import clock
from harness.case import Connection, Recorder, Single, each, needs, text
from harness.expect import arrived
from harness.opposite import framed
from harness.peererror import Died, LibraryRaised
from harness.tester import Tester

NAME = "STOCKING_SELECT_SEND_INTERVAL"
# Fifty times less than the half second that holds where nothing is set.
SHORT = "0.01"
# Messages one behind the other, and the time for all of them: what holds each back for half a
# second takes half as much again, what keeps to the interval a thirtieth.
TIMES, TOGETHER = 30, clock.ANSWER
# No numbers, no seconds, and nothing at all.
UNUSABLE = {"word": "soon", "negative": "-1", "not-a-number": "nan", "endless": "inf", "empty": ""}


def _bounded(check: Recorder, connection: Connection, tester: Tester) -> None:
    """Check that messages do not wait, of which each is written when the last one has come."""
    deadline = clock.Deadline(TOGETHER)
    for number in range(TIMES):
        word = text(f"word {number}")
        connection.begin_write(word)
        wanted = framed(word)
        got = arrived(tester, len(wanted), deadline)
        seen = f"{number} messages, and {len(got)} octets of the next one"
        check("API-11", got == wanted, f"{TIMES} messages without {NAME}'s usual waits", seen)


@needs("interval")
def case_set_at_creation(single: Single, check: Recorder) -> None:
    """The interval is set in a program that runs, to a fiftieth of what holds without.

    API-11: An endpoint whose time for SEND-6 can be set MUST keep to the time that is set at the
        moment when it is given its connection, whatever was set before.
    """
    connection, tester = single.meet(interval=SHORT)
    _bounded(check, connection, tester)


@needs("interval")
@each("before", ["3600", "soon"])
def case_set_before(single: Single, check: Recorder, before: str) -> None:
    """When the library is loaded an hour is set, or nonsense, and later something better.

    API-11: An endpoint whose time for SEND-6 can be set MUST keep to the time that is set at the
        moment when it is given its connection, whatever was set before.
    """
    try:
        single.peer.restart({NAME: before})
    except Died as error:
        check("API-11", False, "a library that can be loaded", error.what)
    connection, tester = single.meet(interval=SHORT)
    _bounded(check, connection, tester)


@needs("interval")
@each("value", list(UNUSABLE))
def case_refused(single: Single, check: Recorder, value: str) -> None:
    """The interval is set to what is no time, or no time that anybody can wait.

    API-12: An endpoint MUST refuse, when it is given its connection, a time for SEND-6 that it
        cannot use, with an error that names the setting.
    """
    said = "the connection was taken"
    try:
        single.meet(interval=UNUSABLE[value])
    except LibraryRaised as error:
        said = error.what
    check("API-12", NAME in said, f"an error that names {NAME}", said)
