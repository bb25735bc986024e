"""Real TLS sockets: records and frames do not coincide, and either direction may need the other.

The key and certificate in selfsigned.pem protect nothing. They were made by
``openssl req -x509 -newkey rsa:2048 -days 36500 -nodes -subj "/CN=stockings test"``.
"""
from __future__ import absolute_import, division, print_function

import os
import select
import ssl

import pytest

from stockings.errors import StockingBroken, StockingError

from . import support

PEM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "selfsigned.pem")
#: Octets of a message that takes many records of at most 16 KiB, and fills the buffers in between.
LONG = 3000000


def wrapped(near, far):
    """Return both ends of a connection as TLS sockets, their TLS handshake done."""
    context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_SERVER", ssl.PROTOCOL_SSLv23))
    context.load_cert_chain(PEM)
    trusting = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_CLIENT", ssl.PROTOCOL_SSLv23))
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    server = support.inThread(lambda: context.wrap_socket(near, server_side=True))
    client = trusting.wrap_socket(far)
    made = server(), client
    for sock in (near, far):
        sock.close()  # on 3.x the TLS socket has taken over; 2.7 counts the objects
    return made


@pytest.fixture
def secured(sockets):
    """Two connected TLS sockets; closed after the test, whoever has them."""
    made = wrapped(*sockets())
    yield made
    for sock in made:
        sock.close()


@pytest.fixture
def link(opened, secured):
    """Two Stockings on a TLS connection."""
    near, far = secured
    return opened(near), opened(far)


def test_messages_of_all_sizes_arrive(link):
    """A message may be a part of a record, a record, or many."""
    near, far = link
    messages = [b"", u"a", b"b" * 63, u"\xe4" * 8191, b"c" * 16384, b"d" * 100000]
    for message in messages:
        near.write(message)
        far.write(message)
    for message in messages:
        assert far.read(support.PATIENCE) == message
        assert near.read(support.PATIENCE) == message


def test_both_ways_at_once_before_anybody_reads(link):
    """Neither direction waits for the other to be read."""
    near, far = link
    near.write(b"n" * LONG)
    far.write(b"f" * LONG)
    assert far.read(support.PATIENCE) == b"n" * LONG
    assert near.read(support.PATIENCE) == b"f" * LONG
    assert near.flush(support.PATIENCE) and far.flush(support.PATIENCE)


def test_many_messages_in_one_record_are_all_noticed(opened, secured):
    """What TLS has decrypted no system call shows any more: it must not be left behind."""
    near, raw = secured
    stocking = opened(near)
    raw.sendall(b"\xc1x" * 5000)
    for _ in range(5000):
        assert select.select([stocking], [], [], support.PATIENCE)[0]
        assert stocking.read() == b"x"
    assert stocking.read() is None


def test_a_connection_at_rest_shows_nothing(link):
    """What TLS sends on its own account, like the tickets of 1.3, is no message."""
    near, far = link
    near.write(u"asked")
    assert far.read(support.PATIENCE) == u"asked"
    far.write(u"answered")
    assert near.read(support.PATIENCE) == u"answered"
    assert near.read() is None and far.read() is None
    assert not select.select([near, far], [], [], 0)[0]
    assert near.active and far.active


def test_close_delivers_and_is_a_clean_end(link):
    """Everything that was written comes before the end, and TLS is told that it is one."""
    near, far = link
    for number in range(100):
        near.write(u"%d" % number)
    closed = support.inThread(near.close)
    assert [message for message in far] == [u"%d" % number for number in range(100)]
    assert far.closeCause == "eof"
    far.close()
    closed()


def test_a_close_says_goodbye_in_tls_terms(opened, secured):
    """A side that takes TLS at its word would else call the end an attack."""
    near, raw = secured
    stocking = opened(near)
    stocking.write(u"last")
    closed = support.inThread(stocking.close)
    assert support.receiveExactly(raw, 5) == b"\x84last"
    raw.suppress_ragged_eofs = False
    assert raw.recv(1) == b""  # SSLEOFError if the goodbye was missing
    raw.close()
    closed()
    assert stocking.closeCause == "closed"


def test_an_end_inside_a_message_is_no_clean_one(opened, secured):
    """Whatever the TLS library calls it, half a message is not delivered and the end is an error.
    """
    near, raw = secured
    stocking = opened(near)
    raw.sendall(b"\xc1x" + b"\xca12345")
    assert stocking.read(support.PATIENCE) == b"x"
    raw.close()
    with pytest.raises(StockingBroken) as caught:
        stocking.read(support.PATIENCE)
    assert caught.value.cause in ("truncated", "reset")


def test_one_direction_cannot_end_alone(link):
    """TLS has no half-close that could be relied on; the error says what to do instead."""
    near, far = link
    with pytest.raises(StockingError) as caught:
        near.closeWrite()
    assert "close()" in str(caught.value)
    near.write(u"unharmed")
    assert far.read(support.PATIENCE) == u"unharmed"


def test_a_waiting_read_is_served_by_the_thread_that_may_write(link):
    """A read that waits on TLS, and a write meanwhile from another thread, on one connection."""
    near, far = link
    answer = support.inThread(near.read, support.PATIENCE)
    near.write(b"w" * LONG)
    assert far.read(support.PATIENCE) == b"w" * LONG
    far.write(u"answer")
    assert answer() == u"answer"
