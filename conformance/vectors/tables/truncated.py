"""truncated.json: where the end of a stream is clean, and where it is not."""

from __future__ import annotations

from conformance.vectors.tables.parts import Json, group, note, plain, run, text, vector

FORMAT = "stockings-vectors/truncated"
COMMENT = (
    "Streams and their end. The messages listed are delivered, nothing else is; then the end of the"
    " stream is clean, or an error that can be told from a clean end. `inside` says where the end"
    " fell: octets of the header and of the payload that had arrived, and the length that the"
    " header declares (null while the header has no end)."
)

NOTES: dict[str, Json] = {
    "CleanEnd": note(
        "error handling", "The stream ends between two frames.",
        "A proper end is reported as an error."),
    "InHeader": note(
        "error handling", "The stream ends inside a header.",
        "A truncated stream looks complete."),
    "InPayload": note(
        "error handling", "The stream ends inside a payload.",
        "A part of a message is delivered, or a truncated stream looks complete."),
    "InCodePoint": note(
        "error handling",
        "The stream ends inside a code point that could still have been completed.",
        "The end is reported as malformed text, or the good part of the text is delivered."),
    "AfterGood": note(
        "error handling", "Good messages stand before the truncated frame.",
        "They are lost together with it."),
    "WideLength": note(
        "integer width", "A declared length that is small when cut down to 31, 32, 63 or 64 bits."
        " A receiver with a limit refuses the message instead (FRAME-12), which is as good:"
        " what it must not do is deliver one, or wait for less.",
        "The length wraps and an attacker chooses where the next frame begins."),
    "NoAllocation": note(
        "resource use", "A declared length beyond any memory.",
        "The receiver allocates what a peer merely claims."),
}

_A = text("a", "61")
_KEEP = "END-2 END-3 STREAM-3"

_CLEAN: list[tuple[str, str, str, list[Json]]] = [
    ("nothing", "no octet at all", "", []),
    ("after-text", "after a text", "81 61", [_A]),
    ("after-bytes", "after bytes", "c1 61", [run("61")]),
    ("after-empty-text", "after an empty text", "80", [text("", "")]),
    ("after-empty-bytes", "after empty bytes", "c0", [run("")]),
    ("after-long-empty", "after an empty text with a long header", "00 00 80", [text("", "")]),
    ("after-two-octet-header", "after a text of 64 octets", "00 81" + "61" * 64,
     [text("a" * 64, "61" * 64)]),
    ("after-several", "after three messages", "81 61 c0 81 61", [_A, run(""), _A]),
]

# Name, comment, flags, stream, header octets in, messages before.
_HEADERS: list[tuple[str, str, str, str, int, list[Json]]] = [
    ("header-1-text", "after the first header octet of a text", "InHeader", "00", 1, []),
    ("header-1-bytes", "after the first header octet of bytes", "InHeader", "40", 1, []),
    ("header-1-length", "after a first header octet with a length", "InHeader", "01", 1, []),
    ("header-2", "after two of three header octets", "InHeader", "00 00", 2, []),
    ("header-9", "after nine header octets", "InHeader", "00" * 9, 9, []),
    ("header-10", "after ten header octets without an end: no eleventh has arrived", "InHeader",
     "00" * 10, 10, []),
    ("header-10-after-text", "the same behind a text", "InHeader AfterGood", "81 61" + "00" * 10,
     10, [_A]),
    ("header-after-text", "a text, then a first header octet", "InHeader AfterGood", "81 61 00", 1,
     [_A]),
    ("header-after-empty", "an empty text, then a first header octet", "InHeader AfterGood",
     "80 40", 1,
     [text("", "")]),
    ("header-after-several", "three messages, then two header octets", "InHeader AfterGood",
     "81 61 c0 81 61 41 00", 2, [_A, run(""), _A]),
]

# Name, comment, flags, stream, header octets, payload octets in, declared length, messages before.
_PAYLOADS: list[tuple[str, str, str, str, int, int, int, list[Json]]] = [
    ("payload-0-of-1", "after the header of a text", "InPayload", "81", 1, 0, 1, []),
    ("payload-0-of-1-bytes", "after the header of bytes", "InPayload", "c1", 1, 0, 1, []),
    ("payload-1-of-2", "after one of two octets", "InPayload", "82 61", 1, 1, 2, []),
    ("payload-1-of-2-bytes", "after one of two octets, bytes", "InPayload", "c2 61", 1, 1, 2, []),
    ("payload-0-of-64", "after a two octet header", "InPayload", "00 81", 2, 0, 64, []),
    ("payload-63-of-64", "one octet before the end of 64", "InPayload", "00 81" + "61" * 63, 2, 63,
     64, []),
    ("payload-long-header", "after a header longer than needed", "InPayload", "01 00 80", 3, 0, 1,
     []),
    ("payload-after-text", "a text, then a cut one", "InPayload AfterGood", "81 61 82 62", 1, 1, 2,
     [_A]),
    ("payload-after-empty", "empty messages, then a header", "InPayload AfterGood", "80 c0 81", 1,
     0, 1,
     [text("", ""), run("")]),
    ("code-point-two", "after one of two octets of a code point", "InPayload InCodePoint",
     "82 c3", 1, 1, 2, []),
    ("code-point-four", "after three of four octets of a code point", "InPayload InCodePoint",
     "84 f0 9f 98", 1, 3, 4, []),
    ("code-point-after-letter", "a letter and half a code point of three octets",
     "InPayload InCodePoint",
     "83 61 c3", 1, 2, 3, []),
    ("payload-like-frame", "a cut payload that looks like a whole frame", "InPayload",
     "c3 81 61", 1, 2, 3, []),
]

_WIDE: list[tuple[str, str, str, int, int, int]] = [
    ("wide-2-31", "2^31 + 1 octets declared, one there", "41 00 00 00 90 62", 5, 1, 2147483649),
    ("wide-2-32", "2^32 + 1 octets declared, one there", "41 00 00 00 a0 62", 5, 1, 4294967297),
    ("wide-2-32-zero", "2^32 octets declared", "40 00 00 00 a0", 5, 0, 4294967296),
    ("wide-2-63", "2^63 + 1 octets declared, one there",
     "41 00 00 00 00 00 00 00 00 82 62", 10, 1, 9223372036854775809),
    ("wide-2-64", "2^64 + 1 octets declared, one there",
     "41 00 00 00 00 00 00 00 00 84 62", 10, 1, 18446744073709551617),
    ("wide-2-64-zero", "2^64 octets of text declared",
     "00 00 00 00 00 00 00 00 00 84", 10, 0, 18446744073709551616),
    ("wide-largest", "2^69 - 1 octets declared, the most there is",
     "7f 7f 7f 7f 7f 7f 7f 7f 7f ff 62", 10, 1, 590295810358705651711),
]


def _end(name: str, comment: str, flags: str, stream: str, messages: list[Json],
         inside: Json | None) -> Json:
    clean = inside is None
    return vector(f"truncated-{name}", comment, flags, "END-1 END-3" if clean else _KEEP,
                  clause="END-1" if clean else "END-2", stream=plain(stream), messages=messages,
                  end="clean" if clean else "truncated", inside=inside)


def _inside(header: int, payload: int, length: int | None) -> Json:
    return {"header": header, "payload": payload, "length": None if length is None else str(length)}


GROUPS: list[Json] = [
    group("truncated", "Clean ends",
          [_end(name, comment, "CleanEnd", stream, messages, None)
           for name, comment, stream, messages in _CLEAN]),
    group("truncated", "The end inside a header",
          [_end(name, comment, flags, stream, messages, _inside(header, 0, None))
           for name, comment, flags, stream, header, messages in _HEADERS]),
    group("truncated", "The end inside a payload",
          [_end(name, comment, flags, stream, messages, _inside(header, payload, length))
           for name, comment, flags, stream, header, payload, length, messages in _PAYLOADS]),
    group("truncated", "Lengths that do not fit",
          [_end(name, comment, "InPayload WideLength NoAllocation", stream, [],
                _inside(header, payload, length))
           for name, comment, stream, header, payload, length in _WIDE]),
]
