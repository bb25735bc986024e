"""What is measured: the workloads, and what each of them is compared with."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Workload:
    """One workload. A value.

    `play` is what the workers call it, `size` the octets of a message, `links` how many connections
    it takes. `first` is the number of messages that the search for the right number begins with;
    `fixed` tells that there is nothing to search for. `buffered` tells that messages follow each
    other without waiting. `unit` is what a figure counts a second, or what it is if it is `cost`:
    then less is better.
    """

    name: str
    title: str
    play: str
    size: int
    first: int
    unit: str = "messages/s"
    links: int = 1
    fixed: bool = False
    buffered: bool = True
    cost: bool = False


WORKLOADS = (
    Workload("ping", "ping-pong, 64 B", "ping", 64, 1, "round trips/s", buffered=False),
    Workload("small", "one way, 100 B", "stream", 100, 256),
    Workload("medium", "one way, 64 KiB", "stream", 64 * KIB, 4),
    Workload("large", "one message of 256 MiB", "stream", 256 * MIB, 1, fixed=True),
    Workload("both", "64 MiB both ways before anybody reads", "both", MIB, 64, fixed=True),
    Workload("many", "500 connections echo 64 B", "many", 64, 2000, "echoes/s", links=500,
             buffered=False),
    Workload("idle", "100 connections rest", "idle", 0, 1, "ms of CPU in 10 s", links=100,
             fixed=True, cost=True),
    Workload("crowd", "10,000 connections rest", "idle", 0, 1, "ms of CPU in 10 s", links=10_000,
             fixed=True, cost=True),
    Workload("construct", "construct and close", "construct", 0, 16, "connections/s",
             buffered=False),
)
