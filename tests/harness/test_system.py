"""What differs per operating system."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from harness import system

#: Starts a process, says its number, and then ends or goes on.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
if sys.argv[1] == "stay":
    child.wait()
"""


@pytest.mark.parametrize(
    "manner",
    [
        "stay",
        pytest.param("go", marks=pytest.mark.skipif(
            system.WINDOWS, reason="Windows does not know the children of a process that is gone"
        )),
    ],
)
def test_a_group_ends_with_all_its_members(manner: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, manner], stdout=subprocess.PIPE, **system.group_options()
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    if manner == "go":
        # Reaped: the group has to be found without its leader.
        process.wait()
    system.end_group(process)
    system.end_group(process)
    process.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=30)
    assert process.returncode is not None
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.skipif(system.WINDOWS, reason="Windows has no signals")
@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-11, "signal SIGSEGV"), (-200, "signal 200")],
)
def test_the_end_of_a_process_in_words(code: int, words: str) -> None:
    assert system.exit_text(code) == words


def test_there_is_a_processor() -> None:
    assert system.cores() >= 1


def echo() -> subprocess.Popen[bytes]:
    """A process in a group of its own that says what it is told, and ends."""
    program = "import sys; sys.stdout.write(sys.stdin.read())"
    return subprocess.Popen(
        [sys.executable, "-I", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        **system.group_options(),
    )


@pytest.mark.skipif(system.WINDOWS, reason="Windows keeps the number while we hold the process")
def test_nobody_is_ended_who_was_given_the_number_of_a_process_that_is_gone() -> None:
    with echo() as gone, echo() as innocent:
        system.end_group(gone)
        gone.pid = innocent.pid
        system.end_group(gone)
        assert innocent.communicate(b"here") == (b"here", None)
        assert innocent.returncode == 0
