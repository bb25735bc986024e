"""Octets to send: joining, slicing, continuing."""
from __future__ import absolute_import, division, print_function

from stockings._outbox import BUFFERS, JOINED, SMALL, Outbox
from stockings.wire import encode, encodeParts

from . import support


def drain(outbox, sizes, several=False):
    """Take everything out in steps of at most these sizes (repeated); return the octets."""
    out = []
    turn = 0
    while True:
        piece = outbox.piece(several)
        if piece is None:
            return b"".join(out)
        if type(piece) is list:
            assert several and len(piece) <= BUFFERS + 1
            piece = b"".join(memoryview(buffer).tobytes() for buffer in piece)
        count = min(sizes[turn % len(sizes)], len(piece))
        turn += 1
        out.append(memoryview(piece)[:count].tobytes())
        outbox.sent(count)


def filled(messages):
    """An outbox with these messages, and the octets that have to come out."""
    outbox = Outbox()
    for message in messages:
        outbox.add(*encodeParts(message))
    return outbox, b"".join(encode(message) for message in messages)


def test_any_step_gives_the_same_octets():
    """Whatever the socket takes at a time, the octets come out whole and in order."""
    messages = [b"", u"a", b"x" * 100, b"y" * SMALL, b"z" * (SMALL + 1), b"1", u"2" * 70000, b"3"]
    messages += [b"5" * (SMALL + 5)] * BUFFERS
    for several in (False, True):
        for sizes in ([1 << 30], [1000], [7, 1, 5000], [SMALL], [JOINED, 1], [3, 9000]):
            outbox, expected = filled(messages)
            assert outbox.octets == len(expected)
            assert drain(outbox, sizes, several) == expected
            assert outbox.octets == 0 and outbox.piece(several) is None


def test_a_frame_that_went_out_in_part_goes_on():
    """Wherever the system stopped to take it: in the header, behind it, or nowhere."""
    for payload in (b"x" * 100, b"y" * (SMALL + 100)):
        head, _ = encodeParts(payload)
        whole = head + payload
        for sent in (0, 1, len(head), len(head) + 1, len(whole) - 1, len(whole)):
            for several in (False, True):
                outbox = Outbox()
                short = len(payload) <= SMALL
                parts = (whole, b"") if short else (head, payload)
                assert outbox.begin(*parts, sent=sent) is (sent == len(whole))
                outbox.add(b"", b"behind")
                assert drain(outbox, [50], several) == whole[sent:] + b"behind"
                assert outbox.messages == 2 and outbox.octets == 0


def test_small_messages_are_joined():
    """Many small messages make one piece, up to the bound."""
    outbox, expected = filled([b"x" * 100] * 10)
    assert outbox.piece() == expected
    outbox, expected = filled([b"x" * 1000] * 1000)
    assert JOINED - 1100 < len(outbox.piece()) <= JOINED


def test_a_large_payload_is_sliced_and_not_copied():
    """The first piece carries header and payload; the rest are views of the payload."""
    payload = b"p" * (JOINED * 3)
    outbox = Outbox()
    outbox.add(*encodeParts(payload))
    first = outbox.piece()
    assert len(first) == 3 + SMALL
    outbox.sent(len(first))
    view = outbox.piece()
    assert isinstance(view, memoryview) and len(view) == JOINED


def test_a_refused_piece_is_offered_again():
    """Until some of it is taken, the piece does not change, whatever is added (TLS needs that)."""
    outbox, _ = filled([b"a", b"b"])
    piece = outbox.piece()
    outbox.add(*encodeParts(b"c"))
    assert outbox.piece() is piece


def test_clear_forgets_and_shows_the_loss():
    """What was lost is counted, so that a flush can tell."""
    outbox, _ = filled([b"abc", b"d"])
    outbox.piece()
    outbox.sent(2)
    outbox.clear()
    assert outbox.octets == 0 and outbox.piece() is None
    assert (outbox.queuedTotal, outbox.sentTotal, outbox.lostTotal) == (6, 2, 4)


def test_a_frame_can_be_taken_back_until_it_is_counted():
    """Which is when it may be on its way."""
    outbox = Outbox()
    frame = outbox.add(*encodeParts(b"a"))
    assert outbox.withdraw(frame) and not outbox.waiting and outbox.piece() is None
    frame = outbox.add(*encodeParts(b"a"))
    assert outbox.octets == 2 and not outbox.withdraw(frame)


def test_writers_need_no_lock():
    """Whatever many threads add while one takes out comes out whole, in each one's order."""
    outbox = Outbox()
    out = []
    writers = [support.inThread(lambda name=name: [outbox.add(b"", b"%s%04d " % (name, turn))
                                                   for turn in range(2000)])
               for name in (b"a", b"b", b"c")]
    while any(writer.thread.is_alive() for writer in writers) or outbox.waiting:
        piece = outbox.piece()
        if piece is not None:
            out.append(memoryview(piece).tobytes())
            outbox.sent(len(piece))
    words = b"".join(out).split()
    assert len(words) == 6000 and outbox.messages == 6000 and outbox.octets == 0
    for name in (b"a", b"b", b"c"):
        assert [word for word in words if word[:1] == name] == [
            b"%s%04d" % (name, turn) for turn in range(2000)]


def test_is_below_counts_what_was_not_counted_yet():
    """A look without the lock sees frames that were only added, and those that have gone."""
    outbox = Outbox()
    assert outbox.isBelow(1)
    outbox.add(b"\xc3", b"abc")
    assert outbox.isBelow(5) and not outbox.isBelow(4)
    outbox.count()
    assert outbox.isBelow(5) and not outbox.isBelow(4)
    outbox.sent(len(outbox.piece()))
    assert outbox.isBelow(1)
