"""Whole messages over a connected stream socket, between any versions of Python.

>>> import socket
>>> listener = socket.socket()
>>> listener.bind(("127.0.0.1", 0)); listener.listen(1)
>>> near = Stocking(socket.create_connection(listener.getsockname()))
>>> far = Stocking(listener.accept()[0]); listener.close()
>>> near.write(u"text"); near.write(b"octets")
>>> far.read(timeout=20) == u"text"
True
>>> far.read(timeout=20) == b"octets"
True
>>> far.read() is None and far.active  # nothing more yet
True
>>> near.closeWrite(); far.waitClosed(timeout=20); far.read() is None and not far.active
True
True
>>> far.closeCause == "eof"
True
>>> near.close(); far.close()
"""
from __future__ import absolute_import, division, print_function

from stockings import _flavours
from stockings import errors as _errors
from stockings._flavours import *  # noqa: F403
from stockings.errors import *  # noqa: F403

__version__ = "2.0.0"
__all__ = _flavours.__all__ + _errors.__all__
