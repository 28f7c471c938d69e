"""What `nurture check` says: every error of the files, else the warnings and the examples that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TypeAlias

from authoring.documents import Document
from authoring.examples import run_examples
from authoring.load import Loaded, in_order, load
from authoring.pictures import is_picture
from authoring.problems import Problem, render
from authoring.quiet import QuietPath
from authoring.references import DEFINITION
from authoring.simulation.examples import run_examples as lived_examples
from authoring.warnings import look
from authoring.warnings_samples import OpenLeads
from domain.release import Release

TemplateProblems: TypeAlias = Callable[[Document], Sequence[Problem]]
"""A touch to what is wrong with its templates."""


@dataclass(frozen=True)
class Checked:
    """Only warnings among the problems means: these files may be published. The rest is there without errors only."""

    problems: tuple[Problem, ...]
    release: Release | None = None
    documents: Mapping[str, Document] = field(default_factory=dict)
    quiet: Mapping[str, QuietPath] = field(default_factory=dict)


def check(files: Mapping[str, str], today: date, template_problems: TemplateProblems | None = None) -> list[Problem]:
    """All problems, in the order of the files."""
    return list(examined(files, today, template_problems).problems)


def examined(
    files: Mapping[str, str],
    today: date,
    template_problems: TemplateProblems | None = None,
    open_leads: OpenLeads | None = None,
) -> Checked:
    """The same with what was seen on the way. `open_leads` are looked at only where the files have no errors."""
    loaded = load(files)
    problems, quiet = set(loaded.problems), dict[str, QuietPath]()
    if template_problems:
        problems |= set(_templates(loaded, template_problems))
    if loaded.release:
        now = datetime.combine(today, time(12), UTC)
        problems |= set(run_examples(loaded.release, now, loaded.documents.get(DEFINITION)))
        problems |= set(lived_examples(loaded.release, loaded.documents))
        unwise = look(loaded.release, loaded.documents, today, open_leads)
        problems |= set(unwise.warnings)
        quiet.update(unwise.quiet)
    return Checked(tuple(sorted(problems, key=in_order)), loaded.release, loaded.documents, quiet)


def report(problems: Sequence[Problem], files: Mapping[str, str]) -> str:
    """Every problem with its line of the file and carets under the place."""
    shown = []
    for problem in problems:
        text = "" if is_picture(problem.path) else files.get(problem.path, "")
        lines = text.removeprefix("\ufeff").splitlines()
        line = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
        shown.append(render(problem, line))
    return "\n".join(shown)


def _templates(loaded: Loaded, template_problems: TemplateProblems) -> Iterator[Problem]:
    for path, document in loaded.documents.items():
        if path.endswith(".md"):
            yield from template_problems(document)
