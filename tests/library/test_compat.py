"""What differs between versions and systems."""
from __future__ import absolute_import, division, print_function

import errno
import select
import socket
import ssl

import pytest

from stockings import _compat


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, 10035])
def test_later_by_number(number):
    """Each number that means "later", Windows' too, is recognised on every system."""
    assert _compat.blockedOn(socket.error(number, "later")) == "again"


@pytest.mark.parametrize("error,direction", [
    (ssl.SSLError(ssl.SSL_ERROR_WANT_READ, "read"), "read"),
    (ssl.SSLError(ssl.SSL_ERROR_WANT_WRITE, "write"), "write"),
    (ssl.SSLError(ssl.SSL_ERROR_EOF, "eof"), None),
    (socket.error(errno.ENOENT, "WantRead has the same number"), None),
    (socket.error(errno.ECONNRESET, "reset"), None),
    (socket.timeout("timed out"), None),
    (socket.error(), None)])
def test_tls_tells_the_direction(error, direction):
    """A TLS socket's "later" names a direction; a real error is none."""
    assert _compat.blockedOn(error) == direction


def test_errors_of_sockets_and_waits_are_caught():
    """SOCKET_ERRORS holds what sockets, select and TLS raise, on 2.7 too."""
    for error in (socket.error(1), select.error(4, "EINTR"), ssl.SSLError(2), socket.timeout()):
        assert isinstance(error, _compat.SOCKET_ERRORS)
    assert _compat.errnoOf(select.error(4, "EINTR")) == 4
    assert _compat.errnoOf(socket.error()) is None


def test_text_is_strict_both_ways():
    """Surrogates are refused, everything else passes unchanged."""
    for good in (u"", u"a\0", u"\ufeff\uffff", u"\ud7ff\ue000", u"\U00010000\U0010ffff"):
        assert _compat.decodeText(_compat.encodeText(good)) == good
    for bad in (u"\ud800", u"x\udfff"):
        with pytest.raises(UnicodeEncodeError):
            _compat.encodeText(bad)
    with pytest.raises(UnicodeDecodeError):
        _compat.decodeText(b"\xed\xa0\x80")


def test_emulated_socketpair_carries_octets():
    """The emulation gives two connected sockets and leaves no listener."""
    near, far = _compat.emulatedSocketpair()
    try:
        near.sendall(b"there")
        assert far.recv(10) == b"there"
        far.sendall(b"back")
        assert near.recv(10) == b"back"
    finally:
        near.close()
        far.close()


def test_emulated_socketpair_refuses_a_stranger(monkeypatch):
    """When another process connects first (CVE-2024-3219), no pair is made."""
    real = socket.socket
    strangers = []

    class Listener(real):
        """Lets a stranger in before whoever asked for the pair."""

        def listen(self, backlog):
            real.listen(self, 5)
            stranger = real(socket.AF_INET, socket.SOCK_STREAM)
            stranger.connect(self.getsockname())
            strangers.append(stranger)

    monkeypatch.setattr(_compat.socket, "socket", Listener)
    with pytest.raises(socket.error):
        _compat.emulatedSocketpair()
    for stranger in strangers:
        stranger.close()
    assert strangers
