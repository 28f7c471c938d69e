"""`schemas`: what an editor needs to complete our files, explain their keys and underline what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.console import say

SETTINGS = Path(".vscode/settings.json")


def register(app: typer.Typer) -> None:
    app.command()(schemas)


def schemas(
    out: Annotated[Path, typer.Option("--out", help="The folder to write them into.")] = Path(".vscode/nurture"),
) -> None:
    """Write JSON schemas of all files, for editors, and the settings that tell VS Code of them.

    Settings that are there already are left alone; what to add is printed instead.
    """
    from authoring.schema_files import editor_settings, schema_files

    out.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    say(f"{len(files)} schemas in {out}")
    settings = editor_settings(out.as_posix())
    if SETTINGS.exists():
        say(f"{SETTINGS} is yours; add to it:")
        print(settings, end="")
    else:
        SETTINGS.parent.mkdir(exist_ok=True)
        SETTINGS.write_text(settings, encoding="utf-8")
        say(f"{SETTINGS} names them; VS Code needs the extension redhat.vscode-yaml")
