"""Drives any Python library with the documented Stockings API over the adapter protocol.

    python python_adapter.py --class poll=stockings:PollStocking [--class select=...]
    python python_adapter.py --class poll=stockings:PollStocking --mirror --listen 0
    python python_adapter.py --class poll=stockings:PollStocking --control HOST:PORT

One file, standard library only, Python 2.7 and 3.4 and newer, any operating system.  It imports
the library it is told to and nothing of the harness.  It reports what the library did and never
whether that was right.  conformance/ADAPTERS.md explains the protocol and the reasons behind it.
"""
from __future__ import absolute_import, division, print_function

import base64
import errno
import gc
import json
import math
import numbers
import os
import platform
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import zlib

PROTOCOL = 1
LINE_LIMIT = 1024 * 1024  # octets of one line, either way
ANSWER_ROOM = 768 * 1024  # a `read` returns early beyond this, so that its answer stays a line
WHOLE_LIMIT = 4096  # messages up to this many octets are answered whole, not only described
EDGE = 32  # octets of head and of tail in a description
MAIN = threading.current_thread()
OWN_THREADS = "adapter-"  # the prefix of all the others that `threads` leaves out
EXIT_USAGE, EXIT_NO_CLASS, EXIT_REFUSED, EXIT_UNKNOWN_OPTION = 2, 3, 4, 89
TOKEN, DIALLING = "STOCKINGS_TOKEN", "STOCKINGS_DIALLING"  # variables; the second is a child's
REFUSALS = 5  # a harness that ends at the wrong moment looks like a refusal, but not so often
REDIAL = 0.2  # seconds between two tries to reach the harness
KNOCK = 2.0  # seconds for one try; the system itself would try again ever more seldom

FIRST_SLICE = 0.0005  # a wait looks again after half a millisecond, then ever more seldom ...
LAST_SLICE = 0.02  # ... but no more seldom than this: 50 looks a second cost next to nothing
LONG_SLICE = 0.05  # the same where a descriptor wakes us, which it need not during a handshake
SETTLE = 0.02  # an inactive library that just showed nothing is asked once more after this
LEAVING = 0.1  # a process that nothing keeps is gone this long after its main thread, busy or not
INTERVAL = "STOCKING_SELECT_SEND_INTERVAL"  # of the documented API ...
INTERVAL_FLAVOUR = "select"  # ... which has it for the flavour of this name
DISCARD_PATIENCE = 1.0  # seconds for a close() that nobody waits for; the socket goes anyway

PY2 = sys.version_info[0] == 2
text_type = type(u"")
clock = getattr(time, "monotonic", time.time)
TROUBLE = (EnvironmentError, select.error, ValueError, TypeError)  # of a wait on a descriptor


class Unsupported(Exception):
    """The request has a word that this adapter does not know, or that the library cannot do."""


class Fault(Exception):
    """The adapter could not do its part: a bad request, or nobody connected."""


class Raised(Exception):
    """The library raised: evidence, with what had happened up to then."""

    def __init__(self, error, **facts):
        Exception.__init__(self, error)
        self.facts = dict(facts, name=type(error).__name__, message=words_of(error))


def words_of(error):
    """Return the text of an exception, even where 2.7 cannot turn it into one."""
    try:
        return text_type(error)
    except Exception:
        return text_type(repr(error))


# ---- requests: checked by hand, since 2.7 has no schema library -------------------------------

def known(what, allowed):
    """Refuse a JSON object with a key that is not in ``allowed``; never ignore one."""
    if not isinstance(what, dict):
        raise Fault("expected a JSON object, got %s" % json.dumps(what))
    for key in sorted(what):
        if key not in allowed:
            raise Unsupported(key)


def need(what, key, kind, meaning):
    """Return ``what[key]``, which must be there and be a ``kind``; ``meaning`` is for people."""
    value = what.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Fault("%r must be %s, got %s" % (str(key), meaning, json.dumps(value)))
    return value


def number(what, key, kind=numbers.Integral):
    """Return a number that is not negative (and neither infinite nor NaN)."""
    value = need(what, key, kind, "a number")
    if not 0 <= value < 2 ** 53:
        raise Fault("%r must be a number from 0 up, got %r" % (str(key), value))
    return value


def text(what, key):
    """Return a string."""
    return need(what, key, text_type, "a string")


def address(value):
    """Return ``(host, port)`` of the JSON pair ``[host, port]``."""
    if not isinstance(value, list) or len(value) != 2:
        raise Fault("an address is [host, port], got %s" % json.dumps(value))
    pair = {"host": value[0], "port": value[1]}
    return str(text(pair, "host")), number(pair, "port")


# ---- messages ---------------------------------------------------------------------------------

ALPHABET = (u"A", u"z", u"0", u"~", u"\u00e9", u"\u00df", u"\u03a9", u"\u0416", u"\u05d0",
            u"\u20ac", u"\u4e2d", u"\ufffd", u"\U0001f600", u"\U0010ffff", u"\u0000", u"\n")
SURROGATE = u"a\ud800b"


def draws(seed, count):
    """Yield ``count`` draws of the recipe's generator, which any language writes in two lines."""
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) % 2 ** 31
        yield seed >> 16


def unit_of(kind, seed):
    """Return the octets that a recipe repeats behind each block's number."""
    if kind == "bytes":
        return bytes(bytearray(draw & 255 for draw in draws(seed, 4088)))
    return u"".join(ALPHABET[draw & 15] for draw in draws(seed, 1024)).encode("utf-8")


class Kept(object):
    """The last few values of a function, by its arguments; safe for threads."""

    def __init__(self, make, number, fits=lambda value: True):
        self.make, self.number, self.fits = make, number, fits
        self.made = []  # (arguments, value), oldest first; replaced, never changed

    def __call__(self, *key):
        for known_key, value in self.made:
            if known_key == key:
                return value
        value = self.make(*key)
        if self.fits(value):
            self.made = self.made[1 - self.number:] + [(key, value)]
        return value


# A case sends the same few messages, or many of one seed, again and again.
UNITS = Kept(unit_of, 8)


def recipe(kind, seed, length):
    """Return the ``length`` octets that a recipe stands for."""
    unit = UNITS(kind, seed)

    def numbered(block):
        return struct.pack(">Q", block) if kind == "bytes" else ("%08x" % block).encode("ascii")

    whole, rest = divmod(length, 8 + len(unit))
    pieces = []
    for block in range(whole):
        pieces += (numbered(block), unit)
    last = numbered(whole) + unit
    if kind == "bytes":
        return b"".join(pieces + [last[:rest]])
    cut = rest
    while cut and bytearray(last[cut:cut + 1])[0] & 0xC0 == 0x80:  # not inside a code point
        cut -= 1
    return b"".join(pieces + [last[:cut], b"." * (rest - cut)])


def made(kind, seed, length):
    """Return the value that a recipe gives the library."""
    payload = recipe(kind, seed, length)
    return payload if kind == "bytes" else payload.decode("utf-8")


# Room for both kinds at each header boundary. A text takes up to four octets a code point in
# memory; together they take no more than 128 MiB.
MADE = Kept(made, 16, lambda value: len(value) <= 2 * 1024 * 1024)


def message_maker(what):
    """Check a message of a request; return a function that makes the value for the library."""
    known(what, ("kind", "text", "base64", "seed", "length", "surrogate"))
    kind = text(what, "kind")
    if kind not in ("text", "bytes"):
        raise Unsupported(kind)
    form = tuple(sorted(key for key in what if key != "kind"))
    if form == ("length", "seed"):
        key = kind, number(what, "seed"), number(what, "length")
        return lambda: MADE(*key)
    if kind == "text" and form == ("text",):
        value = text(what, "text")
    elif kind == "bytes" and form == ("base64",):
        try:
            value = base64.b64decode(text(what, "base64").encode("ascii"))
        except (ValueError, TypeError) as error:
            raise Fault("'base64' does not decode: %s" % error)
    elif kind == "text" and form == ("surrogate",):
        value = SURROGATE
    else:
        raise Fault("a %s message is given by %s, not by %r" % (
            str(kind), "text, or seed and length, or surrogate" if kind == "text"
            else "base64, or seed and length", list(map(str, form))))
    return lambda: value


def message_makers(request, key="messages"):
    return [message_maker(each) for each in need(request, key, list, "a list of messages")]


def base64_of(octets):
    return base64.b64encode(octets).decode("ascii")


def describe(value):
    """Return the JSON facts about a message that the library delivered."""
    if isinstance(value, text_type):
        # What a library must never deliver is described all the same: by its octets.
        kind, octets = "text", value.encode("utf-8", *(() if PY2 else ("surrogatepass",)))
    elif isinstance(value, bytes):
        kind, octets = "bytes", value
    else:
        return {"kind": "other", "type": type(value).__name__,
                "length": 0, "crc32": "00000000", "head": "", "tail": ""}
    facts = {"kind": kind, "length": len(octets),
             "crc32": "%08x" % (zlib.crc32(octets) & 0xFFFFFFFF),
             "head": base64_of(octets[:EDGE]), "tail": base64_of(octets[-EDGE:])}
    if len(octets) <= WHOLE_LIMIT:
        facts["base64"] = base64_of(octets)
    return facts


def backwards(value):
    """Return the message reversed: octets of bytes, code points of a text."""
    if isinstance(value, bytes) or sys.maxunicode > 0xFFFF:
        return value[::-1]
    points = value.encode("utf-32-le")  # a narrow 2.7: half code points must not be swapped
    return b"".join(points[at:at + 4] for at in range(len(points) - 4, -1, -4)).decode("utf-32-le")


# ---- waiting ----------------------------------------------------------------------------------

def quiet_socket():
    """Return a socket that only itself can send to and that never does.

    A wait on it is a pause that also works on Windows, where `select` takes sockets only and
    refuses to wait for nothing at all.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.connect(sock.getsockname())
    return sock


def readable(descriptor, seconds):
    """Wait until a descriptor (or socket) is readable; return whether it is."""
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], seconds)[0])
    waiter = select.poll()
    waiter.register(descriptor, select.POLLIN)
    return bool(waiter.poll(int(math.ceil(seconds * 1000))))


class Wait(object):
    """One wait for something of the library: a deadline, and looks that become more seldom."""

    quiet = None  # set once in main()

    def __init__(self, within):
        self.end = None if within is None else clock() + within
        self.hit()

    def hit(self):
        """Something came: look often again."""
        self.slice, self.doubted = FIRST_SLICE, False

    def over(self):
        return self.end is not None and clock() >= self.end

    def pause(self, descriptor=None, at_most=LONG_SLICE):
        """Wait for the descriptor or for a slice, whichever comes first.

        A descriptor that calls though nothing is there (or that cannot be waited on) is doubted:
        the next pause is a plain one, so that no library can make the adapter burn a core.
        """
        left = at_most if self.end is None else min(at_most, max(0, self.end - clock()))
        if descriptor is not None and not self.doubted:
            try:
                self.doubted = readable(descriptor, min(left, self.slice))
                self.slice = min(self.slice * 2, LONG_SLICE)
                return
            except TROUBLE:
                pass  # closed under us, or not a descriptor that this system waits on
        self.doubted = False
        try:
            readable(self.quiet, min(left, self.slice))
        except TROUBLE:
            pass  # interrupted by a signal (2.7, 3.4): only an early look
        self.slice = min(self.slice * 2, LAST_SLICE)


# ---- a handshake that is data -----------------------------------------------------------------

class ScriptedFailure(Exception):
    """What the step `raise` raises inside the library's handshake."""


class ConnectionOver(Exception):
    """The library showed the end of the connection; the argument names how."""


class Script(object):
    """A handshake's steps, run by the library in its own thread, and what came of them."""

    STEPS = {"send": ("message",), "receive": (), "expect": ("message",), "drain": (),
             "hold": (), "return": ("value",), "raise": ()}

    def __init__(self, steps):
        self.steps = [self.check(step) for step in steps]
        self.state, self.received, self.returned, self.raised = "running", [], None, None
        self.gate, self.cancelled = threading.Semaphore(0), False

    def check(self, step):
        known(step, ("do", "message", "value"))
        word = text(step, "do")
        if word not in self.STEPS:
            raise Unsupported(word)
        known(step, ("do",) + self.STEPS[word])
        if "message" in self.STEPS[word]:
            return word, message_maker(step.get("message"))
        return word, need(step, "value", bool, "true or false") if word == "return" else None

    def run(self, stocking):
        """Be the library's handshake()."""
        try:
            self.returned = self.play(stocking)
            return self.returned
        except ConnectionOver:
            self.returned = False
            return False
        except BaseException as error:
            self.raised = type(error).__name__
            raise
        finally:
            self.state = "done"

    def play(self, stocking):
        for word, argument in self.steps:
            if word == "send":
                stocking._write(argument())
            elif word == "receive":
                self.take(stocking)
            elif word == "expect":
                if self.take(stocking) != describe(argument()):
                    return False
            elif word == "drain":
                self.drain(stocking)
            elif word == "hold":
                self.gate.acquire()
            elif word == "return":
                return argument
            elif word == "raise":
                raise ScriptedFailure("the script says so")
        return True

    def take(self, stocking):
        """Return the description of the next handshake message, however long it takes."""
        value = next_message(stocking, stocking._read, Wait(None), lambda: self.cancelled)
        if value is None:
            raise ConnectionOver("cancelled")
        self.received.append(describe(value))
        return self.received[-1]

    def drain(self, stocking):
        """The documented loop: take messages while the stocking is active.

        A library that says the end by EOFError (1.2.3 does) may be quicker to raise than to turn
        inactive: which of the two comes first must not make a difference.
        """
        wait = Wait(None)
        while stocking.active and not self.cancelled:
            try:
                value = stocking._read()
            except EOFError:
                return
            if value is None:
                wait.pause(descriptor_of(stocking))
            else:
                self.received.append(describe(value))
                wait.hit()

    def cancel(self):
        """Let the thread go: its connection is being forgotten."""
        self.cancelled = True
        for _ in self.steps:
            self.gate.release()

    def facts(self):
        return {"state": self.state, "received": list(self.received),
                "returned": self.returned, "raised": self.raised}


def descriptor_of(stocking):
    """Return what the library offers to wait on, or None."""
    try:
        return stocking.fileno()
    except Exception:
        return None  # not there yet, not there any more, or not there at all


def cause_of(stocking):
    return getattr(stocking, "closeCause", None)


def next_message(stocking, read, wait, cancelled):
    """Return the library's next message, or None when the wait is over or cancelled.

    Raises ConnectionOver when no message can come any more.  `active` is looked at before each
    read: only what was inactive *before* it showed nothing is at its end.  Even then it is asked
    once more, because 1.2.3 turns inactive before its messages have come through.
    """
    settled = False
    while True:
        active = stocking.active
        try:
            value = read()
        except EOFError as error:
            raise ConnectionOver(cause_of(stocking) or type(error).__name__)
        if value is not None:
            return value
        if not active:
            if settled or cause_of(stocking):
                raise ConnectionOver(cause_of(stocking) or "inactive")
            settled = True
            Wait(SETTLE).pause(descriptor_of(stocking))
        elif wait.over() or cancelled():
            return None
        else:
            wait.pause(descriptor_of(stocking))


# ---- sockets ----------------------------------------------------------------------------------

OPTIONS = (("TCP_NODELAY", socket.IPPROTO_TCP, socket.TCP_NODELAY),
           ("SO_KEEPALIVE", socket.SOL_SOCKET, socket.SO_KEEPALIVE),
           ("SO_SNDBUF", socket.SOL_SOCKET, socket.SO_SNDBUF),
           ("SO_RCVBUF", socket.SOL_SOCKET, socket.SO_RCVBUF))
SIZES = (("sndbuf", socket.SO_SNDBUF), ("rcvbuf", socket.SO_RCVBUF))


def options_of(sock):
    """Return the options of a socket that the API forbids to change, or None once it is closed."""
    try:
        facts = dict((name, sock.getsockopt(level, option)) for name, level, option in OPTIONS)
        facts["TCP_NODELAY"] = int(bool(facts["TCP_NODELAY"]))  # some systems say 4 for yes
        facts["SO_KEEPALIVE"] = int(bool(facts["SO_KEEPALIVE"]))
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize("ii"))
        facts["SO_LINGER"] = list(struct.unpack("ii" if len(raw) == 8 else "HH", raw))
        facts["blocking"] = sock.gettimeout() != 0
        return facts
    except (EnvironmentError, AttributeError):
        return None


def set_sizes(sock, request):
    """Set the buffer sizes that a request asks for."""
    for key, option in SIZES:
        if key in request:
            sock.setsockopt(socket.SOL_SOCKET, option, number(request, key))


def sizes_of(sock, request):
    """Return what the system made of the sizes that a request asks for."""
    return dict((key, sock.getsockopt(socket.SOL_SOCKET, option))
                for key, option in SIZES if key in request)


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def listening_socket(host, port, sizes):
    sock = socket.socket(family_of(host), socket.SOCK_STREAM)
    set_sizes(sock, sizes)  # before listen(): accepted sockets inherit them, window and all
    sock.bind((host, port))
    sock.listen(16)
    sock.setblocking(False)  # two that wait for one connection: the later one must not hang
    return sock


def connected_socket(host, port, within, sizes):
    sock = socket.socket(family_of(host), socket.SOCK_STREAM)
    try:
        set_sizes(sock, sizes)
        sock.settimeout(within)
        sock.connect((host, port))
        sock.settimeout(None)
        return sock
    except EnvironmentError as error:
        sock.close()
        raise Fault("cannot connect to %s port %d: %s" % (host, port, words_of(error)))


def accepted_socket(listener, wait, closed):
    """Take one connection of a listener, which stays open; return it and the other's address."""
    while True:
        try:
            sock, remote = listener.accept()
        except EnvironmentError:
            if closed():
                raise Fault("the listener was closed while a connection was waited for")
            if wait.over():
                raise Fault("nobody connected in time")
            wait.pause(listener)
            continue
        sock.settimeout(None)  # some systems let it inherit the listener's mode
        return sock, list(remote[:2])


def end_socket(sock):
    """Close a socket for sure: on 2.7 close() alone waits for the last reference to go."""
    for step in (lambda: sock.shutdown(socket.SHUT_RDWR), sock.close):
        try:
            step()
        except (EnvironmentError, AttributeError):
            pass  # not connected any more, or closed already


# ---- one connection ---------------------------------------------------------------------------

class Link(object):
    """One socket with the library's object around it."""

    def __init__(self, script=None):
        self.script, self.sock, self.stocking, self.refused = script, None, None, None
        self.end = None  # how the library showed the end to a `read`
        self.forgotten = False

    def wrap(self, stocking_class, sock, hooks, interval=None):
        """Hand the socket to the library; scripts and hooks are methods of a subclass.

        They stand on the class, because the handshake may run before the constructor returns.
        """
        methods = {}
        if self.script is not None:
            script = self.script
            methods["handshake"] = lambda stocking: script.run(stocking)
        if "preWrite" in hooks:
            methods["preWrite"] = joining(text(hooks["preWrite"], "prepend"), u"")
        if "postRead" in hooks:
            methods["postRead"] = joining(u"", text(hooks["postRead"], "append"))
        if methods:
            stocking_class = type(stocking_class.__name__, (stocking_class,), methods)
        self.sock = sock
        with set_interval(interval):
            maker = own_thread("wrap", self.make, stocking_class, sock, daemon=False)
            maker.join()
        if self.stocking is None:
            end_socket(sock)
            raise Raised(self.refused)

    def make(self, stocking_class, sock):
        """Call the constructor, in a thread that is no daemon, like those of an ordinary program.

        The threads that the library starts there inherit that, unless the library says otherwise.
        """
        try:
            self.stocking = stocking_class(sock)
        except BaseException as error:
            self.refused = error

    def live(self):
        if self.stocking is None:
            raise Fault("the library's constructor has not returned yet")
        return self.stocking

    def read(self, count, within):
        """Take up to ``count`` messages; return them described, and the end if it showed."""
        stocking, wait, messages, room = self.live(), Wait(within), [], ANSWER_ROOM
        try:
            while len(messages) < count and room > 0:
                value = next_message(stocking, stocking.read, wait, lambda: self.forgotten)
                if value is None:
                    break
                wait.hit()
                messages.append(describe(value))
                room -= sum(map(len, map(str, messages[-1].values()))) + 90  # the keys
        except ConnectionOver as over:
            self.end = str(over)
            return {"messages": messages, "ended": True, "last": self.end}
        except Exception as error:
            raise Raised(error, messages=messages)
        return {"messages": messages, "ended": False, "last": None}

    def ready(self):
        try:
            return bool(self.live().handshakeComplete)
        except AttributeError:  # hasattr() would hide any other exception on 2.7
            return self.script is None or bool(self.script.returned)

    def queued(self):
        try:
            return bool(self.live().writeDataQueued())
        except Exception:
            return None  # not offered, or not any more

    def readable(self):
        """Return whether the library's descriptor is readable, None if there is no such thing."""
        descriptor = descriptor_of(self.live())
        try:
            return None if descriptor is None else readable(descriptor, 0)
        except TROUBLE:
            return None  # closed, or nothing that this system waits on

    def ended(self):
        stocking = self.live()
        return bool(self.end or cause_of(stocking) or not stocking.active)

    def handshaken(self):
        return self.script is None or self.script.state == "done"

    def state(self):
        """Return what the library lets a program know; whatever it raises there is evidence."""
        try:
            return self.look()
        except Fault:
            raise
        except Exception as error:
            raise Raised(error)

    def look(self):
        stocking = self.live()
        ended = self.ended()
        facts = {"active": bool(stocking.active), "ready": self.ready(), "queued": self.queued(),
                 "readable": self.readable(), "ended": ended, "end": None,
                 "handshake": {"state": "none", "received": [], "returned": None, "raised": None}}
        if ended:
            facts["end"] = str(cause_of(stocking) or self.end or "inactive")
        if self.script is not None:
            facts["handshake"] = self.script.facts()
        options = options_of(self.sock)
        if options is not None:
            facts["options"] = options
        return facts

    def forget(self):
        """The name is gone: let go whoever still waits here."""
        self.forgotten = True
        if self.script is not None:
            self.script.cancel()

    def discard(self):
        """End it all in the quickest way there is; never raise, never wait long."""
        self.forget()
        ending = getattr(self.stocking, "abort", None) or getattr(self.stocking, "close", None)
        if ending is not None:
            helper = own_thread("discard", quietly, ending)
            helper.join(DISCARD_PATIENCE)
        if self.sock is not None:
            end_socket(self.sock)


def joining(before, behind):
    """Return a hook that puts text before and behind a text and leaves bytes alone."""
    def hook(_stocking, message):
        return before + message + behind if isinstance(message, text_type) else message
    return hook


class set_interval(object):
    """A block in which the library's interval is set to a text, unless that is None.

    It is the process's: blocks come one after the other, and whoever constructs without one
    meanwhile gets it, too, since a constructor that waits must not hold up all others.
    """

    lock = threading.Lock()

    def __init__(self, interval):
        self.interval = interval

    def __enter__(self):
        if self.interval is not None:
            self.lock.acquire()
            self.before = os.environ.get(INTERVAL)
            os.environ[INTERVAL] = str(self.interval)

    def __exit__(self, *_):
        if self.interval is not None:
            os.environ.pop(INTERVAL)
            if self.before is not None:
                os.environ[INTERVAL] = self.before
            self.lock.release()


def quietly(function):
    try:
        function()
    except Exception:
        traceback.print_exc()  # evidence for people; nobody waits for this result


def own_thread(name, function, *arguments, **flags):
    """Start a thread that `threads` leaves out, and that (a daemon) dies with the process."""
    thread = threading.Thread(target=function, args=arguments, name=OWN_THREADS + name)
    thread.daemon = flags.get("daemon", True)
    thread.start()
    return thread


# ---- level 1: the driver ----------------------------------------------------------------------

FEATURES = (  # the word, and what a class must offer for it
    ("handshake", ("handshake", "_read", "_write")), ("hooks", ("preWrite", "postRead")),
    ("abort", ("abort",)), ("queued", ("writeDataQueued",)), ("causes", ("closeCause",)),
    ("fileno", ("fileno",)), ("buffers", ()), ("surrogates", ()), ("threads", ()), ("options", ()),
    ("keep", ()), ("collect", ()), ("leave", ()))
DESCRIPTORS = [path for path in ("/proc/self/fd", "/dev/fd") if os.path.isdir(path)][:1]

VERBS = {  # verb: (keys it must have, keys it may have)
    "hello": (("protocol",), ()),
    "listen": ((), ("sndbuf", "rcvbuf")),
    "open": (("conn", "flavour", "within"),
             ("connect", "accept", "sndbuf", "rcvbuf", "handshake", "hooks", "interval")),
    "write": (("conn", "messages"), ()),
    "read": (("conn", "count", "within"), ()),
    "state": ((), ("conn", "collect")),
    "wait": (("conn",), ("for", "within", "release")),
    "close": ((), ("conn", "listener", "keep")),
    "abort": (("conn",), ()),
    "discard": (("conn",), ()),
    "leave": ((), ()),
    "bye": ((), ()),
}


class Driver(object):
    """The verbs.  Each do_ method gets the request and returns what `ok` holds."""

    def __init__(self, identity, classes, host="127.0.0.1"):
        self.host = host
        self.identity, self.classes = identity, classes
        self.links, self.listeners, self.numbered = {}, {}, 0
        self.lock = threading.Lock()
        offered = classes.values()
        self.features = [word for word, names in FEATURES
                         if all(hasattr(each, name) for each in offered for name in names)]
        if DESCRIPTORS:
            self.features.append("descriptors")

    def call(self, request):
        """Check the words of a request, obey it, and return the answer without its id."""
        try:
            verb = text(request, "do")
            if verb not in VERBS:
                raise Unsupported(verb)
            needed, allowed = VERBS[verb]
            known(request, ("id", "do") + needed + allowed)
            for key in needed:
                if key not in request:
                    raise Fault("%s needs %r" % (str(verb), key))
            return {"ok": getattr(self, "do_" + verb)(request)}
        except Unsupported as word:
            return {"unsupported": words_of(word)}
        except Raised as raised:
            return {"raised": raised.facts}
        except Fault as fault:
            return {"fault": {"message": words_of(fault)}}
        except BaseException as error:
            return {"fault": {"message": "%s: %s" % (type(error).__name__, words_of(error)),
                              "traceback": traceback.format_exc()}}

    def want(self, feature, word=None):
        """Refuse a word of the request that belongs to a feature; it mostly has the same name."""
        if feature not in self.features:
            raise Unsupported(word or feature)

    def link(self, request):
        name = text(request, "conn")
        try:
            return self.links[name]
        except KeyError:
            raise Unsupported(name)

    def do_hello(self, request):
        if request["protocol"] != PROTOCOL:
            raise Unsupported("protocol")
        facts = {"protocol": PROTOCOL, "implementation": self.identity,
                 "runtime": "%s %s" % (platform.python_implementation(), runtime_version()),
                 "platform": "linux" if sys.platform.startswith("linux") else sys.platform,
                 "pid": os.getpid(), "flavours": sorted(self.classes),
                 "kinds": ["bytes", "text"], "largest": None, "features": sorted(self.features)}
        if INTERVAL_FLAVOUR in self.classes:
            facts["flavour_features"] = {INTERVAL_FLAVOUR: ["interval"]}
        if PY2 or sys.maxsize < 2 ** 32:
            facts["largest"] = 2 ** 31 - 1
        return facts

    def do_listen(self, request):
        sock = listening_socket(self.host, 0, request)
        with self.lock:
            self.numbered += 1
            name = "l%d" % self.numbered
            self.listeners[name] = sock
        return {"listener": name, "address": list(sock.getsockname()[:2])}

    def do_open(self, request):
        flavour, name = text(request, "flavour"), text(request, "conn")
        if flavour not in self.classes:
            raise Unsupported(flavour)
        within, hooks, script = number(request, "within", numbers.Real), {}, None
        if ("connect" in request) == ("accept" in request):
            raise Fault("open needs either 'connect' or 'accept'")
        if "handshake" in request:
            self.want("handshake")
            script = Script(need(request, "handshake", list, "a list of steps"))
        if "hooks" in request:
            self.want("hooks")
            hooks = check_hooks(request["hooks"])
        if "interval" in request:
            if flavour != INTERVAL_FLAVOUR:
                raise Unsupported("interval")
            text(request, "interval")
        link = Link(script)
        with self.lock:
            if name in self.links:
                raise Fault("there is a connection %r already" % str(name))
            self.links[name] = link  # before wrapping: a constructor may wait for a `release`
        try:
            return self.open(link, request, self.classes[flavour], within, hooks)
        except BaseException:
            with self.lock:
                self.links.pop(name, None)
            raise

    def open(self, link, request, stocking_class, within, hooks):
        if "connect" in request:
            host, port = address(request["connect"])
            sock, remote = connected_socket(host, port, within, request), [host, port]
        else:
            name = text(request, "accept")
            if name not in self.listeners:
                raise Unsupported(name)
            sock, remote = accepted_socket(self.listeners[name], Wait(within),
                                           lambda: name not in self.listeners)
            set_sizes(sock, request)
        facts = dict(sizes_of(sock, request), local=list(sock.getsockname()[:2]), remote=remote,
                     options=options_of(sock))
        link.wrap(stocking_class, sock, hooks, request.get("interval"))
        return facts

    def do_write(self, request):
        stocking, written = self.link(request).live(), 0
        for make in message_makers(request):
            value = make()
            try:
                stocking.write(value)
            except BaseException as error:
                raise Raised(error, written=written)
            written += 1
        return {"written": written}

    def do_read(self, request):
        count, within = number(request, "count"), number(request, "within", numbers.Real)
        if not count:
            raise Fault("'count' must be 1 or more")
        return self.link(request).read(count, within)

    def do_state(self, request):
        if "collect" in request and need(request, "collect", bool, "true or false"):
            gc.collect()
            gc.collect()  # PyPy: the first one finds what finalisers refer to, this one frees it
        with self.lock:
            facts = {"connections": sorted(self.links), "listeners": sorted(self.listeners)}
        if "conn" in request:
            facts["conn"] = self.link(request).state()
        facts["threads"] = sum(1 for each in threading.enumerate()
                               if each is not MAIN and not each.name.startswith(OWN_THREADS))
        for path in DESCRIPTORS:
            facts["descriptors"] = len(os.listdir(path)) - 1  # that of the listing itself
        return facts

    def do_wait(self, request):
        link = self.link(request)
        if "release" in request:
            known(request, ("id", "do", "conn", "release"))
            self.want("handshake", "release")
            if link.script is not None:
                link.script.gate.release()
            return {}
        happened = {"ready": link.ready, "ended": link.ended, "handshake": link.handshaken,
                    "flushed": lambda: link.queued() is False, "readable": link.readable}
        word, wait = text(request, "for"), Wait(number(request, "within", numbers.Real))
        feature = {"flushed": "queued", "readable": "fileno"}.get(word)
        if word not in happened or not (feature is None or feature in self.features):
            raise Unsupported(word)
        try:
            while not (happened[word]() or wait.over() or link.forgotten):
                wait.pause()
            return {"happened": bool(happened[word]()), "conn": link.look()}
        except Fault:
            raise
        except Exception as error:
            raise Raised(error)

    def do_close(self, request):
        if ("conn" in request) == ("listener" in request):
            raise Fault("close needs either 'conn' or 'listener'")
        if "listener" in request:
            known(request, ("id", "do", "listener"))
            name = text(request, "listener")
            with self.lock:
                listener = self.listeners.pop(name, None)
            if listener is None:
                raise Unsupported(name)
            listener.close()
            return {}
        return self.finish(request, "close", keep="keep" in request and need(
            request, "keep", bool, "true or false"))

    def do_abort(self, request):
        self.want("abort")
        return self.finish(request, "abort")

    def finish(self, request, method, keep=False):
        """Call close() or abort(); once it has returned, the name is free again, unless kept."""
        link = self.link(request)
        try:
            getattr(link.live(), method)()
        except (Exception, SystemExit) as error:
            raise Fault(words_of(error)) if isinstance(error, Fault) else Raised(error)
        if not keep:
            with self.lock:
                self.links.pop(request["conn"], None)
            link.forget()
        return {}

    def do_discard(self, request):
        with self.lock:
            link = self.links.pop(text(request, "conn"), None)
        if link is not None:
            link.discard()
        return {}

    def do_leave(self, _request):
        """Answer once the main thread has ended, if the process goes on all the same."""
        while MAIN.is_alive():
            Wait(None).pause()
        wait = Wait(LEAVING)
        while not wait.over():
            wait.pause()
        return {}

    def do_bye(self, _request):
        return {}


def check_hooks(hooks):
    """Refuse hooks with words that are not known."""
    known(hooks, ("preWrite", "postRead"))
    for hook, key in (("preWrite", "prepend"), ("postRead", "append")):
        if hook in hooks:
            known(hooks[hook], (key,))
            text(hooks[hook], key)
    return hooks


def runtime_version():
    """Return the version of the language, and for PyPy its own behind it."""
    pypy = getattr(sys, "pypy_version_info", None)
    own = " (%s)" % ".".join(map(str, pypy[:3])) if pypy else ""
    return platform.python_version() + own


# ---- the line channel -------------------------------------------------------------------------

def lines_of(read):
    """Yield each line without its line feed, and None in place of each one that is too long.

    ``read(count)`` gives some octets, none at the end.
    """
    held, skipping = b"", False
    while True:
        try:
            chunk = read(65536)
        except EnvironmentError as error:
            if error.errno == errno.EINTR:
                continue
            return
        if not chunk:
            return
        lines = (held + chunk).split(b"\n")
        held = lines.pop()
        for line in lines:
            if not skipping:
                yield line if len(line) <= LINE_LIMIT else None
            skipping = False
        if len(held) > LINE_LIMIT and not skipping:
            skipping = True
            yield None
        if skipping:
            held = b""


def stdin(count):
    return os.read(0, count)


class Output(object):
    """Where lines go, the descriptor that was stdout or a socket: whole ones, from any thread."""

    def __init__(self, write):
        self.write, self.lock = write, threading.Lock()

    def line(self, octets):
        octets += b"\n"
        with self.lock:
            while octets:
                try:
                    octets = octets[self.write(octets):]
                except EnvironmentError as error:
                    if error.errno != errno.EINTR:
                        os._exit(0)  # nobody listens any more

    def answer(self, number_, answer):
        octets = json.dumps(dict(answer, id=number_), sort_keys=True).encode("ascii")
        if len(octets) > LINE_LIMIT:
            return self.answer(number_, {"fault": {"message": "the answer is too long for a line"}})
        return self.line(octets)


def take_stdout():
    """Move the protocol's stdout away, and let every stray print go to stderr instead."""
    output = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        import fcntl
        fcntl.fcntl(output, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    except ImportError:
        import msvcrt  # Windows: no translation of line ends, and Ctrl-Z is not an end
        for descriptor in (0, output):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return Output(lambda octets: os.write(output, octets))


def parse(line):
    """Return ``(id, request)`` of a line."""
    if line is None:
        raise Fault("the line is longer than %d octets" % LINE_LIMIT)
    try:
        request = json.loads(line.decode("utf-8"))
    except Exception as error:  # also too deep a nesting
        raise Fault("the line is not JSON: %s" % words_of(error))
    if not isinstance(request, dict):
        raise Fault("the line is JSON but no object")
    return need(request, "id", numbers.Integral, "an integer"), request


class Hand(object):
    """A thread that obeys one request after the other.

    Kept for the next one: to start a thread takes longer than to obey most requests.
    """

    def __init__(self, obey, idle, job):
        self.obey, self.idle, self.job = obey, idle, job
        self.gate = threading.Lock()  # closed as long as there is no job
        self.gate.acquire()
        own_thread("hand", self.run)

    def run(self):
        while True:
            self.obey(*self.job)
            self.job = None
            self.idle.append(self)
            self.gate.acquire()

    def take(self, job):
        self.job = job
        self.gate.release()


def drive(driver, output, lines):
    """Obey lines until the end of stdin; every request has a thread, so none holds up another.

    Returns early for `leave`: then the program has nothing more to do, and another thread of the
    adapter's, which keeps no process alive, goes on with the lines.
    """
    def obey(number_, request):
        answer = driver.call(request)
        output.answer(number_, answer)
        if request.get("do") == "bye" and "ok" in answer:
            os._exit(0)

    idle = []
    for line in lines:
        try:
            job = number_, request = parse(line)
            try:
                idle.pop().take(job) if idle else Hand(obey, idle, job)
            except RuntimeError:  # early 3.12 starts none when the main thread has ended
                obey(number_, request)
        except Fault as fault:
            output.answer(None, {"fault": {"message": words_of(fault)}})
            continue
        leaves = request.get("do") == "leave" and set(request) == set(("id", "do"))
        if leaves and threading.current_thread() is MAIN:
            own_thread("lines", drive, driver, output, lines)
            return
    os._exit(0)  # at once: no thread of the library may keep the process


# ---- the control channel over TCP -------------------------------------------------------------

def attend(token):
    """Keep one process dialling in; as soon as the harness has taken it, start the next one."""
    environment = dict(os.environ)
    environment.update({TOKEN: token, DIALLING: "1"})
    serving = []
    while True:
        # The end of its stdin, which is ours to close, ends a child: none is left behind us.
        child = subprocess.Popen([sys.executable, os.path.abspath(__file__)] + sys.argv[1:],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        serving.append(child)
        if not child.stdout.readline():
            os._exit(child.wait())
        serving = [each for each in serving if each.poll() is None]


def rest(seconds):
    wait = Wait(seconds)
    while not wait.over():
        wait.pause()


def dial(place, token):
    """Return a control connection that the harness has taken: its socket, its lines."""
    host, port = host_and_port(place)
    for _ in range(REFUSALS):
        sock = None
        while sock is None:
            try:
                sock = connected_socket(host, port, KNOCK, {})
            except Fault:
                rest(REDIAL)
        try:
            sock.sendall(token.encode("utf-8") + b"\n")
        except EnvironmentError:
            pass  # the reading below shows it
        lines = lines_of(sock.recv)
        first = next(lines, b"")
        if first:
            return sock, first, lines
        end_socket(sock)
        rest(REDIAL)
    give_up(EXIT_REFUSED, "%s:%s ends every control connection: is the token right?" % (host, port))


def remote(place, token, identity, classes, output):
    """Obey lines that come over TCP."""
    own_thread("owner", lambda: [None for _ in lines_of(stdin)] or os._exit(0))
    sock, first, lines = dial(place, token)
    output.line(b"taken")

    def every():
        yield first
        for line in lines:
            yield line

    # The address at which the harness's machine is reached from here is one that it can reach, too.
    driver = Driver(identity, classes, str(sock.getsockname()[0]))
    drive(driver, Output(sock.send), every())


# ---- level 0: the mirror ----------------------------------------------------------------------

def port_of(word, what):
    if not word.isdigit():
        give_up(EXIT_USAGE, "not %s: %s" % (what, word))
    return int(word)


def host_and_port(word):
    host, _, port = word.rpartition(":")
    return host.strip("[]"), port_of(port if host else word, "HOST:PORT")


def mirror(stocking_class, options, output):
    """Answer every message of one connection reversed, until its end."""
    if "--connect" in options:
        sock = connected_socket(*host_and_port(options["--connect"]), within=None, sizes={})
    else:
        listener = listening_socket("127.0.0.1", port_of(options["--listen"], "a port"), {})
        output.line(("listening %s %d" % listener.getsockname()[:2]).encode("ascii"))
        sock, _ = accepted_socket(listener, Wait(None), lambda: False)
        listener.close()
    link, wait = Link(), Wait(None)
    link.wrap(stocking_class, sock, {})
    while not (link.ready() or link.ended()):  # the default handshake of 1.2.3 takes a moment
        wait.pause()
    try:
        while True:
            value = next_message(link.stocking, link.stocking.read, Wait(None), lambda: False)
            link.stocking.write(backwards(value))
    except ConnectionOver:
        link.stocking.close()


# ---- the command line -------------------------------------------------------------------------

VALUED = ("--class", "--implementation", "--version", "--connect", "--listen", "--flavour",
          "--control", "--token")
USAGE = ("usage: python_adapter.py --class FLAVOUR=MODULE:CLASS [--class ...]"
         " [--implementation NAME] [--version VERSION]"
         " [--mirror --connect HOST:PORT | --mirror --listen 0 [--flavour FLAVOUR]"
         " | --control HOST:PORT [--token TOKEN]]")


def give_up(code, message):
    """One line on stderr, and the end."""
    line = "python_adapter: %s" % " ".join(message.split())
    os.write(2, (line if PY2 and isinstance(line, bytes) else line.encode("utf-8")) + b"\n")
    os._exit(code)


def parse_options(arguments):
    """Return the options; not by a library, because exit 89 has a meaning here."""
    options, classes, rest = {}, [], list(arguments)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        if word == "--mirror" and not equals:
            options[word] = True
        elif word not in VALUED:
            give_up(EXIT_UNKNOWN_OPTION, "unknown option %s; %s" % (word, USAGE))
        else:
            if not equals:
                if not rest:
                    give_up(EXIT_USAGE, "%s needs a value; %s" % (word, USAGE))
                value = rest.pop(0)
            if word == "--class":
                classes.append(value)
            options[word] = value
    ends = sum(1 for word in ("--connect", "--listen") if word in options)
    if not classes or ends != ("--mirror" in options) or (ends and "--control" in options):
        give_up(EXIT_USAGE, USAGE)
    return options, classes


def import_classes(wanted):
    """Return ``({flavour: class}, the module's name)``; a flavour without a class is left out."""
    classes, module = {}, None
    for each in wanted:
        flavour, _, path = each.partition("=")
        module, _, name = path.partition(":")
        if not (flavour and module and name):
            give_up(EXIT_USAGE, "--class takes FLAVOUR=MODULE:CLASS, not %s" % each)
        try:
            __import__(module)
        except (Exception, SystemExit) as error:
            give_up(EXIT_NO_CLASS, "cannot import %s for flavour %s: %s: %s (is its directory on"
                    " PYTHONPATH?)" % (module, flavour, type(error).__name__, words_of(error)))
        found = getattr(sys.modules[module], name, None)
        if found is None:
            print("python_adapter: %s has no %s here, so no flavour %s" % (module, name, flavour),
                  file=sys.stderr)
        else:
            classes[flavour] = found
    if not classes:
        give_up(EXIT_NO_CLASS, "none of the classes exists: %s" % ", ".join(wanted))
    return classes, module


def version_of(module):
    """Return a module's version: its own word, else that of its distribution."""
    own = getattr(sys.modules[module], "__version__", None)
    if own is not None:
        return str(own)
    wanted = re.sub("[-_.]+", "-", module.partition(".")[0]).lower()
    for directory in sys.path:
        try:
            entries = os.listdir(directory or ".")
        except EnvironmentError:
            continue  # a zip file, or not there
        for entry in entries:
            found = re.match(r"(.+?)-([0-9][^-]*)(-py[\d.]+)?\.(dist|egg)-info$", entry)
            if found and re.sub("[-_.]+", "-", found.group(1)).lower() == wanted:
                return found.group(2)
    return "unknown"


def main(arguments):
    output = take_stdout()
    options, wanted = parse_options(arguments)
    classes, module = import_classes(wanted)
    Wait.quiet = quiet_socket()
    if "--mirror" in options:
        flavour = options.get("--flavour", wanted[0].partition("=")[0])
        if flavour not in classes:
            give_up(EXIT_UNKNOWN_OPTION, "no flavour %s; there are %s"
                    % (flavour, ", ".join(sorted(classes))))
        mirror(classes[flavour], options, output)
        os._exit(0)
    else:
        identity = {"name": options.get("--implementation", module),
                    "version": options.get("--version") or version_of(module),
                    "language": "Python"}
        token = os.environ.get(TOKEN) or options.get("--token")
        if "--control" not in options:
            drive(Driver(identity, classes), output, lines_of(stdin))
        elif not token:
            give_up(EXIT_USAGE, "--control needs a token: set %s, or give --token" % TOKEN)
        elif DIALLING in os.environ:
            remote(options["--control"], token, identity, classes, output)
        else:
            attend(token)


if __name__ == "__main__":
    main(sys.argv[1:])
