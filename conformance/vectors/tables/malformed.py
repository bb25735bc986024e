"""malformed.json: streams with a frame that no receiver may accept."""

from __future__ import annotations

from conformance.vectors.tables.parts import Json, group, note, plain, run, text, vector

FORMAT = "stockings-vectors/malformed"
COMMENT = (
    "Streams that hold a malformed frame. The messages listed are delivered, nothing else ever is,"
    " and the connection ends with an error that can be told from a clean end. `clause` names what"
    " makes the frame malformed, `offset` the octet of the stream with which it does: the eleventh"
    " header octet, or the first octet of what is no UTF-8."
)

NOTES: dict[str, Json] = {
    "EndlessHeader": note(
        "unbounded input", "A header with an eleventh octet.",
        "A peer makes the receiver collect header octets for ever, or the length overflows."),
    "Continuation": note(
        "lax UTF-8", "A continuation octet where a code point has to begin.",
        "Malformed text is delivered, altered or mended."),
    "Cut": note(
        "lax UTF-8", "A code point without all its octets, within the payload or at its end.",
        "An incomplete code point is dropped, replaced, or completed from the next frame."),
    "Overlong": note(
        "lax UTF-8", "A form with more octets than the code point needs.",
        "Characters slip past filters that look at the octets."),
    "Surrogate": note(
        "lax UTF-8", "A code point from U+D800 to U+DFFF, which UTF-8 does not have.",
        "Two runtimes disagree about the text; some decoders let it pass."),
    "TooHigh": note(
        "lax UTF-8", "A value above U+10FFFF, or one of the octets that never occur.",
        "Malformed text is delivered, or a decoder fails on the value."),
    "OtherEncoding": note(
        "lax UTF-8", "A text in another encoding.",
        "The receiver guesses an encoding."),
    "AfterGood": note(
        "error handling", "Good messages stand before the malformed frame.",
        "They are lost together with it."),
    "BeforeGood": note(
        "error handling", "Good frames follow the malformed one.",
        "They are delivered although nothing after the malformed frame can be trusted."),
}

_A = text("a", "61")
_GOOD_BEFORE, _GOOD_AFTER = "81 61", "81 62 c1 63"
_MUST_FRAME = "FRAME-7 TEXT-4 END-7 END-11"
_MUST_TEXT = "TEXT-3 TEXT-4 END-7 END-11"

# Name, comment, stream, offset of the eleventh octet, messages before it.
_HEADERS: list[tuple[str, str, str, str, int, list[Json]]] = [
    ("eleven-ended", "the eleventh octet would end a header of length 1", "EndlessHeader",
     "01 00 00 00 00 00 00 00 00 00 80 61", 10, []),
    ("eleven-zero-ended", "eleven octets for an empty text", "EndlessHeader",
     "00 00 00 00 00 00 00 00 00 00 80", 10, []),
    ("eleven-open", "the eleventh octet does not end the header either", "EndlessHeader",
     "00 00 00 00 00 00 00 00 00 00 00", 10, []),
    ("eleven-bytes", "the same with kind bytes", "EndlessHeader",
     "41 00 00 00 00 00 00 00 00 00 80 61", 10, []),
    ("eleven-all-bits", "every bit of the length set", "EndlessHeader",
     "7f 7f 7f 7f 7f 7f 7f 7f 7f 7f ff", 10, []),
    ("sixty-four-open", "sixty-four header octets without an end", "EndlessHeader", "00" * 64, 10,
     []),
    ("eleven-after-good", "a good text before it", "EndlessHeader AfterGood",
     "81 61 01 00 00 00 00 00 00 00 00 00 80 61", 12, [_A]),
    ("eleven-after-empty", "an empty text before it", "EndlessHeader AfterGood",
     "80 00 00 00 00 00 00 00 00 00 00 80", 11, [text("", "")]),
    ("eleven-after-ten", "a header of ten octets before it", "EndlessHeader AfterGood",
     "41 00 00 00 00 00 00 00 00 80 62 41 00 00 00 00 00 00 00 00 00 80 62", 21, [run("62")]),
    ("eleven-before-good", "good frames behind it", "EndlessHeader AfterGood BeforeGood",
     "81 61 01 00 00 00 00 00 00 00 00 00 80 61 81 62 c1 63", 12, [_A]),
]

# Name, comment, flags, header and payload of the bad text, how many of its payload octets are good.
_TEXTS: list[tuple[str, str, str, str, str, int]] = [
    ("continuation", "a continuation octet alone", "Continuation", "81", "80", 0),
    ("continuation-last", "the highest continuation octet alone", "Continuation", "81", "bf", 0),
    ("continuation-after-letter", "a letter, then a continuation octet", "Continuation", "82",
     "61 80", 1),
    ("continuation-too-many", "a code point with one octet too many", "Continuation", "83",
     "c3 a9 a9", 2),
    ("cut-two", "the first of two octets at the end", "Cut", "81", "c3", 0),
    ("cut-three-1", "the first of three octets at the end", "Cut", "81", "e2", 0),
    ("cut-three-2", "two of three octets at the end", "Cut", "82", "e2 82", 0),
    ("cut-four-1", "the first of four octets at the end", "Cut", "81", "f0", 0),
    ("cut-four-2", "two of four octets at the end", "Cut", "82", "f0 9f", 0),
    ("cut-four-3", "three of four octets at the end", "Cut", "83", "f0 9f 98", 0),
    ("cut-after-text", "good text, then half a code point", "Cut", "84", "61 c3 a9 c3", 3),
    ("cut-two-by-letter", "a letter in place of the second octet", "Cut", "82", "c3 41", 0),
    ("cut-three-by-letter", "a letter in place of the third octet", "Cut", "83", "e2 82 41", 0),
    ("cut-four-by-letter", "a letter in place of the fourth octet", "Cut", "84", "f0 9f 98 41", 0),
    ("cut-by-another", "half a code point, then a whole one", "Cut", "83", "c3 c3 a9", 0),
    ("cut-in-long-text", "the last of 64 octets begins a code point", "Cut", "00 81",
     "61" * 63 + "c3", 63),
    ("cut-long-header", "half a code point behind a header longer than needed", "Cut", "01 80",
     "c3", 0),
    ("overlong-nul", "U+0000 in two octets", "Overlong", "82", "c0 80", 0),
    ("overlong-two-last", "U+007F in two octets", "Overlong", "82", "c1 bf", 0),
    ("overlong-slash", "a slash in two octets", "Overlong", "82", "c0 af", 0),
    ("overlong-three", "U+0000 in three octets", "Overlong", "83", "e0 80 80", 0),
    ("overlong-three-last", "U+07FF in three octets", "Overlong", "83", "e0 9f bf", 0),
    ("overlong-four", "U+0000 in four octets", "Overlong", "84", "f0 80 80 80", 0),
    ("overlong-four-last", "U+FFFF in four octets", "Overlong", "84", "f0 8f bf bf", 0),
    ("surrogate-first", "U+D800", "Surrogate", "83", "ed a0 80", 0),
    ("surrogate-last-high", "U+DBFF", "Surrogate", "83", "ed af bf", 0),
    ("surrogate-first-low", "U+DC00", "Surrogate", "83", "ed b0 80", 0),
    ("surrogate-last", "U+DFFF", "Surrogate", "83", "ed bf bf", 0),
    ("surrogate-pair", "a pair that stands for U+1F600 elsewhere", "Surrogate", "86",
     "ed a0 bd ed b8 80", 0),
    ("surrogate-within", "U+D800 between two letters", "Surrogate", "85", "61 ed a0 80 62", 1),
    ("too-high-first", "the value 110000", "TooHigh", "84", "f4 90 80 80", 0),
    ("too-high-f5", "the octet F5", "TooHigh", "84", "f5 80 80 80", 0),
    ("too-high-last-of-four", "the value 1FFFFF", "TooHigh", "84", "f7 bf bf bf", 0),
    ("too-high-five", "a form of five octets", "TooHigh", "85", "f8 88 80 80 80", 0),
    ("too-high-six", "a form of six octets", "TooHigh", "86", "fc 84 80 80 80 80", 0),
    ("too-high-fe", "the octet FE", "TooHigh", "81", "fe", 0),
    ("too-high-ff", "the octet FF", "TooHigh", "81", "ff", 0),
    ("latin-1", "an e acute in ISO 8859-1, then a letter", "OtherEncoding", "82", "e9 61", 0),
    ("utf-16", "a letter in UTF-16 with its mark", "OtherEncoding", "84", "ff fe 61 00", 0),
]

_ALONE = ("continuation", "cut-two", "overlong-nul", "surrogate-first", "too-high-ff")


def _malformed(name: str, comment: str, flags: str, clause: str, must: str, stream: str,
               offset: int,
               messages: list[Json]) -> Json:
    return vector(f"malformed-{name}", comment, flags, must, clause=clause, offset=offset,
                  stream=plain(stream), messages=messages, end="malformed")


def _between_good(name: str, comment: str, flags: str, header: str, payload: str,
                  good: int) -> Json:
    before = len(bytes.fromhex(_GOOD_BEFORE + header))
    return _malformed(f"text-{name}", comment, f"{flags} AfterGood BeforeGood", "TEXT-1",
    _MUST_TEXT,
                      _GOOD_BEFORE + header + payload + _GOOD_AFTER, before + good, [_A])


def _alone(name: str, comment: str, flags: str, header: str, payload: str, good: int) -> Json:
    return _malformed(f"text-{name}-alone", comment, flags, "TEXT-1", _MUST_TEXT, header + payload,
                      len(bytes.fromhex(header)) + good, [])


GROUPS: list[Json] = [
    group("malformed", "An eleventh header octet",
          [_malformed(name, comment, flags, "FRAME-7", _MUST_FRAME, stream, offset, messages)
           for name, comment, flags, stream, offset, messages in _HEADERS]),
    group("malformed", "Malformed text between good messages",
          [_between_good(*row) for row in _TEXTS]),
    group("malformed", "Malformed text with nothing around it",
          [_alone(*row) for row in _TEXTS if row[0] in _ALONE]),
    group("malformed", "Malformed text in company",
          [_malformed("text-code-point-over-two-frames", "a code point cut over two texts",
                      "Cut BeforeGood", "TEXT-1", _MUST_TEXT, "81 c3 81 a9", 1, []),
           _malformed("text-after-same-bytes", "the same octets first as bytes, which is fine",
                      "Surrogate AfterGood", "TEXT-1", _MUST_TEXT, "c3 ed a0 80 83 ed a0 80", 5,
                      [run("ed a0 80")]),
           _malformed("text-then-eleven",
                      "malformed text, then an endless header: the first counts",
                      "Overlong EndlessHeader", "TEXT-1", _MUST_TEXT, "82 c0 80" + "00" * 11, 1,
                      []),
           _malformed("text-after-empty", "empty messages before it", "TooHigh AfterGood", "TEXT-1",
                      _MUST_TEXT, "80 c0 81 ff", 3, [text("", ""), run("")])]),
]
