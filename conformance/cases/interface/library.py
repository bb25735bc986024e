"""What a library promises to the program that uses it."""

from harness.case import Recorder, Single, needs, text
from harness.codec import encode
from harness.expect import cut, delivered

WORD = text("word")


def case_read_does_not_wait(single: Single, check: Recorder) -> None:
    """A read with nothing there answers at once, and finds the message once it has come.

    API-1: A read MUST answer "no message yet" without waiting when no complete message is there.
    """
    connection, tester = single.meet()
    nothing = connection.read(1, within=0)
    quiet = not nothing.messages and not nothing.ended
    check("API-1", quiet, "no message, and no end", nothing)
    cut(check, tester, encode(WORD.frame())[:3], "whole")
    nothing = connection.read(1, within=0)
    check("API-1", not nothing.messages, "no message yet", nothing)
    tester.send(encode(WORD.frame())[3:])
    delivered(check, connection.read(1), [WORD], "API-1")


@needs("options")
def case_options_untouched(single: Single, check: Recorder) -> None:
    """The socket's options are what they were before it was wrapped.

    API-3: An endpoint MUST NOT change an option of the socket that it was given, other than to
        make it non-blocking.
    """
    connection, _ = single.meet()
    before = dict(connection.opened["options"])
    after = dict(connection.state()["options"])
    for options in (before, after):
        options.pop("blocking", None)
    check("API-3", before == after, f"options {before}", f"options {after}")
