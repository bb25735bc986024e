"""The flavours: how a Stocking waits, and nothing else."""
from __future__ import absolute_import, division, print_function

import os

from stockings._core import Stats
from stockings._stocking import BaseStocking
from stockings._waiters import PollWaiter, SelectWaiter, hasPoll

__all__ = ["Stocking", "SelectStocking", "Stats"]

_VARIABLE = "STOCKING_SELECT_SEND_INTERVAL"
#: Seconds; a write is sent at once, so that the interval only bounds the I/O thread's sleep.
_DEFAULT_INTERVAL = 0.5


class SelectStocking(BaseStocking):
    """A Stocking that waits by ``select.select``, which every system has.

    ``STOCKING_SELECT_SEND_INTERVAL`` in the environment is the longest sleep of its I/O thread in
    seconds, 0.5 if it is missing; it is read when a Stocking is created. Raises ValueError for a
    value that is no number or negative, for a socket whose descriptor is too high for select, and
    on Windows for the 512th that is open, since select takes 512 sockets there, our own included.
    """

    _waiterType = SelectWaiter

    @staticmethod
    def _interval():
        given = os.environ.get(_VARIABLE)
        if given is None:
            return _DEFAULT_INTERVAL
        try:
            interval = float(given)
        except ValueError:
            interval = -1.0
        if not 0 <= interval < float("inf"):
            raise ValueError("the environment variable %s has to be a number of seconds, 0 or "
                             "more, and is %r" % (_VARIABLE, given))
        return interval


if hasPoll:
    class PollStocking(BaseStocking):
        """A Stocking that waits by ``select.poll``; it exists where that does."""

        _waiterType = PollWaiter

    __all__.append("PollStocking")


def _mostEfficient():
    return PollStocking if hasPoll else SelectStocking


#: The most efficient flavour of this system.
Stocking = _mostEfficient()
