"""The tester: exact octets out, every octet in, proofs where the kernel gives them, no hanging."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from ends import NO_PROOFS, PROOFS, Reader, deaf, leaves_nothing, read_all, soon, writer

from harness import clock, kernel, sockets
from harness.codec import Frame, encode
from harness.schedule import parse
from harness.tester import Misframed, OutOfTime, PeerEnded, Tester, TesterError

proofs = pytest.mark.skipif(not PROOFS, reason=NO_PROOFS)

WORD = encode(Frame("text", b"word"))
#: Long enough for a machine under load to notice what did not happen.
NEVER = 0.05


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever a test opens is closed, and nothing else is left."""
    with leaves_nothing(), ExitStack() as stack:
        yield stack


@pytest.fixture
def pair(stack: ExitStack) -> tuple[Tester, socket.socket]:
    """A tester that has accepted, and the blocking socket at its far end."""
    return _pair(stack)


def _pair(stack: ExitStack, rcvbuf: int | None = None) -> tuple[Tester, socket.socket]:
    with Tester.listen(rcvbuf=rcvbuf) as listener:
        far = stack.enter_context(socket.create_connection(listener.address))
        return stack.enter_context(listener.accept()), far


@pytest.fixture
def no_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose kernel proves nothing."""
    monkeypatch.setattr(kernel, "_findings", kernel._Findings("nothing is proved here"))


# --- connections


def test_both_ways_of_meeting(stack: ExitStack) -> None:
    """A tester connects or accepts, and knows both addresses; octets go out at once."""
    listener = stack.enter_context(Tester.listen())
    one = stack.enter_context(Tester.connect(listener.address))
    other = stack.enter_context(listener.accept())
    assert (one.local, one.remote) == (other.remote, other.local)
    assert one.remote == listener.address
    one.send(b"ping")
    assert other.receive_exactly(4) == b"ping"
    assert one._channel._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_buffers_are_small_from_the_first_segment_on(stack: ExitStack) -> None:
    """Set on the listener, or before connecting, they hold for the connection."""
    listener = stack.enter_context(Tester.listen(rcvbuf=4096))
    one = stack.enter_context(Tester.connect(listener.address, rcvbuf=4096, sndbuf=4096))
    other = stack.enter_context(listener.accept())
    both = [(one, socket.SO_RCVBUF), (one, socket.SO_SNDBUF), (other, socket.SO_RCVBUF)]
    for tester, option in both:
        assert tester._channel._socket.getsockopt(socket.SOL_SOCKET, option) <= 16384


def test_nobody_comes(stack: ExitStack) -> None:
    """Waiting for a connection has an end."""
    with Tester.listen() as listener, pytest.raises(OutOfTime, match="nobody connected"):
        listener.accept(NEVER)


def test_nobody_is_there(stack: ExitStack) -> None:
    """A refused connection leaves no socket."""
    with deaf() as address, pytest.raises(OSError, match=r"."):
        Tester.connect(address)


# --- receiving


def test_octets_and_frames_are_two_views(pair: tuple[Tester, socket.socket]) -> None:
    """Each has its place in the stream, and both see everything."""
    tester, far = pair
    far.sendall(WORD + WORD[:3])
    assert [parsed.frame.payload for parsed in tester.receive_frames(1)] == [b"word"]
    assert tester.receive_exactly(4) == WORD[:4]
    assert tester.receive_exactly(4) == WORD[4:] + WORD[:3]
    assert tester.octets_received == WORD + WORD[:3]
    assert len(tester.frames) == 1 and tester.reader.pending.payload == 2


def test_frames_that_came_early_wait(pair: tuple[Tester, socket.socket]) -> None:
    """Asking for one of three glued frames leaves two for later, and needs no waiting then."""
    tester, far = pair
    far.sendall(WORD * 3)
    assert len(tester.receive_frames(1)) == 1
    assert len(tester.receive_frames(2, 0)) == 2


def test_silence_is_out_of_time(pair: tuple[Tester, socket.socket]) -> None:
    """What had come is named, and stays."""
    tester, far = pair
    far.sendall(b"ab")
    with pytest.raises(OutOfTime, match="wanted 3 octets, have received 2 octets"):
        tester.receive_exactly(3, NEVER)
    far.sendall(b"c")
    assert tester.receive_exactly(3) == b"abc"


def test_no_frames_are_malformed_ones(pair: tuple[Tester, socket.socket]) -> None:
    """A stream that breaks a clause is named by it at once, good frames before it stay."""
    tester, far = pair
    far.sendall(WORD + b"\x00" * 11)
    with pytest.raises(Misframed, match="FRAME-7") as caught:
        tester.receive_frames(2)
    assert caught.value.malformed.offset == len(WORD) + 10
    assert len(tester.receive_frames(1, 0)) == 1


@pytest.mark.parametrize("ending", ["fin", "reset"])
def test_ends_are_told_apart(pair: tuple[Tester, socket.socket], ending: str) -> None:
    """What came before the end is kept, and asking for more says how it ended."""
    tester, far = pair
    far.sendall(WORD)
    assert soon(lambda: tester._channel.take(1 << 16))
    far.close() if ending == "fin" else sockets.reset(far)
    assert tester.expect_end() == ending == tester.end
    assert len(tester.receive_frames(1, 0)) == 1
    with pytest.raises(PeerEnded) as caught:
        tester.receive_exactly(100)
    assert caught.value.how == ending


def test_a_connection_that_stays_open(pair: tuple[Tester, socket.socket]) -> None:
    """No end within the time is None, and octets are kept."""
    tester, far = pair
    far.sendall(b"x")
    assert tester.expect_end(NEVER) is None and tester.end is None
    assert tester.octets_received == b"x"


# --- ending


def test_a_half_close_still_receives(pair: tuple[Tester, socket.socket]) -> None:
    """FIN ends our direction only."""
    tester, far = pair
    tester.finish()
    assert far.recv(1) == b""
    far.sendall(b"late")
    assert tester.receive_exactly(4) == b"late"


def test_nothing_is_left_to_finish_after_a_reset(pair: tuple[Tester, socket.socket]) -> None:
    """The half-close says so, in the tester's own words."""
    tester, far = pair
    sockets.reset(far)
    assert tester.expect_end() == "reset"
    with pytest.raises(PeerEnded, match="left to finish"):
        tester.finish()


def test_a_reset_is_a_reset(pair: tuple[Tester, socket.socket]) -> None:
    """The far end sees no clean end."""
    tester, far = pair
    tester.reset()
    tester.close()
    assert read_all(far) == (b"", "reset")


# --- sending


def test_sending_to_one_who_does_not_read_has_an_end(pair: tuple[Tester, socket.socket]) -> None:
    """No method hangs on a far end that takes nothing."""
    tester, _ = pair
    with pytest.raises(OutOfTime, match="untaken"):
        tester.send(bytes(32 << 20), NEVER)


@pytest.mark.parametrize("ending", ["fin", "reset"])
def test_sending_to_one_who_has_gone(pair: tuple[Tester, socket.socket], ending: str) -> None:
    """An error that names the end; afterwards the end can still be read."""
    tester, far = pair
    far.close() if ending == "fin" else sockets.reset(far)
    with pytest.raises(PeerEnded):
        while True:
            tester.send(b"x")
    assert not tester.try_send(b"x")
    assert tester.expect_end() == ending


def test_exchange_cannot_deadlock(pair: tuple[Tester, socket.socket]) -> None:
    """A far end that answers before it reads on does not block us, with far more than buffers."""
    tester, far = pair
    large = encode(Frame("bytes", bytes(16 << 20)))
    got: list[bytes] = []

    def answer_and_read() -> None:
        far.sendall(large)
        while sum(map(len, got)) < len(large):
            got.append(far.recv(1 << 20))

    thread = threading.Thread(target=answer_and_read)
    thread.start()
    (answer,) = tester.exchange(large, frames=1)
    thread.join()
    assert answer.frame == Frame("bytes", bytes(16 << 20)) and b"".join(got) == large


# --- pieces


@proofs
@pytest.mark.parametrize(
    ("schedule", "octets", "busy"),
    [
        ("1*", 2000, 0),
        ("1*", 300, 5000),
        ("1,2,3*", 600, 0),
        ("7,whole", 500, 5000),
        ("1*.", 50, 0),
    ],
)
def test_pieces_arrive_alone(stack: ExitStack, schedule: str, octets: int, busy: int) -> None:
    """The sizes of the reads in another process are the sizes of the pieces, each one of them.

    Also with a reader that is busy between its reads, which would glue pieces sent at any pace.
    """
    data = bytes(value % 251 for value in range(octets))
    reader = stack.enter_context(Reader(busy=busy))
    tester = stack.enter_context(Tester.connect(reader.address))
    assert tester.send_cut(data, parse(schedule), 4 * clock.CONSUME) == "proved"
    assert tester.unproved is None
    tester.close()
    report = reader.report()
    assert report.sizes == [len(piece) for piece in parse(schedule).pieces(data)]
    assert report.read(data) and report.end == "fin"
    assert sum(event.what == "consumed" for event in tester.log) == len(report.sizes)


@proofs
@pytest.mark.parametrize(
    ("schedule", "sizes"), [("p*", [5, 82]), ("1,&", [1, 86]), ("3,p", [3, 2, 82])]
)
def test_messages_can_be_pieces(stack: ExitStack, schedule: str, sizes: list[int]) -> None:
    """One alone, or glued to the next one."""
    data = encode(Frame("text", b"word")) + encode(Frame("bytes", bytes(80)))
    reader = stack.enter_context(Reader())
    tester = stack.enter_context(Tester.connect(reader.address))
    assert tester.send_cut(data, schedule) == "proved"
    tester.close()
    assert reader.report().sizes == sizes


@proofs
def test_a_schedule_may_read_while_it_sends(stack: ExitStack) -> None:
    """A far end that answers before it reads on gets through; one piece is sent unread."""
    listener = stack.enter_context(Tester.listen(rcvbuf=4096))
    echo = threading.Thread(target=_answers_first, args=(listener.address, 1 << 20))
    echo.start()
    tester = stack.enter_context(listener.accept())
    assert tester.send_cut(b"abc", "1,r,1,s,1") == "proved"
    # What lay unread at the stall is all that is missing.
    missing = (1 << 20) - len(tester.octets_received)
    assert missing >= 0 and len(tester.receive_exactly(missing)) == missing
    echo.join()


def _answers_first(address: tuple[str, int], octets: int) -> None:
    with socket.create_connection(address) as sock:
        assert sock.recv(1) == b"a"
        sock.sendall(bytes(octets))
        for wanted in (b"b", b"c"):
            assert sock.recv(1) == wanted


@proofs
def test_what_follows_pieces_is_not_glued_to_them(stack: ExitStack) -> None:
    """The last piece is proved, too; and an accepted connection is as good as one we made."""
    listener = stack.enter_context(Tester.listen())
    reader = stack.enter_context(Reader(listener.address[1]))
    tester = stack.enter_context(listener.accept())
    for word in (b"one", b"three", b"two"):
        assert tester.send_cut(word, "whole") == "proved"
    tester.send_cut(b"", "!")
    report = reader.report()
    assert report.sizes == [3, 5, 3] and report.end == "reset"


def test_without_proofs_the_result_says_so(
    stack: ExitStack, no_proofs: None, pair: tuple[Tester, socket.socket]
) -> None:
    """Everything still arrives; nobody claims how."""
    tester, far = pair
    assert tester.send_cut(WORD, "1*.") == "unproved"
    assert tester.unproved == "nothing is proved here"
    assert read_all(far) == (WORD, "fin")
    assert [event.what for event in tester.log].count("unproved") == len(WORD)
    assert tester.stuck(5.0) is None and tester.unproved == "nothing is proved here"


@proofs
def test_a_piece_that_is_not_read_is_never_followed(pair: tuple[Tester, socket.socket]) -> None:
    """Better no next piece than one that is glued."""
    tester, far = pair
    with pytest.raises(OutOfTime, match="has not read piece 1 of 4"):
        tester.send_cut(b"abcd", "1*", NEVER)
    assert far.recv(10) == b"a"


@proofs
@pytest.mark.parametrize("ending", ["fin", "reset"])
def test_a_far_end_that_goes_between_two_pieces(
    pair: tuple[Tester, socket.socket], ending: str
) -> None:
    """The pieces that are left have no reader: an error, unless there are none."""
    tester, far = pair

    def read_one_and_go() -> None:
        far.recv(1)
        far.close() if ending == "fin" else sockets.reset(far)

    thread = threading.Thread(target=read_one_and_go)
    thread.start()
    with pytest.raises(PeerEnded, match=r"ended the connection"):
        tester.send_cut(bytes(100), "1*")
    thread.join()
    with ExitStack() as stack:
        again, leaving = _pair(stack)
        leaving.close() if ending == "fin" else sockets.reset(leaving)
        assert soon(lambda: again._witness.consumed(1) == "gone")
        if ending == "fin":
            assert again.send_cut(b"x", "1*") == "proved"


def test_a_bad_schedule_sends_nothing(pair: tuple[Tester, socket.socket]) -> None:
    """It is refused before the first octet."""
    tester, _ = pair
    with pytest.raises(ValueError, match="character 4"):
        tester.send_cut(b"abc", "1*,2")
    assert tester.log == []


# --- back-pressure


@proofs
@pytest.mark.parametrize(
    ("rcvbuf", "sndbuf", "octets"), [(4096, 4096, 1 << 18), (None, 0, 16 << 20)]
)
def test_a_stuck_writer_is_proved(
    stack: ExitStack, rcvbuf: int | None, sndbuf: int, octets: int
) -> None:
    """Half of what it wants to write is in kernels, the rest is not; then all of it arrives."""
    listener = stack.enter_context(Tester.listen(rcvbuf=rcvbuf))
    stack.enter_context(writer(listener.address[1], octets, sndbuf))
    tester = stack.enter_context(listener.accept())
    stuck = tester.stuck()
    assert stuck is not None and tester.unproved is None
    assert 0 < stuck.handed < octets
    assert stuck.handed >= stuck.sent_queue > 0 and stuck.receive_queue > 0 and stuck.looks > 1
    assert tester.octets_received == b""
    assert tester.receive_exactly(octets) == b"w" * octets
    assert tester.expect_end() == "fin"


@proofs
def test_who_has_nothing_more_to_send_is_not_stuck(pair: tuple[Tester, socket.socket]) -> None:
    """Silence is not back-pressure, nor is a little that is not read; the reason is given."""
    tester, far = pair
    assert tester.stuck(NEVER) is None
    assert tester.unproved == "the far end has nothing in its send queue"
    far.sendall(b"a little")
    assert tester.stuck(NEVER) is None


@proofs
def test_a_slow_reader_lets_the_far_end_refill(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The far end waits for us before each step, and hands over more many times."""
    monkeypatch.setattr(clock, "REFILL", clock.TRANSFER)  # a busy machine refills late
    octets = 1 << 17
    listener = stack.enter_context(Tester.listen(rcvbuf=4096))
    stack.enter_context(writer(listener.address[1], octets, 4096))
    tester = stack.enter_context(listener.accept())
    assert tester.receive_slowly(octets, 500) == b"w" * octets
    assert tester.pace is not None and tester.pace.proved
    assert tester.pace.steps >= octets / 500 and tester.pace.refills > 10


@proofs
def test_a_far_end_that_does_not_refill_is_noticed(
    pair: tuple[Tester, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has room and writes nothing, as a select flavour may for a while: we read on, unproved."""
    monkeypatch.setattr(clock, "REFILL", NEVER)
    tester, far = pair
    far.sendall(b"half")
    with pytest.raises(OutOfTime):
        tester.receive_slowly(8, 4, NEVER * 4)
    assert tester.unproved == "the far end had room to send and did not use it"
    far.sendall(b"rest")
    assert tester.receive_slowly(8, 4) == b"halfrest"


def test_a_slow_reader_without_proofs(
    no_proofs: None, pair: tuple[Tester, socket.socket]
) -> None:
    """It reads in small steps all the same."""
    tester, far = pair
    far.sendall(WORD * 2)
    assert tester.receive_slowly(len(WORD), 2) == WORD
    assert tester.pace is not None and not tester.pace.proved and tester.pace.steps >= 2
    assert len(tester.receive_frames(1)) == 1
    far.close()
    with pytest.raises(TesterError):
        tester.receive_slowly(100, 2)


# --- the log


def test_the_log_tells_what_happened(pair: tuple[Tester, socket.socket]) -> None:
    """In order, with offsets and lengths, and with all octets of a short connection."""
    tester, far = pair
    tester.send(b"ab")
    tester.send(bytes(100))
    far.sendall(b"reply")
    tester.receive_exactly(5)
    tester.finish()
    events = [(e.direction, e.what, e.offset, e.length, e.head) for e in tester.log]
    assert events == [
        ("sent", "octets", 0, 2, b"ab"),
        ("sent", "octets", 2, 100, bytes(100)),
        ("received", "octets", 0, 5, b"reply"),
        ("sent", "fin", 102, 0, b""),
    ]
    moments = [event.ns for event in tester.log]
    assert moments == sorted(moments)
