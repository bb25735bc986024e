"""The relay: octets, ends and back-pressure pass as if it were not there, and it knows of them."""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from ends import NO_PROOFS, PROOFS, Reader, deaf, leaves_nothing, read_all, soon, writer

from harness import kernel, sockets, watch
from harness.carrier import Carrier
from harness.codec import Frame, encode
from harness.relay import Relay, RelayBroken
from harness.schedule import ScheduleError, parse

proofs = pytest.mark.skipif(not PROOFS, reason=NO_PROOFS)

WORD = encode(Frame("text", b"word"))
NEVER = 0.05


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever a test opens is closed, and nothing else is left."""
    with leaves_nothing(), ExitStack() as stack:
        yield stack


class Through:
    """A relay with a blocking socket at each end."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.relay = stack.enter_context(Relay(listener.getsockname(), **options))
            self.one = stack.enter_context(socket.create_connection(self.relay.address))
            self.other = stack.enter_context(listener.accept()[0])
        # The system has connected it before the relay knows.
        assert soon(lambda: self.relay._carriers[1].source is not None)


@pytest.fixture
def through(stack: ExitStack) -> Through:
    """Two sockets, connected through a relay."""
    return Through(stack)


def exactly(sock: socket.socket, count: int) -> bytes:
    """Read so many octets."""
    octets = b""
    while len(octets) < count:
        octets += sock.recv(count - len(octets))
    return octets


# --- carrying and recording


def test_octets_pass_both_ways_and_are_recorded(through: Through) -> None:
    """Frames with their sums, the first octets, the total, the order."""
    relay = through.relay
    through.other.sendall(WORD)
    assert exactly(through.one, len(WORD)) == WORD
    through.one.sendall(WORD + encode(Frame("bytes", b"\xff" * 100), header_octets=3) + WORD[:2])
    assert exactly(through.other, len(WORD) + 105)[: len(WORD)] == WORD
    assert relay.first_written == "backward"
    assert relay.forward.octets == len(WORD) + 105 and relay.backward.octets == len(WORD)
    assert relay.backward.head == WORD
    word, longer = relay.forward.frames
    assert (word.kind, word.length, word.crc32) == ("text", 4, f"{zlib.crc32(b'word'):08x}")
    assert (longer.kind, longer.length, longer.shortest) == ("bytes", 100, False)
    assert longer.head == b"\xff" * 64 and longer.header == b"\x64\x01\x80"
    assert longer.start == len(WORD) and longer.ns >= word.ns
    assert relay.forward.pending.payload == 1 and relay.backward.pending.between
    assert relay.forward.malformed is None and relay.forward.ended is None
    assert relay.forward.segmentation is None and relay.error is None


def test_malformed_octets_pass_and_are_named(through: Through) -> None:
    """The relay judges nothing, it only knows."""
    through.one.sendall(b"\x00" * 11 + WORD)
    assert exactly(through.other, 11 + len(WORD)).endswith(WORD)
    assert through.relay.forward.malformed is not None
    assert through.relay.forward.malformed.clause == "FRAME-7"


def test_the_log_has_both_directions_in_order(through: Through) -> None:
    """One clock, one list; pauses are in it."""
    through.relay.backward.pause()
    through.one.sendall(b"ping")
    exactly(through.other, 4)
    through.other.sendall(b"pong")
    through.relay.backward.resume()
    exactly(through.one, 4)
    events = [(e.direction, e.what, e.offset, e.head) for e in through.relay.log]
    assert events == [
        ("backward", "pause", 0, b""),
        ("forward", "octets", 0, b"ping"),
        ("backward", "resume", 0, b""),
        ("backward", "octets", 0, b"pong"),
    ]


def test_bulk_both_ways_at_once(through: Through) -> None:
    """Far more than every buffer, in both directions, from ends that write before they read."""
    data = encode(Frame("bytes", bytes(range(256)) * (1 << 15)))
    got: dict[str, bytes] = {}

    def write(sock: socket.socket) -> None:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)

    def read(name: str, sock: socket.socket) -> None:
        got[name] = read_all(sock)[0]

    threads = [threading.Thread(target=write, args=(s,)) for s in (through.one, through.other)]
    threads.append(threading.Thread(target=read, args=("one", through.one)))
    threads.append(threading.Thread(target=read, args=("other", through.other)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {"one": data, "other": data}
    for direction in (through.relay.forward, through.relay.backward):
        (frame,) = direction.frames
        assert frame.length == 1 << 23 and direction.octets == len(data)
        assert frame.crc32 == f"{zlib.crc32(data[4:]):08x}"
        assert direction.ended == "fin" and len(direction.head) == 1 << 16


# --- ends


def test_a_half_close_passes_behind_the_octets(through: Through) -> None:
    """And the other direction goes on until it ends, too; then the relay is done."""
    through.one.sendall(b"all")
    through.one.shutdown(socket.SHUT_WR)
    assert read_all(through.other) == (b"all", "fin")
    through.other.sendall(b"reply")
    assert exactly(through.one, 5) == b"reply"
    assert through.relay.forward.ended == "fin" and through.relay.backward.ended is None
    through.other.close()
    assert read_all(through.one) == (b"", "fin")
    assert soon(lambda: not through.relay._thread.is_alive())


@pytest.mark.parametrize("forward", [True, False])
def test_a_reset_passes_behind_the_octets(through: Through, forward: bool) -> None:
    """What was sent before it arrives, and the end is no clean one."""
    source, sink = (through.one, through.other) if forward else (through.other, through.one)
    direction = through.relay.forward if forward else through.relay.backward
    source.sendall(b"last words")
    # A reset overtakes what our own kernel has not delivered to the relay.
    assert soon(lambda: direction.octets == 10)
    sockets.reset(source)
    assert read_all(sink) == (b"last words", "reset")
    assert direction.ended == "reset"
    assert soon(lambda: not through.relay._thread.is_alive())


def test_a_reset_behind_a_fin_passes(through: Through) -> None:
    """Nothing is to be read from that side any more, and still the reset is noticed."""
    through.one.shutdown(socket.SHUT_WR)
    assert read_all(through.other) == (b"", "fin")
    sockets.reset(through.one)
    assert soon(lambda: not through.relay._thread.is_alive())
    with pytest.raises(ConnectionError):
        while True:
            through.other.sendall(b"nobody reads this")
    assert through.relay.forward.ended == "fin"


def test_one_who_closed_refuses_what_comes_late(through: Through) -> None:
    """As without a relay: first the end of their octets, then a reset for ours."""
    through.one.sendall(b"bye")
    through.one.close()
    assert read_all(through.other) == (b"bye", "fin")
    with pytest.raises(ConnectionError):
        while True:
            through.other.sendall(b"late")
    assert soon(lambda: not through.relay._thread.is_alive())


def test_nobody_at_the_target(stack: ExitStack) -> None:
    """The one who connected is reset, and the relay says why."""
    relay = stack.enter_context(Relay(stack.enter_context(deaf())))
    with contextlib.suppress(ConnectionError):
        one = stack.enter_context(socket.create_connection(relay.address))
        assert read_all(one) == (b"", "reset")
    assert soon(lambda: relay.error is not None)
    assert "cannot connect to" in str(relay.error)
    assert relay.first_written is None


def test_systems_without_poll_have_select(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows is one: octets, pauses, a half-close and a reset pass there, too."""
    monkeypatch.setattr(watch, "select", SimpleNamespace(select=select.select))
    through = Through(stack)
    through.relay.forward.pause()
    through.one.sendall(bytes(1 << 15))
    through.one.shutdown(socket.SHUT_WR)
    through.other.sendall(b"pong")
    assert exactly(through.one, 4) == b"pong"
    through.relay.forward.resume()
    assert read_all(through.other) == (bytes(1 << 15), "fin")
    sockets.reset(through.other)
    assert read_all(through.one) == (b"", "reset")


# --- back-pressure


def test_a_paused_direction_takes_nothing(through: Through) -> None:
    """While it rests the other one works; what waited comes when it goes on."""
    through.relay.forward.pause()
    through.one.sendall(b"waits")
    through.other.sendall(b"passes")
    assert exactly(through.one, 6) == b"passes"
    assert through.relay.forward.octets == 0
    through.relay.forward.resume()
    assert exactly(through.other, 5) == b"waits"


def test_a_reset_waits_behind_a_pause(through: Through) -> None:
    """It is noticed at once, and comes after the octets that were held up."""
    through.relay.forward.pause()
    through.one.sendall(b"held")
    carrier = through.relay._carriers[0]
    assert soon(lambda: carrier.source is not None)
    sockets.reset(through.one)
    assert soon(lambda: carrier.source is not None and carrier.source.settled)
    through.relay.forward.resume()
    assert read_all(through.other) == (b"held", "reset")


@proofs
@pytest.mark.parametrize("backward", [False, True])
def test_a_stuck_sender_is_proved(stack: ExitStack, backward: bool) -> None:
    """Whichever side it is, the relay knows how much it has handed over, and lets it go on."""
    through = Through(stack, rcvbuf=4096, sndbuf=4096)
    source, sink = (through.other, through.one) if backward else (through.one, through.other)
    direction = through.relay.backward if backward else through.relay.forward
    direction.pause()
    source.settimeout(NEVER)
    handed = 0
    with contextlib.suppress(TimeoutError):
        while True:
            handed += source.send(bytes(1 << 20))
    stuck = direction.stuck()
    assert stuck is not None and stuck.handed == handed and direction.unproved is None
    assert direction.octets == 0
    source.close()
    direction.resume()
    assert read_all(sink) == (bytes(handed), "fin")


@proofs
def test_who_is_not_stuck(stack: ExitStack, through: Through) -> None:
    """Nothing to send, or nobody there: no proof, and a reason."""
    assert through.relay.forward.stuck(NEVER) is None
    assert through.relay.forward.unproved == "the far end has nothing in its send queue"
    lonely = stack.enter_context(Relay(("127.0.0.1", 9)))
    assert lonely.forward.stuck(NEVER) is None
    assert lonely.forward.unproved == "nobody has connected through the relay"


@proofs
def test_small_buffers_make_senders_stick_early(stack: ExitStack) -> None:
    """The sizes hold for the accepted connection from its first segment on."""
    reader = stack.enter_context(Reader())
    relay = stack.enter_context(Relay(reader.address, rcvbuf=4096))
    relay.forward.pause()
    stack.enter_context(writer(relay.address[1], 1 << 18, 4096))
    stuck = relay.forward.stuck()
    assert stuck is not None and stuck.handed < 1 << 17
    relay.forward.resume()
    assert reader.report().read(b"w" * (1 << 18))


def test_a_reset_overtakes_octets_that_nobody_reads(stack: ExitStack) -> None:
    """A reader that has stopped learns of it all the same, after a while."""
    through = Through(stack, rcvbuf=4096, sndbuf=4096)
    through.one.settimeout(NEVER)
    with contextlib.suppress(TimeoutError):
        while True:
            through.one.send(bytes(1 << 20))
    sockets.reset(through.one)
    assert soon(lambda: not through.relay._thread.is_alive())
    assert read_all(through.other)[1] == "reset"


# --- cutting


@proofs
@pytest.mark.parametrize(
    ("schedule", "octets", "busy"), [("1*", 1000, 0), ("1*", 200, 5000), ("1,2,3*", 300, 0)]
)
def test_pieces_arrive_alone(stack: ExitStack, schedule: str, octets: int, busy: int) -> None:
    """What came in one segment goes out in the pieces of the schedule, each proved."""
    data = bytes(value % 251 for value in range(octets))
    reader = stack.enter_context(Reader(busy=busy))
    relay = stack.enter_context(Relay(reader.address, cut=schedule))
    with socket.create_connection(relay.address) as one:
        one.sendall(data)
    report = reader.report()
    assert report.sizes == [len(piece) for piece in parse(schedule).pieces(data)]
    assert report.read(data) and report.end == "fin"
    assert relay.forward.segmentation == "proved" and relay.backward.segmentation is None


#: A text of 4 octets, bytes of 70, and again a text: 5, 72 and 5 octets on the wire.
THREE = WORD + encode(Frame("bytes", bytes(70))) + WORD


@proofs
@pytest.mark.parametrize(
    ("schedule", "sizes"),
    [("p*", [5, 72, 5]), ("&*", [77, 5]), ("2,&", [2, 75, 5]), ("p,1,&", [5, 1, 76])],
)
def test_messages_arrive_alone_or_glued(stack: ExitStack, schedule: str, sizes: list[int]) -> None:
    """However they were joined."""
    reader = stack.enter_context(Reader())
    relay = stack.enter_context(Relay(reader.address, cut=schedule))
    with socket.create_connection(relay.address) as one:
        one.sendall(THREE)
    report = reader.report()
    assert report.read(THREE) and report.sizes == sizes
    assert relay.forward.segmentation == "proved"


@proofs
@pytest.mark.parametrize(
    ("schedule", "sizes"),
    [("p*", [5, 72, 5]), ("&*", [77]), ("2,&", [1, 1, 75]), ("p,1,&", [5, 1, 76])],
)
def test_messages_that_come_octet_by_octet_arrive_alone_or_glued(
    stack: ExitStack, schedule: str, sizes: list[int]
) -> None:
    """Pieces of messages are held back until they are whole, pieces of a size go as they come."""
    through = Through(stack, cut=schedule)
    through.one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    offsets = list(itertools.accumulate(sizes))
    for offset in range(1, len(THREE) + 1):
        through.one.sendall(THREE[offset - 1 : offset])
        if offset in offsets:
            assert len(through.other.recv(len(THREE))) == sizes[offsets.index(offset)]
    through.one.shutdown(socket.SHUT_WR)
    assert len(read_all(through.other)[0]) == len(THREE) - sum(sizes)
    assert through.relay.forward.segmentation == "proved"


@proofs
def test_glue_lets_go_of_what_does_not_fit(stack: ExitStack) -> None:
    """More than the relay holds at once is carried as it comes, and still ends with its message."""
    large = encode(Frame("bytes", bytes(1 << 18)))
    reader = stack.enter_context(Reader())
    relay = stack.enter_context(Relay(reader.address, cut="&,1,whole"))
    with socket.create_connection(relay.address) as one:
        one.sendall(WORD + large + WORD)
    report = reader.report()
    assert report.read(WORD + large + WORD) and report.sizes[-2:] == [1, len(WORD) - 1]


@pytest.mark.parametrize("last", [b"\x82x", b"\0" * 11 + b"no frame", b""])
def test_glue_waits_for_no_message_that_does_not_come(stack: ExitStack, last: bytes) -> None:
    """Only the beginning of one comes, or what is none, or the end."""
    through = Through(stack, cut="&*")
    through.one.sendall(WORD + last)
    through.one.shutdown(socket.SHUT_WR)
    assert read_all(through.other) == (WORD + last, "fin")


@proofs
def test_the_other_way_is_stalled_until_the_first_octets_were_read(stack: ExitStack) -> None:
    """What comes back meanwhile waits, and is taken when the schedule says so."""
    through = Through(stack)
    through.relay.forward.cut("s,5,r,whole")
    through.other.sendall(b"back")
    through.one.sendall(WORD[:4])
    # All but the last octet of the piece has arrived, and nothing has come back.
    assert exactly(through.other, 4) == WORD[:4]
    assert through.relay.backward.octets == 0
    through.one.sendall(WORD[4:] + b"more")
    assert exactly(through.other, 1) == WORD[4:]
    assert exactly(through.one, 4) == b"back"
    assert exactly(through.other, 4) == b"more"


@proofs
def test_a_stall_begins_behind_the_piece_and_ends_with_the_schedule(stack: ExitStack) -> None:
    """A new schedule knows nothing of the old one."""
    through = Through(stack)
    through.relay.forward.cut("5,s")
    through.other.sendall(b"1")
    assert exactly(through.one, 1) == b"1"
    through.one.sendall(WORD)
    assert exactly(through.other, 5) == WORD
    assert soon(lambda: through.relay._carriers[1].held)
    through.other.sendall(b"2")
    assert through.relay.backward.octets == 1
    through.relay.forward.cut("whole")
    assert exactly(through.one, 1) == b"2"


def test_without_proofs_the_relay_says_so(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The octets pass, in pieces that nobody vouches for."""
    monkeypatch.setattr(kernel, "_findings", kernel._Findings("nothing is proved here"))
    through = Through(stack)
    through.relay.forward.cut("2*")
    through.one.sendall(b"abcdefg")
    through.one.close()
    assert read_all(through.other) == (b"abcdefg", "fin")
    assert through.relay.forward.segmentation == "unproved"


@pytest.mark.parametrize(("schedule", "end"), [("3.", "fin"), ("2,1!", "reset"), (".", "fin")])
def test_a_schedule_may_end_the_direction(stack: ExitStack, schedule: str, end: str) -> None:
    """The receiver sees a truncated stream; what the sender still sends is swallowed."""
    through = Through(stack)
    through.relay.forward.cut(schedule)
    through.one.sendall(b"abcdef")
    wanted = b"".join(parse(schedule).pieces(b"abcdef"))
    assert read_all(through.other) == (wanted, end)
    if end == "fin":
        through.one.sendall(b"more")
        through.other.sendall(b"goes on")
        assert exactly(through.one, 7) == b"goes on"


@proofs
@pytest.mark.parametrize("end", ["fin", "reset"])
def test_a_case_may_end_a_direction_behind_what_was_read(stack: ExitStack, end: Any) -> None:
    """Whatever its schedule still waits for; what comes later is swallowed."""
    reader = stack.enter_context(Reader(size=4, busy=100_000))
    relay = stack.enter_context(Relay(reader.address, cut="3*"))
    one = stack.enter_context(socket.create_connection(relay.address))
    one.sendall(b"all of this")
    assert soon(lambda: relay.forward.octets == 11) and not relay.forward.handed_on
    relay.forward.end(end)
    report = reader.report()
    assert report.read(b"all of this") and report.sizes == [3, 3, 3, 2] and report.end == end
    assert soon(lambda: relay.forward.handed_on)


def test_a_direction_may_end_before_its_first_octet(through: Through) -> None:
    """And the other one goes on."""
    through.relay.forward.end("fin")
    assert read_all(through.other) == (b"", "fin")
    assert through.relay.forward.handed_on and through.relay.forward.ended is None
    through.one.sendall(b"late")
    through.other.sendall(b"reply")
    assert exactly(through.one, 5) == b"reply"


@proofs
def test_each_direction_may_have_its_own_schedule(stack: ExitStack) -> None:
    """One is cut, the other is not."""
    through = Through(stack, cut="1*", cut_back="whole")
    through.one.sendall(b"abc")
    through.other.sendall(b"xyz")
    assert exactly(through.other, 3) == b"abc" and exactly(through.one, 3) == b"xyz"
    assert soon(lambda: through.relay.forward.segmentation == "proved")
    assert through.relay.backward.segmentation is None


def test_a_bad_schedule_is_refused_at_once(stack: ExitStack) -> None:
    """Before anything listens."""
    with pytest.raises(ScheduleError):
        Relay(("127.0.0.1", 9), cut="3,*")


# --- leaving


@pytest.mark.parametrize("moment", ["before", "connected", "paused", "stuck"])
def test_closing_leaves_nothing(moment: str) -> None:
    """At whatever moment; twice is once."""
    with leaves_nothing(), ExitStack() as stack:
        if moment == "before":
            relay = Relay(("127.0.0.1", 9))
        else:
            through = Through(stack)
            relay = through.relay
            if moment != "connected":
                relay.forward.pause()
            if moment == "stuck":
                through.one.settimeout(NEVER)
                with contextlib.suppress(TimeoutError):
                    through.one.sendall(bytes(1 << 24))
        relay.close()
        relay.close()
        relay.forward.resume()
        assert relay.forward.ended is None


def test_a_fault_of_the_relay_is_not_silent(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised where the relay is closed, and nothing is left all the same."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(Carrier, "step", fail)
    through = Through(stack)
    assert soon(lambda: not through.relay._thread.is_alive())
    with pytest.raises(RelayBroken, match="a mistake of ours"):
        through.relay.close()
