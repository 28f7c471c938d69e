"""`check`: everything that is wrong with the files, at once, each with its place and what to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Json, print_json, print_table, say, screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authoring.check import Checked
    from authoring.problems import Problem
    from authoring.quiet import QuietPath
    from settings import Settings


class Form(StrEnum):
    TEXT = "text"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(
    path: Annotated[Path | None, typer.Argument(help="The folder with lead_defs/ and content/.")] = None,
    form: Annotated[
        Form, typer.Option("--format", help="github shows problems beside the lines of a pull request.")
    ] = Form.TEXT,
    as_json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a file changes, until Ctrl-C.")] = False,
    paths: Annotated[
        bool, typer.Option("--paths", help="Every touch of a lead who says nothing, with its day.")
    ] = False,
    data: Data = None,
) -> None:
    """Look through all files: every reference, condition, template and example. Exit code 1 when something is wrong.

    Needs no server. Where a data folder is, conditions are tried on its open leads as well as on the samples, and it
    also says whose signature is missing. A warning you mean is accepted by a comment on its line: # accepted: the
    reason.
    """
    from commands.opening import settings_for

    settings = settings_for(data, path)
    if watch:
        from commands.file_watch import changed_folders

        for _ in changed_folders(settings.files):
            screen().clear()
            _once(settings, form, as_json, paths)
            say(f"watching {settings.files}; Ctrl-C ends it")
    elif _once(settings, form, as_json, paths):
        raise typer.Exit(1)


def _once(settings: Settings, form: Form, as_json: bool, with_paths: bool) -> int:
    """The number of errors."""
    from authoring.check import Checked, report
    from authoring.load import FilesError, read_folder
    from commands.check_archive import Looked, look
    from storage.archive import machine_now

    files = dict[str, str]()
    try:
        files = read_folder(settings.files)
        looked = look(settings, files, machine_now().date())
    except FilesError as error:
        looked = Looked(Checked(error.problems))
    problems = [*looked.checked.problems, *looked.problems]
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print_json([vars(problem) for problem in problems])
    elif form is Form.GITHUB:
        for line in _annotations(problems, settings.files):
            print(line)
    else:
        if problems:
            print(report(problems, files))
        print(_summary(len(files), errors, len(problems) - errors))
        _tell(looked.checked, looked.sentences, with_paths)
    return errors


def _annotations(problems: Iterable[Problem], root: Path) -> Iterable[str]:
    """Workflow commands of GitHub; paths are as from where the command was started, as a rule the repository's root."""
    here = Path.cwd()
    inside = root.resolve()
    prefix = inside.relative_to(here).as_posix() if inside.is_relative_to(here) else ""
    for problem in problems:
        path = problem.path if prefix in ("", ".") else f"{prefix}/{problem.path}"
        # These characters would end a command early.
        sentence = problem.sentence.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        path = path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        yield f"::{problem.severity} file={path},line={problem.line},col={problem.column}::{sentence}"


def _summary(files: int, errors: int, warnings: int) -> str:
    counted = [f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return f"{files} files, {' and '.join(counted) if counted else 'nothing wrong'}"


def _tell(checked: Checked, sentences: Iterable[str], with_paths: bool) -> None:
    for track, path in checked.quiet.items():
        print(f"{track}: a lead who says nothing gets {_described(path)}")
        if with_paths:
            rows = [
                {"day": f"{each.due_at:%a %d %b %Y}", "stage": each.stage, "touch": each.touch,
                 "by": "a person" if each.is_human else "mail"}
                for each in path.given
            ]  # fmt: skip
            print_table(("day", "stage", "touch", "by"), rows)
    for sentence in sentences:
        print(sentence)


def _described(path: QuietPath) -> str:
    humans = sum(each.is_human for each in path.given)
    by_people = f", {humans} of them from people" if humans else ""
    then = f", then rests in {path.rests_in} for good" if path.rests_in else ""
    return f"{len(path.given)} touches in {path.days} days{by_people}{then}"
