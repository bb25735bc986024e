"""The codec: short streams in every cutting that there is, 2^(n-1) of them."""
from __future__ import absolute_import, division, print_function

import pytest

from stockings import errors, wire

# Twelve octets each: kinds, a header longer than needed, a code point of two octets, one of four,
# payloads that look like headers, empty messages; whole, cut off, and malformed at the end.
STREAMS = {
    "text first": (
        b"\x02\x80\xc3\xa9" b"\xc3\x80\xff\x81" b"\x80" b"\xc0" b"\x81a",
        [u"\xe9", b"\x80\xff\x81", u"", b"", u"a"], None,
    ),
    "bytes first": (
        b"\x42\x00\x80\x80\xc0" b"\x85\xf0\x9f\x98\x80a" b"\xc0",
        [b"\x80\xc0", u"\U0001f600a", b""], None,
    ),
    "two messages": (
        b"\x85\xe2\x82\xac\x0a\x0d" b"\x44\x80\x01\x02\x03\x04",
        [u"\u20ac\n\r", b"\x01\x02\x03\x04"], None,
    ),
    "cut off": (
        b"\x81a" b"\xc1\xff" b"\x89\xf0\x9f\x98\x80abc",
        [u"a", b"\xff"], errors.TruncatedMessage,
    ),
    "malformed text": (
        b"\xc2\x80\x80" b"\x84\xc3\xa9\xc3\x28" b"\xc1a" b"\x81b",
        [b"\x80\x80"], errors.ProtocolError,
    ),
    "endless header": (
        b"\x80" + b"\x00" * 11,
        [u""], errors.ProtocolError,
    ),
}


def cuttings(octets):
    """Give every way to cut octets into pieces: one bit for each place between two of them."""
    for places in range(1 << (len(octets) - 1)):
        pieces, start = [], 0
        for at in range(1, len(octets)):
            if places >> (at - 1) & 1:
                pieces.append(octets[start:at])
                start = at
        pieces.append(octets[start:])
        yield pieces


def judged(pieces):
    """Return what a stream in these pieces gives: messages with their types, and its error."""
    decoder, messages, error = wire.Decoder(), [], None
    try:
        for piece in pieces:
            messages += decoder.feed(piece)
        decoder.feedEof()
    except errors.StockingError as problem:
        error = type(problem)
    return [(type(message), message) for message in messages], error


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_every_cutting(name):
    """The messages and the end are the same each time."""
    stream, messages, error = STREAMS[name]
    assert len(stream) == 12
    wanted = [(type(message), message) for message in messages], error
    count = 0
    for pieces in cuttings(stream):
        count += 1
        assert judged(pieces) == wanted, pieces
    assert count == 2048
