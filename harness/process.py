"""One peer process and its line-by-line conversation (adapter protocol, level 1).

This module knows processes, lines and time limits. It knows nothing of clauses, verdicts or frames:
every way in which a conversation can go wrong is a `PeerError` that names the step and the peer.

A reader thread per process turns lines into answers, since pipes cannot be waited for with
`select` on every system. Requests are written by the calling thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import clock, schemas, system
from harness.answer import Body
from harness.command import peer_environment
from harness.dialogue import Dialogue
from harness.peererror import (
    AdapterFault,
    Died,
    Garbage,
    LibraryRaised,
    NotStarted,
    PeerError,
    StepTimeout,
    Unsupported,
)

#: The longest line that an adapter may print: protocol version 1.
LONGEST_LINE = 1 << 20
#: Octets that may lie unread in a peer's stdin while we write without a watch: the smallest pipe
#: buffer among the systems that we run on (Windows), so that such a write cannot block.
UNWATCHED = 4096
#: How much of a peer's stderr is looked at for its last line.
TAIL = 4000
#: The kinds of answer of which each answer is exactly one.
KINDS = ("ok", "raised", "unsupported", "fault")


class Pending:
    """A request on its way; `result` waits for its answer."""

    def __init__(self, process: PeerProcess, verb: str, ident: int, step: str) -> None:
        self._process = process
        self._verb = verb
        self._ident = ident
        self.step = step

    def returns(self, within: float) -> bool:
        """Say whether the answer comes within the time, whatever it is; it is not taken."""
        return self._process.answered(self._ident, within)

    def result(self, within: float | clock.Deadline = clock.EXCHANGE) -> Body:
        """Return the `ok` body of the answer.

        Waits `within` seconds times the patience factor, or until a deadline. Raises
        `LibraryRaised`, `Unsupported`, `AdapterFault`, `StepTimeout`, `Died` or `Garbage`.
        """
        process = self._process
        answer = process.answer(self._ident, self.step, within)
        if process.validate:
            try:
                schemas.check_answer(self._verb, answer)
            except (schemas.ProtocolViolation, RecursionError) as error:
                raise Garbage(process.name, self.step, str(error)) from error
        return _body(process.name, self.step, answer)


def _body(peer: str, step: str, answer: Mapping[str, Any]) -> Body:
    """Return the body of an `ok`; every other kind of answer is an exception."""
    kinds = [kind for kind in KINDS if kind in answer]
    if len(kinds) != 1:
        what = f"an answer must be one of {', '.join(KINDS)}: {answer!r:.300}"
        raise Garbage(peer, step, what)
    kind = kinds[0]
    body = answer[kind]
    if kind == "unsupported":
        raise Unsupported(peer, step, f"the adapter does not support {body!r}")
    if not isinstance(body, dict):
        raise Garbage(peer, step, f"the answer's {kind!r} must be an object: {answer!r:.300}")
    if kind == "ok":
        return Body(body, peer, step)
    if kind == "raised":
        raise LibraryRaised(peer, step, body)
    what = f"the adapter reported its own fault: {body.get('message', body)}"
    raise AdapterFault(peer, step, what)


class PeerProcess:
    """A running adapter, in a process group of its own.

    `command` is its argv, `environment` what is added to ours, `name` the peer's name for messages,
    `stderr_path` the file that its stderr goes to. With `validate`, every answer is held against
    the protocol's schemas. What is said goes into the `dialogue`. Starts at once; raises
    `NotStarted`.
    `start`, `answer` and `kill` may be called from any thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        name: str,
        stderr_path: Path,
        validate: bool = False,
        dialogue: Dialogue | None = None,
    ) -> None:
        self.name = name
        self._dialogue = dialogue or Dialogue()
        self.stderr_path = stderr_path
        self.validate = validate
        self._condition = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._unanswered: dict[int, int] = {}
        self._failure: tuple[type[PeerError], str] | None = None
        self._ident = 0
        with stderr_path.open("ab") as stderr:
            try:
                self._popen = subprocess.Popen(
                    list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                    env=peer_environment(environment), **system.group_options(),
                )
            except (OSError, ValueError) as error:
                what = error.strerror if isinstance(error, OSError) else error
                raise NotStarted(name, "start", f"cannot run {command[0]!r}: {what}") from error
        self._dialogue.note("started", {"text": f"process {self._popen.pid}"})
        self._reader = threading.Thread(target=self._read, name=f"reader of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the adapter (the leader of its group)."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs and has kept to the protocol so far."""
        return self._failure is None and self._popen.poll() is None

    def start(self, verb: str, /, **keys: Any) -> Pending:
        """Send one request and return at once; the answer is taken from the `Pending`."""
        with self._condition:
            self._ident += 1
            ident = self._ident
        step = _step(verb, keys)
        request = {"id": ident, "do": verb, **keys}
        line = json.dumps(request, separators=(",", ":")).encode() + b"\n"
        self._dialogue.note("request", request)
        with self._condition:
            waiting = sum(self._unanswered.values())
            self._unanswered[ident] = len(line)
        if waiting + len(line) <= UNWATCHED:
            self._write(line)
        else:
            self._write_watched(line, step)
        return Pending(self, verb, ident, step)

    def call(self, verb: str, limit: float | clock.Deadline, /, **keys: Any) -> Body:
        """Send one request and wait `limit` seconds for its answer: see `Pending.result`."""
        return self.start(verb, **keys).result(limit)

    def answer(self, ident: int, step: str, within: float | clock.Deadline) -> dict[str, Any]:
        """Wait for the whole answer to request `ident`; see `Pending.result`."""
        deadline = clock.Deadline.of(within)
        with self._condition:
            while ident not in self._answers:
                if self._failure is not None:
                    kind, what = self._failure
                    raise kind(self.name, step, what)
                if deadline.over:
                    raise StepTimeout(self.name, step, f"no answer within {deadline.seconds:g} s")
                self._condition.wait(deadline.left())
            return self._answers.pop(ident)

    def answered(self, ident: int, within: float) -> bool:
        """Wait until the answer to request `ident` is there or none can come; say whether it is."""
        deadline = clock.Deadline(within)
        with self._condition:
            while ident not in self._answers and self._failure is None and not deadline.over:
                self._condition.wait(deadline.left())
            return ident in self._answers

    def stderr_tail(self) -> str:
        """Return the end of what the peer has printed on stderr, or an empty text."""
        try:
            with self.stderr_path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - TAIL))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def finish(self, within: float) -> int | None:
        """Close the peer's stdin, which must end it; return its exit code, None if it goes on."""
        self._close_stdin()
        try:
            return self._popen.wait(clock.Deadline(within).left())
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the process and everything that it started. Idempotent."""
        if self._popen.poll() is None:
            self._dialogue.note("killed", {})
        system.end_group(self._popen)
        self._close_stdin()
        self._reader.join()
        assert self._popen.stdout is not None
        self._popen.stdout.close()

    def _close_stdin(self) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.close()
        except OSError:
            # The pipe is broken because the peer is gone: closing was all that we wanted.
            pass

    def _write(self, line: bytes) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(line)
            self._popen.stdin.flush()
        except (OSError, ValueError):
            # The peer is gone. The reader finds out how, and `answer` tells it with the exit code.
            pass

    def _write_watched(self, line: bytes, step: str) -> None:
        writer = threading.Thread(target=self._write, args=(line,), daemon=True)
        writer.start()
        deadline = clock.Deadline(clock.TAKE_LINE)
        writer.join(deadline.left())
        if writer.is_alive():
            what = f"did not read its request within {deadline.seconds:g} s"
            raise StepTimeout(self.name, step, what)

    def _read(self) -> None:
        stdout = self._popen.stdout
        assert stdout is not None
        while True:
            line = stdout.readline(LONGEST_LINE + 1)
            if not line:
                return self._fail(Died, self._epitaph())
            if len(line) > LONGEST_LINE:
                return self._fail(Garbage, f"printed a line longer than {LONGEST_LINE} octets")
            try:
                answer = json.loads(line)
                ident = answer["id"]
            except (ValueError, TypeError, KeyError, RecursionError):
                return self._fail(Garbage, f"printed a line that is no answer: {line[:200]!r}")
            if not self._take(ident, answer):
                what = f"answered a request that was not made: {line[:200]!r}"
                return self._fail(Garbage, what)

    def _take(self, ident: Any, answer: dict[str, Any]) -> bool:
        with self._condition:
            if not isinstance(ident, int) or self._unanswered.pop(ident, None) is None:
                return False
            # Before anybody can act on it, so that the log has causes before their effects.
            self._dialogue.note("answer", answer)
            self._answers[ident] = answer
            self._condition.notify_all()
            return True

    def _fail(self, kind: type[PeerError], what: str) -> None:
        self._dialogue.note("ended" if kind is Died else "garbage", {"text": what})
        with self._condition:
            self._failure = (kind, what)
            self._condition.notify_all()

    def _epitaph(self) -> str:
        try:
            code = self._popen.wait(clock.unhurried(clock.REAP).left())
        except subprocess.TimeoutExpired:
            return "closed its stdout, but its process goes on"
        tail = self.stderr_tail().strip().splitlines()
        return f"its process ended with {system.exit_text(code)}" + (
            f"; last line on stderr: {tail[-1]}" if tail else ""
        )


def _step(verb: str, keys: Mapping[str, Any]) -> str:
    about = [f"{key}={keys[key]}" for key in ("conn", "for", "count") if key in keys]
    return " ".join([verb, *about])
