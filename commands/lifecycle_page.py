"""docs/lifecycle.md, made from the lifecycle table itself: `python -m commands.lifecycle_page` writes it anew."""

from __future__ import annotations

from pathlib import Path

from domain.lead import IN_SALES, State
from domain.lifecycle import PEOPLE, REPAIRS, TABLE, Row

PAGE = Path(__file__).parent.parent / "docs" / "lifecycle.md"
WHO = {**PEOPLE, "SYS": "the engine", "EVT": "the buyer"}
HEAD = """# The life of a lead

Made from `domain/lifecycle.py` by `python -m commands.lifecycle_page`; a test compares them. Everything that is not
here is refused, with the list of what is possible instead. In the states from SALES_READY to PROPOSAL a lead has
exactly one owner and one clock. Beside the table anybody on the team may pause and resume a lead in any open state.
"""


def page() -> str:
    parts = [HEAD, "```mermaid\nstateDiagram-v2", *_arrows(), "```\n"]
    for state in State:
        rows = [row for row in TABLE if state in row.sources and row.command not in REPAIRS]
        if rows:
            parts += [f"## {state}{' (with sales)' if state in IN_SALES else ''}\n", *_matrix(rows)]
    parts += ["## Wherever a lead stands\n", *_matrix([row for row in TABLE if row.command in REPAIRS])]
    return "\n".join(parts)


def _arrows() -> list[str]:
    pairs: dict[tuple[State, State], list[str]] = {}
    for row in TABLE:
        for source in State if row.command not in REPAIRS else ():
            if source in row.sources:
                pairs.setdefault((source, row.target or source), []).append(row.id)
    return [f"    {source} --> {target}: {', '.join(ids)}" for (source, target), ids in pairs.items()]


def _matrix(rows: list[Row]) -> list[str]:
    lines = ["| | what | who may | by | then |", "|---|---|---|---|---|"]
    for row in rows:
        who = ", ".join(WHO[actor] for actor in row.actors)
        by = f"`{row.command}`" if row.command else "-"
        then = row.target or ("any state" if row.command in REPAIRS else "stays")
        lines.append(f"| {row.id} | {row.says} | {who} | {by} | {then} |")
    return [*lines, ""]


if __name__ == "__main__":
    PAGE.write_text(page())
