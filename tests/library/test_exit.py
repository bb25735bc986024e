"""The end of the interpreter: no hang, no noise, on 2.7 too."""
from __future__ import absolute_import, division, print_function

import os
import subprocess
import sys

import pytest

HEAD = """
from __future__ import print_function
import sys, threading
import stockings
from stockings._compat import socketpair
Flavour = getattr(stockings, sys.argv[1])
a, b = socketpair()
"""

PROGRAMS = {
    "open": "near, far = Flavour(a), Flavour(b)\nnear.write(u'x')\n",
    "queued": "near = Flavour(a)\nnear.write(b'x' * 10000000)\n",
    "waiting": """
near = Flavour(a)
thread = threading.Thread(target=near.read, args=(None,))
thread.daemon = True
thread.start()
""",
    "with": "with Flavour(a) as near:\n    near.write(u'x')\n    b.close()\n",
    "global-cycle": "near = Flavour(a)\nnear.myself = near\nnear.fileno()\n",
    "handshake": """
class Shaking(Flavour):
    def handshake(self):
        self._write(u'hello')
        return self._read(20) == u'hello'
near, far = Shaking(a), Shaking(b)
""",
    "exception": """
near = Flavour(a)
try:
    near.write(None)
except TypeError:
    pass
""",
    "at-exit-close": """
import atexit
near = Flavour(a)
near.linger = 0.2
atexit.register(near.abort)
""",
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_ends_quietly(flavour, name):
    """Whatever is still open: exit status 0, nothing on stdout and stderr."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    child = subprocess.Popen([sys.executable, "-c", HEAD + PROGRAMS[name], flavour.__name__],
                             env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.communicate()[0]
    assert (child.returncode, output) == (0, b"")
