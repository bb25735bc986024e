"""The library's codec against the language-neutral vectors of conformance/vectors."""

from __future__ import absolute_import, division, print_function

import binascii
import io
import itertools
import json
import os
import zlib

import pytest

from stockings import wire
from stockings.errors import ProtocolError, TruncatedMessage

VECTORS = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "conformance", "vectors"
)
# Streams up to this long are cut in two at every place; that is quadratic in their length.
SHORT = 40

try:
    chr_ = unichr  # 2.7
except NameError:
    chr_ = chr


def vectors(name, *types):
    """The vectors of a file as pytest parameters."""
    with io.open(os.path.join(VECTORS, name + ".json"), encoding="ascii") as file:
        document = json.load(file)
    assert document["format"] == "stockings-vectors/" + name
    chosen = [
        vector
        for group in document["groups"]
        if not types or group["type"] in types
        for vector in group["vectors"]
    ]
    assert types or len(chosen) == document["count"]
    return [pytest.param(vector, id=str(vector["id"])) for vector in chosen]


def octets(text):
    return binascii.unhexlify(text.encode("ascii"))


def draws(seed):
    while True:
        seed = (seed * 1103515245 + 12345) % 2 ** 31
        yield seed >> 16


def expand(kind, seed, length):
    """The payload of a recipe, as conformance/vectors/README.md describes it."""
    numbers = draws(seed)
    pieces = []
    have = 0
    if kind == "bytes":
        unit = bytes(bytearray(next(numbers) & 255 for _ in range(4088)))
    else:
        # On a narrow 2.7 one code point may be two units of the string: never index this one.
        alphabet = [chr_(0x41), chr_(0x7A), chr_(0x30), chr_(0x7E), chr_(0xE9), chr_(0xDF),
                    chr_(0x3A9), chr_(0x416), chr_(0x5D0), chr_(0x20AC), chr_(0x4E2D),
                    chr_(0xFFFD), u"\U0001f600", u"\U0010ffff", chr_(0), chr_(10)]
        unit = u"".join(alphabet[next(numbers) & 15] for _ in range(1024)).encode("utf-8")
    for k in itertools.count():
        number = ("%016x" if kind == "bytes" else "%08x") % k
        block = (octets(number) if kind == "bytes" else number.encode("ascii")) + unit
        if have + len(block) > length:
            break
        pieces.append(block)
        have += len(block)
    rest = block[:length - have]
    if kind == "text":
        rest = rest.decode("utf-8", "ignore").encode("utf-8")
    return b"".join(pieces) + rest.ljust(length - have, b".")


def payload_of(message):
    if "recipe" not in message:
        return octets(message["octets"])
    recipe = message["recipe"]
    payload = expand(recipe["kind"], recipe["seed"], recipe["length"])
    assert "%08x" % (zlib.crc32(payload) & 0xFFFFFFFF) == message["crc32"]
    return payload


def message_of(message):
    """The message as a program has it: text or bytes of this interpreter."""
    if message["kind"] == "bytes":
        return payload_of(message)
    return message["text"] if "text" in message else payload_of(message).decode("utf-8")


def cuttings(stream):
    """Whole, octet by octet, and for a short stream each way to cut it in two."""
    yield [stream]
    yield [stream[at:at + 1] for at in range(len(stream))]
    if len(stream) <= SHORT:
        for at in range(1, len(stream)):
            yield [stream[:at], stream[at:]]


def receive(pieces):
    """The messages that the decoder gave, and how the stream ended for it."""
    decoder = wire.Decoder()
    messages = []
    try:
        for piece in pieces:
            messages.extend(decoder.feed(piece))
        decoder.feedEof()
    except TruncatedMessage:
        return messages, "truncated"
    except ProtocolError:
        return messages, "malformed"
    return messages, "clean"


def assert_same(received, expected):
    """Equal, and of the same kind: on 2.7 equality alone does not tell text from bytes."""
    assert [type(message) for message in received] == [type(message) for message in expected]
    assert received == expected


@pytest.mark.parametrize("vector", vectors("encode", "encode"))
def test_encode(vector):
    message = message_of(vector["message"])
    frame = octets(vector["header"]) + payload_of(vector["message"])
    assert wire.encode(message) == frame
    received, end = receive([frame])
    assert end == "clean"
    assert_same(received, [message])


@pytest.mark.parametrize("vector", vectors("encode", "header"))
def test_header(vector):
    length = int(vector["length"])
    assert wire.header(length, vector["kind"] == "bytes") == octets(vector["header"])


@pytest.mark.parametrize(
    "vector", vectors("decode") + vectors("malformed") + vectors("truncated")
)
def test_stream(vector):
    expected = [message_of(message) for message in vector["messages"]]
    for pieces in cuttings(octets(vector["stream"])):
        received, end = receive(pieces)
        assert end == vector["end"]
        assert_same(received, expected)


@pytest.mark.parametrize("vector", vectors("malformed"))
def test_a_malformed_stream_stays_malformed(vector):
    decoder = wire.Decoder()
    decoder.feed(octets(vector["stream"]))
    assert isinstance(decoder.error, ProtocolError)
    for _ in range(2):
        with pytest.raises(ProtocolError):
            decoder.feed(b"\x81a")
        with pytest.raises(ProtocolError):
            decoder.feedEof()


@pytest.mark.parametrize(
    "vector", [parameter for parameter in vectors("truncated") if parameter.values[0]["inside"]]
)
def test_a_truncation_says_how_much_had_arrived(vector):
    decoder = wire.Decoder()
    decoder.feed(octets(vector["stream"]))
    inside = vector["inside"]
    if inside["length"] is None:
        expected = (inside["header"], None)
    else:
        expected = (inside["payload"], int(inside["length"]))
    assert decoder.pending == expected
    with pytest.raises(TruncatedMessage) as caught:
        decoder.feedEof()
    assert (caught.value.received, caught.value.expected) == expected


@pytest.mark.parametrize(
    "text", [u"\ud800", u"\udfff", u"a\udc00b", u"\ude00\ud83d"],
    ids=["high", "low", "within", "pair-reversed"],
)
def test_a_text_with_surrogates_is_refused(text):
    with pytest.raises(UnicodeEncodeError):
        wire.encode(text)
