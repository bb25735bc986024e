"""What several test files need."""
from __future__ import absolute_import, division, print_function

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

import stockings
from stockings._compat import clock

#: Seconds after which a test gives up waiting; far beyond what a loaded machine, or one under wine
#: (24 s seen, with hundreds of threads), needs. Whole, as alarm() takes nothing else.
PATIENCE = 60


def until(predicate, seconds=PATIENCE):
    """Look at a predicate again and again until it is true; return what it gave last.

    For things that no descriptor announces (a thread that has gone). Never the measure of a
    verdict: the limit is only there so that a failing test ends.
    """
    pause = threading.Event()
    end = clock() + seconds
    while True:
        result = predicate()
        if result or clock() > end:
            return result
        pause.wait(0.002)


def tcpPair():
    """Return two connected TCP sockets, with a time limit so that no test hangs."""
    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        near = socket.create_connection(listener.getsockname())
        far = listener.accept()[0]
    finally:
        listener.close()
    near.settimeout(PATIENCE)
    far.settimeout(PATIENCE)
    return near, far


def receiveExactly(sock, count):
    """Return exactly count octets of a raw socket, fewer if the stream ends."""
    pieces = []
    while count:
        data = sock.recv(min(count, 1 << 16))
        if not data:
            break
        pieces.append(data)
        count -= len(data)
    return b"".join(pieces)


def receiveAll(sock):
    """Return everything up to the end of the stream of a raw socket."""
    pieces = []
    while True:
        data = sock.recv(1 << 16)
        if not data:
            return b"".join(pieces)
        pieces.append(data)


def reset(sock):
    """Close a raw TCP socket so that the other side sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


#: For tests that interrupt a call.
timer = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="the system has no interval timer")


@contextlib.contextmanager
def alarms(handler, first, interval=0.0):
    """Have ``handler()`` called on the main thread after ``first`` s, and every ``interval`` s.

    The timer is pytest-timeout's, too, and goes on for that afterwards.
    """
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    left = (0, 0)
    try:
        left = signal.setitimer(signal.ITIMER_REAL, first, interval)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *left)


class Interrupted(Exception):
    """What the handler of `interrupted` raises."""


def interrupt():
    """Be a handler that raises, as the one for Ctrl-C does."""
    raise Interrupted


def interrupted(call, *args):
    """Call a function that waits, and see what the handler raises come out of it.

    All of this may be interrupted: on a busy machine, the alarm can be there before the call is.
    Nothing traces it: coverage takes a lock for every call, which would stay taken.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        with pytest.raises(Interrupted), alarms(interrupt, 0.02):
            call(*args)
    finally:
        sys.settrace(tracer)


def patient(stocking, seconds=PATIENCE):
    """Have a Stocking deliver what was written on a busy machine, too; return it."""
    stocking.linger = stocking._pump.linger = seconds
    return stocking


def inThread(function, *args):
    """Start a function in a thread; return a callable that waits for it and gives its result."""
    outcome = []

    def run():
        try:
            outcome.append((function(*args), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.daemon = True
    thread.start()

    def result():
        thread.join(PATIENCE)
        assert outcome, "the thread is still running"
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    result.thread = thread
    return result


def untraced():
    """Return variables for `runPython` that keep coverage out of it."""
    return dict.fromkeys(one for one in os.environ if "COV" in one)


def runPython(program, *arguments, **variables):
    """Run a program to its end; return its exit status and all that it printed, as text.

    ``variables`` are added to its environment; None takes one out. One that hangs is killed.
    """
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    for name, value in variables.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    child = subprocess.Popen([sys.executable, "-c", program] + list(arguments), env=environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # Longer, since what the program itself waits for ends with PATIENCE, and says what it was.
    watch = threading.Timer(3 * PATIENCE, child.kill)
    watch.start()
    try:
        output = child.communicate()[0].decode("utf-8", "replace")
    finally:
        watch.cancel()
        watch.join()
    return child.returncode, output


def forked():
    """Fork; in the child, have an alarm end it if it hangs. Return as os.fork does.

    Nothing traces the child: at the fork, another thread may have that lock of coverage's.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # else it is the one of pytest-timeout
        signal.alarm(PATIENCE)
        threading.settrace(None)
    else:
        sys.settrace(tracer)
    return pid


def flavours():
    """Return the Stocking classes to test: those that exist, or the one STOCKINGS_FLAVOUR names."""
    found = {"select": stockings.SelectStocking}
    if hasattr(stockings, "PollStocking"):
        found["poll"] = stockings.PollStocking
    wanted = os.environ.get("STOCKINGS_FLAVOUR")
    if wanted:
        found = dict((name, found[name]) for name in found if name == wanted)
    return sorted(found.items())


def openDescriptors():
    """Return the numbers of the open descriptors, None where the system does not tell."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return None
    # The one that listdir itself used is gone again.
    return set(name for name in names if os.path.exists("/proc/self/fd/" + name) or
               os.path.lexists("/proc/self/fd/" + name))
