"""What holds for every test, and for the processes that tests start.

Both dialects of tests load this file, so it runs on 2.7.
"""

from __future__ import absolute_import, division, print_function

import os
import signal
import sys

try:
    import hypothesis
except ImportError:  # the tests that need it are skipped, or say so
    pass
else:
    # How fast a busy machine makes and tries examples is no verdict; and a tree stays as it was.
    hypothesis.settings.register_profile(
        "unhurried",
        database=None,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("unhurried")

_coverage = sys.modules.get("coverage")
if _coverage is not None and _coverage.Coverage.current() is not None:
    # Set here and not by tox: the environment of the whole run would have pip measured, too.
    os.environ.setdefault("COVERAGE_PROCESS_START", os.environ["COVERAGE_RCFILE_ABS"])

# A shell starts a command in the background with SIGINT ignored, and a process hands that on to its
# children, where a test may have to interrupt one as a user does.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
