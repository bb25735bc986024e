"""conformance/ADAPTERS.md says what is: its lines, its tables, its programs."""

from __future__ import annotations

import base64
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import blocks
from places import ADAPTER, PATIENCE, ROOT

from harness import smoke as package
from harness.discovery import Interpreter
from harness.peers import load_file
from harness.schemas import check_answer, check_request, verbs
from harness.smoke import smoke
from harness.smoke.lines import LINE_LIMIT

GUIDE = (ROOT / "conformance" / "ADAPTERS.md").read_text(encoding="utf-8")


def lines(arrow: str) -> list[dict[str, Any]]:
    """The example lines in one direction."""
    return [json.loads(found) for found in re.findall(rf"^    {arrow} (.*)$", GUIDE, re.MULTILINE)]


def test_every_example_keeps_to_the_schemas() -> None:
    """Requests and answers, of every verb; the answers are paired by their ids."""
    requests = {each["id"]: each for each in lines("→")}
    for request in requests.values():
        check_request(request)
    assert {each["do"] for each in requests.values()} == set(verbs())
    sections = re.split(r"^### (\w+)$", GUIDE, flags=re.MULTILINE)[1:]
    for verb, section in zip(sections[::2], sections[1::2], strict=True):
        answers = re.findall(r"^    ← (.*)$", section.split("\n## ")[0], re.MULTILINE)
        assert answers, verb
        for answer in map(json.loads, answers):
            check_answer(verb, answer)
            assert requests[answer["id"]]["do"] == verb


def test_the_kinds_of_answers_are_shown() -> None:
    """Section 3 has one of each, and one without an id."""
    general = GUIDE.split("\n## 3.")[1].split("\n## 4.")[0]
    answers = [json.loads(each) for each in re.findall(r"^    ← (.*)$", general, re.MULTILINE)]
    assert [sorted(set(each) - {"id"})[0] for each in answers] == [
        "raised", "unsupported", "fault", "fault"]
    check_answer("write", answers[0])
    check_answer("frobnicate", answers[1])
    check_answer("open", answers[2])
    check_answer(None, answers[3])


def test_every_check_is_listed() -> None:
    """With the sentence that its docstring is."""
    checks = (*package.lines.GREETING, *package.CHECKS, *package.MIRROR_CHECKS)
    for check in checks:
        assert check.__doc__ is not None
        assert f"| `{check.__name__.replace('_', '-')}` | {check.__doc__.strip()} |\n" in GUIDE


def test_the_limits_are_the_real_ones() -> None:
    """Numbers in prose."""
    assert f"{LINE_LIMIT:,} octets" in GUIDE
    assert "LINE_LIMIT = 1024 * 1024" in ADAPTER.read_text(encoding="utf-8")


def test_the_entries_of_section_9_load(tmp_path: Path) -> None:
    """The examples are entries as the harness takes them."""
    program, library, far = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "mine.toml"
    file.write_text(program, encoding="utf-8")
    assert [each.name for each in load_file(file, [])] == ["mine@fast", "mine@slow"]
    file.write_text(library, encoding="utf-8")
    interpreters = [Interpreter((name,), name, "3.13.0", name) for name in ("cpython", "pypy")]
    assert [each.name for each in load_file(file, interpreters)] == [
        "mine@cpython3.13-poll", "mine@pypy3.13-poll"]
    file.write_text(far, encoding="utf-8")
    assert [(each.name, each.host) for each in load_file(file, [])] == [
        ("far@poll", "192.0.2.1"), ("far@select", "192.0.2.1")]


def test_the_mirror_in_javascript_works(tmp_path: Path) -> None:
    """The program of section 2, as it stands, passes every check of level 0."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    blocks = re.findall(r"^```javascript\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    program = tmp_path / "mirror.js"
    program.write_text(blocks[0], encoding="utf-8")
    results = smoke(None, {}, "default", PATIENCE, [node, str(program), "--mirror"])
    assert [(each.name, each.message) for each in results if not each.ok] == []
    assert len(results) == len(package.MIRROR_CHECKS)


@pytest.mark.skipif(
    not hasattr(select, "poll") or shutil.which("sh") is None, reason="it is one on a POSIX system"
)
def test_the_session_of_section_10_goes_as_it_stands() -> None:
    """Typed line by line; the port is another one, and a socket of ours is in netcat's place."""
    (start, listen, listening, accept), (send,) = (
        block.splitlines() for block in blocks(GUIDE, "console"))
    (read,) = re.findall(r"^`(\{\"id\": 3, .*\})`:$", GUIDE, re.MULTILINE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with subprocess.Popen(
        ["sh", "-c", start.removeprefix("$ ")], cwd=ROOT, env={**os.environ, "PATH": path},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as shell:
        assert shell.stdin is not None and shell.stdout is not None

        def typed(line: str) -> dict[str, Any]:
            """Type a line; what comes then."""
            shell.stdin.write(f"{line}\n".encode())
            shell.stdin.flush()
            return dict(json.loads(shell.stdout.readline()))

        said = typed(listen)
        port = said["ok"]["address"][1]
        assert said == json.loads(listening.replace("43121", str(port)))
        octets = subprocess.check_output(["sh", "-c", send.removeprefix("$ ").split(" | nc ")[0]])
        assert octets.hex(" ") == "81 61" and f"octets `{octets.hex(' ')}`" in GUIDE
        with socket.create_connection(("127.0.0.1", port)) as other:
            other.sendall(octets)
            assert "ok" in typed(accept)
            (message,) = typed(read)["ok"]["messages"]
            assert base64.b64decode(message["base64"]) == b"a"
        shell.stdin.close()
    assert shell.returncode == 0
