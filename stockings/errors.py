"""One family of exceptions for everything that Stockings raise on their own account.

Every instance carries all its facts in ``args``, so that it survives pickling and copying. An error
that is kept (the cause of an end, a broken stream) is copied for each raise: one shared instance
would grow its traceback in every thread that sees it.
"""
from __future__ import absolute_import, division, print_function

import copy
import socket

__all__ = ["StockingError", "NotReady", "HandshakeFailed", "StockingClosed", "StockingBroken",
           "ProtocolError", "MessageTooLarge", "TruncatedMessage", "StockingTimeout"]


class StockingError(Exception):
    """Base of all errors of this package. ``str()`` gives the first argument."""

    def __str__(self):
        return str(self.args[0]) if self.args else type(self).__name__


class NotReady(StockingError):
    """The handshake has not completed, so the application may not read or write yet."""


class HandshakeFailed(NotReady):
    """The handshake has failed, so the application will never read or write.

    ``cause`` is the connection's ``closeCause``, ``error`` its ``closeError``.
    """

    def __init__(self, message="the handshake failed", cause=None, error=None):
        super(HandshakeFailed, self).__init__(message, cause, error)
        self.cause = cause
        self.error = error


class StockingClosed(StockingError, EOFError):
    """The connection has ended, here or on the other side, without an error.

    ``cause`` is the connection's ``closeCause``, ``error`` its ``closeError`` (None or an
    exception). It is an EOFError because Stockings 1.2 raised that.
    """

    def __init__(self, message="the connection has ended", cause=None, error=None):
        super(StockingClosed, self).__init__(message, cause, error)
        self.cause = cause
        self.error = error


class StockingBroken(StockingClosed):
    """The connection has ended by an error: any cause other than "eof" and "closed"."""


class ProtocolError(StockingError, ValueError):
    """The octets received are no well-formed frames."""


class MessageTooLarge(ProtocolError):
    """A message of ``size`` octets exceeds the ``limit`` that ``maxMessageSize`` sets."""

    def __init__(self, message="the message is too large", size=None, limit=None):
        super(MessageTooLarge, self).__init__(message, size, limit)
        self.size = size
        self.limit = limit


class TruncatedMessage(ProtocolError):
    """The stream ended inside a frame.

    ``received`` of ``expected`` octets of the payload had come; ``expected`` is None when the
    stream ended inside the header, and ``received`` counts the header's octets then.
    """

    def __init__(self, message="the stream ended inside a message", received=None, expected=None):
        super(TruncatedMessage, self).__init__(message, received, expected)
        self.received = received
        self.expected = expected


class StockingTimeout(StockingError, socket.timeout):
    """A write found no room in the queue within ``writeTimeout``; the message was not queued."""


def again(error):
    """Return a copy of a kept error, fit to be raised (its own traceback, the same facts)."""
    return copy.copy(error)
