"""What a library promises to the program that uses it."""

from harness import clock
from harness.case import Recorder, Single, each, needs, octets, recipe, text
from harness.codec import encode
from harness.expect import TIGHT, alive, arrived, cut, delivered, held_up, on_wire
from harness.payloads import Message

WORD = text("word")
# As often is nothing there to read in `case_read_does_not_wait`; together these reads take
# milliseconds, and with the limit below a read that waits for a moment only is found, too.
READS = 30
# Seconds for them all, times the patience.
AT_ONCE = 5.0


def case_read_does_not_wait(single: Single, check: Recorder) -> None:
    """A read with nothing there answers at once, and finds the message once it has come.

    API-1: A read MUST answer "no message yet" without waiting when no complete message is there.
    """
    connection, tester = single.meet()
    deadline = clock.Deadline(AT_ONCE)
    for number in range(READS):
        begun = connection.begin_read(1, within=0)
        at_once = begun.pending.returns(deadline.left() / clock.patience())
        check("API-1", at_once, "an answer at once", f"read {number + 1} waits")
        nothing = begun.result()
        quiet = not nothing.messages and not nothing.ended
        check("API-1", quiet, "no message, and no end", nothing)
    cut(check, tester, encode(WORD.frame())[:3], "whole")
    nothing = connection.read(1, within=0)
    check("API-1", not nothing.messages, "no message yet", nothing)
    tester.send(encode(WORD.frame())[3:])
    delivered(check, connection.read(1), [WORD], "API-1")


@needs("options")
def case_options_untouched(single: Single, check: Recorder) -> None:
    """The socket's options are what they were before it was wrapped, also after messages.

    API-3: An endpoint MUST NOT change an option of the socket that it was given, other than to
        make it non-blocking.
    """
    connection, tester = single.meet()
    alive(connection, tester)
    before = dict(connection.opened["options"])
    after = dict(connection.state()["options"])
    for options in (before, after):
        options.pop("blocking", None)
    check("API-3", before == after, f"options {before}", f"options {after}")


def case_types(single: Single, check: Recorder) -> None:
    """The same octets as a text and as bytes, and nothing as either.

    API-7: A read MUST return a text as a value of the language's type for Unicode text, and bytes
        as one of its type for octets.
    """
    connection, tester = single.meet()
    messages: list[Message] = []
    for content in ("word", "\u00e9", ""):
        messages += text(content), octets(content.encode())
    tester.send(on_wire(*messages))
    delivered(check, connection.read(len(messages)), messages, "API-7")


@needs("hooks")
@each("schedule", ["whole", "1*"])
def case_hooks(single: Single, check: Recorder, schedule: str) -> None:
    """Texts are marked by a write hook and by a read hook; bytes pass through them unmarked.

    API-5: Every application message MUST pass through the write hook before it is sent and through
        the read hook before it is delivered.
    """
    hooks = {"preWrite": {"prepend": "<"}, "postRead": {"append": ">"}}
    connection, tester = single.meet(hooks=hooks)
    contents = ["one", "", "two", "three" * 1000]
    connection.write(octets(b"first"), *map(text, contents), octets(b"last"))
    marked = [text("<" + content) for content in contents]
    wanted = [octets(b"first"), *marked, octets(b"last")]
    frames = [parsed.frame for parsed in tester.receive_frames(len(wanted))]
    check("API-5", frames == [message.frame() for message in wanted], "each text marked", frames)
    sent = [octets(b"first"), *map(text, contents[:3]), octets(b"last")]
    marked = [text(content + ">") for content in contents[:3]]
    wanted = [octets(b"first"), *marked, octets(b"last")]
    # Whoever takes nothing more while its application does not read must not be stuck in the cuts.
    reading = connection.begin_read(len(wanted))
    cut(check, tester, on_wire(*sent), schedule)
    delivered(check, reading.result(), wanted, "API-5")


@needs("queued", "buffers")
def case_queued(single: Single, check: Recorder) -> None:
    """Nothing is queued, then more than the buffers take, and then nothing again.

    API-10: An endpoint that tells whether written octets wait to be sent MUST say that they do
        exactly while the transport has not taken all of them.
    """
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    queued = connection.state()["queued"]
    check("API-10", queued is False, "nothing waits", f"queued: {queued}")
    message = recipe("bytes", 51, 1 << 17)
    stream = on_wire(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    queued = connection.state()["queued"]
    check("API-10", queued is True, "octets wait", f"queued: {queued}")
    arrived(tester, len(stream))
    writing.result()
    flushed = connection.happens("flushed", within=10.0)
    check("API-10", flushed, "nothing waits any more", f"flushed: {flushed}")
