"""The packaging itself is described in setup.cfg, which the setuptools of Python 2.7 reads too."""
from setuptools import setup

setup()
