"""Mapping files as commands find and read them."""

from __future__ import annotations

from pathlib import Path

from domain.errors import InvalidError

LARGEST_MAPPING = 1_000_001


def read_mapping(path: Path) -> tuple[str, bytes]:
    """A name for its mistakes, and its bytes. Raises InvalidError."""
    try:
        with path.open("rb") as file:
            return str(path), file.read(LARGEST_MAPPING)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read ({error.strerror}); check the path") from None


def beside(path: Path) -> Path:
    """Where the mapping of a CSV is saved, and found again; its rejected rows have the same one."""
    return path.with_name(f"{path.stem.removesuffix('.rejected')}.mapping.yaml")
