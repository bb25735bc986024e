"""What the harness and one peer have said to each other during a case.

Requests and answers are kept as they are, without copying them; how much of a payload is worth
writing down is decided when a log is written, and most cases never write one. Memory is bounded:
the first and the last messages of a case are kept, with the number of those between.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness import clock

#: How many messages are kept from either end: ten times what the longest case says, while looks at
#: a state again and again may be thousands.
KEPT = 400


@dataclass(frozen=True, slots=True)
class Said:
    """One message, or what became of the process.

    `ns` monotonic nanoseconds; `what` is `request`, `answer`, `garbage` (a line that is no answer),
    `started`, `ended` (on its own, or by breaking the protocol) or `killed` (by us); `body` the
    JSON object of the line, or what there is to say in words under `text`.
    """

    ns: int
    what: str
    body: Mapping[str, Any]


class Dialogue:
    """Messages in order. Thread-safe: requests and answers come from different threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: list[Said] = []
        self._last: deque[Said] = deque(maxlen=KEPT)
        self._seen = 0

    def begin(self) -> None:
        """Forget everything: a new case begins."""
        with self._lock:
            self._first = []
            self._last.clear()
            self._seen = 0

    def note(self, what: str, body: Mapping[str, Any]) -> None:
        """Note one message; `body` must not be changed afterwards."""
        said = Said(clock.now_ns(), what, body)
        with self._lock:
            self._seen += 1
            if len(self._first) < KEPT:
                self._first.append(said)
            else:
                self._last.append(said)

    @property
    def said(self) -> list[Said]:
        """What is kept, oldest first."""
        with self._lock:
            return [*self._first, *self._last]

    @property
    def dropped(self) -> int:
        """How many messages between the first and the last ones were let go."""
        with self._lock:
            return self._seen - len(self._first) - len(self._last)
