"""The codec: frozen octets, any cut, malformed input."""
from __future__ import absolute_import, division, print_function

import struct

import pytest

from stockings import errors, wire
from stockings._compat import text, usesBuffers

# length -> header of a text message, header of a bytes message. Written by hand from the format.
HEADERS = {
    0: (b"\x80", b"\xc0"),
    1: (b"\x81", b"\xc1"),
    62: (b"\xbe", b"\xfe"),
    63: (b"\xbf", b"\xff"),
    64: (b"\x00\x81", b"\x40\x81"),
    65: (b"\x01\x81", b"\x41\x81"),
    127: (b"\x3f\x81", b"\x7f\x81"),
    128: (b"\x00\x82", b"\x40\x82"),
    8191: (b"\x3f\xff", b"\x7f\xff"),
    8192: (b"\x00\x00\x81", b"\x40\x00\x81"),
    1048575: (b"\x3f\x7f\xff", b"\x7f\x7f\xff"),
    1048576: (b"\x00\x00\x00\x81", b"\x40\x00\x00\x81"),
    134217727: (b"\x3f\x7f\x7f\xff", b"\x7f\x7f\x7f\xff"),
    134217728: (b"\x00\x00\x00\x00\x81", b"\x40\x00\x00\x00\x81"),
    2 ** 31: (b"\x00\x00\x00\x00\x90", b"\x40\x00\x00\x00\x90"),
    2 ** 69 - 1: (b"\x3f" + b"\x7f" * 8 + b"\xff", b"\x7f" + b"\x7f" * 8 + b"\xff"),
}

MIXED = [u"", b"", u"a", b"a", u"h\xe9\u20ac\U0001f600\0\ufeff\r\n", bytes(bytearray(range(256))),
         u"x" * 63, b"x" * 64, u"y" * 65]


def decode(*chunks):
    """Return all messages of a stream that arrives in these chunks and then ends."""
    decoder = wire.Decoder()
    messages = []
    for chunk in chunks:
        messages += decoder.feed(chunk)
    decoder.feedEof()
    return messages


def same(messages, expected):
    """Equal, and of the same kinds: on 2.7, u"a" == b"a"."""
    return messages == expected and [type(m) for m in messages] == [type(m) for m in expected]


@pytest.mark.parametrize("length", sorted(HEADERS))
def test_header_is_frozen(length):
    """The header of every boundary length is exactly these octets, for both kinds."""
    assert wire.header(length, False) == HEADERS[length][0]
    assert wire.header(length, True) == HEADERS[length][1]
    assert type(wire.header(length, True)) is bytes


@pytest.mark.parametrize("length", [-1, 2 ** 69, 2 ** 70])
def test_header_refuses_what_it_cannot_tell(length):
    """A negative length and one of more than 69 bits are a ValueError."""
    with pytest.raises(ValueError):
        wire.header(length, True)


def test_examples_of_the_format():
    """The worked examples of the format hold."""
    assert wire.encode(u"a") == b"\x81\x61"
    assert wire.encode(b"a") == b"\xc1\x61"
    assert wire.encode(u"x" * 64)[:2] == b"\x00\x81"
    assert wire.encode(u"x" * 65)[:2] == b"\x01\x81"
    assert wire.encode(u"\xe9") == b"\x82\xc3\xa9"


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 8191, 8192, 8193, 1048575, 1048576])
@pytest.mark.parametrize("letter", [u"x", b"x"], ids=["text", "bytes"])
def test_boundary_lengths_round_trip(length, letter):
    """A message of every boundary length comes back with its kind."""
    message = letter * length
    encoded = wire.encode(message)
    assert encoded.startswith(HEADERS.get(length, (b"", b""))[isinstance(letter, bytes)])
    assert same(decode(encoded), [message])


def test_every_cut_in_two():
    """However a stream is cut in two, the messages are the same."""
    stream = b"".join(wire.encode(message) for message in MIXED)
    for cut in range(len(stream) + 1):
        assert same(decode(stream[:cut], stream[cut:]), MIXED), cut


def test_every_cut_in_three_of_a_short_stream():
    """However a short stream is cut in three, the messages are the same."""
    messages = [u"\u20ac", b"", b"z" * 65, u""]
    stream = b"".join(wire.encode(message) for message in messages)
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            assert same(decode(stream[:first], stream[first:second], stream[second:]), messages)


def test_octet_by_octet():
    """Each message appears with its last octet and not before."""
    decoder = wire.Decoder()
    for message in MIXED:
        encoded = wire.encode(message)
        for at in range(len(encoded) - 1):
            assert decoder.feed(encoded[at:at + 1]) == []
        assert same(decoder.feed(encoded[-1:]), [message])
        assert decoder.pending == (0, 0)


def test_every_first_octet():
    """Every first header octet means what its bits say."""
    for first in range(256):
        length = first & 0x3F
        stream = bytes(bytearray([first])) + (b"" if first & 0x80 else b"\x80") + b"m" * length
        expected = b"m" * length if first & 0x40 else u"m" * length
        assert same(wire.Decoder().feed(stream), [expected]), first


@pytest.mark.parametrize("octets", range(1, 11))
def test_longer_headers_mean_the_same(octets):
    """A header of up to ten octets that is longer than needed is accepted."""
    head = b"\x83" if octets == 1 else b"\x03" + b"\x00" * (octets - 2) + b"\x80"
    assert same(decode(head + b"abc"), [u"abc"])


def test_eleventh_header_octet_is_malformed():
    """Ten header octets without an end may still become one; the eleventh may not."""
    decoder = wire.Decoder()
    assert decoder.feed(b"\x81a" + b"\x00" * 10) == [u"a"]
    assert decoder.error is None and decoder.pending == (10, None)
    assert decoder.feed(b"\x80") == []
    assert isinstance(decoder.error, errors.ProtocolError)
    with pytest.raises(errors.ProtocolError):
        decoder.feed(b"\x81a")
    with pytest.raises(errors.ProtocolError):
        decoder.feedEof()


@pytest.mark.parametrize("cut", range(12))
def test_malformed_header_is_found_however_it_is_cut(cut):
    """Messages before the malformed frame are returned, whatever the chunks."""
    stream = b"\xc1b" + b"\x40" * 11
    decoder = wire.Decoder()
    messages = decoder.feed(stream[:cut])
    messages += decoder.feed(stream[cut:])
    assert same(messages, [b"b"]) and decoder.error is not None


@pytest.mark.parametrize("octets", [
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xe2\x82",
    b"a\x80", b"\xf8\x88\x80\x80\x80", b"\xed\xa0\xbd\xed\xb8\x80"])
def test_malformed_text_is_not_delivered(octets):
    """A text that is no UTF-8 (surrogates, also on 2.7) ends the stream after what came before."""
    frame = wire.header(len(octets), False) + octets
    for cut in range(len(frame) + 1):
        decoder = wire.Decoder()
        messages = decoder.feed(wire.encode(u"ok") + frame[:cut])
        if decoder.error is None:
            messages += decoder.feed(frame[cut:] + wire.encode(u"after"))
        assert same(messages, [u"ok"])
        assert isinstance(decoder.error, errors.ProtocolError)


def test_error_is_raised_anew_each_time():
    """Each raise gives its own instance, so that tracebacks do not grow."""
    decoder = wire.Decoder()
    decoder.feed(b"\x81\xff")
    raised = []
    for _ in range(2):
        with pytest.raises(errors.ProtocolError) as caught:
            decoder.feed(b"x")
        raised.append(caught.value)
    assert raised[0] is not raised[1] and raised[0].args == raised[1].args


@pytest.mark.parametrize("message", [u"\ud800", u"a\ud800b", u"a\udfffb", u"\udc00\ud800"])
def test_surrogates_are_refused_at_encoding(message):
    """Lone surrogates are a UnicodeEncodeError on every version."""
    with pytest.raises(UnicodeEncodeError):
        wire.encode(message)


@pytest.mark.parametrize("message", [1, 1.5, None, ["a"], {}, object()])
def test_other_types_are_refused(message):
    """What is neither text nor bytes-like is a TypeError that names the type."""
    with pytest.raises(TypeError) as caught:
        wire.encode(message)
    assert type(message).__name__ in str(caught.value)


@pytest.mark.parametrize("kind", [bytearray, lambda b: memoryview(bytearray(b))],
                         ids=["bytearray", "memoryview"])
def test_bytes_like_input_is_copied(kind):
    """A message made of mutable octets does not change afterwards."""
    mutable = bytearray(b"abc")
    payload = wire.encodeParts(kind(mutable))[1]
    mutable[0] = 0
    assert payload == b"abc" and type(payload) is bytes
    assert decode(bytearray(b"\xc1"), memoryview(b"a")) == [b"a"]


def test_subclasses_of_text_and_bytes_are_taken():
    """Subclasses travel as their base type."""
    class Name(text):
        pass

    class Blob(bytes):
        pass

    assert same(decode(wire.encode(Name(u"n")) + wire.encode(Blob(b"b"))), [u"n", b"b"])


def test_large_payload_is_not_copied_for_sending():
    """encodeParts hands out the very octets that it was given."""
    payload = b"x" * 100000
    assert wire.encodeParts(payload)[1] is payload


@pytest.mark.parametrize("stream,pending", [
    (b"\x00", (1, None)), (b"\x00\x00", (2, None)), (b"\xc3", (0, 3)), (b"\xc3a", (1, 3)),
    (b"\x40\x81" + b"x" * 10, (10, 64)), (b"\x81a\xc2b", (1, 2))])
def test_end_inside_a_frame_tells_how_far_it_came(stream, pending):
    """The end inside a frame is a TruncatedMessage with the counts, and stays one."""
    decoder = wire.Decoder()
    decoder.feed(stream)
    assert decoder.pending == pending
    for _ in range(2):
        with pytest.raises(errors.TruncatedMessage) as caught:
            decoder.feedEof()
        assert (caught.value.received, caught.value.expected) == pending


@pytest.mark.parametrize("stream", [b"", b"\x80", b"\xc1a"])
def test_end_between_frames_is_clean(stream):
    """The end between two frames raises nothing."""
    decoder = wire.Decoder()
    decoder.feed(stream)
    assert decoder.feedEof() is None


def test_limit_is_judged_at_the_header():
    """maxMessageSize refuses a frame before its payload, and also together with it."""
    for rest in (b"", b"x" * 11):
        decoder = wire.Decoder(maxMessageSize=10)
        assert same(decoder.feed(b"\xca" + b"y" * 10 + b"\xcb" + rest), [b"y" * 10])
        assert isinstance(decoder.error, errors.MessageTooLarge)
        assert (decoder.error.size, decoder.error.limit) == (11, 10)


def test_declared_length_costs_nothing():
    """A header that promises 2**68 octets is only a number until they come."""
    decoder = wire.Decoder()
    assert decoder.feed(wire.header(2 ** 68, True) + b"abc") == []
    assert decoder.pending == (3, 2 ** 68)
    assert decoder.feed(b"defg") == [] and decoder.pending == (7, 2 ** 68)


inPlace = pytest.mark.skipif(not usesBuffers, reason="this Python cannot receive into place")


def test_there_is_no_room_outside_a_large_payload():
    """Nothing, a header, a short payload: octets are for feed."""
    decoder = wire.Decoder()
    assert decoder.room() is None
    for piece in (b"\x40", b"\x81", b"x" * 64, b"\x40\x40\x82", b"y" * 10000):
        decoder.feed(piece)
        assert decoder.room() is None
    assert wire.Decoder(10).room() is None


@inPlace
def test_room_grows_with_what_arrives():
    """A declared length costs nothing; at most twice of what has come, or 256 KiB, is there."""
    decoder = wire.Decoder()
    decoder.feed(wire.header(1 << 60, True) + b"x")
    arrived = 1
    while arrived < 1 << 22:
        room = decoder.room()
        assert 0 < len(room) <= max(arrived, 1 << 18)
        count = len(room) // 2 + 1
        room[:count] = b"z" * count
        room.release()
        arrived += count
        assert decoder.filled(count) == [] and decoder.pending == (arrived, 1 << 60)


@inPlace
@pytest.mark.parametrize("message", [b"\x00\xff" * 150000, u"\u20ac" * 200000],
                         ids=["bytes", "text"])
@pytest.mark.parametrize("step", [1000, 70001, 1 << 30])
def test_octets_come_into_place_or_not(message, step):
    """In any mixture the same messages come out, and the same number of octets is counted."""
    stream = wire.encode(message) * 3
    for everySecond in (False, True):
        decoder = wire.Decoder()
        got = []
        at = turn = 0
        while at < len(stream):
            turn += 1
            room = decoder.room()
            if room is None or (everySecond and turn % 2):
                piece = stream[at:at + step]
                if room is not None:
                    room.release()
                got += decoder.feed(piece)
            else:
                piece = stream[at:at + min(step, len(room))]
                room[:len(piece)] = piece
                room.release()
                got += decoder.filled(len(piece))
            at += len(piece)
        assert same(got, [message] * 3) and decoder.consumed == len(stream)
        assert decoder.pending == (0, 0)


@inPlace
def test_a_text_that_came_into_place_is_checked():
    """Its error is kept, as by feed, and nothing more has room."""
    decoder = wire.Decoder()
    decoder.feed(wire.header(1 << 17, False))
    room = decoder.room()
    count = len(room)
    room[:] = b"\xff" * count
    room.release()
    assert decoder.filled(count) == []
    assert isinstance(decoder.error, errors.ProtocolError) and decoder.room() is None


def test_consumed_counts_complete_frames():
    """consumed counts the octets of whole frames only, however they came."""
    stream = b"".join(wire.encode(message) for message in MIXED)
    decoder = wire.Decoder()
    for at in range(len(stream)):
        decoder.feed(stream[at:at + 1])
    assert decoder.consumed == len(stream)
    decoder.feed(b"\xc2a")
    assert decoder.consumed == len(stream)


def test_any_messages_any_cuts():
    """Property: any messages, cut anywhere, come back."""
    hypothesis = pytest.importorskip("hypothesis")
    strategies = hypothesis.strategies
    # By number: strategies.text looks at each of Unicode's 1,114,112 characters before the first
    # example, which took a busy machine more than a minute.
    points = strategies.one_of(strategies.integers(0, 0x7f), strategies.integers(0x80, 0xd7ff),
                               strategies.integers(0xe000, 0x10ffff))
    texts = strategies.lists(points, max_size=80).map(joined)
    octets = strategies.binary(max_size=200)
    messages = strategies.lists(strategies.one_of(texts, octets), max_size=8)

    @hypothesis.settings(max_examples=60)
    @hypothesis.given(messages, strategies.lists(strategies.integers(0, 400), max_size=8))
    def check(given, cuts):
        stream = b"".join(wire.encode(message) for message in given)
        marks = [0] + sorted(min(cut, len(stream)) for cut in cuts) + [len(stream)]
        chunks = [stream[a:b] for a, b in zip(marks, marks[1:])]
        assert same(decode(*chunks), given)

    check()


def test_any_octets_end_in_messages_or_one_error():
    """Property: any octets give the same messages and the same error, whole and octet by octet."""
    hypothesis = pytest.importorskip("hypothesis")

    def outcome(chunks):
        decoder = wire.Decoder()
        messages = []
        try:
            for chunk in chunks:
                messages += decoder.feed(chunk)
            decoder.feedEof()
        except errors.ProtocolError as error:
            return messages, error.args
        return messages, None

    @hypothesis.settings(max_examples=100)
    @hypothesis.given(hypothesis.strategies.binary(max_size=60))
    def check(stream):
        single = [stream[at:at + 1] for at in range(len(stream))]
        assert outcome([stream]) == outcome(single)

    check()


def joined(points):
    """The text of these code points (2.7's unichr may know the first 65,536 only)."""
    return struct.pack("<%dI" % len(points), *points).decode("utf-32-le")
