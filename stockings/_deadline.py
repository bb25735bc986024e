"""A point in time until which something may take."""
from __future__ import absolute_import, division, print_function

from stockings._compat import clock


class Deadline(object):
    """``seconds`` from now; None never comes. A negative number has come already."""

    def __init__(self, seconds):
        if seconds is not None and seconds != seconds:
            raise ValueError("a timeout is a number of seconds or None, not nan")
        self._end = None if seconds is None else clock() + seconds

    def left(self):
        """Return the seconds left, never below 0; None if it never comes."""
        return None if self._end is None else max(0.0, self._end - clock())

    @property
    def over(self):
        """Whether it has come."""
        return self._end is not None and clock() >= self._end
