"""`check`: everything that is wrong with the files, at once, each with its place and what to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Json, print_json

if TYPE_CHECKING:
    from authoring.problems import Problem


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
) -> None:
    """Look through all files: every reference, condition, template and example. Exit code 1 when something is wrong."""
    from authoring.check import report
    from authoring.load import FilesError, read_folder
    from commands.opening import settings_for
    from commands.releasing import problems_on
    from storage.archive import machine_now

    root, files, problems = settings_for(files=path).files, dict[str, str](), list["Problem"]()
    try:
        files = read_folder(root)
        problems = problems_on(files, machine_now().date())
    except FilesError as error:
        problems = list(error.problems)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print_json([vars(problem) for problem in problems])
    elif form is Form.GITHUB:
        for problem in problems:
            print(_annotation(problem))
    else:
        if problems:
            print(report(problems, files))
        print(_summary(len(files), errors, len(problems) - errors))
    if errors:
        raise typer.Exit(1)


def _annotation(problem: Problem) -> str:
    """A workflow command of GitHub; these characters would end it early."""
    sentence = problem.sentence.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = problem.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{problem.severity} file={path},line={problem.line},col={problem.column}::{sentence}"


def _summary(files: int, errors: int, warnings: int) -> str:
    counted = [f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return f"{files} files, {' and '.join(counted) if counted else 'nothing wrong'}"
