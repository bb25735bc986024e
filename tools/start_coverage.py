"""Make the environment that runs this start coverage in child processes too.

tox runs it once per environment, after the packages are installed. The `.pth` file only matters to
a process that has COVERAGE_PROCESS_START set, which tests/conftest.py does for the children of the
tests (the workers of pytest-xdist, and interpreters that a test starts).
"""

from __future__ import absolute_import, division, print_function

import os
import sysconfig


def main():
    """Write the file, and make the folder for the data (coverage 5.5 would race for it)."""
    site_packages = sysconfig.get_paths()["purelib"]
    with open(os.path.join(site_packages, "start_coverage.pth"), "w") as pth:
        pth.write("import coverage; coverage.process_startup()\n")
    folder = os.path.dirname(os.environ["COVERAGE_DATA"])
    if not os.path.isdir(folder):
        os.makedirs(folder)


if __name__ == "__main__":
    main()
