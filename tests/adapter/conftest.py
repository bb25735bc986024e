"""The Python adapter as a real process, on the running interpreter and on Python 2.7."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import places
import pytest

from harness.discovery import discover
from harness.smoke.bench import Bench
from harness.smoke.channel import Channel


@pytest.fixture(scope="session", params=["running", "cpython2.7"])
def python(request: pytest.FixtureRequest) -> list[str]:
    """The argv of an interpreter: this one, and the oldest that the adapter runs on."""
    if request.param == "running":
        return [sys.executable]
    found = [each for each in discover() if each.name == request.param]
    if not found:
        pytest.skip(f"there is no {request.param} on this machine")
    return list(found[0].command)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the adapter finds its libraries by: the fakes, and a folder of the test's own."""
    return places.environment(places.FAKES, tmp_path)


@pytest.fixture
def start(python: list[str], environment: dict[str, str]) -> Iterator[places.Start]:
    """Start the adapter with arguments; all that were started are gone after the test."""
    channels: list[Channel] = []

    def start(*arguments: str) -> Channel:
        command = [*python, str(places.ADAPTER), *arguments]
        channels.append(Channel(command, environment, places.PATIENCE))
        return channels[-1]

    yield start
    for channel in channels:
        channel.kill()


@pytest.fixture
def bench(python: list[str], environment: dict[str, str]) -> Iterator[Callable[[str], Bench]]:
    """Give a bench with one class of the fake library, as smoke has it."""
    benches: list[Bench] = []

    def bench(name: str) -> Bench:
        command = [*python, str(places.ADAPTER), "--class", f"poll=fakestockings:{name}"]
        benches.append(Bench(command, environment, "poll", places.PATIENCE))
        benches[-1].hello = benches[-1].channel.ok("hello", protocol=1)
        return benches[-1]

    yield bench
    for each in benches:
        each.stop()
