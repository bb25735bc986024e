"""Captures of wire logs, and the dissector, as tshark sees them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import FULL, Cli, needs_full
from logs import Made
from test_vectors import FILES

from harness.clauses import SPEC
from harness.story import capture, logfile
from harness.story.lines import Checked, Header, Judged, Line, Mark, Octets, Wire
from harness.story.logfile import CaseLog

LUA = SPEC.parent / "wireshark" / "stockings.lua"
PORT = 2000
needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is not on this machine (Debian package tshark)"
)


def case(body: Iterable[Line], peers: list[str] | None = None) -> CaseLog:
    """A log with these lines."""
    header = Header(0, "frame/x@one", "frame/x", "", peers or ["one"], [["FRAME-1", "A sender…"]])
    judged = Judged(10**12, "FAIL", "FRAME-1", "it was \u00e9", None)
    return CaseLog(header, logfile.in_order(body), judged)


def tshark(file: Path, *arguments: str) -> list[list[str]]:
    """The rows of the fields that tshark prints, several values of a field joined by `;`."""
    command = ["tshark", "-r", str(file), "-X", f"lua_script:{LUA}",
               "-T", "fields", "-E", "aggregator=;", "-E", "separator=\t", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=240, check=False)
    errors = [line for line in done.stderr.decode().splitlines() if "root" not in line]
    assert done.returncode == 0 and not errors, errors
    return [line.split("\t") for line in done.stdout.decode("utf-8").splitlines()]


def fields(*names: str) -> list[str]:
    return [word for name in names for word in ("-e", name)]


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def vectors() -> list[dict]:  # type: ignore[type-arg]
    """The streams that fit a few segments, of both codings."""
    return [
        one
        for name in ("decode", "malformed")
        for group in FILES[name]["groups"]
        for one in group["vectors"]
        if "stream" in one and len(one["stream"]) < 4000
    ]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, list[str]]]:
    """What the dissector says of every vector, whole and octet by octet, by its TCP stream."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not on this machine (Debian package tshark)")
    body: list[Line] = []
    for number, (vector, size) in enumerate((v, s) for v in vectors() for s in (1, 1 << 20)):
        body.append(Wire(number, number, ["tester", "one"], f"127.0.0.1:{PORT}",
                         f"127.0.0.1:{3000 + number}"))
        at = 0
        for piece in cut(bytes.fromhex(vector["stream"]), size):
            body.append(Octets(1000 + at, number, "sent", at, len(piece), piece))
            at += len(piece)
    file = tmp_path_factory.mktemp("wireshark") / "vectors.pcapng"
    capture.write(case(body), file)
    names = ("stockings.kind", "stockings.length", "stockings.text", "stockings.bytes",
             "stockings.clause", "tcp.analysis.flags")
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for stream, *values in tshark(
        file, "-d", f"tcp.port=={PORT},stockings", *fields("tcp.stream", *names)
    ):
        for name, value in zip(names, values, strict=True):
            found[int(stream)][name] += [one for one in value.split(";") if value]
    return found


def test_the_dissector_finds_the_messages_of_every_vector(
    seen: dict[int, dict[str, list[str]]]
) -> None:
    wrong = []
    for number, vector in enumerate(v for v in vectors() for _ in range(2)):
        told, messages = seen[number], vector["messages"]
        wanted = [(str(int(one["kind"] == "bytes")), str(one["length"])) for one in messages]
        got = list(zip(told["stockings.kind"], told["stockings.length"], strict=True))
        # A malformed text is shown, and flagged.
        if vector.get("clause") == "TEXT-1":
            got = got[:-1]
        clauses = [one for one in told["stockings.clause"] if one != "FRAME-5"]
        if got != wanted or clauses != ([vector["clause"]] if "clause" in vector else []):
            wrong.append((vector["id"], got, wanted, clauses))
    assert not wrong
    assert not [told for told in seen.values() if told["tcp.analysis.flags"]]


def test_longer_headers_are_noted(seen: dict[int, dict[str, list[str]]]) -> None:
    for number, vector in enumerate(v for v in vectors() for _ in range(2)):
        if vector["flags"] == ["LongHeader"]:
            assert set(seen[number]["stockings.clause"]) == {"FRAME-5"}, vector["id"]


def pair(folder: Path) -> Path:
    """The log of a pair that exchanged two messages, the second piece proved to arrive alone."""
    made = Made()
    made.add(Octets(made.now, 0, "forward", 0, 4, b"\x81a\x81b"))
    made.add(Mark(made.now, 0, "forward", "consumed", 2))
    made.add(Octets(made.now, 0, "backward", 0, 3, b"\xc2\x01\x02"))
    made.add(Checked(made.now, "FRAME-1", "MUST", True, "two", "two"))
    made.add(Mark(made.now, 0, "forward", "fin", 4))
    made.add(Mark(made.now, 0, "backward", "reset", 3))
    logfile.write(case(made.lines, ["first@x", "second@y"]), folder / "pair.jsonl")
    return folder / "pair.jsonl"


@needs_tshark
def test_a_pair_is_shown_on_both_sides_of_the_relay(tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "pair.pcapng"
    said = cli("explain", str(pair(tmp_path)), "--pcap", str(file))
    assert said.code == 0 and "pair.pcapng" in said.text
    rows = tshark(file, "-o", "stockings.ports:1000,2000", *fields(
        "frame.interface_name", "tcp.flags.str", "tcp.len", "stockings.text", "frame.comment",
        "tcp.analysis.flags", "frame.time_relative",
    ))
    near = [row for row in rows if row[0] == "wire 0: first@x to relay"]
    far = [row for row in rows if row[0] == "wire 0: relay to second@y"]
    assert len(near) + len(far) == len(rows)
    assert [row[2] for row in near if row[2] != "0"] == ["4", "3"]
    assert [row[2] for row in far if row[2] != "0"] == ["2", "2", "3"]
    assert [row[3] for row in far if row[3]] == ["a", "b"]
    flags = ["".join(one for one in row[1] if one.isalpha()) for row in far]
    assert flags[:3] == ["S", "AS", "A"]
    assert "AF" in flags and "AR" in flags
    assert not [row for row in rows if row[5]]
    comments = " ".join(row[4] for row in rows)
    wanted = "consumed behind octet 2", '"do": "listen"', "check FRAME-1 kept", "verdict FAIL"
    for words in wanted:
        assert words in comments
    times = [float(row[6]) for row in rows]
    assert times == sorted(times) and times[-1] > 0.001


@needs_tshark
def test_octets_that_a_log_did_not_keep_are_missing_in_the_capture_too(tmp_path: Path) -> None:
    body = [
        Wire(0, 0, ["tester", "one"], f"[::1]:{PORT}", "[::1]:3000"),
        Octets(5, 0, "sent", 0, 100_000, b"\x81a" * 32),
        Octets(6, 0, "sent", 100_000, 2, b"\x81z"),
        Mark(123_456_789, 0, "sent", "fin", 100_002),
    ]
    file = tmp_path / "long.pcapng"
    capture.write(case(body), file)
    rows = tshark(file, *fields("tcp.len", "frame.cap_len", "ipv6.src", "frame.time_epoch"))
    lengths = [int(row[0]) for row in rows if row[0] != "0"]
    assert sum(lengths) == 100_002
    assert int(rows[3][1]) == 14 + 40 + 20 + 64
    assert rows[0][2] == "::1"
    assert rows[-1][3] == "0.123456789"


@needs_tshark
def test_guessing_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    body = [
        Wire(0, 0, ["tester", "one"], "127.0.0.1:1234", "127.0.0.1:3000"),
        Octets(5, 0, "sent", 0, 4, b"\x81a\x81b"),
    ]
    file = tmp_path / "guess.pcapng"
    capture.write(case(body), file)
    assert not any(row[0] for row in tshark(file, *fields("stockings.text")))
    rows = tshark(file, "-o", "stockings.guess:TRUE", *fields("stockings.text"))
    assert [row[0] for row in rows if row[0]] == ["a;b"]


@needs_full
def test_a_capture_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, cli: Cli) -> None:
    said = cli("explain", str(pair(tmp_path)), "--pcap", FULL)
    full = os.strerror(errno.ENOSPC)
    assert (said.code, said.text) == (3, f"harness: --pcap {FULL}: cannot be written: {full}\n")


def test_a_case_without_connection_has_no_capture(tmp_path: Path, cli: Cli) -> None:
    logfile.write(case([]), tmp_path / "none.jsonl")
    said = cli("explain", str(tmp_path / "none.jsonl"), "--pcap", str(tmp_path / "none.pcapng"))
    assert said.code == 2 and "no connection was made" in said.text
    assert not (tmp_path / "none.pcapng").exists()


def test_a_capture_goes_with_no_other_question(tmp_path: Path, cli: Cli) -> None:
    logfile.write(replace(case([])), tmp_path / "none.jsonl")
    said = cli("explain", str(tmp_path / "none.jsonl"), "--pcap", "x.pcapng", "--at", "1")
    assert said.code == 2 and "--pcap" in said.text
