"""The file of rejected rows: what was wrong with which row, safe to open in a spreadsheet, fit to be imported again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from authoring.csv_files import CsvFile, escaped
from domain.importing import Refused

OURS = ("rejected_row", "rejected_because")


def write(target: Path, file: CsvFile, refused: Sequence[Refused]) -> None:
    """Replaces an older one of the same name. The rows' own cells come from the file they were read from."""
    reasons = {each.number: each.reason for each in refused}
    kept = [index for index, name in enumerate(file.header) if name not in OURS]
    unfinished = target.with_name(f"{target.name}.part")
    with unfinished.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=file.delimiter)
        writer.writerow([*OURS, *(escaped(file.header[index]) for index in kept)])
        for record in file.records():
            if record.number in reasons:
                # Cells that the header has no name for are shown too: they are often what is wrong.
                width = len(file.header)
                cells = [record.cells[i] for i in kept if i < len(record.cells)] + record.cells[width:]
                ours = (str(record.number), reasons[record.number])
                writer.writerow([escaped(cell.replace("\0", "")) for cell in (*ours, *cells)])
    unfinished.replace(target)
