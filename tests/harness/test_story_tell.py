"""What `explain` prints of a log: the outcome, then event by event, as wide as the terminal is."""

from __future__ import annotations

import io

import pytest
from logs import FIRST, SECOND, Made, Said, check, log_of, summary
from rich.console import Console

from harness import clauses
from harness.story import talk, tell, where
from harness.story.fold import folded
from harness.story.lines import Dropped, Mark, Octets, Over, Spoken
from harness.story.logfile import CaseLog

A: Said = ("text", b"a")
LONG: Said = ("bytes", bytes(range(100)))

QUEUES = {
    "state": "ESTABLISHED", "receive": 0, "send": 7, "not_sent": 0, "bytes_received": 100,
    "bytes_acked": 50, "full": True,
}


def told(
    log: CaseLog, *, width: int = 300, terminal: bool = False, encoding: str = "utf-8",
    direction: str | None = None, wire: int | None = None, everything: bool = False,
) -> list[str]:
    """The lines of a story as a console of that sort gets them."""
    octets = io.BytesIO()
    file = io.TextIOWrapper(octets, encoding=encoding, newline="\n", write_through=True)
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None)
    tell.story(log, console, clauses.load(), direction, wire, everything)
    return octets.getvalue().decode(encoding).splitlines()


def a_case() -> Made:
    """A message there, and garbage back."""
    made = Made().writes(FIRST, A, LONG).wire("forward", A, LONG).reads(SECOND, A, count=2)
    return made.bad("backward", bytes(11)).mark("backward", "reset")


def test_first_comes_what_it_came_to() -> None:
    """The clause in SPEC.md's words, expected and observed, whose fault, how to get it again."""
    made = a_case()
    log = log_of([*made.lines, check(ns=made.now)], blame=SECOND, why="it sent nonsense")
    lines = told(log)
    assert lines[0] == f"FAIL  {log.header.id}"
    top = [" ".join(line.split()) for line in lines[1 : lines.index("")]]
    sentence = clauses.load()["STREAM-1"].sentence
    assert top == [
        f"must STREAM-1: {sentence}", "expected the message", "observed another one",
        f"blame {SECOND}: it sent nonsense",
        f"replay python -m harness replay '{log.header.id}' --peers mine.toml",
    ]


def test_an_end_without_a_check_has_its_reason() -> None:
    log = log_of([], "CRASH", clause=None, reason="its process ended", step="write c1", stderr="!")
    lines = [" ".join(line.split()) for line in told(log)]
    assert "because its process ended" in lines and "step write c1" in lines
    assert "stderr !" in lines and lines[0].startswith("CRASH ")
    assert any(line.startswith("must STREAM-1: A receiver") for line in lines)


def test_then_what_happened_in_order() -> None:
    """Times from the beginning, who, and what in words."""
    made, crc = a_case(), summary(LONG)["crc32"]
    log = log_of([*made.lines, Over(made.now)])
    story = [" ".join(line.split()) for line in told(log) if "." in line[:12]]
    assert story == [
        "1.000 second is asked: listen",
        "2.000 second answers: listen: l1 at 127.0.0.1:2000",
        "3.000 wire first 127.0.0.1:1000 -> second 127.0.0.1:2000",
        "4.000 first is asked: open c1: connect to 127.0.0.1:1000",
        "5.000 first answers: open c1: done",
        "6.000 second is asked: open c1: accept from l1",
        "7.000 second answers: open c1: done",
        "8.000 first is asked: write c1: text of 1 octet, crc e8b7be43, 61; bytes of 100 octets,"
        f" crc {crc}, 00 01 02 03 04 05 06 07..",
        "9.000 first answers: write c1: wrote 2",
        "10.000 first -> second octets 0 to 1: 81 61",
        "10.000 first -> second frame 1: text of 1, crc e8b7be43, header 81, from octet 0",
        "11.000 first -> second octets 2 to 103:"
        " 64 81 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d ..",
        f"11.000 first -> second frame 2: bytes of 100, crc {crc}, header 64 81, from octet 2",
        "12.000 second is asked: read c1: up to 2 within 2 s",
        "13.000 second answers: read c1: text of 1 octet, crc e8b7be43, 61",
        "14.000 second -> first octets 0 to 10: 00 00 00 00 00 00 00 00 00 00 00",
        "14.000 second -> first no frame: FRAME-7, octet 0: an eleventh header octet",
        "15.000 second -> first RST behind octet 11",
        "16.000 case is over; what follows is tidying up",
    ]


def test_a_terminal_gets_lines_of_its_width_and_a_pipe_whole_ones() -> None:
    log = log_of(a_case().lines)
    narrow = told(log, width=80, terminal=True)
    body = narrow[narrow.index("") :]
    assert max(map(len, body)) <= 80 and any(line.startswith(" " * 20) for line in body)
    wide = told(log, width=80)
    assert any(len(line) > 100 for line in wide[wide.index("") :])


def test_anything_goes_through_a_pipe_that_speaks_ascii() -> None:
    """What peers say may be anything, and no escape sequence of theirs gets through."""
    said = Spoken(1, FIRST, "ended", {"text": "é \x1b[31m 中"})
    (line,) = [one for one in told(log_of([said]), encoding="ascii") if "ended:" in one]
    assert line.endswith(r"ended: \xe9 \x1b[31m \u4e2d")


def test_pieces_in_a_row_are_told_as_one() -> None:
    """Octet by octet would fill the screen; `--all` does it all the same."""
    pieces: list[Octets | Mark] = []
    for at in range(20):
        pieces.append(Octets(at * 1000, 0, "forward", at, 1, bytes([at]), at))
        pieces.append(Mark(at * 1000 + 1, 0, "forward", "consumed", at + 1, at, QUEUES))
    log = log_of([*Made().lines, *pieces])
    (row,) = [line for line in told(log) if "pieces" in line]
    assert "octets 0 to 19 in 20 pieces, within 0.019 ms: 00 01 02" in row
    assert "each was read before the next went out" in row
    every = told(log, everything=True)
    assert sum("piece " in line for line in every) == 20
    assert sum("second has read the first" in line for line in every) == 20
    kernel = "(kernel: 100 received, 0 of them unread, 7 in its send queue, full)"
    assert sum(kernel in line for line in every) == 20


def test_runs_are_broken_by_whatever_else_happens() -> None:
    """Another direction, another mark, a frame; and three pieces are no run."""
    def chunk(at: int, direction: str = "forward") -> Octets:
        return Octets(at, 0, direction, at, 1, b"x")

    few = [chunk(0), chunk(1), chunk(2)]
    assert list(folded(few)) == few
    two = [*(chunk(at) for at in range(5)), *(chunk(at, "backward") for at in range(5))]
    assert [len(run.pieces) for run in folded(two) if not isinstance(run, Octets)] == [5, 5]  # type: ignore[union-attr]
    unread = Mark(9, 0, "forward", "unread", 5)
    assert list(folded([*two[:5], unread]))[-1] == unread
    mixed = [chunk(0), Mark(1, 0, "forward", "consumed", 1), chunk(1), chunk(2), chunk(3)]
    assert list(folded(mixed)) == mixed


def test_one_direction_or_wire_can_be_told_alone() -> None:
    made = a_case()
    lines = told(log_of([*made.lines, Dropped(made.now, "wire 0", 7)]), direction="backward")
    assert not any("first -> second" in line for line in lines)
    assert any("second -> first" in line for line in lines)
    assert any("7 events are not kept" in line for line in lines)
    assert not any("->" in line for line in told(log_of(made.lines), wire=3))


@pytest.mark.parametrize(
    ("asked", "answer", "words"),
    [
        ({"do": "hello"}, {"ok": {}}, "hello: done"),
        ({"do": "wait", "conn": "a", "for": "ready", "within": 1},
         {"ok": {"happened": False, "conn": {"active": True, "handshake": {
             "state": "done", "returned": False, "raised": None}}}},
         "wait a: it did not happen; active true; handshake done (false)"),
        ({"do": "write", "conn": "a"},
         {"raised": {"name": "NotReady", "message": "no", "written": 1}},
         "write a raised NotReady: no, after wrote 1"),
        ({"do": "read", "conn": "a"},
         {"ok": {"messages": [], "ended": True, "last": "eof"}},
         "read a: no message; then the end (eof)"),
        ({"do": "gate"}, {"unsupported": "gate"}, "gate: does not support 'gate'"),
        ({"do": "state"}, {"fault": {"message": "hm"}}, "state: the adapter's fault: hm"),
        ({"do": "state"}, {"ok": {"threads": 2}}, "state: 2 threads"),
        ({}, {"ok": 3}, "None: done"),
        ({"do": "read"}, {"ok": {"messages": 3}}, "read: done"),
        ({"do": "wait"}, {"raised": 3}, "wait raised None: None"),
        ({"do": "open"}, {"ok": {"local": 3}}, "open: 3 to null"),
    ],
)
def test_answers_in_words(asked: dict[str, object], answer: dict[str, object], words: str) -> None:
    assert talk.answer(asked, answer) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"do": "wait", "conn": "a", "release": True}, "wait a: let the handshake go on"),
        ({"do": "close", "listener": "l1"}, "close l1"),
        ({"do": "open", "conn": "a", "accept": "l1", "sndbuf": 4, "handshake": [
            {"do": "receive"}, {"do": "return", "value": False}], "hooks": {"preWrite": {}}},
         "open a: accept from l1; sndbuf 4; handshake receive, return false;"
         ' hooks {"preWrite": {}}'),
        ({"do": "write", "conn": "a", "messages": [{"kind": "text", "surrogate": True}] * 6},
         "write a: " + "; ".join(['{"kind": "text", "surrogate": true}'] * 4) + " and 2 more"),
    ],
)
def test_requests_in_words(body: dict[str, object], words: str) -> None:
    assert talk.request(body) == words


# --- where a stream stands


def standing(log: CaseLog, after: int, direction: str | None = None) -> list[str]:
    """What is said of a place, with the white space folded."""
    octets = io.StringIO()
    where.stands(log, Console(file=octets, width=300), after, direction, None)
    return [" ".join(line.split()) for line in octets.getvalue().splitlines()]


def test_the_state_after_an_octet() -> None:
    """The header so far, what the next octet will be, and what came before."""
    log = log_of(Made().wire("forward", A, ("bytes", bytes(300))).lines)
    assert standing(log, 3, "forward") == [
        f"after octet 3 of 304, forward: {FIRST} to {SECOND}",
        "octet at offset 2 is 6c; it came 9.000 ms after the beginning, in a chunk from 2 to 303",
        "stands inside the header of a bytes frame that began at octet 2: 1 header octet and no"
        " end of it yet",
        "header 6c: bytes, length 44 so far",
        "next header octet 2: its bits 6 to 0 are bits 12 to 6 of the length, and bit 7 says"
        " whether it is the last",
        "before 1 frame is complete",
    ]
    assert "header 6c 84: bytes, length 300" in standing(log, 100)
    assert "next payload, 204 octets of it to come" in standing(log, 100)


def test_the_state_at_the_beginning_and_at_the_end() -> None:
    log = log_of(Made().wire("forward", A).lines)
    begin = standing(log, 0)
    assert [line for line in begin if line.startswith("after")] == [
        f"after octet 0 of 2, forward: {FIRST} to {SECOND}",
        f"after octet 0 of 0, backward: {SECOND} to {FIRST}",
    ]
    assert not any(line.startswith("octet") for line in begin)
    assert "stands between two frames, at octet 2" in standing(log, 2)
    with pytest.raises(where.NoSuchPlace, match="forward has 2 octets, backward has 0 octets"):
        standing(log, 3)
    with pytest.raises(where.NoSuchPlace, match="no such wire"):
        standing(log, 0, "sent")


def test_the_state_where_there_is_none() -> None:
    """Behind what is no frame, and where the octets were not kept."""
    broken = standing(log_of(a_case().lines), 11, "backward")
    assert "stands nowhere: FRAME-7, octet 0: an eleventh header octet" in broken
    ten = log_of(Made().part("forward", bytes(10)).lines)
    assert any("an eleventh header octet" in line for line in standing(ten, 10, "forward"))
    hole = log_of([*Made().lines, Octets(9, 0, "forward", 0, 100, b"\x81a\x85")])
    assert any("the log did not keep" in line for line in standing(hole, 50, "forward"))
    assert any("was not kept" in line for line in standing(hole, 50, "forward"))
