"""Every way in which the command line can end, without a process: its exit code and its words."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hosts
import pytest
from click.testing import CliRunner
from commandline import FULL, Said, file, needs_full
from runs import failed, gave, passed, peers, run_of, write

from harness import clock, openaxis, system
from harness.cli import main
from harness.muster import MusterFailed
from harness.plan import Roster, Stem
from harness.problem import Incomplete, Usage, written
from harness.results import ResultsError, Run
from harness.run import NothingToRun, Request, workers
from harness.shard import Shard
from harness.site.build import SiteError
from harness.suite import SuiteError
from harness.verdicts import Verdict

SINGLE = Stem("frame/header/empty", "[1]", "single", (("FRAME-8", "…"),), (), "a")
PAIR = Stem("interop/both", "", "pair", (("SEND-3", "…"),), (), "b")
ONE = replace(hosts.command("x", name="reference@one"), pairs="all")
OTHER = replace(hosts.command("x", name="reference@other"), pairs="all")
CASE = "frame/header/empty[1]@reference@one"
WHO = peers()[:1]
GREEN = run_of(WHO, [passed("a/b/c", "", WHO[0].name)])
RED = run_of(WHO, [failed(passed("a/b/c", "", WHO[0].name))])


def ending(run: Run, code: int) -> Run:
    """The same run with another exit code in its footer."""
    assert run.footer is not None
    return replace(run, footer=replace(run.footer, exit=code))


class World:
    """What stands behind the command line: it keeps the request and gives `outcome`."""

    def __init__(self) -> None:
        self.outcome: Run | BaseException = GREEN
        self.requests: list[Request] = []

    def carry_out(self, request: Request, watch: Callable[..., Any], folder: Path) -> Run:
        """Stands for a whole run."""
        assert folder.is_dir()
        # So that whoever finds a folder of a killed run knows whose it was.
        assert folder.name.startswith("stockings-")
        with watch(7) as watcher:
            assert watcher
        self.requests.append(request)
        self.patience = clock.patience()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def __call__(self, *arguments: str) -> Said:
        """Run the command line in this process."""
        result = CliRunner().invoke(main, arguments, prog_name="harness")
        return Said(result.exit_code, result.output)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """The command line over two peers and two cases, in an empty folder."""
    there = World()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.suite.collect", lambda: [SINGLE, PAIR])
    monkeypatch.setattr("harness.cli.carry_out", there.carry_out)
    monkeypatch.setattr("harness.selection.Selection.available", [ONE, OTHER])
    monkeypatch.setattr("harness.clock._patience", 1.0)
    return there


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_run_ends_with_the_exit_code_of_its_footer(world: World, code: int) -> None:
    world.outcome = ending(RED, code)
    assert world("run").code == code
    assert world("replay", CASE).code == code


def test_a_run_is_told_on_the_terminal(world: World) -> None:
    said = world("run").text
    assert said.endswith("conforms: 1 case over 1 peer, 0 red, in 41 s\n")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NothingToRun("they do not meet"), 2, "harness: nothing to run: they do not meet\n"),
        (MusterFailed(["a: start: no"]), 3, "harness: nothing was run: a: start: no\n"),
        (SuiteError("pytest failed"), 3, "harness: pytest failed\n"),
        (ResultsError("x: line 3: no"), 3, "harness: x: line 3: no\n"),
        (KeyboardInterrupt(), 3, "harness: interrupted\n"),
    ],
)
def test_a_run_that_cannot_be_carried_out(
    world: World, error: BaseException, code: int, words: str
) -> None:
    world.outcome = error
    assert world("run") == Said(code, words)


def test_an_accident_of_ours_is_no_verdict(world: World) -> None:
    world.outcome = ZeroDivisionError("oh")
    said = world("run")
    assert said.code == 3
    assert "ZeroDivisionError: oh" in said.text
    assert said.text.endswith(
        "harness: the harness itself has failed; the traceback says where\n"
    )


def test_an_output_that_nobody_reads_any_more_is_none_of_our_accidents(world: World) -> None:
    world.outcome = BrokenPipeError(errno.EPIPE, "nobody reads")
    # Not click's own 1, which would be a verdict; and there is nobody to be told anything.
    assert world("run") == Said(3, "")
    world.outcome = OSError(errno.ENOSPC, "full")
    said = world("run")
    assert said.code == 3 and "the harness itself" not in said.text


def test_a_problem_is_printed_where_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = io.StringIO()
    Usage("nothing fits").show(wanted)
    assert wanted.getvalue() == "harness: nothing fits\n"
    assert capsys.readouterr() == ("", "")
    Incomplete("interrupted").show()
    assert capsys.readouterr() == ("", "harness: interrupted\n")


def during_a_verb(world: World, number: int) -> list[object]:
    """What is done on a signal while a verb runs; afterwards, what was done before."""
    before = signal.getsignal(number)
    during: list[object] = []

    def carry_out(*_: object) -> Run:
        during.append(signal.getsignal(number))
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.cli.carry_out", carry_out)
        world("run")
    assert signal.getsignal(number) is before
    return during


def test_sigterm_is_an_orderly_end_while_a_verb_runs(world: World) -> None:
    assert during_a_verb(world, signal.SIGTERM) == [signal.default_int_handler]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_terminal_that_goes_is_an_orderly_end_unless_that_is_ignored(world: World) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        for handler, during in (
            (signal.SIG_DFL, signal.default_int_handler), (signal.SIG_IGN, signal.SIG_IGN),
        ):
            signal.signal(signal.SIGHUP, handler)
            assert during_a_verb(world, signal.SIGHUP) == [during]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_cases_without_a_result_are_counted_and_one_is_named(world: World) -> None:
    run = run_of(WHO, [passed("a/b/c", "", WHO[0].name)], missing=["x/y@z", "x/z@z"])
    world.outcome = run
    said = world("run")
    assert said.code == 3
    assert said.text.endswith("harness: 2 cases without result, x/y@z among them\n")
    world.outcome = run_of(WHO, [], missing=["x/y@z"])
    assert world("run").text.endswith("harness: 1 case without result, x/y@z among them\n")


def test_a_request_is_what_the_options_say(world: World) -> None:
    file("known", "frame/** FAIL FRAME-8  # always\n")
    said = world(
        "run", "--case", "frame/**", "--peer", "*one", "--with", "*other", "--clause", "FRAME-8",
        "--known-failing", "known", "--jobs", "3", "--patience", "2.5", "--validate",
        "--repeat", "4", "--load", "0", "--results", "sub/r.jsonl",
    )
    assert said.code == 0
    (request,) = world.requests
    assert list(request.stems) == [SINGLE]
    assert request.roster == Roster((ONE,), (OTHER,))
    assert request.results == Path("sub/r.jsonl")
    assert [(line.file, line.line) for line in request.known] == [("known", 1)]
    assert (request.ids, request.jobs, request.patience) == (None, 3, 2.5)
    assert (request.validate, request.repeat, request.load) == (True, 4, 0.0)
    assert request.options == {
        "peers": [], "peer": ["*one"], "with": ["*other"], "case": ["frame/**"],
        "clause": ["FRAME-8"], "known_failing": ["known"], "repeat": 4, "load": 0.0,
    }
    assert world.patience == 2.5


def test_a_shard_is_asked_for_as_it_is_given(world: World) -> None:
    assert world("run", "--shard", "2/3").code == 0
    assert [request.shard for request in world.requests] == [Shard(2, 3)]


def test_a_run_tells_all_findings_in_full_if_asked(world: World) -> None:
    red = [gave(passed(f"a/b/c{at}", "", WHO[0].name), Verdict.CRASH, str(at)) for at in range(12)]
    world.outcome = ending(run_of(WHO, red), 1)
    assert world("run").text.count("  replay  ") == 10
    assert world("run", "--verbose").text.count("  replay  ") == 12


def test_a_run_writes_a_site_and_ends_as_without_one(world: World) -> None:
    world.outcome = ending(RED, 1)
    assert world("run", "--html", "site").code == 1
    assert WHO[0].name in Path("site/index.html").read_text(encoding="utf-8")


def test_a_site_never_takes_the_place_of_something_else(world: World) -> None:
    Path("mine").mkdir()
    Path("mine/thesis").write_text("three years", encoding="utf-8")
    said = world("run", "--html", "mine")
    assert said.code == 2 and said.text.startswith("harness: --html mine")
    assert world.requests == []
    assert os.listdir("mine") == ["thesis"]


def test_without_options_a_run_is_patient_once_and_keeps_nothing(world: World) -> None:
    world("run")
    (request,) = world.requests
    assert list(request.stems) == [SINGLE, PAIR]
    assert (request.repeat, request.load, request.patience) == (1, 0.0, 1.0)
    assert (request.validate, list(request.known), request.logs) == (False, [], None)
    assert request.results.name == "results.jsonl"
    assert not request.results.parent.exists()
    assert request.jobs is None


@pytest.mark.parametrize(
    ("cases", "cores", "many"), [(617, 2, 4), (1999, 2, 4), (2000, 2, 6), (10927, 16, 32)]
)
def test_a_long_run_has_a_third_worker_per_core(
    cases: int, cores: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "cores", lambda: cores)
    assert workers(cases) == many


def test_the_load_burns_while_the_run_is_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[object] = []

    class Load:
        def __init__(self, load: float) -> None:
            came.append(load)

        def __enter__(self) -> None:
            came.append(len(world.requests))

        def __exit__(self, *_: object) -> None:
            came.append(len(world.requests))

    monkeypatch.setattr("harness.cli.Load", Load)
    world("run", "--load", "2")
    assert came == [2.0, 0, 1]
    assert world.requests[0].load == 2.0


@pytest.mark.parametrize(
    ("arguments", "place", "kept"),
    [
        (["run"], None, "red"),
        (["run", "--results", "a/r.jsonl"], "a/r.logs", "red"),
        (["run", "--results", "a/r.jsonl", "--logs", "all"], "a/r.logs", "all"),
        (["run", "--results", "a/r.jsonl", "--logs", "none"], None, "none"),
        (["replay", CASE], None, "all"),
        (["replay", CASE, "--results", "a/r.jsonl"], "a/r.logs", "all"),
        (["replay", CASE, "--results", "a/r.jsonl", "--log", "b/l.jsonl"], "b/l.jsonl", "all"),
        (["replay", CASE, "--log", "b/l.jsonl"], "b/l.jsonl", "all"),
    ],
)
def test_logs_are_kept_beside_the_results_or_where_they_are_wanted(
    world: World, arguments: list[str], place: str | None, kept: str
) -> None:
    assert world(*arguments).code == 0
    (request,) = world.requests
    assert request.logs == (None if place is None else Path(place))
    assert request.keep_logs == kept


def test_logs_that_have_no_place_are_not_asked_for_in_vain(world: World) -> None:
    said = world("run", "--logs", "all")
    assert said.code == 2 and said.text.endswith("say where: --results FILE\n")
    assert world.requests == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("log.txt", "--log log.txt: the name of a wire log ends in .jsonl\n"),
        ("old/log.jsonl", "--log old/log.jsonl: cannot be written: "),
    ],
)
def test_a_log_that_cannot_be_kept_is_refused(world: World, name: str, words: str) -> None:
    file("old", "something")
    said = world("replay", CASE, "--log", name)
    assert said.code == 2
    assert said.text.startswith(f"harness: {words}")
    assert world.requests == []


def test_a_replay_runs_one_case_on_its_peers(world: World) -> None:
    world("replay", CASE)
    world("replay", "interop/both@reference@one~reference@other")
    world("replay", "interop/both@reference@one~reference@one")
    first, second, third = world.requests
    assert (list(first.stems), first.ids, first.jobs) == ([SINGLE], {CASE}, None)
    assert first.options["case"] == [CASE]  # one case is a part of the suite, and so it is told
    assert first.roster == Roster((ONE,))
    assert (list(second.stems), second.roster) == ([PAIR], Roster((ONE, OTHER)))
    assert third.roster == Roster((ONE,))


@pytest.mark.parametrize(
    ("ident", "words"),
    [
        ("a/b/c", "an id reads CASE@PEER or CASE@FIRST~SECOND, not 'a/b/c'"),
        ("a/b@reference@one", "no case is called 'a/b'; see `list cases`"),
        ("interop/both@reference@one", "'interop/both' is not a case for reference@one"),
        (
            "frame/header/empty[1]@reference@o*~reference@other",
            "'frame/header/empty[1]' is not a case for reference@o*, reference@other",
        ),
        ("frame/header/empty[1]@x", "no peer fits 'x'; the peers are: reference@one, reference@"),
    ],
)
def test_a_replay_of_nothing_is_refused(world: World, ident: str, words: str) -> None:
    said = world("replay", ident)
    assert (said.code, said.text[: len(words) + 9]) == (2, f"harness: {words}")
    assert world.requests == []


def test_a_replay_of_a_value_that_does_not_parse_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_stem(*_: object) -> Stem:
        raise openaxis.NoValue("character 3: expected a step")

    monkeypatch.setattr("harness.cli.find_stem", find_stem)
    said = world("replay", CASE)
    assert said == Said(2, "harness: frame/header/empty[1]: character 3: expected a step\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense\n", "known:1: a line must read"),
        ("\nfame/** FAIL END-5  # x\n", "known:2: 'fame/**' matches no case of any peer\n"),
        ("*@refrence@three FAIL END-5  # x\n", "known:1: '*@refrence@three' matches no case"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(world: World, text: str, words: str) -> None:
    said = world("run", "--known-failing", file("known", text))
    assert said.code == 2
    assert said.text.startswith(f"harness: {words}")
    assert world.requests == []


def test_a_list_for_another_machine_is_taken_and_told(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [replace(one, implementation="reference", runtime="one") for one in (ONE, OTHER)]
    monkeypatch.setattr("harness.selection.Selection.available", specs)
    text = "*@reference@three FAIL END-5  # x\n*@reference@one FAIL END-5  # y\n"
    with pytest.raises(SystemExit) as ended:
        main(["run", "--known-failing", file("known", text)])
    assert ended.value.code == 0
    assert capsys.readouterr().err == "harness: known:1: no peer here is meant\n"
    (request,) = world.requests
    assert [line.line for line in request.known] == [1, 2]
    # It does not end the search for lines that are meant for nobody.
    for line in ("fame/**", "*@reference@one-pol"):
        said = world("run", "--known-failing", file("known", f"{text}{line} FAIL END-5  # z\n"))
        assert said.code == 2
        assert f"harness: known:3: '{line}' matches no case of any peer\n" in said.text


@pytest.mark.parametrize("option", ["--results", "--junit"])
def test_outputs_are_tried_before_the_run_and_not_touched(world: World, option: str) -> None:
    Path("old").write_text("something", encoding="utf-8")
    said = world("run", option, "old/out")
    assert said.code == 2
    assert said.text.startswith(f"harness: {option} old/out: cannot be written: ")
    assert said.text.rstrip().endswith(os.strerror(errno.EEXIST)) or os.name == "nt"
    assert world.requests == []
    world.outcome = NothingToRun("x")
    world("run", option, "old")
    world("run", option, "new/deeper/out")
    assert Path("old").read_text(encoding="utf-8") == "something"
    assert Path("new/deeper").is_dir() and not Path("new/deeper/out").exists()


SAME = [
    (("run", "--results", "a", "--junit", "./a"), "--junit a: is --results, too"),
    (("run", "--results", "a.jsonl", "--html", "a.logs"), "--logs a.logs: is --html, too"),
    (("run", "--known-failing", "old", "--results", "old"), "--results old: is --known-failing,"),
    (("run", "--peers", "old", "--junit", "link"), "--junit link: is --peers, too"),
    (("replay", CASE, "--log", "a.jsonl", "--results", "a.jsonl"), "--log a.jsonl: is --results,"),
    (("report", "old", "--markdown", "old"), "--markdown old: is the results file, too"),
    (("report", "old", "--tap", "b", "--badge", "b"), "--badge b: is --tap, too"),
    (("merge", "old", "-o", "old"), "-o old: is a file to merge, too"),
    (("explore", "--peers", "old", "--results", "old"), "--results old: is --peers, too"),
    (("explain", "old", "--pcap", "old"), "--pcap old: is the log, too"),
    (("bench", "--json", "b", "--plot", "b"), "--plot b: is --json, too"),
]


@pytest.mark.parametrize(("words", "told"), SAME)
def test_no_output_replaces_an_input_or_another_output(
    world: World, words: tuple[str, ...], told: str
) -> None:
    """It ended with 0, and one of the two was gone."""
    file("old", "precious")
    os.link("old", "link")
    said = world(*words)
    assert said.code == 2 and said.text.startswith(f"harness: {told}")
    assert said.text.endswith("; take another name\n")
    assert Path("old").read_text("utf-8") == "precious" and world.requests == []


def test_what_keeps_nothing_may_be_named_twice(world: World) -> None:
    assert world("run", "--results", os.devnull, "--junit", os.devnull, "--logs=none").code == 0


@pytest.mark.parametrize(("name", "index"), [("taken", None), ("deep", "index.html")])
def test_a_site_is_tried_before_the_run(world: World, name: str, index: str | None) -> None:
    if index is None:
        folder = f"{file(name, 'a file')}/site"
    else:
        Path(name, index).mkdir(parents=True)
        folder = name
    write(RED, Path("results.jsonl"))
    for words in (("run",), ("report", "results.jsonl")):
        said = world(*words, "--html", folder)
        assert said.code == 2 and said.text.startswith(f"harness: --html {folder}: ")
        assert said.text.count("\n") == 1
    assert world.requests == []
    assert world("run", "--html", "new/site").code == 0


@needs_full
@pytest.mark.parametrize(("outcome", "code"), [(GREEN, 3), (RED, 1)])
def test_a_report_that_fails_in_the_end_is_told_and_hides_no_verdict(
    world: World, outcome: Run, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gave a traceback, and 3 for what does not conform."""
    world.outcome = outcome
    write(outcome, Path("results.jsonl"))
    for option in ("--junit", "--tap", "--markdown", "--badge", "--svg"):
        words = ("run",) if option == "--junit" else ("report", "results.jsonl")
        said = world(*words, option, FULL)
        assert said.code == code
        full = f"harness: {option} {FULL}: cannot be written: {os.strerror(errno.ENOSPC)}\n"
        assert full in said.text and "Traceback" not in said.text
        assert "1 case over 1 peer" in said.text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", FULL)
    said = world("report", "results.jsonl", "--github", "--tap", "a.tap")
    assert said.code == code and f"harness: GITHUB_STEP_SUMMARY {FULL}: " in said.text


def test_a_site_that_fails_in_the_end_hides_no_verdict(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_site(*_: object) -> None:
        raise SiteError("site: cannot be written: full")

    monkeypatch.setattr("harness.site.build.write", write_site)
    for outcome, code in ((GREEN, 3), (RED, 1)):
        world.outcome = outcome
        said = world("run", "--html", "site")
        assert said.code == code
        assert said.text.endswith("harness: --html site: cannot be written: full\n")


def test_a_folder_for_logs_is_tried_before_the_run(world: World) -> None:
    """Where it could not be made every red case was called our fault, after it had run."""
    file("out.logs", "somebody's")
    said = world("run", "--results", "out.jsonl")
    words = f"harness: --logs out.logs: cannot be written: {os.strerror(errno.EEXIST)}\n"
    assert said == Said(2, words)
    assert world.requests == [] and Path("out.logs").read_text("utf-8") == "somebody's"
    assert world("run", "--results", "out.jsonl", "--logs", "none").code == 0
    assert world("run", "--results", "other.jsonl").code == 0
    assert not Path("other.logs").exists()
    Path("kept.logs").mkdir()
    assert world("run", "--results", "kept.jsonl").code == 0
    assert os.listdir("kept.logs") == []


def test_a_folder_for_logs_that_takes_no_file_is_found_before_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("out.logs").mkdir()

    def refuse(dir: Path) -> None:
        assert dir == Path("out.logs")
        raise PermissionError(errno.EACCES, "not for you")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    said = world("run", "--results", "out.jsonl")
    assert said == Said(2, "harness: --logs out.logs: cannot be written: not for you\n")
    assert world.requests == []


def test_a_report_is_converted(world: World) -> None:
    world("run", "--junit", "first.xml")
    assert "testcase" in Path("first.xml").read_text(encoding="utf-8")
    write(GREEN, Path("results.jsonl"))
    said = world("report", "results.jsonl", "--junit", "second.xml", "--svg", "picture.svg")
    assert said.code == 0
    assert "conforms: 1 case over 1 peer" in said.text
    assert Path("first.xml").read_bytes() == Path("second.xml").read_bytes()
    assert Path("picture.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_report_for_github_adds_to_the_summary_of_the_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", file("summary.md", "before\n"))
    write(RED, Path("results.jsonl"))
    said = world("report", "results.jsonl", "--github", "--tap", "a.tap", "--badge", "b.svg")
    assert "::error file=results.jsonl,title=" in said.text
    assert Path("summary.md").read_text("utf-8").startswith("before\n## Stockings: ")
    assert Path("a.tap").read_text("utf-8").startswith("TAP version 14\n")
    assert Path("b.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize("option", ["--junit", "--svg", "--tap", "--markdown", "--badge"])
def test_a_report_that_cannot_be_written(world: World, option: str) -> None:
    write(GREEN, Path("results.jsonl"))
    said = world("report", "results.jsonl", option, "results.jsonl/out")
    assert said.code == 2
    assert said.text.startswith(f"harness: {option} results.jsonl/out: cannot be written: ")


@pytest.mark.parametrize("verb", ["report", "explain"])
def test_a_file_that_is_nested_too_deeply(world: World, verb: str) -> None:
    said = world(verb, file("deep", "[" * 100_000 + "\n"))
    assert said.code == 3
    assert said.text.startswith("harness: deep, line 1: ") and "not JSON" in said.text
    assert said.text.count("\n") == 1


def test_a_file_that_is_no_results_file_is_no_verdict(world: World) -> None:
    said = world("report", file("broken", "[]\n"))
    assert said == Said(3, "harness: broken, line 1: not a JSON object\n")


@pytest.mark.parametrize("verdict", Verdict)
def test_a_report_ends_as_the_run_did(world: World, verdict: Verdict) -> None:
    run = run_of(WHO, [replace(RED.results[0], verdict=verdict)])
    write(run, Path("results.jsonl"))
    assert run.footer is not None and world("report", "results.jsonl").code == run.footer.exit


def test_a_file_that_lies_about_its_exit_code_is_no_verdict(world: World) -> None:
    """It said that it does not conform, and ended with 0."""
    write(ending(RED, 0), Path("results.jsonl"))
    words = "harness: results.jsonl, line 3: says exit code 0, by its results it is 1\n"
    assert world("report", "results.jsonl") == Said(3, words)


def test_a_verdict_never_comes_from_nothing(world: World) -> None:
    """The exit code is the footer's and not made up again from what the file lacks."""
    world.outcome = ending(run_of(WHO, [replace(RED.results[0], verdict=Verdict.HARNESS)]), 3)
    assert world("run").code == 3


def test_what_cannot_be_written_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout is the report, which somebody may read by machine."""
    def fails() -> None:
        raise OSError(errno.ENOSPC, "no room")

    assert written("--junit a", lambda: None) and not written("--junit a", fails)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "harness: --junit a: cannot be written: no room\n")
