"""The flavours and their one setting."""
from __future__ import absolute_import, division, print_function

import os
import select
import socket
import subprocess
import sys

import pytest

import stockings
from stockings import _flavours

from . import support

VARIABLE = "STOCKING_SELECT_SEND_INTERVAL"


def test_stocking_is_the_most_efficient():
    """Poll where it exists, else Select."""
    if hasattr(select, "poll"):
        assert stockings.Stocking is stockings.PollStocking
    else:
        assert stockings.Stocking is stockings.SelectStocking
        assert not hasattr(stockings, "PollStocking")


def test_without_poll_there_is_no_poll_stocking():
    """In a process whose select module has none."""
    code = ("import select\n"
            "vars(select).pop('poll', None)\n"
            "import stockings, Stockings\n"
            "assert stockings.Stocking is stockings.SelectStocking\n"
            "assert not hasattr(stockings, 'PollStocking')\n"
            "assert 'PollStocking' not in stockings.__all__\n"
            "assert not hasattr(Stockings, 'PollStocking')\n"
            "import socket\n"
            "from stockings._compat import socketpair\n"
            "near, far = socketpair()\n"
            "near, far = stockings.Stocking(near), stockings.Stocking(far)\n"
            "near.write(u'x'); assert far.read(20) == u'x'\n"
            "near.abort(); far.abort()\n")
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    child = subprocess.Popen([sys.executable, "-c", code], env=environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.communicate()[0]
    assert child.returncode == 0 and output == b"", output


@pytest.fixture
def make(sockets):
    """A function that makes and ends a SelectStocking; it returns the interval in use."""
    def build():
        stocking = stockings.SelectStocking(sockets()[0])
        interval = stocking._pump.interval
        stocking.abort()
        return interval

    return build


@pytest.mark.parametrize("given,interval", [
    (None, 0.5), ("0.05", 0.05), ("0", 0.0), ("2", 2.0), ("1e-3", 0.001), (" 1 ", 1.0)])
def test_interval_is_read_at_creation(make, monkeypatch, given, interval):
    """Not at import."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if given is not None:
        monkeypatch.setenv(VARIABLE, given)
    assert make() == interval


@pytest.mark.parametrize("given", ["", "fast", "-1", "-0.001", "nan", "inf", "-inf", "0,5"])
def test_bad_interval_is_refused_by_name(make, monkeypatch, given, sockets):
    """A ValueError that names the variable; the socket is untouched, PollStocking unaffected."""
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ValueError) as caught:
        make()
    assert VARIABLE in str(caught.value) and repr(given) in str(caught.value)
    near = sockets()[0]
    with pytest.raises(ValueError):
        stockings.SelectStocking(near)
    assert near.gettimeout() == support.PATIENCE
    if hasattr(stockings, "PollStocking"):
        stockings.PollStocking(near).abort()


def test_interval_does_not_delay(opened, sockets, monkeypatch):
    """With an hour between its wake-ups, everything still happens at once."""
    monkeypatch.setenv(VARIABLE, "3600")
    near, far = sockets()
    near, far = opened(near), opened(far)
    near.write(b"x" * 8000000)
    assert len(far.read(support.PATIENCE)) == 8000000
    near.abort()
    assert far.waitClosed(support.PATIENCE)


def test_interval_zero_spins_and_works(opened, sockets, monkeypatch):
    """As in Stockings 1.2."""
    monkeypatch.setenv(VARIABLE, "0")
    near, far = sockets()
    near, far = opened(near), opened(far)
    near.write(u"m")
    assert far.read(support.PATIENCE) == u"m"


@pytest.mark.skipif(not hasattr(select, "poll"), reason="numbers do not matter on Windows")
def test_high_descriptor(sockets):
    """Select refuses it clearly and leaves the socket alone; Poll takes it."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1700:
        pytest.skip("this process may not open so many descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1700), hard))
    near, raw = sockets()
    os.dup2(near.fileno(), 1600)
    high = socket.fromfd(1600, socket.AF_INET, socket.SOCK_STREAM)
    os.close(1600)
    fillers = []
    try:
        while high.fileno() < 1024:
            fillers.append(high)
            high = socket.fromfd(high.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with pytest.raises(ValueError) as caught:
            stockings.SelectStocking(high)
        assert "PollStocking" in str(caught.value) and str(high.fileno()) in str(caught.value)
        with stockings.PollStocking(high) as stocking:
            stocking.write(u"m")
            assert raw.recv(10) == b"\x81m"
            raw.close()
    finally:
        for sock in fillers + [high]:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_subclasses_keep_the_flavour(flavour):
    """The documented way: class Mine(Stocking)."""
    class Mine(flavour):
        pass

    assert issubclass(Mine, flavour) and Mine._waiterType is flavour._waiterType
    assert set(_flavours.__all__) <= set(stockings.__all__)
