"""The Python adapter's options, exit codes and identity, and how its process ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from places import ADAPTER, Start

from harness.smoke.bench import Bench

FULL = "poll=fakestockings:Full"


def run(python: list[str], environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run the adapter to its end; return its exit code and the last line of stderr."""
    done = subprocess.run(
        [*python, str(ADAPTER), *arguments], env=environment, input=b"", capture_output=True,
        timeout=60, check=False)
    return done.returncode, (done.stderr.decode().splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--class", FULL, "--plugh"], 89, "unknown option --plugh; usage: "),
        (["--class", FULL, "plugh"], 89, "unknown option plugh; usage: "),
        (["--class", FULL, "--mirror=yes", "--listen", "0"], 89, "unknown option --mirror"),
        ([], 2, "usage: "),
        (["--class"], 2, "--class needs a value; usage: "),
        (["--class", "poll"], 2, "--class takes FLAVOUR=MODULE:CLASS, not poll"),
        (["--class", FULL, "--mirror"], 2, "usage: "),
        (["--class", FULL, "--listen", "0"], 2, "usage: "),
        (["--class", FULL, "--mirror", "--listen", "0", "--connect", "h:1"], 2, "usage: "),
        (["--class", "poll=no_such_module:X"], 3, "cannot import no_such_module for flavour poll"),
        (["--class", "poll=fakestockings:X"], 3, "none of the classes exists"),
        (["--class", FULL, "--mirror", "--listen", "0", "--flavour", "plugh"], 89,
         "no flavour plugh; there are poll"),
        (["--class", FULL, "--mirror", "--listen", "plugh"], 2, "not a port: plugh"),
        (["--class", FULL, "--mirror", "--connect", "plugh"], 2, "not HOST:PORT: plugh"),
    ],
)
def test_refusals(
    python: list[str], environment: dict[str, str], arguments: list[str], code: int, message: str
) -> None:
    """One clear line on stderr, and the exit code that the protocol gives it."""
    ended, line = run(python, environment, *arguments)
    assert line.startswith(f"python_adapter: {message}")
    assert ended == code


def test_a_module_that_raises(
    python: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    """Whatever an import raises ends in one line."""
    Path(tmp_path, "raises.py").write_text("raise SystemExit('two\\nlines')\n")
    ended, line = run(python, environment, "--class", "poll=raises:X")
    assert ended == 3
    assert line == ("python_adapter: cannot import raises for flavour poll: SystemExit: two lines"
                    " (is its directory on PYTHONPATH?)")


def test_a_flavour_without_a_class_is_left_out(start: Start) -> None:
    """As PollStocking is where there is no poll."""
    channel = start("--class", FULL, "--class=select=fakestockings:Missing")
    assert channel.ok("hello", protocol=1)["flavours"] == ["poll"]
    assert "fakestockings has no Missing here" in channel.stderr()


def test_identity(start: Start, tmp_path: Path) -> None:
    """Options come first, then the module's own word, then its distribution's."""
    def identity(*arguments: str) -> dict[str, str]:
        facts: dict[str, str] = start(*arguments).ok("hello", protocol=1)["implementation"]
        return facts

    given = identity("--class", FULL, "--implementation", "mine", "--version", "7")
    assert given == {"name": "mine", "version": "7", "language": "Python"}
    Path(tmp_path, "bare_one.py").write_text("from fakestockings import Full\n")
    assert identity("--class", "poll=bare_one:Full")["version"] == "unknown"
    Path(tmp_path, "Bare.One-1.2.dist-info").mkdir()
    assert identity("--class", "poll=bare_one:Full")["version"] == "1.2"


def test_a_protocol_of_another_version(start: Start) -> None:
    """It is declined, so that a newer harness can ask for less."""
    channel = start("--class", FULL)
    line = channel.line("hello")[1].replace(b"}", b', "protocol": 2}')
    channel.send(line)
    assert channel.answer(json.loads(line)["id"]) == {"id": 1, "unsupported": "protocol"}


def test_the_end_of_stdin_is_the_end_of_all(bench: Callable[[str], Bench]) -> None:
    """Also with threads of the library that would keep a process alive."""
    one = bench("Full")
    one.meet(ready=False, handshake=[{"do": "hold"}])
    assert one.channel.ok("state")["threads"] >= 2
    one.channel.end_stdin()
    assert one.channel.exit_code() == 0


def test_half_a_line_is_no_request(start: Start) -> None:
    """What the end of stdin cuts off is not obeyed."""
    channel = start("--class", FULL)
    channel.send(b'{"id": 1, "do": "hello", "protocol": 1}')
    channel.end_stdin()
    assert channel.exit_code() == 0
    assert channel.garbage == []
