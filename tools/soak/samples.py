"""Memory, descriptors and threads of the peers between two connections, and whether they grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.peer import Peer
from harness.usage import Watched

#: The share of a run that is warming up: caches fill, and the allocator finds its size.
WARM_UP = 0.25
#: Octets by which the lowest sample of the last quarter may be above that of the second. Lowest,
#: since the stack of a thread that is about to end is 8 MiB. An object of 64 octets left behind for
#: each message that a process has of a million makes 16 MiB; what remains is the allocator's luck.
GROWTH = 8 * 1024 * 1024
#: Messages below which memory is only reported: until then caches fill, and a leak would be small.
JUDGED = 250_000


@dataclass(frozen=True)
class Sample:
    """One look at a process: after how many messages of the run, and what the system said."""

    messages: int
    memory: int
    descriptors: int | None


def look(peer: Peer, messages: int) -> Sample:
    """Look at a peer that has no connection now."""
    watched = Watched(peer.pid)
    return Sample(messages, watched.memory, watched.descriptors)


def slope(samples: Sequence[Sample]) -> float:
    """Octets of memory for each message, by least squares; 0 for fewer than two samples."""
    count = len(samples)
    if count < 2:
        return 0.0
    middle = sum(one.messages for one in samples) / count
    level = sum(one.memory for one in samples) / count
    square = sum((one.messages - middle) ** 2 for one in samples)
    return sum((one.messages - middle) * (one.memory - level) for one in samples) / square


def warm(samples: Sequence[Sample]) -> list[Sample]:
    """The samples after the warming up."""
    start = samples[-1].messages * WARM_UP if samples else 0
    return [one for one in samples if one.messages >= start]


def growth(samples: Sequence[Sample]) -> tuple[str, list[str]]:
    """Say how a process has grown while it was warm, and what is wrong with that."""
    kept = warm(samples)
    rate = slope(kept)
    last = samples[-1].messages
    second = [one.memory for one in kept if one.messages <= last / 2]
    grown = min(one.memory for one in kept if one.messages >= last * 3 / 4) - min(second or [0])
    counts = sorted({one.descriptors for one in kept if one.descriptors is not None})
    wrong = []
    if last >= JUDGED and second and grown > GROWTH:
        wrong.append(f"memory grew by {grown / (1 << 20):.1f} MiB")
    if len(counts) > 1 and kept[-1].descriptors != kept[0].descriptors:
        wrong.append(f"descriptors went from {kept[0].descriptors} to {kept[-1].descriptors}")
    quarters = " ".join(
        f"{samples[part * (len(samples) - 1) // 4].memory / (1 << 20):.1f}" for part in range(5))
    said = ", ".join(map(str, counts)) or "not counted"
    return (f"memory {quarters} MiB at each quarter of the run, {rate * 1000:+.1f} octets for each "
            f"1,000 messages after the first; descriptors {said}; {len(kept)} samples", wrong)
