"""The state of a connection, without a socket."""
from __future__ import absolute_import, division, print_function

import pytest

from stockings import errors
from stockings._core import CLOSE, FAILED, HANDSHAKING, READY, SHUTDOWN, Core
from stockings.wire import encode, encodeParts


@pytest.fixture
def core():
    """A core that is ready."""
    core = Core()
    core.handshakeDone(True)
    return core


def write(core, message):
    """Queue a message."""
    core.queue(*encodeParts(message))


def sendAll(core):
    """Let the system take everything; return it."""
    out = b""
    while core.outbox.piece() is not None:
        piece = memoryview(core.outbox.piece()).tobytes()
        core.outbox.sent(len(piece))
        out += piece
    return out


def test_not_ready_until_the_handshake_is_done():
    """checkReady raises NotReady, then nothing; handshakeResult is what the handshake gave."""
    core = Core()
    with pytest.raises(errors.NotReady):
        core.checkReady()
    assert core.state is HANDSHAKING and core.handshakeResult is False
    core.handshakeDone("yes")
    core.checkReady()
    assert core.state is READY and core.handshakeResult == "yes"


@pytest.mark.parametrize("result", [False, None, 0])
def test_failed_handshake_ends_gracefully(result):
    """What the handshake wrote goes out, then the stream ends; messages are dropped."""
    core = Core()
    core.received(encode(b"unread"))
    write(core, b"DENIED")
    error = ValueError("why")
    core.handshakeDone(result, error)
    assert core.state is FAILED and core.cause == "handshake" and core.error is error
    assert not core.isActive() and not core.inbox.unread
    assert core.step() is None and core.interest() == (True, True)
    assert sendAll(core) == encode(b"DENIED")
    assert core.step() is SHUTDOWN
    core.finSent = True
    assert core.step() is None and core.interest() == (True, False)
    core.receivedEnd()
    assert core.step() is CLOSE
    with pytest.raises(errors.HandshakeFailed) as caught:
        core.checkReady()
    assert caught.value.cause == "handshake" and caught.value.__cause__ is error


def test_handshake_that_saw_the_end_has_failed():
    """Whatever it returns, if it looked for more and found the end."""
    core = Core()
    core.receivedEnd()
    assert not core.isActive()
    core.handshakeDone(True)
    assert core.state is FAILED and core.cause == "eof" and core.handshakeResult is False


def test_handshake_that_did_not_need_more_has_not():
    """The other side sent its word and ended: the handshake that took it is complete."""
    core = Core()
    core.received(encode(b"id"))
    core.receivedEnd()
    assert core.isActive() and core.inbox.take() == b"id"
    core.handshakeDone(True)
    assert core.state is READY
    assert not core.isActive()


def test_end_takes_effect_after_the_last_message(core):
    """Active while messages are unread; after them, the first look shows the end."""
    core.received(encode(b"1") + encode(b"2"))
    core.receivedEnd()
    assert core.isActive() and core.endSeen() == ("eof", None) and core.cause is None
    assert core.inbox.take() == b"1" and core.isActive()
    assert core.inbox.take() == b"2"
    write(core, b"answer")  # nobody has looked for a third one
    assert not core.isActive() and core.cause == "eof"
    with pytest.raises(errors.StockingClosed) as caught:
        write(core, b"late")
    assert caught.value.cause == "eof" and not isinstance(caught.value, errors.StockingBroken)
    assert core.interest() == (False, True) and core.step() is None
    assert sendAll(core) == encode(b"answer")
    assert core.step() is SHUTDOWN
    core.finSent = True
    assert core.step() is CLOSE


def test_end_inside_a_message(core):
    """The cause is truncated, and the error has the counts; whole messages come first."""
    core.received(encode(b"whole") + b"\xc3ab")
    core.receivedEnd()
    assert core.inbox.take() == b"whole" and not core.isActive()
    assert core.cause == "truncated"
    assert (core.error.received, core.error.expected) == (2, 3)
    assert isinstance(core.ended(), errors.StockingBroken)


def test_malformed_octets_end_gracefully(core):
    """Messages before them stay readable, nothing after them is delivered, the queue goes out."""
    write(core, b"queued")
    core.received(encode(b"before") + b"\x81\xff" + encode(b"after"))
    core.received(encode(b"much later"))
    assert core.cause == "protocol" and core.isActive()
    assert core.inbox.take() == b"before" and core.inbox.take() is None and not core.isActive()
    assert sendAll(core) == encode(b"queued") and core.step() is SHUTDOWN


def test_error_drops_the_queue_and_keeps_the_messages(core):
    """After a reset, received messages are still there; writing raises StockingBroken."""
    core.received(encode(b"kept"))
    write(core, b"lost")
    error = EnvironmentError(104, "reset")
    core.drop("reset", error)
    assert core.step() is CLOSE and core.outbox.octets == 0 and core.interest() == (False, False)
    assert core.isActive() and core.inbox.take() == b"kept" and not core.isActive()
    with pytest.raises(errors.StockingBroken) as caught:
        write(core, b"late")
    assert caught.value.error is error and "104" in str(caught.value)


def test_first_cause_wins(core):
    """A close after a reset, and a reset after a close, change no cause."""
    core.drop("reset", EnvironmentError(1, "x"))
    core.linger("closed")
    assert core.cause == "reset" and core.local
    other = Core()
    other.linger("closed")
    other.drop("reset", EnvironmentError(1, "x"))
    assert other.cause == "closed" and other.error is None


@pytest.mark.parametrize("tail, cause", [(b"", "eof"), (b"\xc3ab", "truncated")])
def test_an_end_that_was_told_stays_the_cause(core, tail, cause):
    """Also if the program then closes, with messages unread."""
    core.received(encode(b"unread") + tail)
    core.receivedEnd()
    told = core.endSeen()
    assert told[0] == cause
    core.linger("closed")
    core.drop("aborted")
    assert core.endSeen() == told and core.interest() == (False, False)


def test_sending_fails_after_the_other_side_ended(core):
    """The end stays the cause, the error says that the queue was lost, writing raises."""
    core.received(encode(b"request"))
    core.receivedEnd()
    write(core, b"answer")
    error = EnvironmentError(32, "pipe")
    core.sendingFailed(error)
    assert core.endSeen() == ("eof", error) and core.outbox.octets == 0
    with pytest.raises(errors.StockingClosed):
        write(core, b"more")
    assert core.isActive() and core.inbox.take() == b"request" and not core.isActive()


def test_close_drops_what_comes(core):
    """After a local end received octets only count; the end of the stream closes."""
    core.linger("closed")
    assert core.wantsInput()
    core.received(encode(b"late"))
    core.received(b"\xff" * 100)  # nor are they judged
    assert not core.inbox.unread and core.cause == "closed"
    assert core.step() is SHUTDOWN
    core.finSent = True
    core.receivedEnd()
    assert core.step() is CLOSE
    core.finished = True
    assert core.step() is None


def test_close_writing_refuses_and_ends_after_the_queue(core):
    """Reading goes on."""
    write(core, b"last")
    core.closeWriting()
    with pytest.raises(errors.StockingClosed) as caught:
        write(core, b"more")
    assert "closeWrite" in str(caught.value)
    assert core.step() is None
    sendAll(core)
    assert core.step() is SHUTDOWN
    core.finSent = True
    core.received(encode(b"answer"))
    assert core.step() is None and core.inbox.take() == b"answer" and core.isActive()


def test_receiving_rests_above_the_mark_and_a_close_resumes_it():
    """The mark stops receiving; a close receives on, to throw away."""
    core = Core(recvHighWater=10)
    core.handshakeDone(True)
    core.received(encode(b"x" * 20))
    assert core.interest() == (False, False)
    core.linger("closed")
    assert core.interest() == (True, False)


def test_visible_is_a_message_or_the_end():
    """What fileno() shows; nothing before the handshake is done."""
    core = Core()
    core.received(encode(b"m"))
    assert not core.visible()
    core.handshakeDone(True)
    assert core.visible()
    core.inbox.take()
    assert not core.visible()
    core.receivedEnd()
    assert core.visible()


@pytest.mark.parametrize("cause,kind", [
    ("eof", errors.StockingClosed), ("closed", errors.StockingClosed),
    ("reset", errors.StockingBroken), ("protocol", errors.StockingBroken),
    ("truncated", errors.StockingBroken), ("aborted", errors.StockingBroken),
    ("handshake", errors.StockingBroken), ("forked", errors.StockingBroken),
    ("internal", errors.StockingBroken)])
def test_exception_of_every_cause(core, cause, kind):
    """Clean ends raise StockingClosed, all others StockingBroken; each raise has its instance."""
    core.drop(cause)
    assert type(core.ended()) is kind and core.ended().cause == cause
    assert core.ended() is not core.ended()


def test_counters_count():
    """Messages, octets and peaks."""
    core = Core()
    core.handshakeDone(True)
    core.received(encode(b"abc") + encode(b"d"))
    write(core, b"xy")
    stats = core.stats()
    assert (stats.messagesReceived, stats.bytesReceived, stats.peakUnreadBytes) == (2, 6, 6)
    assert (stats.messagesSent, stats.peakQueuedBytes) == (1, 3)
