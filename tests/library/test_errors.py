"""The family of exceptions."""
from __future__ import absolute_import, division, print_function

import copy
import pickle
import socket

import pytest

from stockings import errors

SAMPLES = [
    errors.StockingError("what"),
    errors.NotReady("not yet"),
    errors.HandshakeFailed("never", "reset", socket.error(104, "gone")),
    errors.StockingClosed("over", "eof", None),
    errors.StockingBroken("broken", "protocol", errors.ProtocolError("bad")),
    errors.ProtocolError("bad"),
    errors.MessageTooLarge("too large", 11, 10),
    errors.TruncatedMessage("cut", 3, 10),
    errors.StockingTimeout("no room"),
]


def facts(error):
    """What has to survive."""
    names = ("cause", "size", "limit", "received", "expected")
    return [type(error), str(error)] + [getattr(error, name, None) for name in names]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_survives_pickling_and_copying(error):
    """Every protocol of pickle, copy and again() keep type, text and facts."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert facts(pickle.loads(pickle.dumps(error, protocol))) == facts(error)
    for copied in (copy.copy(error), errors.again(error)):
        assert copied is not error and facts(copied) == facts(error)


@pytest.mark.parametrize("name", errors.__all__)
def test_family(name):
    """All are StockingErrors, and can be made without arguments."""
    error = getattr(errors, name)()
    assert isinstance(error, errors.StockingError) and str(error)


def test_relatives_that_programs_rely_on():
    """Programs for Stockings 1.2 caught NotReady and EOFError; sockets raise socket.timeout."""
    assert issubclass(errors.HandshakeFailed, errors.NotReady)
    assert issubclass(errors.StockingClosed, EOFError)
    assert issubclass(errors.StockingBroken, errors.StockingClosed)
    assert issubclass(errors.StockingTimeout, socket.timeout)
    assert issubclass(errors.MessageTooLarge, errors.ProtocolError)
    assert issubclass(errors.TruncatedMessage, errors.ProtocolError)
    assert issubclass(errors.ProtocolError, ValueError)
