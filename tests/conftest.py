"""Measure the processes that tests start, too, where the tests themselves are measured.

Both dialects of tests load this file, so it runs on 2.7.
"""

from __future__ import absolute_import, division, print_function

import os
import sys

_coverage = sys.modules.get("coverage")
if _coverage is not None and _coverage.Coverage.current() is not None:
    # Set here and not by tox: the environment of the whole run would have pip measured, too.
    os.environ.setdefault("COVERAGE_PROCESS_START", os.environ["COVERAGE_RCFILE_ABS"])
