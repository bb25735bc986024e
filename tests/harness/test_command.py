"""Helper commands: they end, whatever they do, and what they said last is kept."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from typing import Any

import pytest

from harness import command

#: Far more than the commands below need: it is not what is tested.
AMPLE = 60.0
NEVER_ENDS = "import threading; threading.Event().wait()"


def python(script: str) -> list[str]:
    """The argv that runs a script in our own interpreter."""
    return [sys.executable, "-c", script]


def test_exit_code_and_both_streams() -> None:
    """Errors stand among the output, in their place."""
    script = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(7)"
    ended = command.run(python(script), AMPLE)
    assert ended.code == 7
    assert ended.output.split() == ["one", "two"]
    assert ended.last_line == "two"


def test_stdin_is_at_its_end() -> None:
    """Nobody is there to answer a question."""
    ended = command.run(python("import sys; print(repr(sys.stdin.read()))"), AMPLE)
    assert ended.output.strip() == "''"


def test_only_the_end_of_much_output_is_kept() -> None:
    """A flood costs no memory, and an error message stands at the end."""
    ended = command.run(python("print('x' * 1000000); print('the end')"), AMPLE)
    assert len(ended.output) <= command.OUTPUT_KEPT
    assert ended.last_line == "the end"


def test_no_output_has_no_last_line() -> None:
    """And is no error by itself."""
    assert command.run(python("pass"), AMPLE) == command.Ended(0, "")
    assert command.Ended(0, "").last_line == ""


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is gone when the call returns."""
    started: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    assert command.run(python(NEVER_ENDS), 0.2).code is None
    assert [process.returncode is not None for process in started] == [True]


def test_what_a_hanging_command_has_started_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shim is a shell that waits for another process."""
    child = "import socket, sys; s = socket.create_connection(('127.0.0.1', {})); s.recv(1)"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(AMPLE)
        connections: list[socket.socket] = []

        class Impatient(subprocess.Popen[bytes]):
            """Its time is over as soon as the child is there."""

            def wait(self, timeout: float | None = None) -> int:
                if timeout is None or connections:
                    return super().wait(timeout)
                connections.append(listener.accept()[0])
                raise subprocess.TimeoutExpired(self.args, timeout)

        script = child.format(listener.getsockname()[1])
        parent = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {script!r}])"
        monkeypatch.setattr(subprocess, "Popen", Impatient)
        assert command.run(python(parent), AMPLE).code is None
        with connections[0] as connection:
            connection.settimeout(AMPLE)
            # A reset is how Windows tells that the process at the other end was ended.
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_a_command_that_is_not_there() -> None:
    """The caller knows what it wanted to run, and says so better."""
    with pytest.raises(OSError):
        command.run(["./there is no such program"], AMPLE)


def test_our_own_settings_reach_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """PYTHONHOME of one version makes every other one fail at its start."""
    monkeypatch.setenv("PYTHONHOME", "nowhere")
    monkeypatch.setenv("PYTHONPATH", "nowhere")
    monkeypatch.setenv("STOCKINGS_TEST", "kept")
    script = "import os; print(sorted(n for n in os.environ if n[:6] in ('PYTHON', 'STOCKI')))"
    ended = command.run(python(script), AMPLE)
    assert ended.last_line == "['STOCKINGS_TEST']"


def test_a_given_environment_is_the_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not have is not there."""
    monkeypatch.setenv("STOCKINGS_TEST", "ours")
    given = {**command.clean_environment(), "OTHER": "given"}
    del given["STOCKINGS_TEST"]
    script = "import os; print(os.environ.get('STOCKINGS_TEST'), os.environ['OTHER'])"
    assert command.run(python(script), AMPLE, given).last_line == "None given"


def test_a_peer_gets_no_setting_that_the_user_has_for_others(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would decide verdicts, and no results file would tell."""
    name = "STOCKING_SELECT_SEND_INTERVAL"
    monkeypatch.setenv(name, "abc")
    monkeypatch.setenv("STOCKINGS_TEST", "kept")
    environment = command.peer_environment({"OWN": "1"})
    assert name not in environment
    assert (environment["STOCKINGS_TEST"], environment["OWN"]) == ("kept", "1")
    assert command.peer_environment({name: "0.05"})[name] == "0.05"
