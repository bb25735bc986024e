"""Level 1, messages: what is written goes out, and what comes in is described as it is."""

from __future__ import annotations

from harness.clock import now
from harness.payloads import Message, describe
from harness.smoke.bench import Bench
from harness.smoke.channel import STEP, Failed, shown

#: One to four octets a code point, NUL, line feed and quotation mark: what a careless way from
#: JSON to the wire loses.
TEXT = Message.text("h\u00e4\u00df\u20ac\U0001f600 \u0000\n\"\\ \u05d0")
BYTES = Message.octets(bytes(range(256)))
#: The same octets in both kinds.
TWINS = (Message.text("twin"), Message.octets(b"twin"), Message.text("twin"))
#: The length limit of a description that holds everything, and one more.
LIMITS = (Message.recipe("text", 5, 4096), Message.recipe("bytes", 5, 4097))
#: Within one block, at its edge, and in a later one that ends inside a code point.
RECIPE_LENGTHS = (1, 8, 4095, 4096, 4097, 10007)
#: A pause of which an adapter that waits notices something, and that costs little.
WAIT = 0.3


def writing_text(bench: Bench) -> None:
    """A text arrives on the wire as one text frame with its UTF-8."""
    _out(bench, TEXT)


def writing_bytes(bench: Bench) -> None:
    """Bytes arrive on the wire as one bytes frame with the same octets."""
    _out(bench, BYTES)


def _out(bench: Bench, *messages: Message) -> None:
    meeting = bench.meet()
    meeting.write(*messages)
    meeting.expect_frames(*messages)


def reading_text(bench: Bench) -> None:
    """A text from the wire is described as it is."""
    _in(bench, TEXT)


def reading_bytes(bench: Bench) -> None:
    """Bytes from the wire are described as they are."""
    _in(bench, BYTES)


def _in(bench: Bench, *messages: Message) -> None:
    meeting = bench.meet()
    meeting.send(*messages)
    meeting.expect_read(*messages)


def kinds_kept(bench: Bench) -> None:
    """The same octets as text and as bytes stay apart, both ways, in order."""
    _out(bench, *TWINS)
    _in(bench, *TWINS)


def long_descriptions(bench: Bench) -> None:
    """A description holds all octets up to 4096, and beyond that only head and tail."""
    _in(bench, *LIMITS)


def recipe_text(bench: Bench) -> None:
    """A text recipe stands for the octets that ADAPTERS.md gives."""
    _recipes(bench, [Message.recipe("text", 7, length) for length in RECIPE_LENGTHS])


def recipe_bytes(bench: Bench) -> None:
    """A bytes recipe stands for the octets that ADAPTERS.md gives."""
    _recipes(bench, [Message.recipe("bytes", 7, length) for length in RECIPE_LENGTHS])


def _recipes(bench: Bench, messages: list[Message]) -> None:
    meeting = bench.meet()
    meeting.write(*messages)
    for message, parsed in zip(messages, meeting.frames(len(messages)), strict=True):
        made, wanted = parsed.frame.payload, message.payload
        if made != wanted:
            at = next((at for at, pair in enumerate(zip(made, wanted, strict=False))
                       if pair[0] != pair[1]), min(len(made), len(wanted)))
            raise Failed(f"the recipe seed {message.seed}, length {message.length} must be a "
                         f"{describe(message)}; yours has {len(made)} octets, and from octet {at} "
                         f"on it is {made[at:at + 8].hex()} instead of {wanted[at:at + 8].hex()}")


def reading_in_portions(bench: Bench) -> None:
    """A read returns at its count, and the next one goes on where it stopped."""
    meeting = bench.meet()
    portions = [Message.text(each) for each in ("one", "two", "three")]
    meeting.send(*portions)
    meeting.expect_read(*portions[:2])
    meeting.expect_read(*portions[2:])


def read_timeout(bench: Bench) -> None:
    """A read that gets nothing returns when its time is over, empty."""
    meeting = bench.meet()
    began = now()
    answer = bench.channel.ask("read", conn=meeting.name, count=1, within=WAIT)
    expected = {"messages": [], "ended": False, "last": None}
    if answer.get("ok") != expected:
        raise Failed("a read that gets nothing is no error: answer no messages and ended false, "
                     f"got {shown(answer)}")
    if now() - began < WAIT / 2:
        raise Failed(f"a read must wait for `within`, {WAIT} s here; this one returned empty after "
                     f"{now() - began:.3f} s")


def read_end(bench: Bench) -> None:
    """A read at the end of the connection gives what is left and says so."""
    meeting = bench.meet()
    meeting.send(*TWINS)
    meeting.sock.close()
    body = bench.channel.ok("read", conn=meeting.name, count=len(TWINS) + 1, within=STEP)
    if len(body["messages"]) != len(TWINS):
        raise Failed(f"{len(TWINS)} messages were sent before the end, read gave "
                     f"{len(body['messages'])}; take what is there before you look for the end")
    if not body["ended"]:
        raise Failed("the connection has ended, but read waited its whole time and did not see it")
    if not body["last"]:
        raise Failed("a read that says `ended` names how the library shows the end, as `last`; got "
                     f"{shown(body)}")
    state = bench.channel.ok("state", conn=meeting.name)["conn"]
    if not state["ended"] or not state["end"]:
        raise Failed("state of a connection that has ended says so, and `end` names how the "
                     f"library shows it; got {shown(state)}")


def side_by_side(bench: Bench) -> None:
    """Two connections at the same time keep their messages apart."""
    one, other = bench.meet(), bench.meet()
    one.send(Message.text("for the first"))
    other.send(Message.text("for the second"))
    other.expect_read(Message.text("for the second"))
    one.expect_read(Message.text("for the first"))


CHECKS = (
    writing_text, writing_bytes, reading_text, reading_bytes, kinds_kept, long_descriptions,
    recipe_text, recipe_bytes, reading_in_portions, read_timeout, read_end, side_by_side,
)
