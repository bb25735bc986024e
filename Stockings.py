"""The package under the name that programs for Stockings 1.2 import."""
from __future__ import absolute_import, division, print_function

from stockings import *  # noqa: F403
from stockings import __all__, __version__  # noqa: F401
