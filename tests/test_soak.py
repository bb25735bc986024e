"""The soak: a short one is well, and what it is there to find, it finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.connection import Reading
from harness.discovery import discover
from harness.payloads import Message, Received
from harness.peers import reference_peers
from harness.pool import Pool
from harness.schedule import parse
from tools.soak import link, samples, traffic
from tools.soak.__main__ import ROOT, Soak, interpreters

MIB = 1 << 20


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    """A run that ends its peers."""
    specs = reference_peers(interpreters(discover()), ROOT)
    found = Soak(Pool(specs, tmp_path), specs, seed=7)
    yield found
    found.pool.stop()


def test_some_thousand_messages_over_faulty_links(
    soak: Soak, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every message arrives, resets among the connections; memory is for a longer run to judge."""
    soak.run(6000)
    assert soak.wrong == []
    assert soak.messages >= 6000 and soak.resets >= 1
    progress = capsys.readouterr().out.splitlines()
    assert progress[-1].startswith(f"soak: {soak.messages:,} messages")
    assert all(one.descriptors == seen[0].descriptors
               for seen in soak.seen.values() for one in seen)


@pytest.mark.parametrize("number", range(40))
def test_a_seed_says_what_is_written(number: int) -> None:
    one, again = (traffic.message(3, number) for _ in range(2))
    assert one == again and one.payload == again.payload
    assert one != traffic.message(3, number + 1)
    if one.length and one.seed is None:
        assert str(number).encode() in one.payload or number in one.payload[:8]


def test_all_sorts_of_messages_come() -> None:
    made = [traffic.message(1, number) for number in range(3000)]
    assert {one.kind for one in made} == {"text", "bytes"}
    assert min(one.length for one in made) == 0 and max(one.length for one in made) > 10_000


def test_the_ways_to_cut_are_schedules() -> None:
    draw = random.Random(5)
    for _ in range(200):
        parse(traffic.schedule(draw))


def received(message: Message) -> Received:
    """The message as a peer would describe it."""
    return Received.from_json(message.description())


def end() -> link.End:
    """A direction of ten messages whose connection is of no interest."""
    one = link.End(link.Way(1), None, None, None)  # type: ignore[arg-type]
    one.messages = one.way.messages(0, 10)
    return one


def test_what_arrived_in_order_is_right() -> None:
    one = end()
    for count in (0, 4, 10):
        one.check(Reading(tuple(map(received, one.messages[:count])), False, None))


@pytest.mark.parametrize("order", [[0, 2], [0, 0, 1], [1, 0], [0, 1, 3, 2]])
def test_lost_repeated_and_reordered_messages_are_found(order: list[int]) -> None:
    one = end()
    got = tuple(received(one.messages[at]) for at in order)
    with pytest.raises(link.Wrong, match="came as"):
        one.check(Reading(got, False, None))


def test_an_altered_message_is_found() -> None:
    one = end()
    got = received(one.messages[0])
    with pytest.raises(link.Wrong, match="message 0 came as"):
        one.check(Reading((replace(got, crc32="00000000"),), False, None))


def test_what_was_not_confirmed_comes_again() -> None:
    way = link.Way(9)
    first = way.messages(0, 5)
    way.confirm(first[:2])
    assert way.messages(0, 3) == first[2:]


def sampled(each: float, descriptors: int = 5) -> list[samples.Sample]:
    """A process that grows by so many octets for each message."""
    return [samples.Sample(at, 50 * MIB + int(at * each), descriptors)
            for at in range(0, 1_000_001, 10_000)]


def test_flat_memory_is_flat() -> None:
    said, wrong = samples.growth(sampled(0))
    assert wrong == []
    assert "50.0 50.0 50.0 50.0 50.0 MiB" in said
    assert "+0.0 octets" in said and "descriptors 5" in said


def test_an_object_left_for_each_message_is_a_leak() -> None:
    assert samples.slope(sampled(64)) == pytest.approx(64)
    assert samples.growth(sampled(64))[1] == ["memory grew by 30.5 MiB"]


def test_the_stack_of_one_thread_more_is_none() -> None:
    seen = sampled(0)
    seen[-1] = replace(seen[-1], memory=58 * MIB)
    assert samples.growth(seen)[1] == []


def test_a_warm_up_is_none() -> None:
    warm_up = [samples.Sample(0, 20 * MIB, 4), samples.Sample(100_000, 40 * MIB, 5)]
    assert samples.growth(warm_up + sampled(0)[30:])[1] == []


def test_a_short_run_does_not_judge_memory() -> None:
    assert samples.growth(sampled(1000)[:10])[1] == []


def test_a_descriptor_left_is_a_leak() -> None:
    seen = [*sampled(0)[:-1], samples.Sample(1_000_000, 50 * MIB, 6)]
    assert samples.growth(seen)[1] == ["descriptors went from 5 to 6"]
