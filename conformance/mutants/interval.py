"""Mutants that get the setting for how long a written message may wait wrong."""

from __future__ import annotations

import os
from typing import Any

from conformance.mutants.sound import INTERVAL, USUAL, Sound

#: What was set when this was loaded.
AT_LOAD = os.environ.get(INTERVAL)
#: Seconds that a message waits at most, since `_write` cannot wait for an hour.
LONGEST = 0.5


class Waits(Sound):
    """It holds each message back as long as was set when it was loaded, or as usual."""

    breaks = ("API-11",)

    def set_interval(self) -> str | None:
        return AT_LOAD

    def _write(self, message: Any) -> None:
        # A thread that looks for messages from time to time would find it after this.
        self.finished.wait(min(self.interval, LONGEST))
        super()._write(message)


class HearsFirstOnly(Waits):
    """What was set when it was loaded holds for good, if there was something."""

    def set_interval(self) -> str | None:
        return super().set_interval() or os.environ.get(INTERVAL)


class TakesAnyInterval(Sound):
    """A setting that is of no use counts as none."""

    breaks = ("API-12",)

    def checked(self, given: str | None) -> float:
        try:
            return super().checked(given)
        except ValueError:
            return USUAL


class TakesEndlessInterval(Sound):
    """An infinite time is a time to it, and so is none at all."""

    breaks = ("API-12",)

    def checked(self, given: str | None) -> float:
        return USUAL if given in ("inf", "nan") else super().checked(given)


class TakesNegativeInterval(Sound):
    """A time below zero is taken without its sign."""

    breaks = ("API-12",)

    def checked(self, given: str | None) -> float:
        return super().checked(given and given.lstrip("-"))


class TakesEmptyInterval(Sound):
    """An empty setting counts as none."""

    breaks = ("API-12",)

    def set_interval(self) -> str | None:
        return super().set_interval() or None


class NamelessInterval(Sound):
    """It says that a setting is wrong, and not which one."""

    breaks = ("API-12",)

    def complaint(self, given: str | None) -> str:
        return "could not convert string to float"
