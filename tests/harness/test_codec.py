"""The tester's codec: what the vectors do not say about it, and the examples of SPEC.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest

from harness import codec
from harness.clauses import SPEC
from harness.codec import Frame, FrameReader, Kind, Malformed, Parsed, encode, header

TEXT = SPEC.read_text(encoding="utf-8")


def table(first_cells: str) -> Iterator[dict[str, str]]:
    """The rows of every table of SPEC.md whose heading begins with these cells."""
    names: list[str] | None = None
    for line in TEXT.splitlines():
        if not line.startswith("|"):
            names = None
        elif line.startswith(f"| {first_cells} |"):
            names = [cell.strip() for cell in line.strip("|").split("|")]
        elif names is not None and not line.startswith("|---"):
            yield dict(zip(names, (cell.strip() for cell in line.strip("|").split("|")),
                           strict=True))


def octets(cell: str) -> bytes:
    """The octets of a cell: `61`, `61` × 64, or nothing."""
    found = re.fullmatch(r"(?:`([0-9A-F ]+)`(?: × ([0-9]+))?)?", cell)
    assert found is not None, cell
    return bytes.fromhex(found[1] or "") * int(found[2] or 1)


def content(row: dict[str, str]) -> bytes:
    """The payload octets of a row, worked out anew from its column Content."""
    count, *words = re.fullmatch(r"(?:(\d+) times )?(.*)", row["Content"]).groups()  # type: ignore[union-attr]
    octet = re.fullmatch(r"the octet (..)", words[0])
    if octet:
        return bytes.fromhex(octet[1]) * int(count or 1)
    points = [chr(int(word[2:], 16)) if word.startswith("U+") else word.strip("`")
              for word in words[0].replace("empty", "").split()]
    return "".join(points).encode() * int(count or 1)


EXAMPLES = list(table("Kind | Content"))


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['Kind']}-{row['Header']}")
def test_worked_examples_of_the_specification(row: dict[str, str]) -> None:
    kind: Kind = "text" if row["Kind"] == "text" else "bytes"
    head, payload = octets(row["Header"]), octets(row["Payload"])
    assert payload == content(row)
    assert len(payload) == int(row["Length"])
    frame = Frame(kind, payload)
    assert encode(frame, header_octets=len(head)) == head + payload
    [parsed] = FrameReader().feed(head + payload)
    assert parsed == Parsed(frame, head, 0, shortest=head == header(kind, len(payload)))


def test_the_examples_have_all_that_the_text_promises() -> None:
    lengths = {int(row["Length"]) for row in EXAMPLES}
    assert {0, 1, 63, 64, 65, 8191, 8192} <= lengths
    assert any(octets(row["Header"])[-1] == 0x80 and len(octets(row["Header"])) == 10
               for row in EXAMPLES)


def test_the_walk_of_the_specification_octet_by_octet() -> None:
    reader = FrameReader()
    rows = list(table("Offset | Octet"))
    for number, row in enumerate(rows):
        assert int(row["Offset"]) == number
        delivered = reader.feed(octets(row["Octet"]))
        assert bool(delivered) == row["After this octet"].endswith("delivered")
        pending = reader.pending
        assert (pending.header, pending.payload) == (
            int(row["Header octets"]), int(row["Payload octets"]),
        )
    clean = [row["Offset"] for row in rows if row["Header octets"] == "0"]
    assert f"after the octets {', '.join(clean[:-1])} or {clean[-1]} of" in " ".join(TEXT.split())


def test_the_table_of_boundaries() -> None:
    rows = list(table("Header octets | Bits of length"))
    assert [int(row["Header octets"]) for row in rows] == list(range(1, 11))
    for row in rows:
        count, smallest, largest = (
            int(row[name]) for name in ("Header octets", "Smallest length", "Largest length")
        )
        assert largest == 2 ** int(row["Bits of length"]) - 1
        for length in (smallest, largest):
            assert codec.shortest(length) == len(header("text", length)) == count
        assert codec.shortest(largest + 1) == count + 1
    assert int(rows[-1]["Largest length"]) == codec.MAX_LENGTH


def grammar(rule: str) -> bytes:
    """A rule of SPEC.md's ABNF as a regular expression over octets."""
    blocks = re.findall(r"```abnf\n(.*?)```", TEXT, re.S)
    lines = [line.split(";")[0].rstrip() for block in blocks for line in block.splitlines()]
    rules: dict[str, str] = {}
    name = ""
    for line in filter(None, lines):
        if not line.startswith(" "):
            name, line = (part.strip() for part in line.split("=", 1))
            assert name not in rules, f"{name} has two definitions"
            rules[name] = ""
        rules[name] += " " + line.strip()
    return _expression(rules, rule)


def _expression(rules: dict[str, str], rule: str) -> bytes:
    alternatives = []
    for alternative in rules[rule].split("/"):
        parts = b""
        for repeat, low, high, name in re.findall(
            r"(\*\d*)?(?:%x([0-9A-F]{2})(?:-([0-9A-F]{2}))?|([a-z-]+))", alternative
        ):
            if low:
                part = b"[\\x%s-\\x%s]" % (low.encode(), (high or low).encode())
            else:
                part = b"(?:%s)" % _expression(rules, name)
            times = b"" if not repeat else b"{0,%s}" % repeat[1:].encode()
            parts += part + times
        alternatives.append(parts)
    return b"(?:%s)" % b"|".join(alternatives)


@pytest.mark.parametrize("kind", ["text", "bytes"])
def test_the_grammar_takes_the_headers_of_ten_octets_and_no_others(kind: Kind) -> None:
    other = "bytes" if kind == "text" else "text"
    mine, others = (re.compile(grammar(f"{name}-header"), re.S) for name in (kind, other))
    for length in (0, 1, 63, 64, 127, 128, 8191, 8192, 2**32, codec.MAX_LENGTH):
        for count in range(codec.shortest(length), 11):
            head = header(kind, length, octets=count)
            assert mine.fullmatch(head)
            assert not others.fullmatch(head)
            assert not mine.fullmatch(head[:-1])
        assert not mine.fullmatch(header(kind, length, octets=11))


def test_the_grammar_of_text_is_that_of_utf_8() -> None:
    text = re.compile(grammar("text-payload"), re.S)
    # Each octet at which some rule begins, ends or changes, in every run of up to four.
    edges = bytes.fromhex("00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff")
    runs = [b""]
    for _ in range(3):
        runs = [run + bytes([octet]) for run in runs for octet in edges]
        for run in runs:
            assert bool(text.fullmatch(run)) == _is_utf_8(run), run.hex(" ")
    for first in edges[edges.index(0xF0):]:
        for second, third in ((a, b) for a in edges for b in (0x7F, 0x80, 0xBF, 0xC0)):
            run = bytes([first, second, third, 0x80])
            assert bool(text.fullmatch(run)) == _is_utf_8(run), run.hex(" ")


def _is_utf_8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("length", "octets_", "message"),
    [
        (-1, None, "cannot have -1"),
        (64, 1, "needs 2 header octets, not 1"),
        (0, 0, "needs 1 header octets, not 0"),
        (codec.MAX_LENGTH + 1, None, "the most a header can hold"),
        (codec.MAX_LENGTH + 1, 10, "needs 11 header octets"),
    ],
)
def test_headers_that_cannot_be(length: int, octets_: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        header("text", length, octets=octets_)


def test_a_header_of_eleven_octets_can_be_asked_for_and_is_refused() -> None:
    reader = FrameReader()
    octets_ = header("text", 1, octets=11)
    assert len(octets_) == 11
    assert reader.feed(b"\x81a" + octets_[:10]) == [Parsed(Frame("text", b"a"), b"\x81", 0, True)]
    assert reader.malformed is None
    assert reader.feed(octets_[10:]) == []
    assert reader.malformed == Malformed(
        "FRAME-7", 12, "an eleventh header octet, of a frame that began at octet 2"
    )
    assert reader.finish() is reader.malformed


def test_malformed_text_names_the_octet_and_what_stands_there() -> None:
    reader = FrameReader()
    good = reader.feed(b"\xc0\x85ab\xed\xa0\x80\x81c")
    assert [parsed.frame for parsed in good] == [Frame("bytes", b"")]
    assert str(reader.malformed) == (
        "TEXT-1, octet 4: no well-formed UTF-8 from ED A0 80 on (invalid continuation byte), in a"
        " text of 5 octets whose payload began at octet 2"
    )
    assert reader.pending == codec.Pending(1, 1, 5, "text", 5)


def test_after_a_malformed_frame_octets_count_and_nothing_comes() -> None:
    reader = FrameReader()
    reader.feed(b"\x81\xff")
    first = reader.malformed
    assert reader.feed(b"\x81a") == []
    assert reader.malformed is first
    assert reader.octets == 4


@pytest.mark.parametrize(
    ("stream", "where"),
    [
        (b"", "between two frames, at octet 0"),
        (b"\x81a", "between two frames, at octet 2"),
        (b"\x81a\x40\x00", "inside the header of a bytes frame that began at octet 2:"
                           " 2 header octets and no end of it yet"),
        (b"\x80\x00\x81abc", "inside the payload of a text frame that began at octet 1:"
                             " 3 of 64 octets after 2 header octets"),
    ],
    ids=["nothing", "between", "header", "payload"],
)
def test_a_reader_says_where_the_stream_stands(stream: bytes, where: str) -> None:
    reader = FrameReader()
    reader.feed(stream)
    assert str(reader.pending) == where
    end = reader.finish()
    if reader.pending.between:
        assert end is None
    else:
        assert end == Malformed("END-2", len(stream), f"the stream ends {where}")


def test_a_finished_reader_takes_no_more() -> None:
    reader = FrameReader()
    reader.finish()
    with pytest.raises(ValueError, match="a new stream needs a new reader"):
        reader.feed(b"")


def test_offsets_of_frames_and_long_headers_are_told() -> None:
    parsed = FrameReader().feed(b"\x81a\x41\x80b\x80")
    assert [(one.start, one.header, one.shortest) for one in parsed] == [
        (0, b"\x81", True), (2, b"\x41\x80", False), (5, b"\x80", True),
    ]


def test_every_way_to_cut_a_short_stream_gives_the_same() -> None:
    stream = b"\x82\xc3\xa9\xc0\x42\x00\x80\x80\xff\x80\x81a"
    whole = FrameReader().feed(stream)
    assert len(whole) == 5
    places = range(1, len(stream))
    for count in range(len(stream)):
        for cuts in combinations(places, count):
            edges = [0, *cuts, len(stream)]
            reader = FrameReader()
            pieces = [stream[low:high] for low, high in pairwise(edges)]
            assert [one for piece in pieces for one in reader.feed(piece)] == whole


@pytest.mark.parametrize("size", [1 << 16, 1 << 24])
def test_a_large_message_arrives_in_pieces(size: int) -> None:
    payload = bytes(range(256)) * (size // 256)
    stream = memoryview(encode(Frame("bytes", payload)))
    reader = FrameReader()
    # 1460 octets are what one segment of TCP usually holds.
    pieces = (stream[at:at + 1460] for at in range(0, len(stream), 1460))
    [parsed] = [one for piece in pieces for one in reader.feed(piece)]
    assert parsed.frame.payload == payload
    assert reader.octets == len(stream)
    assert reader.finish() is None


def test_the_buffer_of_the_caller_may_change_afterwards() -> None:
    buffer = bytearray(b"\xc3ab")
    reader = FrameReader()
    reader.feed(buffer)
    buffer[:] = b"zzz"
    [parsed] = reader.feed(b"c")
    assert parsed.frame.payload == b"abc"
    assert type(parsed.frame.payload) is bytes
