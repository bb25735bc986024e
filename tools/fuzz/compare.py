"""One input through both codecs: messages, errors, state after each piece, and octets again."""

from __future__ import annotations

from contextlib import nullcontext
from unittest import mock

from harness import codec
from harness.codec import FrameReader
from stockings import wire
from stockings.errors import MessageTooLarge, ProtocolError, TruncatedMessage
from tools.fuzz import oracle
from tools.fuzz.oracle import Given, Stand

#: A decoder that offers room, four octets at first, until fewer than three are missing, which are
#: fed again. Otherwise it is 32 KiB, more than any input has.
EAGER = {"_LARGE": 3, "_AHEAD": 4}


class Disagreement(Exception):
    """The codecs do not agree about an input."""


def compare(data: bytes) -> None:
    """Feed an input to both; Disagreement if anything differs."""
    given = oracle.read(data)
    known = oracle.stands(given)
    decoder = wire.Decoder(given.limit)
    with mock.patch.multiple(wire, **EAGER) if given.rooms else nullcontext():
        for number, (piece, stand) in enumerate(zip(given.pieces, known, strict=True)):
            _feed(decoder, memoryview(piece) if given.views else piece, stand,
                  f"piece {number} of {data.hex()}")
    _end(decoder, known[-1], data.hex())
    _tester(given, known)
    for stand in known:
        for parsed in stand.frames:
            _encode(parsed, given)


def _same(what: str, ours: object, wanted: object, where: str) -> None:
    if ours != wanted:
        raise Disagreement(f"{what}: {ours!r} instead of {wanted!r}, {where}")


def _error(error: ProtocolError | None) -> str | None:
    if error is None:
        return None
    return "too large" if isinstance(error, MessageTooLarge) else "malformed"


def _feed(decoder: wire.Decoder, piece: bytes | memoryview, stand: Stand, where: str) -> None:
    """Feed one piece; a stream that was malformed before it has to say so again."""
    before = decoder.error
    try:
        messages = _taken(decoder, piece)
    except ProtocolError as error:
        _same("raised", (type(error), error.args), (type(before), getattr(before, "args", None)),
              where)
        messages = []
    else:
        _same("an error that was there before", before, None, where)
    wanted = [_message(parsed.frame) for parsed in stand.frames]
    _same("messages", messages, wanted, where)
    _same("error", _error(decoder.error), stand.error, where)
    _same("consumed", decoder.consumed, stand.consumed, where)
    if stand.error is None:
        _same("pending", decoder.pending, stand.inside, where)


def _taken(decoder: wire.Decoder, piece: bytes | memoryview) -> list[str | bytes]:
    """Give a piece to the decoder as the library does: into its room, as long as it offers one."""
    messages: list[str | bytes] = []
    while (room := decoder.room() if piece else None) is not None:
        count = min(len(room), len(piece))
        with room:
            room[:count] = piece[:count]
        messages += decoder.filled(count)
        piece = piece[count:]
        if decoder.error is not None:
            return messages
    return messages + decoder.feed(piece)


def _end(decoder: wire.Decoder, last: Stand, where: str) -> None:
    """End the stream, twice: what it says stays."""
    for _ in range(2):
        ended, inside = "clean", last.inside
        try:
            decoder.feedEof()
        except TruncatedMessage as error:
            ended, inside = "truncated", (error.received, error.expected)
        except ProtocolError as error:
            ended = str(_error(error))
        _same("end", (ended, inside), (oracle.end(last), last.inside), where)


def _tester(given: Given, known: list[Stand]) -> None:
    """The tester's codec, with the same pieces, has to agree with itself."""
    if given.limit is None:
        reader = FrameReader()
        frames = [parsed for piece in given.pieces for parsed in reader.feed(piece)]
        _same("the tester's frames", frames, [one for each in known for one in each.frames],
              repr(given))


def _message(frame: codec.Frame) -> str | bytes:
    return frame.payload.decode() if frame.kind == "text" else frame.payload


def _encode(parsed: codec.Parsed, given: Given) -> None:
    """Encode again what was decoded: both have to give what came, if its header was shortest."""
    octets = wire.encode(_message(parsed.frame))
    where = f"the frame at octet {parsed.start} of {given.stream.hex()}"
    _same("encoded", octets, codec.encode(parsed.frame), where)
    if parsed.shortest:
        _same("encoded again", octets, parsed.header + parsed.frame.payload, where)
