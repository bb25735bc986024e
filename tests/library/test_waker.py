"""The descriptor that any thread can make readable."""
from __future__ import absolute_import, division, print_function

import select

import pytest

from stockings import _waker
from stockings._compat import emulatedSocketpair, socketpair
from stockings._waker import Waker


@pytest.fixture(params=[socketpair, emulatedSocketpair], ids=["native", "emulated"])
def waker(request, monkeypatch):
    """A waker, on the system's socket pair and on the emulated one."""
    monkeypatch.setattr(_waker, "socketpair", request.param)
    waker = Waker()
    yield waker
    waker.close()


def readable(waker, timeout=0):
    """Whether its descriptor is readable."""
    return bool(select.select([waker.fileno()], [], [], timeout)[0])


def test_readable_from_set_to_clear(waker):
    """However often it is set, one clear makes it quiet."""
    assert not readable(waker)
    for _ in range(1000):
        waker.set()
    assert readable(waker, 5) and readable(waker)
    waker.clear()
    assert not readable(waker)
    waker.clear()
    waker.set()
    assert readable(waker, 5)


def test_update(waker):
    """Set or clear as told, repeatedly."""
    waker.update(False)
    assert not readable(waker)
    waker.update(True)
    waker.update(True)
    assert readable(waker, 5)
    waker.update(False)
    assert not readable(waker)


def test_a_handler_that_raises_inside_of_set_leaves_it_readable(waker):
    """Else nobody could set it again: the flag is up, and nothing has been sent."""
    far = waker._far

    class Interrupted(Exception):
        pass

    class Interrupting(object):
        close = far.close

        def send(self, *args):
            waker._far = far
            raise Interrupted

    waker._far = Interrupting()
    with pytest.raises(Interrupted):
        waker.set()
    assert readable(waker, 5)
    waker.clear()
    assert not readable(waker)


def test_set_after_close_does_nothing(waker):
    """A late wake-up must not touch a number that may be somebody else's."""
    waker.close()
    waker.set()
    waker.close()
