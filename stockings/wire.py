"""The wire format as pure functions of octets: no socket, no thread, no clock.

A message is one frame: a header that tells kind and length, then the payload. The first header
octet holds the end mark (0x80), the kind (0x40 for bytes) and the lowest 6 bits of the length; each
further one holds the end mark and the next 7 bits. Text travels as UTF-8.

>>> encode(u"a") == b"\\x81a"
True
>>> decoder = Decoder()
>>> decoder.feed(b"\\xc1")
[]
>>> decoder.feed(b"a\\x80") == [b"a", u""]
True
"""
from __future__ import absolute_import, division, print_function

import io

from stockings._compat import (
    decodeText,
    encodeText,
    indexable,
    text,
    toBytes,
    usesBuffers,
)
from stockings.errors import MessageTooLarge, ProtocolError, TruncatedMessage, again

__all__ = ["MAX_HEADER", "MAX_LENGTH", "header", "encode", "encodeParts", "Decoder"]

#: Octets of the longest header that a receiver accepts (clause FRAME-7).
MAX_HEADER = 10
#: The largest payload length that such a header can tell: 6 bits and nine times 7.
MAX_LENGTH = (1 << 69) - 1

#: Octets that a payload must lack for receiving them into their final place to pay: below, a call
#: for them alone costs more than to copy them.
_LARGE = 32 * 1024
#: Octets that such a place may have beyond those that have arrived, or as many again.
_AHEAD = 256 * 1024
_LAST = 0x80
_BYTES = 0x40
#: Headers are kept up to this length: two octets tell it, and most messages are shorter.
_KEPT_LENGTHS = 1 << 13
_kept = {}


def header(length, isBytes):
    """Return the shortest header for a payload of ``length`` octets (FRAME-2, -3 and -5).

    ``isBytes`` chooses the kind: true for bytes, false for text. Raises ValueError for a length
    that is negative or above MAX_LENGTH.
    """
    if not 0 <= length <= MAX_LENGTH:
        raise ValueError("no header can tell the length %d" % length)
    octets = bytearray([length & 0x3F | (_BYTES if isBytes else 0)])
    length >>= 6
    while length:
        octets.append(length & 0x7F)
        length >>= 7
    octets[-1] |= _LAST
    return bytes(octets)


def _header(length, isBytes):
    """header(), remembered for short payloads."""
    octets = header(length, isBytes)
    if length < _KEPT_LENGTHS:
        _kept[length << 1 | isBytes] = octets
    return octets


def encodeParts(message):
    """Return (header, payload) of a message, so that a large payload need not be joined.

    Text (``unicode`` on 2.7) becomes its UTF-8 octets; bytes (``str`` on 2.7) are returned as they
    are; a bytearray or memoryview is copied. Raises TypeError for anything else and
    UnicodeEncodeError for text with surrogates.
    """
    if type(message) is bytes:
        length = len(message)
        return _kept.get(length << 1 | 1) or _header(length, 1), message
    if isinstance(message, text):
        payload = encodeText(message)
        length = len(payload)
        return _kept.get(length << 1) or _header(length, 0), payload
    if isinstance(message, (bytes, bytearray, memoryview)):
        payload = toBytes(message)
        return _header(len(payload), 1), payload
    raise TypeError("a message is text or bytes, not %s" % type(message).__name__)


def encode(message):
    """Return the whole frame of a message; raises as encodeParts does."""
    head, payload = encodeParts(message)
    return head + payload


class Decoder(object):
    """Turns a stream of octets, cut anyhow, into messages.

    ``maxMessageSize`` is the largest payload in octets that is accepted, None for no limit; it is
    judged as soon as the header is complete. Memory follows the octets that have arrived, never a
    declared length. Not thread-safe.
    """

    def __init__(self, maxMessageSize=None):
        self.maxMessageSize = maxMessageSize
        #: The ProtocolError that has ended this stream, or None.
        self.error = None
        #: Octets of all complete frames so far, headers included.
        self.consumed = 0
        # At most one of the two is in use: an incomplete header, or an incomplete payload.
        self._head = b""
        self._body = None
        #: Octets that the incomplete payload lacks; 0 if there is none.
        self.missing = 0
        # Of the incomplete payload: whole frame length, payload length, kind.
        self._frame = self._length = self._isBytes = 0

    @property
    def pending(self):
        """(received, expected) octets of the incomplete frame; (0, 0) between two frames.

        Inside a payload both count payload octets. Inside a header ``expected`` is None and
        ``received`` counts header octets.
        """
        if self._body is not None:
            return self._length - self.missing, self._length
        return len(self._head), (None if self._head else 0)

    def feed(self, data):
        """Take some octets (bytes-like) and return the list of messages that they complete.

        A malformed frame is kept in ``error``: the messages before it are returned by this call,
        and the next ``feed`` or ``feedEof`` raises the error.
        """
        if self.error is not None:
            raise again(self.error)
        if type(data) is not bytes:
            data = toBytes(data)
        messages = []
        start = 0
        if self._body is not None:
            start = self._fill(data, messages)
        elif self._head:
            data = self._head + data
            self._head = b""
        if start < len(data) and self.error is None:
            self._parse(data, start, messages)
        return messages

    def room(self):
        """Return a writable memoryview to put the next octets into, None if they are for ``feed``.

        There is one while a large payload is incomplete, on CPython 3: received there, its octets
        are not copied again. It never is larger than what has arrived, or 256 KiB. The caller
        releases it before anything else is called, ``filled`` if octets came.
        """
        if self.missing < _LARGE or self._body is None or not usesBuffers:
            return None
        body = self._body
        at = self._length - self.missing
        end = at + min(self.missing, max(at, _AHEAD))
        body.seek(end - 1)
        body.write(b"\0")
        return body.getbuffer()[at:end]

    def filled(self, count):
        """Take the first ``count`` octets of ``room``; returns messages as ``feed`` does."""
        messages = []
        self._took(count, messages)
        return messages

    def feedEof(self):
        """Take the end of the stream: raise if it came inside a frame (TruncatedMessage).

        Raises ``error`` again if the stream was malformed.
        """
        if self.error is None:
            received, expected = self.pending
            if expected == 0 and self._body is None:
                return
            where = ("%d octets of a header" % received if expected is None else
                     "%d of %d octets of a message" % (received, expected))
            self.error = TruncatedMessage("the stream ended after " + where, received, expected)
        raise again(self.error)

    def _parse(self, data, start, messages):
        """Cut data[start:] into messages; keep the incomplete rest."""
        octets = indexable(data)
        end = len(data)
        limit = self.maxMessageSize
        append = messages.append
        first = start
        while start < end:
            octet = octets[start]
            payload = start + 1
            length = octet & 0x3F
            if octet >= _LAST:
                pass
            elif payload < end and octets[payload] >= _LAST:  # two octets: the usual case, inline
                length |= (octets[payload] & 0x7F) << 6
                payload += 1
            else:
                length, payload = self._longHeader(octets, start, end)
                if not payload:
                    if self.error is None:
                        self._head = data[start:]
                    break
            if limit is not None and length > limit:
                self._refuse(length)
                break
            stop = payload + length
            if stop > end:
                self._begin(data[payload:], length, octet & _BYTES, payload - start)
                break
            if octet & _BYTES:
                append(data[payload:stop])
            elif not self._appendText(data[payload:stop], messages):
                break
            start = stop
        self.consumed += start - first

    def _longHeader(self, octets, start, end):
        """Return (length, offset of the payload); the offset is 0 if the header is not whole."""
        length = octets[start] & 0x3F
        shift = 6
        for at in range(start + 1, min(end, start + MAX_HEADER + 1)):
            if at - start == MAX_HEADER:
                self.error = ProtocolError(
                    "a frame header has more than %d octets" % MAX_HEADER)
                break
            octet = octets[at]
            length |= (octet & 0x7F) << shift
            if octet >= _LAST:
                return length, at + 1
            shift += 7
        return 0, 0

    def _begin(self, data, length, isBytes, headerLength):
        """Start to collect a payload of which ``data`` has come."""
        self._body = io.BytesIO()  # grows with what is written, and hands it over uncopied on 3.x
        self._body.write(data)
        self._frame = headerLength + length
        self._length = length
        self.missing = length - len(data)
        self._isBytes = isBytes

    def _fill(self, data, messages):
        """Add to the incomplete payload; return how much of ``data`` belonged to it."""
        taken = min(self.missing, len(data))
        self._body.seek(self._length - self.missing)  # room() may have gone ahead
        self._body.write(data if taken == len(data) else data[:taken])
        self._took(taken, messages)
        return taken

    def _took(self, taken, messages):
        """Note octets of the incomplete payload, which may be its last ones."""
        self.missing -= taken
        if not self.missing:
            payload = self._body.getvalue()
            self._body = None
            if self._isBytes:
                messages.append(payload)
                self.consumed += self._frame
            elif self._appendText(payload, messages):
                self.consumed += self._frame

    def _appendText(self, payload, messages):
        """Append the text of a payload; false, and an error is kept, if it is no UTF-8."""
        try:
            messages.append(decodeText(payload))
        except UnicodeDecodeError as error:
            self.error = ProtocolError(
                "a text message of %d octets is not UTF-8: %s at octet %d"
                % (len(payload), error.reason, error.start))
            return False
        return True

    def _refuse(self, length):
        """Keep the error for a declared length above the limit."""
        self.error = MessageTooLarge(
            "a message of %d octets was announced, at most %d are allowed (maxMessageSize)"
            % (length, self.maxMessageSize), length, self.maxMessageSize)
