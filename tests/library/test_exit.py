"""The end of the interpreter: no hang, no noise, on 2.7 too."""
from __future__ import absolute_import, division, print_function

import socket
import threading

import pytest

from stockings import _ending

from . import support
from .test_tls import PEM

HEAD = """
from __future__ import print_function
import atexit, os, sys, threading
{early}
import stockings, stockings._ending
from stockings._compat import emulatedSocketpair, socketpair
stockings._ending._LIMIT = 5  # the machine may be busy
Flavour = getattr(stockings, sys.argv[1])
a, b = socketpair()

def daemon(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.daemon = True
    thread.start()
    return thread

def secured():
    import ssl
    new = getattr(ssl, "PROTOCOL_TLS_SERVER", ssl.PROTOCOL_SSLv23)
    one, other = emulatedSocketpair()  # 2.7 wraps no end of a real one
    server = ssl.SSLContext(new)
    server.load_cert_chain(sys.argv[2])
    client = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_CLIENT", ssl.PROTOCOL_SSLv23))
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    sides = []
    thread = daemon(lambda: sides.append(server.wrap_socket(other, server_side=True)))
    sides.insert(0, client.wrap_socket(one))
    thread.join()
    return sides

class Shaking(Flavour):
    def handshake(self):
        self._write(u"hello")
        return self._read(20) == u"hello"

class Late(object):
    # In a module of the library: lets other threads run while 2.7 takes that apart.
    def __del__(self, wait=threading.Event().wait):
        wait(0.5)
"""

# What a program may be in the middle of when it ends.
STATES = {
    "idle": "near, far = Flavour(a), Flavour(b)\n",
    "open": "near, far = Flavour(a), Flavour(b)\nnear.write(u'x')\n",
    "unread": """
near, far = Flavour(a), Flavour(b)
for number in range(100):
    near.write(b"x" * number)
far.waitMessage(20)
""",
    "queued": "near = Flavour(a)\nnear.write(b'x' * 10000000)\n",
    "waiting-read": "near = Flavour(a)\ndaemon(near.read, None)\n",
    "waiting-reads": """
near, far = Flavour(a), Flavour(b)
for one in (near, near, far):
    daemon(one.read, None)
""",
    "waiting-shortly": """
near, far = Flavour(a), Flavour(b)
def again(call, *arguments):
    while True:
        call(*arguments)
for call, limit in ((near.read, 0.02), (near.read, 0.002), (far.waitMessage, 0.02),
                    (far.waitClosed, 0.01)):
    daemon(again, call, limit)
threading.Event().wait(0.05)
stockings._waiters.late = Late()
""",
    "beginning-to-wait": """
import stockings._ending, stockings._waiters as waiters
from stockings._compat import clock
stockings._ending._LIMIT = 20
begun = threading.Event()
ident = lambda: threading.current_thread().ident
names = vars(waiters)
def slowly(timeout, before=waiters._milliseconds, clock=clock, begun=begun, ident=ident,
           names=names):
    if ident() == reader.ident:
        until = clock() + 0.3
        begun.set()
        while clock() < until and names["_LONGEST"] is not None:  # as it is once 2.7 has ended it
            pass
    return before(timeout)
near = Flavour(a)
if sys.version_info[0] == 2 and near._pump.loop.standby is not None:
    daemon(near.read, None)
    while not near._pump.led:
        pass
    reader = threading.Thread(target=near.read, args=[1000])
    reader.daemon = True
    waiters.late = Late()
    waiters._milliseconds = slowly
    reader.start()
    begun.wait(20)
""",
    "waiting-flush": "near = Flavour(a)\nnear.write(b'x' * 10000000)\ndaemon(near.flush)\n",
    "waiting-closed": "near = Flavour(a)\ndaemon(near.waitClosed)\n",
    "waiting-room": """
class Careful(Flavour):
    sendHighWater = 1000
near = Careful(a)
near.write(b"x" * 10000000)
daemon(near.write, b"y")
""",
    "closing": "near = Flavour(a)\nnear.write(b'x' * 10000000)\ndaemon(near.close)\n",
    "handshake": "near, far = Shaking(a), Shaking(b)\n",
    "handshake-fails": "near = Shaking(a)\nb.close()\n",
    "handshake-alone": """
near = Shaking(a)
threading.Timer(0.1, Flavour(b).write, (u"hello",)).start()
""",
    "tls": "near, far = map(Flavour, secured())\nnear.write(u'x')\n",
    "tls-queued": "sides = secured()\nnear = Flavour(sides[0])\nnear.write(b'x' * 10000000)\n",
    "tls-waiting": "sides = secured()\nnear = Flavour(sides[0])\ndaemon(near.read, None)\n",
    "with": "with Flavour(a) as near:\n    near.write(u'x')\n    b.close()\n",
    "half-closed": "near, far = Flavour(a), Flavour(b)\nnear.closeWrite()\n",
    "ended": "near = Flavour(a)\nb.close()\nnear.waitClosed(20)\n",
    "fileno": "near = Flavour(a)\nnear.fileno()\n",
    "exception": """
near = Flavour(a)
try:
    near.write(None)
except TypeError:
    pass
""",
}

# Where the last reference to a Stocking may be, so that `__del__` runs late or never.
PLACES = {
    "cycle": "near = Flavour(a)\nnear.myself = near\n",
    "other-module": "near = Flavour(a)\nsys.modules['json.late'] = near\nos.near = Flavour(b)\n",
    "builtins": "__import__('threading').near = __builtins__.near = Flavour(a)\n",
    "thread-local": "here = threading.local()\nhere.near = Flavour(a)\n",
    "class-with-del": """
class Owner(object):
    def __init__(self):
        self.near = Flavour(a)
        self.myself = self
    def __del__(self):
        self.near.write(u"bye")
        self.near.abort()
owner = Owner()
""",
    "exception-of-main": """
try:
    near = Flavour(a)
    raise KeyError(near)
except KeyError as error:
    kept = error
""",
}

# What handlers at exit do; those that were registered before the library was imported run after it
# has stopped its threads.
AT_EXIT = {
    "abort": "near = Flavour(a)\natexit.register(near.abort)\n",
    "close": "near = Flavour(a)\nnear.linger = 0.2\natexit.register(near.close)\n",
    "write-and-close": """
near, far = Flavour(a), Flavour(b)
def last():
    near.write(u"last")
    assert far.read(20) == u"last"
    far.abort()
    near.close()
atexit.register(last)
""",
    # 3.12 starts no thread any more, and says so each time.
    "make": """
def late():
    for _ in range(2):
        try:
            near = Flavour(a)
        except RuntimeError as error:
            assert sys.version_info >= (3, 12) and "new thread" in str(error), error
            continue
        far = Flavour(b)
        near.write(u"late")
        assert far.read(20) == u"late"
        near.abort()
        far.close()
        break
atexit.register(late)
""",
    "make-and-leave": """
kept = []
def late():
    try:
        kept.append(Flavour(a))
    except RuntimeError:
        assert sys.version_info >= (3, 12)
atexit.register(late)
""",
    "make-beside-others": """
c, d = socketpair()
first = Flavour(c)
def late():
    near, far = Flavour(a), Flavour(b)
    near.write(u"late")
    assert far.read(20) == u"late"
    near.abort()
    far.close()
atexit.register(late)
""",
}
LATE = {
    "abort": "near = Flavour(a)\nlasts.append(near.abort)\n",
    "close": "near = Flavour(a)\nlasts.append(near.close)\n",
    "close-queued": "near = Flavour(a)\nnear.write(b'x' * 10000000)\nlasts.append(near.close)\n",
    "write-and-read": """
near, far = Flavour(a), Flavour(b)
def last():
    near.write(u"last")
    while True:
        if far.read() == u"last":
            break
lasts.append(last)
""",
    "close-again": "near = Flavour(a)\nnear.close()\nlasts += [near.close, near.abort]\n",
}
# What would wait for ever, since nobody receives or sends any more, says so.
REFUSED = {
    "read": "near = Flavour(a)\nlasts.append(lambda: refused(near.read, None))\n",
    "read-limit": "near = Flavour(a)\nlasts.append(lambda: refused(near.read, 1e6))\n",
    "iterate": "near = Flavour(a)\nlasts.append(lambda: refused(list, near))\n",
    "flush": """
near = Flavour(a)
near.write(b"x" * 10000000)
lasts.append(lambda: refused(near.flush))
""",
    "waitClosed": "near = Flavour(a)\nlasts.append(lambda: refused(near.waitClosed))\n",
    "make": "lasts.append(lambda: refused(Flavour, a))\n",
    "make-after-others": """
near, far = Flavour(a), Flavour(b)
c, d = socketpair()
lasts.append(lambda: refused(Flavour, c))
""",
}
# The first lines of a program whose handlers at exit run after those of the library.
EARLY = """
lasts = []
def refused(function, *arguments):
    try:
        function(*arguments)
    except stockings.StockingError as error:
        print(error)
def late():
    for last in lasts:
        last()
atexit.register(late)
"""


def run(flavour, program, early=""):
    """Run a program to its end; return its exit status and all that it printed."""
    return support.runPython(HEAD.format(early=early) + program, flavour.__name__, PEM)


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_program_ends_quietly(flavour, name):
    """Whatever is still open: exit status 0, nothing on stdout and stderr."""
    assert run(flavour, STATES[name]) == (0, "")


@pytest.mark.parametrize("name", sorted(PLACES))
def test_the_last_reference_goes_quietly(flavour, name):
    """Wherever it is, and whatever of the interpreter is still there when it goes."""
    assert run(flavour, PLACES[name]) == (0, "")


def test_a_handler_at_exit_may_wait_for_a_thread(flavour):
    """The thread finishes the call that it is in, also behind the library's own handler."""
    program = """
writing, ended = threading.Event(), threading.Event()
class Slow(Flavour):
    def preWrite(self, message):
        writing.set()
        ended.wait(20)
        return message
def last():
    ended.set()
    worker.join(20)
    if worker.is_alive():
        print("it hangs")
near = Slow(a)
worker = daemon(near.write, b"x")
writing.wait(20)
lasts.append(last)
"""
    assert run(flavour, program, EARLY) == (0, "")


def test_a_lock_that_nobody_gives_back_delays_the_end_only(flavour):
    """A thread that was stopped in the middle of a call, or a handler that raised there (2.7)."""
    assert run(flavour, "near = Flavour(a)\nnear._pump.lock.acquire()\n") == (0, "")


@pytest.mark.parametrize("name", sorted(AT_EXIT))
def test_a_handler_at_exit(flavour, name):
    assert run(flavour, AT_EXIT[name]) == (0, "")


@pytest.mark.parametrize("name", sorted(LATE))
def test_a_handler_that_runs_after_the_librarys(flavour, name):
    """The I/O thread is gone; what needs nobody else still works."""
    assert run(flavour, LATE[name], EARLY) == (0, "")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_nothing_waits_for_a_thread_that_is_gone(flavour, name):
    """One clear error and no hang."""
    status, output = run(flavour, REFUSED[name], EARLY)
    assert (status, len(output.splitlines())) == (0, 1)
    assert output.startswith("the interpreter ends, and nothing serves connections any more")


#: Ways to end, with the exit status. What a thread raises by sys.exit() ends that thread alone.
ENDS = {
    "exit-of-main": ("near = Flavour(a)\nnear.write(b'x' * 10000000)\nsys.exit(5)\n", 5),
    "os._exit": ("near, far = Flavour(a), Flavour(b)\ndaemon(near.read, None)\nos._exit(3)\n", 3),
    "exit-of-a-thread": ("""
near, far = Flavour(a), Flavour(b)
def run():
    far.read(20)
    sys.exit(7)
thread = threading.Thread(target=run)
thread.start()
near.write(u"go")
""", 0),
    "exit-of-a-daemon": ("""
near, far = Flavour(a), Flavour(b)
def run():
    far.read(20)
    sys.exit(7)
thread = daemon(run)
near.write(u"go")
thread.join()
""", 0),
    "exit-of-a-handshake": ("""
class Leaving(Flavour):
    def handshake(self):
        sys.exit(7)
near = Leaving(a)
near.waitClosed(20)
""", 0),
}


@pytest.mark.parametrize("name", sorted(ENDS))
def test_every_way_to_end(flavour, name):
    """The status is what the program says, and nothing is printed."""
    program, status = ENDS[name]
    assert run(flavour, program) == (status, "")


def test_an_exception_of_main_is_all_that_is_told(flavour):
    status, output = run(flavour, "near = Flavour(a)\nnear.write(b'x' * 10000000)\n1 / 0\n")
    assert status == 1
    assert output.count("Traceback") == 1 and output.splitlines()[-1].startswith("ZeroDivision")


def test_os_exit_ends_the_connection(flavour):
    """The other side sees an end after what had been sent."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    program = """
import socket
near = Flavour(socket.create_connection(("127.0.0.1", %d)))
near.write(u"last")
os._exit(3)
""" % listener.getsockname()[1]
    assert run(flavour, program) == (3, "")
    with flavour(listener.accept()[0]) as stocking:
        assert stocking.read(20) == u"last"
        assert stocking.waitClosed(20) and stocking.closeCause == "eof"
    listener.close()


# What 2.7 does at its very end, behind the handlers; coverage has taken its leave by then

def test_behind_a_shut_gate_one_thread_goes_on_alone(flavour):
    program = """
from stockings import _loop
near, far = Flavour(a), Flavour(b)
near.write(u"before")
assert far.read(20) == u"before"
go = threading.Event()
def write():
    go.wait(20)
    near.write(u"of another thread")
other = daemon(write)
code = stockings._ending.Gate.__enter__.__code__
def last():
    _loop._shutAll()
    go.set()
    while sys._current_frames()[other.ident].f_code is not code:
        os.getpid()
    near.write(u"behind")
    if (far.read(), far.read()) != (u"behind", None):
        print("the other one did something")
lasts.append(last)
"""
    assert run(flavour, program, EARLY) == (0, "")


@pytest.fixture
def hooked(flavour, opened, sockets):
    """A thread that is in a hook, and the event that lets it go on."""
    entered, leave = threading.Event(), threading.Event()

    class Slow(flavour):
        def preWrite(self, message):
            entered.set()
            leave.wait(support.PATIENCE)
            return message

    result = support.inThread(opened(sockets()[0], Slow).write, b"x")
    assert entered.wait(support.PATIENCE)
    yield leave
    leave.set()
    result()


def test_the_end_waits_for_a_thread_that_is_inside(hooked, monkeypatch):
    class Pauses(object):
        """The module, with an event by which the end gives others time."""

        current_thread = staticmethod(threading.current_thread)

        class Event(object):
            def wait(self, seconds):
                hooked.set()
                threading.Event().wait(seconds)

    monkeypatch.setattr(_ending, "threading", Pauses)
    monkeypatch.setattr(_ending, "_LIMIT", support.PATIENCE)
    assert not hooked.is_set()
    _ending.awaitSleep()
    assert hooked.is_set()


def test_the_end_does_not_wait_for_ever(hooked, monkeypatch):
    """What a hook waits for may never come."""
    monkeypatch.setattr(_ending, "_LIMIT", 0.01)
    _ending.awaitSleep()
    assert not hooked.is_set()
