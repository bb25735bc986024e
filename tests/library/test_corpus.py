"""The codec against what a fuzzer found: streams in pieces, with what has to come of each piece.

The expectations in the file were made by the tester's codec (`python -m tools.fuzz --update`).
"""
from __future__ import absolute_import, division, print_function

import binascii
import io
import json
import os

import pytest

from stockings import wire
from stockings.errors import MessageTooLarge, ProtocolError, TruncatedMessage

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "corpus", "wire.json")
with io.open(FILE, encoding="ascii") as _file:
    CORPUS = json.load(_file)


def octets(text):
    return binascii.unhexlify(text.encode("ascii"))


def message(kind, payload):
    """A message as a program has it; on 2.7 equality alone does not tell text from bytes."""
    if kind == "text":
        return type(u""), octets(payload).decode("utf-8")
    return bytes, octets(payload)


def ended(decoder):
    """How the stream ends, as the file says it."""
    try:
        decoder.feedEof()
    except TruncatedMessage as error:
        return "truncated", [error.received, error.expected]
    except MessageTooLarge:
        return "too large", None
    except ProtocolError:
        return "malformed", None
    return "clean", [0, 0]


def test_the_corpus_is_there():
    """Some dozens of inputs, and every way to end among them."""
    assert len(CORPUS) >= 24
    assert set(each["end"] for each in CORPUS) == {"clean", "truncated", "malformed", "too large"}


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: "input-" + case["input"][:40])
def test_what_the_fuzzer_found(case):
    """Each piece completes the same messages as for the tester, and the end is the same."""
    decoder = wire.Decoder(case["limit"])
    for piece, wanted in zip(case["pieces"], case["messages"]):
        broken = decoder.error is not None
        try:
            got = decoder.feed(octets(piece))
            assert not broken
        except ProtocolError:
            assert broken
            got = []
        assert [(type(one), one) for one in got] == [message(*one) for one in wanted]
        for one, (_, payload) in zip(got, wanted):
            assert wire.encode(one).endswith(octets(payload))
            assert wire.Decoder().feed(wire.encode(one)) == [one]
    assert ended(decoder) == (case["end"], case["inside"])
