"""Builds the site: every page is a template filled from one run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from harness.clauses import Clause
from harness.report import kills
from harness.report.findings import commands, counted, explain, findings
from harness.report.matrix import Matrix, cell_of, matrix
from harness.report.terminal import conclusion
from harness.results import Result, Run
from harness.site import sequence
from harness.site.browse import data, grouped, has_page, worst_first
from harness.site.names import page, visible
from harness.story import logfile
from harness.verdicts import LETTER, RED, Verdict

HERE: Final = Path(__file__).resolve().parent
#: What the pages are sorted into; a site that is written again loses these folders first.
FOLDERS: Final = ("peer", "pair", "case")
#: Findings on the first page; the list of all results has the others.
FINDINGS: Final = 10
#: By which a folder is known as a site of ours; the template of all pages says it.
GENERATOR: Final = '<meta name="generator" content="Stockings harness">'


class SiteError(Exception):
    """A site cannot be written; the message says where and what to do."""


def write(run: Run, folder: Path, clauses: Mapping[str, Clause]) -> None:
    """Write the site of a run; an earlier one in the folder is replaced. Raises SiteError."""
    try:
        _cleared(folder)
        _Site(run, folder, clauses).write()
    except OSError as error:
        raise SiteError(f"{folder}: cannot be written: {error.strerror}") from error


def require_free(folder: Path) -> None:
    """Raise SiteError, before the work is done, if other files than a site's are in the folder."""
    index = folder / "index.html"
    try:
        ours = index.is_file() and GENERATOR in index.read_text("utf-8", errors="replace")[:1000]
    except OSError as error:
        raise SiteError(f"{index}: cannot be read: {error.strerror}") from error
    if folder.exists() and not ours and any(folder.iterdir()):
        raise SiteError(f"{folder}: holds other files; name a new folder, or an earlier report")


def _cleared(folder: Path) -> None:
    """Make the folder, or remove an earlier site from it; nobody else's files are touched."""
    require_free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)


@dataclass(frozen=True)
class _Site:
    """One run on its way to its pages."""

    run: Run
    folder: Path
    clauses: Mapping[str, Clause]

    def write(self) -> None:
        tables = matrix(self.run)
        for name in FOLDERS:
            (self.folder / name).mkdir()
        for asset in sorted((HERE / "assets").iterdir()):
            shutil.copyfile(asset, self.folder / asset.name)
        for result in filter(has_page, self.run.results):
            self._case(result)
        groups = grouped(self.run.results)
        for peer in self.run.header.peers:
            self._listed("peer.html", page("peer", peer.name), groups.get((peer.name,), ()),
                         peer=peer, tables=tables)
        for pair, results in groups.items():
            if len(pair) > 1:
                self._listed("pair.html", page("pair", "~".join(pair)), results, pair=pair)
        self._page("index.html", "index.html", tables=tables, data=data(self.run),
                   outcome=_outcome(self.run, tables), rows=_rows(self.run),
                   findings=findings(self.run.results, RED), most=FINDINGS)

    def _listed(self, template: str, path: str, results: Sequence[Result], **more: Any) -> None:
        """A page about some results: how often each verdict was given, and a row for each."""
        self._page(template, path, counts=cell_of(results).counts, results=worst_first(results),
                   **more)

    def _case(self, result: Result) -> None:
        log, trouble = None, None
        if result.log is not None:
            try:
                log = logfile.read(self.run.folder / result.log)
            except logfile.LogError as error:
                trouble = str(error)
        self._page(
            "case.html", page("case", result.id), result=result, log=log, trouble=trouble,
            diagram=log and sequence.diagram(log), chunks=log and list(sequence.chunks(log)),
            commands=commands(self.run, result), facts=explain(result),
            quoted=[self.clauses[one] for one in _concerned(result) if one in self.clauses],
        )

    def _page(self, template: str, path: str, **values: Any) -> None:
        top = "../" if "/" in path else ""
        text = _ENVIRONMENT.get_template(template).render(
            run=self.run, top=top, letters=LETTER, **values
        )
        (self.folder / path).write_text(text, encoding="utf-8", newline="\n")


def _outcome(run: Run, tables: Matrix) -> str:
    """The outcome in the terminal's words; of mutants how many were killed, too."""
    (head, _), facts = conclusion(run, tables)
    return (head + facts if kills.about_mutants(run) else head).capitalize()


def _rows(run: Run) -> Sequence[Result]:
    """The results to list on the first page: of mutants all, since each of them has only one."""
    return worst_first(run.results) if kills.about_mutants(run) else ()


def _concerned(result: Result) -> Sequence[str]:
    """The clauses to quote: the one that decided, else those of the case."""
    return [result.clause] if result.clause else result.clauses


def _link(kind: str, names: str | Iterable[str]) -> str:
    return page(kind, names if isinstance(names, str) else "~".join(names))


def _folded(name: str) -> Markup:
    """Return a name that breaks where its parts end, if it is too long for a line."""
    return Markup(re.sub("([/@[,])", r"\1<wbr>", str(escape(visible(name)))))


def _finalized(value: Any) -> Any:
    """Spell out what does not show, in everything that is not markup of our own."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return visible(value) if plain else value


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_finalized,
    )
    made.globals.update(link=_link, counted=counted, has_page=has_page, verdicts=list(Verdict),
                        red=RED, GENERATOR=Markup(GENERATOR))
    made.filters["folded"] = _folded
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return made


_ENVIRONMENT: Final = _environment()
