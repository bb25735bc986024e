"""Shards of a run, and runs of several machines, put together; what does not fit is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli, broken, harness
from commandline import run as run_cases
from runs import failed, peers, results, run_of, shown, write

from harness.repeats import outcome
from harness.report.findings import replay
from harness.results import Result, Run, Share, plan_digest, read
from harness.shard import Shard
from harness.story import logfile
from harness.story.lines import Header as LogHeader
from harness.story.lines import Judged
from harness.story.logfile import CaseLog
from harness.verdicts import Verdict

WHO = peers()[:4]
EVERY = sorted(
    (failed(one) if "8191" in one.id else one for one in results(WHO)), key=lambda one: one.id
)
LINUX = {"platform": "Linux-6.1-x86_64", "python": "3.13.1"}


def whole(outcome: Sequence[Result] = EVERY, seconds: float = 12.0, **header: Any) -> Run:
    """A run of all cases on one machine."""
    run = run_of(WHO, outcome, seconds=seconds)
    return replace(run, header=replace(run.header, **{"host": LINUX, **header}))


def share(number: int, of: int = 3, seconds: float = 4.0) -> Run:
    """The same run, but only one shard of it; its peers run in processes of their own."""
    mine = [one for one in EVERY if Shard(number, of).holds(one.id)]
    run = whole(mine, seconds)
    plan = Share(number, of, len(EVERY), plan_digest(one.id for one in EVERY))
    started = tuple(replace(peer, hello={"pid": number}) for peer in WHO)
    return replace(run, header=replace(run.header, shard=plan, peers=started))


def files(folder: Path, *runs: Run) -> list[str]:
    """Write runs as `1.jsonl`, `2.jsonl`, …; their names."""
    return [str(write(run, folder / f"{at}.jsonl")) for at, run in enumerate(runs, 1)]


def merged(folder: Path, cli: Cli, *words: str) -> Run:
    """What `merge` makes of some files."""
    said = cli("merge", *words, "-o", str(folder / "all.jsonl"))
    assert said.code == 0, said.text
    return read(folder / "all.jsonl")


def refused(folder: Path, cli: Cli, *words: str) -> str:
    """The one line with which `merge` refuses; nothing is written then."""
    said = cli("merge", *words, "-o", str(folder / "all.jsonl"))
    assert said.code == 3
    assert not (folder / "all.jsonl").exists()
    assert said.text.count("\n") == 1
    return said.text


def test_every_case_is_in_exactly_one_shard() -> None:
    for of in (1, 2, 3, 7):
        held = [{one.id for one in EVERY if Shard(k, of).holds(one.id)} for k in range(1, of + 1)]
        assert sum(map(len, held)) == len(EVERY) == len(set().union(*held))
        assert all(held)


def test_where_a_case_belongs_never_changes() -> None:
    """A new release that cut otherwise could not be merged with an old one."""
    held = [Shard(number, 3).holds("frame/header/empty[1*]@a@x") for number in (1, 2, 3)]
    assert held == [True, False, False]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "-1/3", "a/b", "1/3/5"])
def test_what_is_no_shard_is_a_usage_error(text: str, cli: Cli) -> None:
    said = cli("run", f"--shard={text}")
    assert said.code == 2
    assert "--shard" in said.text


def test_merged_shards_give_the_same_report_as_one_run(tmp_path: Path, cli: Cli) -> None:
    run = merged(tmp_path, cli, *files(tmp_path, share(1), share(3), share(2)))
    assert shown(run, verbose=True) == shown(whole(), verbose=True)
    assert run.complete
    assert run.header.plan == whole().header.plan
    assert run.header.shard is None


def test_a_missing_shard_is_named(tmp_path: Path, cli: Cli) -> None:
    one, three = files(tmp_path, share(1), share(3))
    text = refused(tmp_path, cli, one, three)
    assert one in text and three in text
    assert "what is missing is shard 2/3" in text


def test_a_shard_that_did_not_come_to_its_end_is_named(tmp_path: Path, cli: Cli) -> None:
    run = share(2)
    ids = [one.id for one in run.results]
    cut = replace(run_of(WHO, run.results[1:], missing=ids[:1]), header=run.header)
    text = refused(tmp_path, cli, *files(tmp_path, share(1), cut, share(3)))
    assert f"2.jsonl: the run did not come to its end: {ids[0]} has no result" in text


def test_the_same_shard_twice_is_refused_unless_it_is_a_repeat(tmp_path: Path, cli: Cli) -> None:
    names = files(tmp_path, share(1), share(2), share(3), share(1))
    text = refused(tmp_path, cli, *names)
    assert names[0] in text and names[3] in text and "--repeats" in text
    run = merged(tmp_path, cli, *names, "--repeats")
    assert run.counts == whole().counts


def test_a_file_is_not_its_own_repeat(tmp_path: Path, cli: Cli) -> None:
    """However it is named: it would make a steadiness up."""
    (name,) = files(tmp_path, whole())
    other = str(Path(name).parent / "." / ".." / Path(name).parent.name / Path(name).name)
    ended = cli("merge", name, other, "--repeats", "-o", str(tmp_path / "all.jsonl"))
    assert ended.code == 2
    assert "is given twice" in ended.text


def test_repeats_that_disagree_are_flaky(tmp_path: Path, cli: Cli) -> None:
    second = [failed(EVERY[0]), *EVERY[1:]]
    run = merged(tmp_path, cli, *files(tmp_path, whole(), whole(second)), "--repeats")
    (flaky,) = (one for one in run.results if one.verdict is Verdict.FLAKY)
    assert flaky.id == EVERY[0].id
    assert flaky.tries == {"PASS": 1, "FAIL FRAME-5": 1}
    assert run.footer is not None and run.footer.exit == 1


def test_the_tries_of_runs_are_added_up(tmp_path: Path, cli: Cli) -> None:
    first = replace(failed(EVERY[0]), verdict=Verdict.FLAKY, tries={"PASS": 47, "FAIL FRAME-5": 3})
    many = [replace(one, tries={outcome(one): 50}) for one in EVERY[1:]]
    names = files(tmp_path, whole([first, *many]), whole([first, *many]))
    run = merged(tmp_path, cli, *names, "--repeats")
    assert run.results[0].tries == {"PASS": 94, "FAIL FRAME-5": 6}
    assert run.results[0].verdict is Verdict.FLAKY
    assert {sum(one.tries.values()) for one in run.results} == {100}
    assert run.counts == {**whole(EVERY[1:]).counts, Verdict.FLAKY: 1}


def _other_plan() -> Run:
    return whole(EVERY[1:])


def _other_suite() -> Run:
    return whole(suite=replace(whole().header.suite, digest="1" * 64))


def _other_peers() -> Run:
    changed = replace(WHO[0], hello={"runtime": "3.13.2"})
    return whole(peers=(changed, *WHO[1:]))


def _other_options() -> Run:
    return whole(options={"repeat": 3})


@pytest.mark.parametrize(
    ("other", "what"),
    [(_other_plan, "plans"), (_other_suite, "suites"), (_other_peers, "peers"),
     (_other_options, "options")],
)
def test_runs_of_different_things_are_refused(
    other: Any, what: str, tmp_path: Path, cli: Cli
) -> None:
    one, two = files(tmp_path, whole(), other())
    text = refused(tmp_path, cli, one, two, "--repeats")
    assert f"{one} and {two} are of different {what}" in text


def test_systems_stand_side_by_side_under_names_of_their_own(tmp_path: Path, cli: Cli) -> None:
    """A shard of one system fits no shard of another, however alike their plans are."""
    host = {"platform": "Windows-2025Server-10.0"}
    windows = whole(host=host, options={"peers": ["C:\\a.toml"]})
    run = merged(tmp_path, cli, *files(tmp_path, share(1), share(2), share(3), windows))
    assert len(run.results) == 2 * len(EVERY)
    assert {peer.name for peer in run.header.peers} == {
        peer.name + system for peer in WHO for system in ("+linux", "+windows")
    }
    assert all(one.id.endswith("~".join(one.peers)) for one in run.results)
    assert shown(run)


def test_what_is_merged_from_several_systems_is_not_merged_again(tmp_path: Path, cli: Cli) -> None:
    """The file of two systems would have passed for one of the first, and its peers so named."""
    systems = [whole(host={"platform": f"{name}-1"}) for name in ("Linux", "macOS", "Windows")]
    names = files(tmp_path, *systems)
    both = str(tmp_path / "both.jsonl")
    assert cli("merge", *names[:2], "-o", both).code == 0
    text = refused(tmp_path, cli, both, names[2])
    assert text == (
        f"harness: {both}: is merged from several systems already;"
        " merge the original files, all at once\n"
    )
    shards = str(tmp_path / "shards.jsonl")
    parts = files(tmp_path, share(1), share(2), share(3))
    assert cli("merge", *parts, "-o", shards).code == 0
    assert len(merged(tmp_path, cli, shards, str(write(systems[1], tmp_path / "mac"))).results)


def test_each_case_is_replayed_as_its_own_part_ran(tmp_path: Path, cli: Cli) -> None:
    """On the system that it ran on, where nobody has that behind his name, with its options."""
    linux = whole(
        [replace(one, verdict=Verdict.FLAKY) for one in EVERY],
        options={"peers": ["a.toml"], "patience": 4, "repeat": 9, "left_out": ["no PyPy"]},
    )
    windows = whole(
        [replace(one, verdict=Verdict.STALE) for one in EVERY],
        host={"platform": "Windows-2025Server-10.0"},
        options={"peers": ["C:\\a.toml"], "validate": True, "known_failing": ["C:\\known.txt"],
                 "program": ["py", "stockings-harness.pyz"]},
    )
    run = merged(tmp_path, cli, *files(tmp_path, linux, windows))
    asked = {replay(run, one) for one in run.results}
    assert asked == {replay(part, one) for part in (linux, windows) for one in part.results}
    assert any("--patience 4 --repeat 9" in one for one in asked)
    assert "linux: no PyPy" in " ".join(" ".join(shown(run)).split())


def _logged(folder: Path, text: str) -> Run:
    """A run on a machine of its own whose first result has a wire log."""
    path = folder / "run.logs" / logfile.file_name(EVERY[0].id)
    first = EVERY[0]
    header = LogHeader(0, first.id, first.case, first.params, list(first.peers), [])
    logfile.write(CaseLog(header, (), Judged(1, "PASS", None, text, None)), path)
    return whole([replace(first, log=f"run.logs/{path.name}"), *EVERY[1:]])


def test_wire_logs_come_along(tmp_path: Path, cli: Cli) -> None:
    """Those of two machines have the same name where they are of the same case."""
    here, there = tmp_path / "here", tmp_path / "there"
    one = _logged(here, "on linux")
    other = _logged(there, "on macos")
    other = replace(other, header=replace(other.header, host={"platform": "macOS-15.1-arm64"}))
    names = [str(write(one, here / "run.jsonl")), str(write(other, there / "run.jsonl"))]
    run = merged(tmp_path, cli, *names)
    told = {one.id.rpartition("+")[2]: one.log for one in run.results if one.log is not None}
    for system, log in told.items():
        assert log is not None
        assert logfile.read(tmp_path / log).judged.reason == f"on {system}"
    assert set(told) == {"linux", "macos"}
    logs = tmp_path / "all.logs"
    assert len(list(logs.iterdir())) == 2
    next((here / "run.logs").iterdir()).unlink()
    said = cli("merge", *names, "-o", str(tmp_path / "all.jsonl"))
    assert said.code == 3 and "--no-logs" in said.text and names[0] in said.text
    assert merged(tmp_path, cli, *names, "--no-logs").results[0].log is None


def test_the_output_is_none_of_the_files(tmp_path: Path, cli: Cli) -> None:
    (one,) = files(tmp_path, whole())
    before = Path(one).read_bytes()
    said = cli("merge", one, "-o", one)
    assert said.code == 2
    assert Path(one).read_bytes() == before


def test_shards_that_were_really_run_make_the_whole_run(tmp_path: Path) -> None:
    """Each by itself, as on two machines. Some cases fail, so there are logs to bring along."""
    names = []
    for number in (1, 2):
        words = ("--case", "frame/header/empty*", "--logs", "all", "--jobs", "1")
        done = run_cases(
            broken("one", "Correct"), "--peer", "one@*", *words, "--shard", f"{number}/2",
            folder=tmp_path,
        )
        assert done.code == 0, done.err
        names.append(str(tmp_path / f"{number}.jsonl"))
        done.results.rename(names[-1])
        (tmp_path / "results.logs").rename(tmp_path / f"{number}")
        text = Path(names[-1]).read_text(encoding="utf-8").replace("results.logs/", f"{number}/")
        Path(names[-1]).write_text(text, encoding="utf-8")
    target = tmp_path / "all.jsonl"
    made = harness("merge", *names, "-o", str(target), folder=tmp_path)
    assert made.code == 0, made.err
    shards, run = [read(Path(name)) for name in names], read(target)
    assert run.complete and run.header.shard is None
    assert run.header.plan == shards[0].header.shard.plan
    assert all(one.results for one in shards)
    assert len(run.results) == sum(len(one.results) for one in shards)
    assert all((tmp_path / str(one.log)).is_file() for one in run.results)
