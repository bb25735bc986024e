"""TLS, with real ssl sockets over TCP; what they refuse, with scripted ones.

``localhost.pem`` is a key and a self-signed certificate, for these tests only, made with
``openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=localhost``.
"""
from __future__ import absolute_import, division, print_function

import os
import select
import socket
import ssl

import pytest

from stockings._compat import PY2
from stockings.errors import StockingClosed, StockingError, TruncatedMessage
from stockings.wire import encode

from . import support

PEM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "localhost.pem")
LARGE = 1 << 20  # many records of at most 16 KiB


def context(server):
    """A context for one side. Who is there does not matter here."""
    if hasattr(ssl, "PROTOCOL_TLS_CLIENT"):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
    if server:
        made.load_cert_chain(PEM)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


@pytest.fixture
def secured(sockets):
    """A function that gives a connected TLS pair: the client's side and the server's."""
    made = []

    def make():
        near, far = sockets()
        server = support.inThread(lambda: context(True).wrap_socket(far, server_side=True))
        made.append(context(False).wrap_socket(near))
        made.append(server())
        return made[-2:]

    yield make
    for sock in made:
        sock.close()


@pytest.fixture
def tlsWired(opened, secured):
    """A Stocking on the client's side, and the raw TLS socket of the server."""
    near, far = secured()
    return opened(near), far


def test_messages_both_ways_at_once(opened, secured):
    """Messages of many records, written on both sides before anybody reads."""
    near, far = [opened(sock) for sock in secured()]
    for stocking, letter in ((near, b"n"), (far, b"f")):
        stocking.write(b"")
        stocking.write(letter * LARGE)
        stocking.write(u"\u20ac")
    for stocking, letter in ((near, b"f"), (far, b"n")):
        assert stocking.read(timeout=support.PATIENCE) == b""
        assert stocking.read(timeout=support.PATIENCE) == letter * LARGE
        assert stocking.read(timeout=support.PATIENCE) == u"\u20ac"


def test_messages_of_one_record(tlsWired):
    """What the TLS socket has decrypted already is delivered, though the system shows nothing."""
    near, far = tlsWired
    messages = [b"%d" % number if str is not bytes else str(number) for number in range(1000)]
    far.sendall(b"".join(encode(message) for message in messages))
    assert [near.read(timeout=support.PATIENCE) for _ in messages] == messages


def test_fileno_shows_every_message_of_one_record(tlsWired):
    """A program that waits for fileno() alone gets all of them."""
    near, far = tlsWired
    far.sendall(encode(b"1") + encode(b"2") + encode(b"3"))
    for expected in (b"1", b"2", b"3"):
        assert select.select([near.fileno()], [], [], support.PATIENCE)[0]
        assert near.read() == expected
    assert not select.select([near.fileno()], [], [], 0)[0]


def test_octets_that_are_no_data(opened, secured):
    """TLS 1.3 session tickets make the client's socket readable, and are no message and no end."""
    raw, far = secured()
    if raw.version() == "TLSv1.3":
        assert select.select([raw], [], [], support.PATIENCE)[0], "no tickets came"
    near = opened(raw)
    assert near.read() is None and near.read(timeout=0.01) is None and near.active
    far.sendall(encode(b"after"))
    assert near.read(timeout=support.PATIENCE) == b"after"


@pytest.mark.skipif(PY2, reason="its send returns 0, and does not say for which direction it waits")
def test_a_send_that_waits_for_octets_does_not_spin(opened, sockets):
    """There would be room, but the handshake of TLS is not done, and the other side is silent."""
    near, far = sockets()
    stocking = opened(context(False).wrap_socket(near, do_handshake_on_connect=False))
    stocking.write(b"m")

    def quiet():
        before = stocking.stats()
        assert stocking.waitMessage(0.05) is False
        return stocking.stats() == before

    assert support.until(quiet) and stocking.queuedBytes == 2
    server = context(True).wrap_socket(far, server_side=True)
    try:
        assert support.receiveExactly(server, 2) == encode(b"m")
    finally:
        server.close()


def test_close_notify_is_the_end(tlsWired):
    """The other side says that it ends: "eof", after the messages."""
    near, far = tlsWired
    far.sendall(encode(b"last"))
    # unwrap() sends it and then waits for ours, which comes when the Stocking ends.
    far.setblocking(False)
    with pytest.raises((ssl.SSLError, EnvironmentError)):
        far.unwrap()
    assert near.read(timeout=support.PATIENCE) == b"last"
    with pytest.raises(StockingClosed):
        near.read(timeout=support.PATIENCE)
    assert near.closeCause == "eof"


def test_ragged_end_inside_a_frame(tlsWired):
    """The stream ends without close_notify and inside a message: truncated, with the counts."""
    near, far = tlsWired
    far.sendall(encode(b"12345")[:3])
    far.shutdown(socket.SHUT_WR)
    assert near.waitClosed(timeout=support.PATIENCE)
    assert near.closeCause == "truncated"
    assert isinstance(near.closeError, TruncatedMessage)
    assert (near.closeError.received, near.closeError.expected) == (2, 5)


def test_ragged_end_between_frames(tlsWired):
    """Nothing of a message is missing, so it is an "eof": the frames say what is whole."""
    near, far = tlsWired
    far.sendall(encode(b"whole"))
    far.shutdown(socket.SHUT_WR)
    assert near.read(timeout=support.PATIENCE) == b"whole"
    assert near.waitClosed(timeout=support.PATIENCE)
    assert near.closeCause == "eof"


def test_close_write_is_refused(tlsWired):
    """A clear error, which leaves the connection as it is."""
    near, far = tlsWired
    with pytest.raises(StockingError, match="close\\(\\)"):
        near.closeWrite()
    near.write(b"on")
    assert support.receiveExactly(far, len(encode(b"on"))) == encode(b"on")


def test_close_delivers_and_is_a_clean_end(opened, secured):
    """Everything that was written comes before the end."""
    near, far = [support.patient(opened(sock)) for sock in secured()]
    for number in range(100):
        near.write(u"%d" % number)
    closed = support.inThread(near.close)
    assert list(far) == [u"%d" % number for number in range(100)]
    assert far.closeCause == "eof"
    far.close()
    closed()


def test_close_says_goodbye_in_tls_terms(opened, secured):
    """A side that takes TLS at its word would else call the end an attack."""
    raw, served = secured()
    stocking = opened(served)
    stocking.write(u"last")
    closed = support.inThread(stocking.close)
    assert support.receiveExactly(raw, 5) == encode(u"last")
    raw.suppress_ragged_eofs = False
    assert raw.recv(1) == b""  # SSLEOFError if the goodbye was missing
    raw.unwrap()
    raw.close()
    closed()
    assert stocking.closeCause == "closed"


def test_a_read_waits_while_another_thread_writes(opened, secured):
    """TLS takes one call at a time, and either direction may need the other."""
    near, far = [opened(sock) for sock in secured()]
    answer = support.inThread(near.read, support.PATIENCE)
    near.write(b"w" * LARGE)
    assert far.read(support.PATIENCE) == b"w" * LARGE
    far.write(u"answer")
    assert answer() == u"answer"
