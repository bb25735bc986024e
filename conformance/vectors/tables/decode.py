"""decode.json: streams that end cleanly, and the messages in them."""

from __future__ import annotations

from conformance.vectors.tables.parts import Json, group, note, plain, run, text, vector

FORMAT = "stockings-vectors/decode"
COMMENT = (
    "Streams of well-formed frames. Feed each one whole, octet by octet and cut in two at every"
    " place: the messages are the same, and the end of the stream after it is clean."
)

NOTES: dict[str, Json] = {
    "LongHeader": note(
        "length arithmetic", "The header is longer than the shortest one, with the same meaning.",
        "The frame is refused, or zero groups shift the length or the payload."),
    "Empty": note(
        "empty message", "A frame of length zero, in one of its forms.",
        "The message is lost, delivered twice, or held back until something follows."),
    "Glued": note(
        "stream handling", "Several frames arrive in one piece.",
        "Only the first message of a piece is delivered, or the rest is parsed from a wrong spot."),
    "StateReset": note(
        "stream handling",
        "A frame follows one whose header leaves something behind if not cleared.",
        "Kind, length or position of one frame leak into the next."),
    "LooksLikeHeader": note(
        "stream handling", "Payload octets that could be headers.",
        "The receiver finds frames inside a payload."),
    "CutCodePoint": note(
        "text encoding", "A text of code points with several octets: cuts fall inside them.",
        "Text decoded piece by piece fails or is altered where a piece ends."),
    "Unaltered": note(
        "text handling", "Code points that careless layers drop or change.",
        "U+FEFF or U+0000 vanish."),
    "BytesAsIs": note(
        "kind confusion", "Bytes that would be malformed as a text.",
        "Bytes are checked or decoded as if they were text."),
}

_A, _B = text("a", "61"), text("b", "62")
_ZERO_TEXT, _ZERO_BYTES = text("", ""), run("")
_A64 = text("a" * 64, "61" * 64)

# Octets in the header, header. The longest has ten.
_LONG_A = [
    (2, "01 80"),
    (3, "01 00 80"),
    (4, "01 00 00 80"),
    (5, "01 00 00 00 80"),
    (6, "01 00 00 00 00 80"),
    (7, "01 00 00 00 00 00 80"),
    (8, "01 00 00 00 00 00 00 80"),
    (9, "01 00 00 00 00 00 00 00 80"),
    (10, "01 00 00 00 00 00 00 00 00 80"),
]
_LONG_EMPTY = [
    (2, "00 80", "40 80"),
    (3, "00 00 80", "40 00 80"),
    (10, "00 00 00 00 00 00 00 00 00 80", "40 00 00 00 00 00 00 00 00 80"),
]

_MORE_LONG: list[tuple[str, str, str, list[Json]]] = [
    ("decode-long-bytes-2", "bytes, two header octets for one", "41 80 61", [run("61")]),
    ("decode-long-bytes-10", "bytes, ten header octets for one",
     "41 00 00 00 00 00 00 00 00 80 61", [run("61")]),
    ("decode-long-63", "63 octets with two header octets", "3f 80" + "61" * 63,
     [text("a" * 63, "61" * 63)]),
    ("decode-long-64-3", "64 octets with three header octets", "00 01 80" + "61" * 64, [_A64]),
    ("decode-long-64-10", "64 octets with ten header octets",
     "00 01 00 00 00 00 00 00 00 80" + "61" * 64, [_A64]),
    ("decode-long-twice", "two long headers one after the other", "01 80 61 01 00 80 62", [_A, _B]),
]

_STREAMS: list[tuple[str, str, str, str, str, list[Json]]] = [
    ("decode-nothing", "an empty stream has no messages", "Glued", "END-1", "", []),
    ("decode-two-texts", "two texts", "Glued", "STREAM-1 STREAM-2", "81 61 81 62", [_A, _B]),
    ("decode-kinds-alternate", "text, bytes, text, bytes with the same octet",
     "Glued StateReset", "FRAME-10 STREAM-2", "81 61 c1 61 81 61 c1 61",
     [_A, run("61"), _A, run("61")]),
    ("decode-empty-text-then-text", "an empty text, then a text", "Empty StateReset",
     "FRAME-8 STREAM-2", "80 81 61", [_ZERO_TEXT, _A]),
    ("decode-empty-bytes-then-text", "empty bytes, then a text", "Empty StateReset",
     "FRAME-8 FRAME-10", "c0 81 61", [_ZERO_BYTES, _A]),
    ("decode-empty-ones", "five empty messages", "Empty Glued", "FRAME-8 STREAM-2",
     "80 c0 c0 80 80", [_ZERO_TEXT, _ZERO_BYTES, _ZERO_BYTES, _ZERO_TEXT, _ZERO_TEXT]),
    ("decode-empty-last", "a text, then an empty text as the end of the stream", "Empty",
     "FRAME-8 STREAM-5", "81 61 80", [_A, _ZERO_TEXT]),
    ("decode-long-then-short", "a text with a two octet header, then one with one",
     "StateReset Glued",
     "FRAME-2 FRAME-3", "00 81" + "61" * 64 + "81 62", [_A64, _B]),
    ("decode-long-bytes-then-text", "bytes with a two octet header, then a text",
     "StateReset Glued",
     "FRAME-2 FRAME-10", "40 81" + "61" * 64 + "81 62", [run("61" * 64), _B]),
    ("decode-long-empty-then-text", "an empty text in long form, then a text",
     "Empty StateReset LongHeader",
     "FRAME-6 FRAME-8", "00 00 80 81 61", [_ZERO_TEXT, _A]),
    ("decode-payload-like-frames", "bytes made of whole frames", "LooksLikeHeader",
     "FRAME-1 STREAM-1",
     "c4 81 61 80 c0 81 62", [run("81 61 80 c0"), _B]),
    ("decode-payload-like-open-header", "bytes made of octets that would never end a header",
     "LooksLikeHeader", "FRAME-1 FRAME-7", "cc" + "00" * 12 + "81 62", [run("00" * 12), _B]),
    ("decode-payload-high-octets", "bytes made of FF", "LooksLikeHeader BytesAsIs",
     "FRAME-1 FRAME-10",
     "c3 ff ff ff 81 62", [run("ff ff ff"), _B]),
    ("decode-every-utf-8-length", "code points of one, two, three and four octets", "CutCodePoint",
     "STREAM-1 TEXT-5", "8a 61 c3 a9 e2 82 ac f0 9f 98 80",
     [text("a\u00e9\u20ac\U0001f600", "61 c3 a9 e2 82 ac f0 9f 98 80")]),
    ("decode-two-emoji", "two texts of one code point of four octets", "CutCodePoint Glued",
     "STREAM-1 STREAM-2", "84 f0 9f 98 80 84 f4 8f bf bf",
     [text("\U0001f600", "f0 9f 98 80"), text("\U0010ffff", "f4 8f bf bf")]),
    ("decode-bom", "a leading U+FEFF in each of two texts", "Unaltered", "TEXT-5",
     "84 ef bb bf 61 83 ef bb bf", [text("\ufeffa", "ef bb bf 61"), text("\ufeff", "ef bb bf")]),
    ("decode-nul", "U+0000 first, within and last", "Unaltered", "TEXT-5", "84 00 61 00 00",
     [text("\u0000a\u0000\u0000", "00 61 00 00")]),
    ("decode-line-ends", "CR LF stays CR LF", "Unaltered", "TEXT-5", "84 61 0d 0a 62",
     [text("a\r\nb", "61 0d 0a 62")]),
    ("decode-bytes-overlong", "bytes that are an overlong form", "BytesAsIs", "FRAME-10",
     "c2 c0 80 81 61", [run("c0 80"), _A]),
    ("decode-bytes-surrogate", "bytes that are a surrogate", "BytesAsIs", "FRAME-10",
     "c3 ed a0 80 81 61", [run("ed a0 80"), _A]),
    ("decode-bytes-half-code-points", "a code point cut over two bytes messages", "BytesAsIs Glued",
     "FRAME-10 STREAM-2", "c1 c3 c1 a9", [run("c3"), run("a9")]),
    ("decode-spec-walk", "the stream that SPEC.md follows octet by octet", "Glued LongHeader Empty",
     "FRAME-6 FRAME-8 FRAME-10 STREAM-2", "82 c3 a9 c0 42 00 80 80 ff 80",
     [text("\u00e9", "c3 a9"), _ZERO_BYTES, run("80 ff"), _ZERO_TEXT]),
]


def _decode(name: str, comment: str, flags: str, clauses: str, stream: str,
            messages: list[Json]) -> Json:
    return vector(name, comment, flags, clauses, stream=plain(stream), messages=messages,
                  end="clean")


GROUPS: list[Json] = [
    group("decode", "A text of one octet behind each longer header",
          [_decode(f"decode-long-text-{count}", f"{count} header octets for one", "LongHeader",
                   "FRAME-6",
                   header + "61", [_A]) for count, header in _LONG_A]),
    group("decode", "Empty messages behind longer headers",
          [_decode(f"decode-long-empty-text-{count}", f"an empty text, {count} header octets",
                   "LongHeader Empty", "FRAME-6 FRAME-8", header, [_ZERO_TEXT])
           for count, header, _ in _LONG_EMPTY]
          + [_decode(f"decode-long-empty-bytes-{count}", f"empty bytes, {count} header octets",
                     "LongHeader Empty", "FRAME-6 FRAME-8", header, [_ZERO_BYTES])
             for count, _, header in _LONG_EMPTY]),
    group("decode", "More longer headers",
          [_decode(name, comment, "LongHeader", "FRAME-6", stream, messages)
           for name, comment, stream, messages in _MORE_LONG]),
    group("decode", "Streams of frames", [_decode(*row) for row in _STREAMS]),
]
