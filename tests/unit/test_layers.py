"""Who may import whom. A new library or direction is a decision: it is made in the table here."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Beside the standard library and itself, what a package may import. A dotted name allows only that module.
MAY_IMPORT = {
    "domain": {"babel", "pydantic", "holidays"},
    "workflows": {"temporalio", "domain.steps", "domain.keys", "activities"},
    "activities": {"temporalio", "pydantic", "domain"},
    "storage": {"sqlalchemy", "alembic", "pydantic", "domain"},
    "mail": {
        "aiosmtpd",
        "aiosmtplib",
        "css_inline",
        "email_validator",
        "jinja2",
        "markdown_it",
        "markupsafe",
        "pydantic",
        "domain",
    },
    "hooks": {"httpx", "jinja2", "domain"},
    "authoring": {
        "cel_expr_python",
        "email_validator",
        "jinja2",
        "markdown_it",
        "markupsafe",
        "pydantic",
        "yaml",
        "domain",
    },
}

# They wire the rest together, so nothing but themselves may know them.
COMPOSITION_ROOTS = {"worker", "cli", "api", "commands"}

# An adapter that a workflow loads is loaded in every workflow's sandbox and drags I/O within its reach.
NEVER_WITH_A_WORKFLOW = ("sqlalchemy", "fastapi", "aiosmtplib", "jinja2", "cel_expr_python")

CLOCK_CALLS = {"now", "utcnow", "today"}


@dataclass(frozen=True)
class Import:
    file: Path
    line: int
    module: str
    """Absolute and as deep as the statement says: `from domain import steps` is `domain.steps`."""

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def breaks(self, rule: str) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}: {rule}"


def test_each_package_imports_only_what_its_layer_may() -> None:
    broken = [
        found.breaks(f"{package} may import only the standard library, itself and {', '.join(sorted(allowed))}")
        for package, allowed in MAY_IMPORT.items()
        for found in imports_of(package)
        if not is_allowed(found, package, allowed)
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_only_composition_roots_import_composition_roots() -> None:
    broken = [
        found.breaks(f"only {', '.join(sorted(COMPOSITION_ROOTS))} may import {found.top}; pass in what is needed")
        for place in sorted(project_modules() - COMPOSITION_ROOTS)
        for found in imports_of(place)
        if found.top in COMPOSITION_ROOTS
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_domain_reads_no_clock() -> None:
    broken = [
        f"{file.relative_to(ROOT)}:{call.lineno} reads a clock: the domain is told `now` by its caller"
        for file in files_of("domain")
        for call in ast.walk(parsed(file))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in CLOCK_CALLS
    ]
    broken += [
        found.breaks("the domain is told `now` by its caller") for found in imports_of("domain") if found.top == "time"
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_a_workflow_loads_no_adapter() -> None:
    code = f"import sys, workflows.lead; print(*sorted(set({NEVER_WITH_A_WORKFLOW!r}) & set(sys.modules)))"
    fresh = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert fresh.returncode == 0, fresh.stderr
    assert fresh.stdout.split() == [], f"importing workflows.lead loads {fresh.stdout.strip()}"


@pytest.mark.parametrize(
    ("statement", "package", "is_fine"),
    [
        ("import zoneinfo", "domain", True),
        ("import sqlalchemy.orm", "domain", False),
        ("from storage import leads", "domain", False),
        ("from . import steps", "domain", True),
        ("from domain.steps import Step", "workflows", True),
        ("from domain import steps", "workflows", True),
        ("from domain import decide", "workflows", False),
        ("import domain", "workflows", False),
        ("from mail.compose import render", "authoring", False),
        ("from workflows.lead import Nurture", "storage", False),
    ],
)
def test_the_rule_itself(statement: str, package: str, is_fine: bool) -> None:
    """So that the tests above cannot be green for want of looking."""
    found = list(imports_in(ast.parse(statement), ROOT / package / "example.py"))
    assert found
    assert all(is_allowed(each, package, MAY_IMPORT[package]) for each in found) is is_fine


def is_allowed(found: Import, package: str, allowed: set[str]) -> bool:
    if found.top == package or found.top in sys.stdlib_module_names:
        return True
    return any(found.module == name or found.module.startswith(f"{name}.") for name in allowed)


def imports_of(place: str) -> Iterator[Import]:
    """Imports at any depth: one inside a function or under TYPE_CHECKING ties two packages as well."""
    for file in files_of(place):
        yield from imports_in(parsed(file), file)


def imports_in(tree: ast.AST, file: Path) -> Iterator[Import]:
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            for name in statement.names:
                yield Import(file, statement.lineno, name.name)
        elif isinstance(statement, ast.ImportFrom):
            base = absolute_base(statement, file)
            for name in statement.names:
                yield Import(file, statement.lineno, f"{base}.{name.name}")


def absolute_base(statement: ast.ImportFrom, file: Path) -> str:
    if not statement.level:
        return statement.module or ""
    package = file.parent.relative_to(ROOT).parts
    named = [statement.module] if statement.module else []
    return ".".join([*package[: len(package) - statement.level + 1], *named])


def files_of(place: str) -> list[Path]:
    """The Python files of one top-level package or module of this project."""
    files = [ROOT / f"{place}.py"] if (ROOT / f"{place}.py").is_file() else sorted((ROOT / place).rglob("*.py"))
    assert files, f"there is no {place} here: a package that moved must move in this file too"
    return files


def project_modules() -> set[str]:
    found = {file.stem for file in ROOT.glob("*.py")} | {file.parent.name for file in ROOT.glob("*/__init__.py")}
    return (found | set(MAY_IMPORT)) - {"tests"}


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
