"""The load: it burns, and nothing of it is left, however we end."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
from commandline import GONE, ROOT

from harness import clock, system
from harness.load import Load, burners


def test_a_load_is_so_many_processes_for_each_core() -> None:
    assert burners(0) == 0
    assert burners(2) == 2 * system.cores()
    assert burners(0.001) == 1
    with pytest.raises(ValueError, match="-1"):
        Load(-1)


def test_no_load_starts_nothing() -> None:
    with Load(0) as load:
        assert load.pids == []


def test_burners_burn_while_the_block_runs_and_are_gone_after_it() -> None:
    with pytest.raises(KeyError), Load(1) as load:
        found = [psutil.Process(pid) for pid in load.pids]
        assert len(found) == system.cores()
        for one in found:
            assert one.nice() == psutil.Process().nice()
            # A tenth of a second of the processor is more than it takes to start.
            assert clock.until(lambda one=one: sum(one.cpu_times()[:2]) > 0.1, GONE)
        raise KeyError
    assert load.pids == []
    assert not any(one.is_running() for one in found)


@pytest.mark.skipif(system.WINDOWS, reason="Windows shows no process groups")
def test_each_burner_has_a_process_group_of_its_own() -> None:
    with Load(1) as load:
        assert [os.getpgid(pid) for pid in load.pids] == load.pids


def test_a_killed_harness_leaves_no_burner() -> None:
    words = "from harness.load import Load; load = Load(1); load.__enter__(); " \
            "print(*load.pids, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as ours:
        assert ours.stdout is not None
        left = [psutil.Process(int(pid)) for pid in ours.stdout.readline().split()]
        assert left
        ours.kill()
    _, alive = psutil.wait_procs(left, timeout=GONE)
    assert not alive
