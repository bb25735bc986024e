"""Delivery: every message once, in order, whole, and as soon as it is there."""

from harness.case import Kind, Recorder, Single, each, octets, recipe, text
from harness.codec import encode
from harness.expect import cut, delivered
from harness.opposite import framed, of_kind

KINDS: tuple[Kind, Kind] = ("text", "bytes")
BEFORE = text("before")
# So many that a receiver which takes some of them at a time has to come back for the rest.
MANY = 2000


@each("kind", ["text", "bytes", "both"])
def case_many_in_one_piece(single: Single, check: Recorder, kind: str) -> None:
    """Thousands of tiny messages at once, all different but for the empty ones among them.

    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    kinds = KINDS if kind == "both" else [one for one in KINDS if one == kind]
    # Every eleventh one is empty.
    messages = [of_kind(kinds[at % len(kinds)], str(at) if at % 11 else "") for at in range(MANY)]
    connection, tester = single.meet()
    tester.send(framed(*messages))
    delivered(check, connection.read(MANY), messages, "STREAM-2")


@each("length", [0, 1, 63, 64, 8192, 70000])
@each("kind", ["text", "bytes"])
def case_at_once(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """The last octet of a message arrives, and no other one behind it, ever.

    STREAM-5: A receiver MUST deliver a message once its last octet has arrived, without waiting for
        further octets.
    """
    message = recipe(kind, 26, length)
    connection, tester = single.meet()
    for schedule in ("whole", "1,whole"):
        cut(check, tester, framed(message), schedule)
        delivered(check, connection.read(1, within=10.0), [message], "STREAM-5")


@each("header", [2, 10])
def case_empty_at_once(single: Single, check: Recorder, header: int) -> None:
    """The last octet of an empty message is the last one of its header, however long that is.

    STREAM-5: A receiver MUST deliver a message once its last octet has arrived, without waiting for
        further octets.
    """
    empty = octets(b"")
    connection, tester = single.meet()
    cut(check, tester, encode(empty.frame(), header_octets=header), "1*")
    delivered(check, connection.read(1, within=10.0), [empty], "STREAM-5")


@each("missing", [1, 2, 50, 99, 100, 101])
@each("kind", ["text", "bytes"])
def case_last_octets_missing(single: Single, check: Recorder, kind: Kind, missing: int) -> None:
    """All but the last octets of a frame of 102 arrive, in two pieces; then the rest.

    When a peer has taken the second piece, it has done with the first.

    STREAM-3: A receiver MUST NOT deliver a part of a message.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    message = recipe(kind, 27, 100)
    stream = framed(BEFORE, message)
    connection, tester = single.meet()
    reading = connection.begin_read(1)
    cut(check, tester, stream[:-missing], f"{len(stream) - missing - 1},1")
    delivered(check, reading.result(), [BEFORE], "STREAM-2")
    early = connection.read(1, within=0)
    check("STREAM-3", not early.messages, "no part of a message", early.messages)
    tester.send(stream[-missing:])
    delivered(check, connection.read(1), [message], "STREAM-2")
