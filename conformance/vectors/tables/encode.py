"""encode.json: messages and the one header that a sender may put before each."""

from __future__ import annotations

from conformance.vectors.tables.parts import Json, group, note, plain, recipe, run, text, vector

FORMAT = "stockings-vectors/encode"
COMMENT = (
    "Messages and their headers. The frame is the header followed by the payload. Each vector of"
    " type encode works in both directions: the frame decodes to the message again."
)

NOTES: dict[str, Json] = {
    "Boundary": note(
        "length arithmetic",
        "The payload length is at, just below or just above a change of header size.",
        "A mask or shift that is off by one ruins every longer message."),
    "Empty": note(
        "empty message", "The payload has no octets.",
        "The message is dropped, or the receiver waits for a payload that never comes."),
    "LengthInOctets": note(
        "length arithmetic", "The text has fewer code points than octets.",
        "A length in characters makes the receiver lose its place at the first non-ASCII text."),
    "CodePoint": note(
        "text encoding", "Code points at the edges of the UTF-8 forms, and awkward ones.",
        "Texts arrive altered, or an encoder of two-unit strings sends surrogates."),
    "Unaltered": note(
        "text handling",
        "The text has code points that careless layers drop, convert or normalise.",
        "U+FEFF, U+0000, line ends or combining marks vanish or change."),
    "BytesAsIs": note(
        "kind confusion", "Bytes that are no text, or that look like one, or like headers.",
        "Bytes are decoded, guessed to be text, or mistaken for a frame."),
    "KindInFirstOctet": note(
        "kind confusion",
        "Bit 6 is set in a header octet that is not the first: there it is length.",
        "The kind of the message turns, or 64 is missing from a group of the length."),
    "WideLength": note(
        "integer width", "The length does not fit into 31, 32, 53, 63 or 64 bits.",
        "The length wraps, turns negative or loses its low bits."),
}

_A63, _A64, _A65 = "61" * 63, "61" * 64, "61" * 65
_LENGTHS = "FRAME-2 FRAME-3 FRAME-4 FRAME-5"

# Name, header, message. Short ones first; from 4096 octets on the payload is a recipe.
_TEXT_LENGTHS: list[tuple[str, str, Json]] = [
    ("text-0", "80", text("", "")),
    ("text-1", "81", text("a", "61")),
    ("text-62", "be", text("a" * 62, "61" * 62)),
    ("text-63", "bf", text("a" * 63, _A63)),
    ("text-64", "00 81", text("a" * 64, _A64)),
    ("text-65", "01 81", text("a" * 65, _A65)),
    ("text-127", "3f 81", text("a" * 127, "61" * 127)),
    ("text-128", "00 82", text("a" * 128, "61" * 128)),
    ("text-4096", "00 c0", recipe("text", 1, 4096)),
    ("text-8191", "3f ff", recipe("text", 2, 8191)),
    ("text-8192", "00 00 81", recipe("text", 3, 8192)),
    ("text-8193", "01 00 81", recipe("text", 4, 8193)),
    ("text-1048575", "3f 7f ff", recipe("text", 5, 1048575)),
    ("text-1048576", "00 00 00 81", recipe("text", 6, 1048576)),
    ("text-1048577", "01 00 00 81", recipe("text", 7, 1048577)),
]
_BYTES_LENGTHS: list[tuple[str, str, Json]] = [
    ("bytes-0", "c0", run("")),
    ("bytes-1", "c1", run("61")),
    ("bytes-62", "fe", run("61" * 62)),
    ("bytes-63", "ff", run(_A63)),
    ("bytes-64", "40 81", run(_A64)),
    ("bytes-65", "41 81", run(_A65)),
    ("bytes-127", "7f 81", run("61" * 127)),
    ("bytes-128", "40 82", run("61" * 128)),
    ("bytes-4096", "40 c0", recipe("bytes", 1, 4096)),
    ("bytes-8191", "7f ff", recipe("bytes", 2, 8191)),
    ("bytes-8192", "40 00 81", recipe("bytes", 3, 8192)),
    ("bytes-8193", "41 00 81", recipe("bytes", 4, 8193)),
    ("bytes-1048575", "7f 7f ff", recipe("bytes", 5, 1048575)),
    ("bytes-1048576", "40 00 00 81", recipe("bytes", 6, 1048576)),
    ("bytes-1048577", "41 00 00 81", recipe("bytes", 7, 1048577)),
]

_TEXTS: list[tuple[str, str, str, str, Json]] = [
    ("text-e-acute", "two octets for one code point", "LengthInOctets", "82",
     text("\u00e9", "c3 a9")),
    ("text-euro", "three octets for one code point", "LengthInOctets", "83",
     text("\u20ac", "e2 82 ac")),
    ("text-grinning-face", "four octets for one code point", "LengthInOctets CodePoint", "84",
     text("\U0001f600", "f0 9f 98 80")),
    ("text-32-e-acute", "32 code points, 64 octets: two header octets", "LengthInOctets Boundary",
     "00 81", text("\u00e9" * 32, "c3 a9" * 32)),
    ("text-last-of-one", "U+007F", "CodePoint", "81", text("\u007f", "7f")),
    ("text-first-of-two", "U+0080", "CodePoint", "82", text("\u0080", "c2 80")),
    ("text-last-of-two", "U+07FF", "CodePoint", "82", text("\u07ff", "df bf")),
    ("text-first-of-three", "U+0800", "CodePoint", "83", text("\u0800", "e0 a0 80")),
    ("text-below-surrogates", "U+D7FF", "CodePoint", "83", text("\ud7ff", "ed 9f bf")),
    ("text-above-surrogates", "U+E000", "CodePoint", "83", text("\ue000", "ee 80 80")),
    ("text-last-of-three", "U+FFFF, a noncharacter", "CodePoint", "83",
     text("\uffff", "ef bf bf")),
    ("text-first-of-four", "U+10000", "CodePoint", "84", text("\U00010000", "f0 90 80 80")),
    ("text-last", "U+10FFFF", "CodePoint", "84", text("\U0010ffff", "f4 8f bf bf")),
    ("text-replacement", "U+FFFD is an ordinary code point", "CodePoint", "83",
     text("\ufffd", "ef bf bd")),
    ("text-nul", "U+0000 alone", "Unaltered", "81", text("\u0000", "00")),
    ("text-nul-within", "U+0000 between two letters", "Unaltered", "83",
     text("a\u0000b", "61 00 62")),
    ("text-leading-bom", "a leading U+FEFF is content", "Unaltered", "84",
     text("\ufeffa", "ef bb bf 61")),
    ("text-only-bom", "U+FEFF alone", "Unaltered", "83", text("\ufeff", "ef bb bf")),
    ("text-line-ends", "LF, CR, CR LF, U+0085 and U+2028 stay as they are", "Unaltered", "89",
     text("\n\r\r\n\u0085\u2028", "0a 0d 0d 0a c2 85 e2 80 a8")),
    ("text-decomposed", "e and a combining acute stay two code points", "Unaltered", "83",
     text("e\u0301", "65 cc 81")),
    ("text-spaces", "blanks and tabs at both ends", "Unaltered", "85", text(" \ta\t ",
     "20 09 61 09 20")),
]

_ALL_OCTETS = "".join(f"{octet:02x}" for octet in range(256))
_RUNS: list[tuple[str, str, str, Json]] = [
    ("bytes-all-values", "each value of an octet once", "40 84", run(_ALL_OCTETS)),
    ("bytes-ff", "no UTF-8 has FF", "c1", run("ff")),
    ("bytes-nul", "one zero octet", "c1", run("00")),
    ("bytes-utf-8", "well-formed UTF-8 sent as bytes stays bytes", "c2", run("c3 a9")),
    ("bytes-frame", "a whole frame as content", "c2", run("81 61")),
    ("bytes-long-header", "eleven octets that would be a malformed header", "cb", run("00" * 11)),
    ("bytes-crlf", "CR LF", "c2", run("0d 0a")),
    ("bytes-surrogate", "octets that no text may have", "c3", run("ed a0 80")),
]

# Length, header of a text, header of bytes.
_HEADERS = [
    (0, "80", "c0"),
    (63, "bf", "ff"),
    (64, "00 81", "40 81"),
    (4095, "3f bf", "7f bf"),
    (4096, "00 c0", "40 c0"),
    (8191, "3f ff", "7f ff"),
    (8192, "00 00 81", "40 00 81"),
    (524288, "00 00 c0", "40 00 c0"),
    (1048575, "3f 7f ff", "7f 7f ff"),
    (1048576, "00 00 00 81", "40 00 00 81"),
    (134217727, "3f 7f 7f ff", "7f 7f 7f ff"),
    (134217728, "00 00 00 00 81", "40 00 00 00 81"),
    (2147483647, "3f 7f 7f 7f 8f", "7f 7f 7f 7f 8f"),
    (2147483648, "00 00 00 00 90", "40 00 00 00 90"),
    (4294967295, "3f 7f 7f 7f 9f", "7f 7f 7f 7f 9f"),
    (4294967296, "00 00 00 00 a0", "40 00 00 00 a0"),
    (17179869183, "3f 7f 7f 7f ff", "7f 7f 7f 7f ff"),
    (17179869184, "00 00 00 00 00 81", "40 00 00 00 00 81"),
    (2199023255551, "3f 7f 7f 7f 7f ff", "7f 7f 7f 7f 7f ff"),
    (2199023255552, "00 00 00 00 00 00 81", "40 00 00 00 00 00 81"),
    (281474976710655, "3f 7f 7f 7f 7f 7f ff", "7f 7f 7f 7f 7f 7f ff"),
    (281474976710656, "00 00 00 00 00 00 00 81", "40 00 00 00 00 00 00 81"),
    (9007199254740991, "3f 7f 7f 7f 7f 7f 7f 9f", "7f 7f 7f 7f 7f 7f 7f 9f"),
    (9007199254740993, "01 00 00 00 00 00 00 a0", "41 00 00 00 00 00 00 a0"),
    (36028797018963967, "3f 7f 7f 7f 7f 7f 7f ff", "7f 7f 7f 7f 7f 7f 7f ff"),
    (36028797018963968, "00 00 00 00 00 00 00 00 81", "40 00 00 00 00 00 00 00 81"),
    (4611686018427387903, "3f 7f 7f 7f 7f 7f 7f 7f ff", "7f 7f 7f 7f 7f 7f 7f 7f ff"),
    (4611686018427387904, "00 00 00 00 00 00 00 00 00 81", "40 00 00 00 00 00 00 00 00 81"),
    (9223372036854775807, "3f 7f 7f 7f 7f 7f 7f 7f 7f 81", "7f 7f 7f 7f 7f 7f 7f 7f 7f 81"),
    (9223372036854775808, "00 00 00 00 00 00 00 00 00 82", "40 00 00 00 00 00 00 00 00 82"),
    (18446744073709551615, "3f 7f 7f 7f 7f 7f 7f 7f 7f 83", "7f 7f 7f 7f 7f 7f 7f 7f 7f 83"),
    (18446744073709551616, "00 00 00 00 00 00 00 00 00 84", "40 00 00 00 00 00 00 00 00 84"),
    (590295810358705651711, "3f 7f 7f 7f 7f 7f 7f 7f 7f ff", "7f 7f 7f 7f 7f 7f 7f 7f 7f ff"),
]


def _length_flags(message: Json) -> str:
    length = message["length"]
    flags = {0: "Empty Boundary", 4096: "KindInFirstOctet", 127: "", 128: ""}
    return flags.get(int(str(length)), "Boundary")


def _length_vector(name: str, header: str, message: Json) -> Json:
    empty = message["length"] == 0
    return vector(f"encode-{name}", f"{message['kind']} of {message['length']} octets",
                  _length_flags(message), _LENGTHS + (" FRAME-9" if empty else ""),
                  message=message, header=plain(header))


def _header_vectors(kind: str, column: int) -> list[Json]:
    return [vector(f"header-{kind}-{row[0]}", f"{kind} of {row[0]} octets",
                   "Boundary WideLength" if row[0] >= 2**31 - 1 else "Boundary", _LENGTHS,
                   kind=kind, length=str(row[0]), header=plain(str(row[column])))
            for row in _HEADERS]


GROUPS: list[Json] = [
    group("encode", "Texts at each boundary of the length",
          [_length_vector(*row) for row in _TEXT_LENGTHS]),
    group("encode", "Bytes at each boundary of the length",
          [_length_vector(*row) for row in _BYTES_LENGTHS]),
    group("encode", "Code points",
          [vector(f"encode-{name}", comment, flags, "FRAME-4 TEXT-1 TEXT-5",
                  message=message, header=plain(header))
           for name, comment, flags, header, message in _TEXTS]),
    group("encode", "Octets that must not be looked into",
          [vector(f"encode-{name}", comment, "BytesAsIs", "FRAME-2 FRAME-10",
                  message=message, header=plain(header))
           for name, comment, header, message in _RUNS]),
    group("header", "Headers of texts whose payload nobody wants to store", _header_vectors("text",
          1)),
    group("header", "Headers of bytes whose payload nobody wants to store", _header_vectors("bytes",
          2)),
]
