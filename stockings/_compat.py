"""The only place that knows how Python versions and systems differ."""
from __future__ import absolute_import, division, print_function

import errno
import operator
import os
import platform
import re
import select
import socket
import sys
import time

PY2 = sys.version_info[0] == 2
text = type(u"")
clock = getattr(time, "monotonic", time.time)  # 2.7 has no monotonic clock
#: How many sockets one select can watch: Windows counts them (FD_SETSIZE, as Python is built),
#: elsewhere their numbers are limited, and select tells by itself.
SELECT_LIMIT = 512 if os.name == "nt" else None
#: What socket and select calls raise: on 2.7 select.error is no EnvironmentError.
SOCKET_ERRORS = (EnvironmentError, select.error)
INTERRUPTED = (errno.EINTR, 10004)  # the second is Windows' WSAEINTR
#: ENOBUFS means "later" on BSD; 10035 is Windows' WSAEWOULDBLOCK, whose EAGAIN is another number.
_AGAIN = frozenset([errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, 10035])
#: Has a send to a side that is gone fail, and not end a process that leaves SIGPIPE at its default;
#: 2.7 does not know the name. 0 where the system has no such flag.
QUIETLY = getattr(socket, "MSG_NOSIGNAL", 0x4000 if sys.platform.startswith("linux") else 0)
#: Hands the processor to another process; an empty wait does it where the call is missing.
yieldProcessor = getattr(os, "sched_yield", lambda: None)
#: Whether daemon threads run on while the interpreter takes its modules apart.
threadsOutlive = PY2
#: The category of the warning about a forgotten close(); 2.7 has none and is not warned.
LeakWarning = None if PY2 else ResourceWarning


#: Whether the system can take and give octets where they are: several buffers in one call, and the
#: place where a message is being put together. 2.7 has no way to it; PyPy copies all that is
#: offered for each call, and keeps the place from growing until it has collected its garbage.
usesBuffers = not PY2 and platform.python_implementation() == "CPython"


class _Process(object):
    """This process; ``pid`` is its number. Asking the system costs a tenth of a short message."""

    if hasattr(os, "register_at_fork"):
        def __init__(self):
            self._look()
            os.register_at_fork(after_in_child=self._look)

        def _look(self):
            self.pid = os.getpid()
    else:
        pid = property(lambda self: os.getpid())


process = _Process()


def errnoOf(error):
    """Return the error number of a socket or select error, None if it carries none."""
    return error.args[0] if error.args else None


def withoutFrames(error):
    """Return the error without the frames that it came through, which is fit to be kept.

    What their locals refer to, queued octets among it, would stay as long as the error does. On 2.7
    an error has no frames.
    """
    error.__traceback__ = None
    return error


def blockedOn(error):
    """Return "again", "read" or "write" for an error that only means "later", else None.

    A TLS socket says which direction it waits for; the module is looked up rather than imported,
    since whoever has a TLS socket has loaded it.
    """
    ssl = sys.modules.get("ssl")
    if ssl is not None and isinstance(error, ssl.SSLError):
        return {ssl.SSL_ERROR_WANT_READ: "read", ssl.SSL_ERROR_WANT_WRITE: "write"}.get(
            errnoOf(error))
    return "again" if errnoOf(error) in _AGAIN else None


def isRaggedEnd(sock, error):
    """Whether an error of a TLS receive is the end without close_notify that ``sock`` suppresses.

    With OpenSSL 3, 2.7 and 3.x up to 3.7 do not recognise it, and raise it as any other error.
    """
    return getattr(sock, "suppress_ragged_eofs", False) and "unexpected eof" in str(error)


def toBytes(data):
    """Return a bytes copy of a bytes-like object (2.7: bytes(memoryview) is its repr)."""
    return memoryview(data).tobytes()


if PY2:
    # 2.7 takes surrogates both ways. A wide build holds no pairs in well-formed text; a narrow
    # build holds every character above U+FFFF as a pair, so that only lone ones are wrong there.
    _LONE = re.compile(u"[\ud800-\udfff]" if sys.maxunicode > 0xFFFF else
                       u"[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")
    _ENCODED = re.compile(b"\xed[\xa0-\xbf]")  # in UTF-8, only a surrogate looks like this
    indexable = bytearray

    def encodeText(message):
        """Return the UTF-8 octets of a text; UnicodeEncodeError for a surrogate."""
        lone = _LONE.search(message)
        if lone:
            raise UnicodeEncodeError("utf-8", message, lone.start(), lone.end(),
                                     "surrogates not allowed")
        return message.encode("utf-8")

    def decodeText(octets):
        """Return the text of UTF-8 octets; UnicodeDecodeError for a surrogate."""
        lone = _ENCODED.search(octets)
        if lone:
            raise UnicodeDecodeError("utf-8", octets, lone.start(), lone.end(),
                                     "surrogates not allowed")
        return octets.decode("utf-8")
else:
    encodeText = operator.methodcaller("encode", "utf-8")
    decodeText = operator.methodcaller("decode", "utf-8")

    def indexable(octets):
        """Return octets in a form whose items are numbers."""
        return octets


def emulatedSocketpair():
    """Return two connected TCP sockets, for systems without socket.socketpair.

    Between listen and accept another process may connect first (CVE-2024-3219): the ends are
    compared, and an alien is refused with a socket error.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    near = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    far = None
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        near.connect(listener.getsockname())
        far = listener.accept()[0]
        if far.getpeername() != near.getsockname() or near.getpeername() != far.getsockname():
            raise socket.error(errno.ECONNABORTED, "a stranger connected to the socket pair")
    except Exception:
        near.close()
        if far is not None:
            far.close()
        raise
    finally:
        listener.close()
    return near, far


#: 3.5 to 3.12 emulate a missing socketpair without that comparison, hence the look at the platform.
socketpair = emulatedSocketpair if os.name == "nt" else getattr(
    socket, "socketpair", emulatedSocketpair)
