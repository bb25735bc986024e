"""Level 1, the lines themselves: greeting, ids, words that nobody knows, lines that are none."""

from __future__ import annotations

from harness.payloads import Message
from harness.smoke.bench import Bench
from harness.smoke.channel import STEP, Channel, Failed, body_of, shown

#: A word that no protocol version will have.
NONSENSE = "plugh"
#: A line may have this many octets.
LINE_LIMIT = 1 << 20
#: What shows that nothing was written before it.
AFTERWARDS = Message.text("afterwards")
#: Long enough for an adapter to answer, if it is going to; nothing is judged by how long it takes.
MOMENT = 0.1


def starts(bench: Bench) -> None:
    """The command starts and answers a line."""
    number = bench.channel.begin("hello", protocol=1)
    try:
        bench.channel.answer(number)
    except Failed as failure:
        if bench.channel.garbage:
            raise Failed(f"{failure} What came on stdout instead: "
                         f"{shown(bench.channel.garbage[0])}") from None
        if bench.channel.exit_code(0) is not None:
            raise Failed(f"{failure}. If it is a mirror (section 2 of conformance/ADAPTERS.md), "
                         "its entry in the file of peers needs: level = 0") from None
        if "conformance/schema" not in str(failure):  # what it said is for the next check
            raise


def hello(bench: Bench) -> None:
    """`hello` is answered as its schema says."""
    bench.hello = bench.channel.ok("hello", protocol=1)


def flavour(bench: Bench) -> None:
    """`hello` declares the flavour that is under check."""
    declared = ", ".join(bench.hello["flavours"])
    if bench.flavour not in bench.hello["flavours"]:
        raise Failed(f"hello declares the flavours {declared}, but the peer's entry says "
                     f"{bench.flavour!r}; make them agree")
    for name in bench.hello.get("flavour_features", {}):
        if name not in bench.hello["flavours"]:
            raise Failed(f"flavour_features of hello speaks of a flavour {name!r}, and the "
                         f"declared ones are {declared}")


def other_protocol(bench: Bench) -> None:
    """A protocol that the adapter does not speak is `unsupported`."""
    advice = "look at the `protocol` of hello, and refuse what is not 1"
    bench.unsupported("protocol", advice, "hello", protocol=2)


def id_echoed(bench: Bench) -> None:
    """An answer has the id of its request."""
    for number in (0, 4711, 2**31):
        _, line = bench.channel.line("hello", number=number, protocol=1)
        bench.channel.send(line)
        bench.channel.answer(number)


def unknown_verb(bench: Bench) -> None:
    """A verb that does not exist is answered `unsupported`."""
    advice = "answer a verb that you do not know by unsupported, naming the verb"
    bench.unsupported(NONSENSE, advice, NONSENSE)


def unknown_key(bench: Bench) -> None:
    """A key that does not exist is answered `unsupported`; nothing is done."""
    meeting = bench.meet()
    keys: dict[str, dict[str, object]] = {
        "hello": {"protocol": 1}, "listen": {}, "state": {},
        "write": {"conn": meeting.name, "messages": [{"kind": "text", "text": "no"}]},
        "read": {"conn": meeting.name, "count": 1, "within": 0},
        "wait": {"conn": meeting.name, "for": "ready", "within": 0},
        "close": {"conn": meeting.name}, "discard": {"conn": meeting.name}, "bye": {},
    }
    with bench.listener() as listener:
        keys["open"] = bench.open_keys(connect=list(listener.getsockname()))
        _require_refusal(bench, keys)
    bench.channel.ok("state", conn=meeting.name)


def _require_refusal(bench: Bench, keys: dict[str, dict[str, object]]) -> None:
    for verb, known in keys.items():
        advice = f"look at every key of a {verb} request before you obey it, and ignore none"
        bench.unsupported(NONSENSE, advice, verb, **known, **{NONSENSE: 1})


def unknown_message_kind(bench: Bench) -> None:
    """A message kind that does not exist is `unsupported`, and nothing is written."""
    meeting = bench.meet()
    messages = [{"kind": "text", "text": "a"}, {"kind": NONSENSE, "text": "b"}]
    advice = "a message kind that you do not know is unsupported; look at all before writing any"
    bench.unsupported(NONSENSE, advice, "write", conn=meeting.name, messages=messages)
    meeting.write(AFTERWARDS)
    try:
        meeting.expect_frames(AFTERWARDS)
    except Failed as failure:
        raise Failed(f"{advice}; {failure}") from None


def unknown_message_key(bench: Bench) -> None:
    """A key that does not exist inside a message is `unsupported`."""
    meeting = bench.meet()
    advice = "look at the keys of each message too, and ignore none"
    message = {"kind": "text", "text": "a", NONSENSE: 1}
    bench.unsupported(NONSENSE, advice, "write", conn=meeting.name, messages=[message])


def unknown_step(bench: Bench) -> None:
    """A handshake step that does not exist is `unsupported` (so is `handshake` if undeclared)."""
    steps = [{"do": NONSENSE}]
    with bench.listener() as listener:
        keys = bench.open_keys(connect=list(listener.getsockname()), handshake=steps)
        word = NONSENSE if bench.has("handshake") else "handshake"
        advice = "look at every step of a script before you connect"
        bench.unsupported(word, advice, "open", **keys)


def missing_key(bench: Bench) -> None:
    """A request without a key that it needs is a `fault`."""
    meeting = bench.meet()
    needed: dict[str, dict[str, object]] = {
        "read": {"count": 1, "within": 0}, "write": {"messages": []},
        "wait": {"for": "ready", "within": 0},
    }
    for verb, keys in needed.items():
        for key in keys:
            others = {each: value for each, value in keys.items() if each != key}
            answer = bench.channel.ask(verb, conn=meeting.name, **others)
            if "fault" not in answer:
                raise Failed(f"a {verb} without {key} must be a fault, got {shown(answer)}")


def unknown_wait(bench: Bench) -> None:
    """A wait for something that does not exist is `unsupported`."""
    meeting = bench.meet()
    keys = {"conn": meeting.name, "for": NONSENSE, "within": 0}
    bench.unsupported(NONSENSE, "wait for what you do not know is unsupported", "wait", **keys)


def _stray(channel: Channel, line: bytes, what: str) -> None:
    channel.send(line)
    channel.stray(f"{what} ({shown(line)})")
    channel.ok("hello", protocol=1)


def no_json(bench: Bench) -> None:
    """A line that is no JSON is answered by a `fault` with id null, and life goes on."""
    for line in (b"hello\n", b'{"id": 1, "do": "hel\n', b"\n", b"\xff\xfe\n"):
        _stray(bench.channel, line, "a line that is no JSON")


def no_object(bench: Bench) -> None:
    """A line that is JSON but no object is answered by a `fault` with id null."""
    for line in (b"17\n", b"[]\n", b"null\n", b'"hello"\n'):
        _stray(bench.channel, line, "a line that is no JSON object")


def no_id(bench: Bench) -> None:
    """A request without an integer id is answered by a `fault` with id null."""
    for start in (b"", b'"id": null, ', b'"id": "7", ', b'"id": true, ', b'"id": 1.5, '):
        _stray(bench.channel, b"{" + start + b'"do": "hello", "protocol": 1}\n',
               "a request without an integer id")


def split_line(bench: Bench) -> None:
    """A line that arrives in two pieces is one line."""
    number, line = bench.channel.line("hello", protocol=1)
    bench.channel.send(line[:9])
    bench.channel.silence(MOMENT, "half a line was sent, which is no request yet: read up to the "
                                  "line feed, however many reads it takes")
    bench.channel.send(line[9:])
    bench.channel.answer(number)


def two_lines_at_once(bench: Bench) -> None:
    """Two lines that arrive together are two requests."""
    one, first = bench.channel.line("hello", protocol=1)
    other, second = bench.channel.line("state")
    bench.channel.send(first + second)
    bench.channel.answer(one)
    bench.channel.answer(other)


def oversized_line(bench: Bench) -> None:
    """A line beyond the limit is answered by a `fault` with id null and skipped."""
    bench.channel.send(_padded(bench.channel.line("hello", protocol=1)[1], LINE_LIMIT + 1))
    bench.channel.stray(f"a line of more than {LINE_LIMIT} octets (skip up to its line feed)")
    bench.channel.ok("hello", protocol=1)
    meeting = bench.meet()
    number, line = bench.channel.line("write", conn=meeting.name, messages=[])
    bench.channel.send(_padded(line, LINE_LIMIT))
    if "ok" not in bench.channel.answer(number):
        raise Failed(f"a line of exactly {LINE_LIMIT} octets is still a line, and must be obeyed")


def _padded(line: bytes, octets: int) -> bytes:
    """Return a line of so many octets before its line feed: blanks amid its JSON."""
    start, comma, rest = line.rstrip(b"\n").partition(b",")
    return start + comma + b" " * (octets - len(line) + 1) + rest + b"\n"


def two_in_flight(bench: Bench) -> None:
    """A read that waits does not hold up other requests."""
    meeting = bench.meet()
    waiting = bench.channel.begin("read", conn=meeting.name, count=1, within=2 * STEP)
    try:
        bench.channel.ok("hello", protocol=1)
    except Failed:
        raise Failed("a read that waits holds up a hello behind it; give each request that may "
                     "wait a thread (or a task) of its own") from None
    if bench.channel.answered(waiting):
        raise Failed("a read of a connection on which nothing came was answered before its time")
    meeting.send(Message.text("now"))
    if len(body_of("read", bench.channel.answer(waiting))["messages"]) != 1:
        raise Failed("a read that waited must return as soon as its message has arrived")


GREETING = (starts, hello, flavour)
CHECKS = (
    other_protocol, id_echoed, unknown_verb, unknown_key, unknown_message_kind,
    unknown_message_key, unknown_step, unknown_wait, missing_key, no_json, no_object, no_id,
    split_line, two_lines_at_once, oversized_line, two_in_flight,
)
