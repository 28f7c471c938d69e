"""From the files to a release: read, checked against each other, compiled - or every problem at once.

The same files always give the same release, on every machine and on every day: workers compile releases long
after they were published. What depends on today is in check.py.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from authoring import pictures
from authoring.consistency import Consistency
from authoring.documents import LARGEST, Document, DocumentError, decode
from authoring.forms import form_hashes
from authoring.models import Models
from authoring.problems import Problem, render
from authoring.references import References
from authoring.vocabulary import Vocabulary
from domain.errors import InvalidError
from domain.release import Release

FOLDERS = ("lead_defs", "content")
ENDINGS = (".yaml", ".md")
READ_ME = "README.md"
MOST_FILES = 5000
MOST_ALIKE = 3
TRIES = 3
LINKED = "This link to a folder is not followed; put the folder itself here."


class FilesError(InvalidError):
    """The files cannot become a release; `problems` are all of them, by file and line."""

    type = "files"

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        first = render(errors[0], "") if errors else "nothing"
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first}{more}")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Loaded:
    """What came of the files: a release when there is no error, and what was found on the way."""

    release: Release | None
    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")


def read_folder(root: Path) -> dict[str, str]:
    """The texts of lead_defs/** and content/**, by relative path with `/`, sorted. Raises FilesError."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    home = root.resolve()
    every = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*"))
    paths = [path for path in every if _is_ours(path, root)]
    problems += [Problem(p.relative_to(root).as_posix(), 1, 1, LINKED) for p in every if p.is_symlink() and p.is_dir()]
    for path in paths[:MOST_FILES]:
        name = path.relative_to(root).as_posix()
        try:
            texts[name] = _text_of(path, name, home)
        except DocumentError as error:
            problems.extend(error.problems)
        except (OSError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError until 3.12
            problems.append(Problem(name, 1, 1, f"This file cannot be read ({error}); mend or delete it."))
    if len(paths) > MOST_FILES:
        problems.append(Problem("content", 1, 1, f"There are more than {MOST_FILES} files; keep others elsewhere."))
    if not paths:
        sentence = f"There are no files in {' and '.join(FOLDERS)} here; name the folder that holds these two."
        problems.append(Problem(FOLDERS[0], 1, 1, sentence))
    if problems:
        raise FilesError(sorted(problems, key=in_order))
    return dict(sorted(texts.items()))


def release_hash(files: Mapping[str, str]) -> str:
    """SHA-256 over the sorted paths and texts; how lines end on somebody's machine makes no difference."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        normal = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        for part in (path, normal):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(encoded), encoded))
    return digest.hexdigest()


def compile_release(files: Mapping[str, str]) -> Release:
    """The release of these files, signed by nobody yet. Raises FilesError with all problems of all files."""
    loaded = load(files)
    if loaded.release is None:
        raise FilesError(loaded.errors)
    return loaded.release


def load(files: Mapping[str, str]) -> Loaded:
    """As `compile_release`, with the warnings, and without raising."""
    models = Models({path: text for path, text in sorted(files.items()) if not path.endswith(READ_ME)})
    written = models.written
    vocabulary = Vocabulary(
        written("lead_defs/fields.yaml"),
        written("lead_defs/events.yaml"),
        written("lead_defs/sales-ready.yaml"),
    )
    parts = models.read(vocabulary.context)
    references = References(models.documents, models.files)
    consistency = Consistency(models, references, vocabulary.fields)
    problems = {*models.problems, *consistency.problems()}
    ordered = tuple(_told_once(sorted(problems, key=in_order)))
    if parts is None or any(problem.severity == "error" for problem in ordered):
        return Loaded(None, models.documents, ordered)
    hashes = form_hashes(
        written("lead_defs/sales-ready.yaml"),
        {t: written(f"content/tracks/{t}/track.yaml") for t in parts.tracks},
    )
    return Loaded(parts.release(release_hash(files), hashes), models.documents, ordered)


def _told_once(problems: Sequence[Problem]) -> Iterator[Problem]:
    """A field declared wrongly is used wrongly in fifty samples: the first of many alike stands for all."""
    alike = Counter((problem.path, problem.sentence) for problem in problems)
    told: set[tuple[str, str]] = set()
    for problem in problems:
        key = (problem.path, problem.sentence)
        if alike[key] <= MOST_ALIKE:
            yield problem
        elif key not in told:
            told.add(key)
            yield replace(problem, sentence=f"{problem.sentence} (In {alike[key]} places of this file.)")


def _is_ours(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    is_hidden = any(part.startswith(".") for part in parts)
    is_read = path.suffix in ENDINGS or (parts[:2] == ("content", "tracks") and pictures.is_picture(path.name))
    return is_read and path.name != READ_ME and not is_hidden and not path.is_dir()


def _text_of(path: Path, name: str, home: Path) -> str:
    if not path.resolve().is_relative_to(home):
        sentence = "This link leads out of the folder; put the file itself here."
        raise DocumentError((Problem(name, 1, 1, sentence),))
    if not path.is_file():
        raise DocumentError((Problem(name, 1, 1, "This is no file; put the file itself here."),))
    raw = _whole(path, name)
    return pictures.encoded(raw) if pictures.is_picture(name) else decode(name, raw)


def _whole(path: Path, name: str) -> bytes:
    """As it stood at one moment: a file that an editor is just writing may be half of one, and still be YAML."""
    for _ in range(TRIES):
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            raw = file.read(LARGEST + 1)
        after = path.stat()
        if _written(before) == _written(after):
            return raw
    sentence = "This file changes while it is read; save it, and begin again."
    raise DocumentError((Problem(name, 1, 1, sentence),))


def _written(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def in_order(problem: Problem) -> tuple[str, int, int, str, str, int]:
    return (
        problem.path, problem.line, problem.column, problem.severity, problem.sentence, problem.length,
    )  # fmt: skip
