"""Whole messages over a connected stream socket, between any versions of Python.

>>> import socket
>>> here, there = socket.socketpair()
>>> with Stocking(here) as near, Stocking(there) as far:
...     near.write(u"hello")
...     far.read(timeout=5) == u"hello"
True
"""
from __future__ import absolute_import, division, print_function

from stockings import _flavours
from stockings._flavours import *  # noqa: F401,F403
from stockings.errors import *  # noqa: F401,F403
from stockings import errors as _errors

__version__ = "2.0.0"
__all__ = _flavours.__all__ + _errors.__all__
