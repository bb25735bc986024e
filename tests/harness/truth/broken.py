"""Libraries with one deliberate property each, so that there is something to judge.

Each is the reference with one change. None is meant to be used.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from stockings import Stocking

#: Whoever hangs says here that it does: the file that this variable names is made.
HANGING = "STOCKINGS_TRUTH_HANGING"


def _hang() -> None:
    path = os.environ.get(HANGING)
    if path:
        open(path, "a").close()
    threading.Event().wait()


class Correct(Stocking):
    """Nothing is wrong with it."""


class DropsEmpty(Stocking):
    """Does not send an empty message: a SHOULD is not met."""

    def write(self, message: Any) -> None:
        if message:
            super().write(message)


class Reverses(Stocking):
    """Delivers every message the wrong way round."""

    def postRead(self, message: Any) -> Any:
        return message[::-1]


class MixesKinds(Stocking):
    """Delivers every text as bytes."""

    def postRead(self, message: Any) -> Any:
        return message.encode() if isinstance(message, str) else message


class DiesInWrite(Stocking):
    """Takes its process with it, with some last words."""

    def write(self, message: Any) -> None:
        os.write(2, b"my last words\n")
        os._exit(7)


class DiesBehindIt(Stocking):
    """Does what it is asked to do, and takes its process with it when nobody looks any more."""

    def abort(self) -> None:
        os._exit(7)


class HangsInWrite(Stocking):
    """Its write never returns."""

    def write(self, message: Any) -> None:
        _hang()


class HangsInHandshake(Stocking):
    """Never becomes ready."""

    def handshake(self) -> bool:
        _hang()
        return True


class LeavesThread(Stocking):
    """Starts a thread for every connection that does not end with it."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        threading.Thread(target=threading.Event().wait, daemon=True).start()


class RaisesInWrite(Stocking):
    """Refuses to write what it has to write."""

    def write(self, message: Any) -> None:
        raise ValueError("not today")


class SendsGarbage(Stocking):
    """Sends octets that are no frame before every message."""

    def write(self, message: Any) -> None:
        self.sock.send(b"\0" * 11)
        super().write(message)


class Swallows(Stocking):
    """Never sends anything, so that it cannot be stuck with it either."""

    def write(self, message: Any) -> None:
        pass


class Moody(Stocking):
    """Refuses to write on every third of its connections."""

    connections = 0

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        type(self).connections += 1
        self._refuses = self.connections % 3 == 0

    def write(self, message: Any) -> None:
        if self._refuses:
            raise ValueError("not today")
        super().write(message)


class KillsWorker(Stocking):
    """Ends the process of the harness that it was started by: there are such accidents."""

    def write(self, message: Any) -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        threading.Event().wait()
