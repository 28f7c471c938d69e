"""What an import would do, and what it did, for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from commands.console import print_table, screen
from domain.countries import FIELDS as COUNTRIES

if TYPE_CHECKING:
    from authoring.mapped_rows import MappedRows
    from domain.importing import Line
    from storage.import_survey import Survey
    from storage.importing import Import

SHOWN_COLUMNS = 12
SHOWN_WORDS = 8
BESIDE: Mapping[str, Callable[[Line], object]] = {
    "opted_out": lambda line: line.has_opted_out,
    "do_not_call": lambda line: line.is_do_not_call,
    "bounced": lambda line: line.has_bounced,
    "owner": lambda line: line.owner,
    "email": lambda line: line.email,
    "external_id": lambda line: ":".join(line.external) if line.external else None,
}


def show(rows: MappedRows, survey: Survey) -> None:
    from rich.markup import escape

    console, file = screen(), rows.file
    console.print(f"[bold]{escape(file.source.path.name)}[/]: {escape(file.read_as)}, ", end="")
    counts = survey.counts
    console.print(f"{survey.total} rows, {counts['opted_out']} opted out, {counts['rejected']} would be rejected.")
    told = {"New": "new", "known before": "known", "merged with a row above": "merged"}
    console.print(f"{', '.join(f'{says}: {counts[name]}' for says, name in told.items())}.\n")
    _columns(rows, survey)
    if unmapped := rows.unmapped:
        console.print(
            f"\nNot read: {escape(', '.join(unmapped[:SHOWN_COLUMNS]))}{_more(len(unmapped), SHOWN_COLUMNS)}."
        )
    if rows.decimal == ",":
        console.print("\nNumbers are read with a decimal comma: 1.200 is 1200, and 1,2 is 1.2.")
    if not rows.mapping.opted_out:
        console.print("\n[bold]No column says who has opted out[/]; if there is one, name it in a mapping file.")
    if survey.need_utf8:
        console.print(
            f"\n[bold]Addresses beyond ASCII before the @: {survey.need_utf8}.[/] They get mails only if your mail",
            end="",
        )
        console.print(" server offers SMTPUTF8.")
    for field, words in survey.left_unknown.items():
        listed = ", ".join(f"“{word}” {count}" for word, count in words.most_common(SHOWN_WORDS))
        console.print(
            f"\n[bold]{escape(field)}[/] stays unknown in {words.total()} rows:"
            f" {'no country' if field in COUNTRIES else 'none of its choices'} is {escape(listed)}"
            f"{_more(len(words), SHOWN_WORDS)}.\nSay under `values` of a mapping file what they mean."
        )
    for each in survey.first_rejected:
        console.print(f"  row {each.number}: {escape(each.reason)}")
    if more := _more(counts["rejected"], len(survey.first_rejected)):
        console.print(f"  {more.strip()} would be rejected; an import writes all of them to a file.")


def _columns(rows: MappedRows, survey: Survey) -> None:
    """Column by column as the file has them: what becomes of it, in the first rows."""
    lines = [line for line, _ in survey.samples]
    heads = [f"row {line.number}" for line in lines]
    table = []
    places = {column: n for n, column in enumerate(rows.file.header)}
    for name, column in sorted(rows.mapped.items(), key=lambda item: places.get(item[1], -1)):
        found: dict[str, object] = {"column": column, "becomes": name}
        for head, (line, values) in zip(heads, survey.samples, strict=True):
            found[head] = _shown(name, line, values)
        table.append(found)
    constants = [
        {"column": "(every row)", "becomes": name, **dict.fromkeys(heads, value)}
        for name, value in rows.mapping.constants.items()
    ]
    print_table(["column", "becomes", *heads], [*table, *constants])


def _shown(name: str, line: Line, values: Mapping[str, object]) -> object:
    kind, _, rest = name.partition(".")
    if kind == "events":
        return next((f"{e.times} times" for e in line.events if e.name == rest.partition(".")[0]), None)
    if kind == "received":
        return next((each.at or True for each in line.received if each.what == rest), None)
    return BESIDE[name](line) if name in BESIDE else values.get(name)


def _more(total: int, shown: int) -> str:
    return f" and {total - shown} more" if total > shown else ""


def summarize(found: Import, rejected_file: str | None) -> None:
    counts = found.counts
    print(
        f"{found.taken} of {found.total} rows: {counts['new']} new, {counts['known']} known before,"
        f" {counts['merged']} merged with a row above, {counts['rejected']} rejected."
    )
    print(f"Opted out among those taken: {counts['opted_out']}. Whoever opted out is never mailed, taken or not.")
    if counts["with_sales"]:
        print(f"With a salesperson already: {counts['with_sales']}. They are told nothing; the lead is on their list.")
    if counts["new"]:
        print("They begin while nurture up or a worker runs, a few at a time, behind whoever writes to you meanwhile.")
    if rejected_file:
        print(f"Rejected rows with their reasons: {rejected_file}")
