"""A peer's stdin and stdout, line by line and octet by octet, for checking an adapter itself.

Unlike `harness.process`, which talks to adapters that are right, this can send half a line, two
lines at once or nonsense, and looks at whatever comes back.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any

import psutil

from harness import system
from harness.answer import Body
from harness.clock import Deadline
from harness.command import peer_environment
from harness.schemas import ProtocolViolation, check_answer

#: Seconds for a step that needs nobody else, before the patience factor: microseconds of work, so
#: this is what an overloaded machine may take.
STEP = 5.0
#: How much of a line or of stderr a message shows.
SHOWN = 160


class Failed(Exception):
    """A check failed; the message tells the author of the adapter what to change."""


class Channel:
    """One process under check, in its own group.  Not thread-safe: it belongs to one check."""

    def __init__(self, command: list[str], environment: Mapping[str, str], patience: float) -> None:
        """Start the command; raise Failed if that is impossible."""
        self.patience = patience
        #: Lines of stdout that answer nothing: no JSON object, or an id that was never sent.
        self.garbage: list[bytes] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._strays: list[dict[str, Any]] = []
        self._asked: dict[int, str] = {}
        self._granted: dict[int, float] = {}
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        # In append mode, since reading it must not move where the process writes.
        self._stderr = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - closed by kill()
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
                env=peer_environment(environment), **system.group_options(),
            )
        except OSError as error:
            self._stderr.close()
            raise Failed(f"the command cannot be started: {command[0]!r}: {error}") from None
        self._reader = threading.Thread(target=self._read, name="smoke reader", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    # -- sending

    def send(self, octets: bytes) -> None:
        """Write octets to stdin as they are; raise Failed if the process does not take them."""
        writer = threading.Thread(target=self._write, args=(octets,), daemon=True)
        writer.start()
        writer.join(STEP * self.patience)
        if writer.is_alive():
            raise Failed("the adapter does not read its stdin; read lines in a loop of their own")

    def _write(self, octets: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(octets)
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it is gone: the missing answer will say so, with the exit code

    def line(self, verb: str, number: int | None = None, **keys: Any) -> tuple[int, bytes]:
        """Return the id and the octets of a request, and expect an answer to it."""
        number = number if number is not None else 1 + max(self._asked, default=0)
        self._asked[number] = verb
        # A request may wait for its `within`; the answer gets a step on top of that.
        self._granted[number] = STEP * self.patience + keys.get("within", 0)
        return number, json.dumps({"id": number, "do": verb, **keys}).encode() + b"\n"

    def begin(self, verb: str, **keys: Any) -> int:
        """Send a request; return its id."""
        number, line = self.line(verb, **keys)
        self.send(line)
        return number

    # -- receiving

    def ask(self, verb: str, **keys: Any) -> dict[str, Any]:
        """Send a request and return its whole answer, which keeps to the schema."""
        return self.answer(self.begin(verb, **keys))

    def ok(self, verb: str, **keys: Any) -> Body:
        """Send a request that must succeed and return what its `ok` holds.

        To ask that for what it lacks raises Garbage: what it has to hold depends on the request,
        and no schema knows that.
        """
        return body_of(verb, self.ask(verb, **keys))

    def answer(self, number: int) -> dict[str, Any]:
        """Return the answer to a request that was sent; raise Failed if it does not come."""
        self._until(lambda: number in self._answers, self._granted[number],
                    f"{self._asked[number]} got no answer")
        answer = self._answers.pop(number)
        try:
            check_answer(self._asked[number], answer)
        except ProtocolViolation as violation:
            raise Failed(f"{violation}; the schemas are in conformance/schema/") from None
        return answer

    def stray(self, after: str) -> dict[str, Any]:
        """Return the next answer without an id."""
        granted = STEP * self.patience
        self._until(lambda: bool(self._strays), granted, f"{after} got no answer")
        answer = self._strays.pop(0)
        try:
            check_answer(None, answer)
        except ProtocolViolation as violation:
            raise Failed(f"{violation}; the schemas are in conformance/schema/") from None
        return answer

    def drop_strays(self) -> None:
        """Count answers without an id that nobody expected as garbage."""
        self.garbage += [json.dumps(each).encode() for each in self._strays]
        self._strays.clear()

    def answered(self, number: int) -> bool:
        """Say whether the answer to a request has been seen so far."""
        return number in self._answers

    def silence(self, seconds: float, why: str) -> None:
        """Raise Failed if any line comes within the time."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return
        raise Failed(f"{why}, but stdout gave {shown(line)}")

    def first_line(self) -> bytes:
        """Return the first line of stdout as it is (level 0)."""
        try:
            line = self._lines.get(timeout=STEP * self.patience)
        except queue.Empty:
            raise Failed("nothing came on stdout; flush it after the line") from None
        if line is None:
            raise Failed(f"the process ended before its first line{self._epitaph()}")
        return line

    def _until(self, arrived: Callable[[], bool], granted: float, otherwise: str) -> None:
        deadline = Deadline(granted, scaled=False)
        while not arrived():
            try:
                line = self._lines.get(timeout=deadline.left())
            except queue.Empty:
                raise Failed(f"{otherwise} within {deadline.seconds:g} s; flush stdout after each "
                             "line, and let no request wait for another") from None
            if line is None:
                self._lines.put(None)
                raise Failed(f"{otherwise}: the process ended{self._epitaph()}")
            self._sort(line)

    def _sort(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or "id" not in answer:
            self.garbage.append(line)
        elif answer["id"] is None:
            self._strays.append(answer)
        elif isinstance(answer["id"], int) and answer["id"] in self._asked:
            self._answers[answer["id"]] = answer
        else:
            self.garbage.append(line)

    # -- the end

    def descendants(self) -> list[psutil.Process]:
        """Return the processes that the adapter has started, and theirs."""
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def end_stdin(self) -> None:
        """Close the process's stdin."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # the pipe is broken: the process is gone already
            self._process.stdin.close()

    def exit_code(self, within: float = STEP) -> int | None:
        """Wait for the process to end by itself; return its exit code, or None if it does not."""
        try:
            return self._process.wait(within * self.patience)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the process and all that it started.  Idempotent."""
        system.end_group(self._process)
        self.end_stdin()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._stderr.close()

    def stderr(self) -> str:
        """Return what the process has written on stderr so far."""
        self._stderr.seek(0)
        return self._stderr.read().decode("utf-8", "replace")

    def _epitaph(self) -> str:
        code = self.exit_code(1.0)
        last = self.stderr().strip().splitlines()[-1:]
        return (f" ({system.exit_text(code)})" if code is not None else "") + (
            f"; last line on stderr: {last[0]}" if last else "; stderr is empty")


def require_known(verb: str, answer: dict[str, Any]) -> None:
    """Raise Failed if an adapter does not know a verb that every adapter has."""
    if answer.get("unsupported") == verb:
        raise Failed(f"the verb {verb!r} is not known yet; write it next: section 4 of "
                     f"conformance/ADAPTERS.md, {verb}, says what it does")


def body_of(verb: str, answer: dict[str, Any]) -> Body:
    """Return what the `ok` of an answer holds; raise Failed if it is none."""
    require_known(verb, answer)
    if "ok" not in answer:
        raise Failed(f"{verb} was answered by {shown(answer)}; it should have been `ok` here")
    return Body(answer["ok"], "the adapter", verb)


def shown(what: Any) -> str:
    """Return a line or an answer as a message shows it."""
    text = what.decode("utf-8", "replace") if isinstance(what, bytes) else json.dumps(what)
    text = text.rstrip("\n")
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
