"""Received messages: batches, counts, the mark."""
from __future__ import absolute_import, division, print_function

from stockings._inbox import MESSAGE, Inbox
from stockings.wire import encode


def frames(*messages):
    """The octets of these messages."""
    return b"".join(encode(message) for message in messages)


def test_messages_come_out_in_order():
    """Within a batch and over batches."""
    inbox = Inbox()
    assert inbox.feed(frames(b"1", b"2")) == 2
    assert inbox.feed(frames(b"3")) == 1
    assert [inbox.take() for _ in range(4)] == [b"1", b"2", b"3", None]


def test_unlocked_pops_and_settle_mix():
    """A reader that popped the batch itself only has to settle."""
    inbox = Inbox()
    inbox.feed(frames(b"1", b"2"))
    inbox.feed(frames(b"3"))
    inbox.settle()
    assert inbox.batch.pop() == b"1" and inbox.batch.pop() == b"2"
    assert inbox.unreadBytes == 6 and inbox.unread
    inbox.settle()
    inbox.settle()
    assert inbox.batch.pop() == b"3"
    inbox.settle()
    assert inbox.unreadBytes == 0 and not inbox.unread


def test_a_reader_that_was_too_slow_takes_from_the_next_batch():
    """Another one pops the last message of a batch between the look and the pop of this one."""
    class Emptied(list):
        def pop(self):
            del self[:]
            raise IndexError

    inbox = Inbox()
    inbox.feed(frames(b"1"))
    inbox.settle()
    inbox.feed(frames(b"2"))
    inbox.batch = Emptied(inbox.batch)
    assert inbox.take() == b"2" and inbox.take() is None and inbox.unreadBytes == 0


def test_an_incomplete_message_is_not_unread():
    """Only whole messages count."""
    inbox = Inbox()
    assert inbox.feed(b"\xc2a") == 0
    assert not inbox.unread and inbox.unreadBytes == 0
    assert inbox.feed(b"b") == 1
    assert inbox.unread and inbox.unreadBytes == 3


def test_pauses_at_the_mark_and_resumes_at_a_quarter():
    """Receiving rests at the mark until a quarter of it is left."""
    inbox = Inbox(highWater=10 * (10 + MESSAGE))
    for _ in range(10):
        assert not inbox.paused
        inbox.feed(frames(b"x" * 9))
    assert inbox.paused
    for left in range(9, -1, -1):
        inbox.take()
        assert inbox.paused == (left > 2), left


def test_the_mark_counts_what_messages_take():
    """A flood of tiny ones takes no more memory than it allows: a str of 2 octets takes 51."""
    inbox = Inbox(highWater=1 << 20)
    octets = frames(u"ab") * 1000
    while not inbox.paused:
        inbox.feed(octets)
    assert inbox.unreadBytes < (1 << 20) / 20
    while inbox.take() is not None:
        pass
    assert not inbox.paused


def test_clear_forgets():
    """Nothing is left after clear."""
    inbox = Inbox()
    inbox.feed(frames(b"1", b"2"))
    inbox.settle()
    inbox.feed(frames(b"3"))
    inbox.clear()
    assert not inbox.unread and inbox.unreadBytes == 0 and inbox.take() is None
