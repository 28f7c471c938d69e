"""The files read into the models of `domain`, each by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from authoring import pictures
from authoring.bodies import assets_in
from authoring.documents import Data, Document, DocumentError, parse, parse_touch
from authoring.languages import is_variant
from authoring.problems import Problem, did_you_mean
from authoring.sentences import at, problems_of
from domain.definition import Definition, EventsFile, FieldsFile, Profile
from domain.hooks import Endpoint, Hook
from domain.policies import PeopleFile, Queue, ReasonsFile, Recycling, Routing, ServiceLevels
from domain.release import Release
from domain.track import MATCHED, AssetsFile, Defaults, SamplesFile, Touch, Track, Variant, Words

COMPANY_PROFILE = "lead_defs/profiles/company.yaml"
NAMED = ("profiles", "endpoints", "hooks")
"""Folders of lead_defs/ in which every file is one thing of its kind, called as the file."""
MODELS: dict[str, type[BaseModel]] = {
    "lead_defs/fields.yaml": FieldsFile,
    "lead_defs/events.yaml": EventsFile,
    "lead_defs/sales-ready.yaml": Definition,
    "lead_defs/people.yaml": PeopleFile,
    "lead_defs/reasons.yaml": ReasonsFile,
    "lead_defs/recycling.yaml": Recycling,
    "lead_defs/service-levels.yaml": ServiceLevels,
    "lead_defs/routing.yaml": Routing,
    "lead_defs/queue.yaml": Queue,
    "content/defaults.yaml": Defaults,
    "content/assets.yaml": AssetsFile,
    "content/samples.yaml": SamplesFile,
}
OPTIONAL = frozenset({"content/assets.yaml", "content/samples.yaml", "lead_defs/queue.yaml"})
FORM = ("goal", "message", "audience", "budget", "enrol")
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Parts:
    """Every file as its model."""

    settings: Mapping[type[BaseModel], BaseModel]
    profiles: Mapping[str, Profile]
    tracks: Mapping[str, Track]
    pictures: Mapping[str, str]
    endpoints: Mapping[str, Endpoint]
    hooks: Mapping[str, Hook]

    def release(self, hash: str, form_hashes: Mapping[str, str]) -> Release:
        fields, profiles = self._of(FieldsFile), dict(self.profiles)
        return Release(
            hash=hash,
            fields=fields.fields,
            lists=fields.lists,
            events=self._of(EventsFile).events,
            definition=self._of(Definition),
            company_profile=profiles.pop("company", Profile()),
            profiles=profiles,
            people=self._of(PeopleFile).people,
            reasons=self._of(ReasonsFile),
            recycling=self._of(Recycling),
            service_levels=self._of(ServiceLevels),
            routing=self._of(Routing),
            queue=self._of(Queue),
            defaults=self._of(Defaults),
            assets=self._of(AssetsFile).assets,
            samples=self._of(SamplesFile).samples,
            tracks=self.tracks,
            pictures=self.pictures,
            endpoints=self.endpoints,
            hooks=self.hooks,
            form_hashes=form_hashes,
        )

    def _of(self, model: type[M]) -> M:
        part = self.settings[model]
        assert isinstance(part, model)
        return part


class Models:
    """Parses at once; `read` validates when the names that conditions may use are known."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.documents: dict[str, Document] = {}
        misplaced = {path: sentence for path in files if (sentence := _misplaced(path))}
        self.files = {path: text for path, text in files.items() if path not in misplaced}
        self.problems = [Problem(path, 1, 1, sentence) for path, sentence in misplaced.items()]
        self.pictures = {path: text for path, text in self.files.items() if pictures.is_picture(path)}
        self.problems += pictures.content_problems(self.pictures)
        for path, text in self.files.items():
            if path in self.pictures:
                continue
            try:
                self.documents[path] = (parse_touch if path.endswith(".md") else parse)(path, text)
            except DocumentError as error:
                self.problems.extend(error.problems)

    def written(self, path: str) -> Data:
        document = self.documents.get(path)
        return document.data if document else None

    def read(self, context: dict[str, object]) -> Parts | None:
        """None when anything is wrong; it is in `problems` then."""
        settings = {model: self._settings(path, model, context) for path, model in MODELS.items()}
        profiles = self._named("profiles", Profile, context)
        endpoints, hooks = self._named("endpoints", Endpoint, context), self._named("hooks", Hook, context)
        tracks = {track_id: self._track(track_id, context) for track_id in self._track_ids()}
        if any(problem.severity == "error" for problem in self.problems):
            return None
        return Parts(
            {model: part for model, part in settings.items() if part},
            profiles,
            {name: track for name, track in tracks.items() if track},
            self.pictures,
            endpoints,
            hooks,
        )

    def _named(self, folder: str, model: type[M], context: dict[str, object]) -> dict[str, M]:
        paths = [path for path in self.files if path.startswith(f"lead_defs/{folder}/")]
        found = {path.split("/")[-1].removesuffix(".yaml"): self._model(path, model, context) for path in paths}
        return {name: part for name, part in found.items() if part}

    def _settings(self, path: str, model: type[M], context: dict[str, object]) -> M | None:
        if path in self.files:
            return self._model(path, model, context)
        if path in OPTIONAL:
            return model()
        self.problems.append(Problem(path, 1, 1, "This file is missing; write it, or copy the example's."))
        return None

    def _track_ids(self) -> list[str]:
        return sorted({path.split("/")[2] for path in self.files if path.startswith("content/tracks/")})

    def _track(self, track_id: str, context: dict[str, object]) -> Track | None:
        folder = f"content/tracks/{track_id}/"
        touches = {
            path.removeprefix(folder).removesuffix(".md"): path
            for path in self.files
            if path.startswith(folder) and path.endswith(".md")
        }
        read = {
            touch_id: self._touch(path, touch_id, touches, context)
            for touch_id, path in touches.items()
            if "." not in touch_id
        }
        self.problems += [p for name in touches if "." in name and (p := self._unread(folder, name))]
        path = f"{folder}track.yaml"
        if path not in self.files:
            sentence = f"This file is missing; write it, or delete the folder {track_id}."
            self.problems.append(Problem(path, 1, 1, sentence))
            return None
        track = self._model(path, Track, context, {"id": track_id}, refused=("touches",))
        found = {touch_id: touch for touch_id, touch in read.items() if touch}
        return track.model_copy(update={"touches": found}) if track else None

    def _touch(self, path: str, touch_id: str, beside: Mapping[str, str], context: dict[str, object]) -> Touch | None:
        filled_in = {"id": touch_id, "assets": self._assets(path)}
        refused = ("languages", "language", "variant", "versions")
        touch = self._model(path, Touch, context, filled_in, refused=refused)
        if touch is None:
            return None
        other = {name.partition(".")[2]: path for name, path in beside.items() if name.startswith(f"{touch_id}.")}
        languages = {
            name: self._model(of, Words, context, {"assets": self._assets(of)})
            for name, of in other.items()
            if not is_variant(name, self.written(path))
        }
        touch = touch.model_copy(update={"languages": {name: words for name, words in languages.items() if words}})
        return self._with_versions(path.rpartition("/")[0] + "/", touch, context) if touch.variants else touch

    def _assets(self, path: str) -> tuple[str, ...]:
        written = self.written(path)
        body = written.get("body") if isinstance(written, dict) else None
        return assets_in(body) if isinstance(body, str) else ()

    def _with_versions(self, folder: str, touch: Touch, context: dict[str, object]) -> Touch | None:
        """The touch with each variant as a whole touch: what its file says, and the rest as the first has it."""
        first, *others = touch.variants
        versions = {first: touch.model_copy(update={"variant": first})}
        for name in others:
            path = f"{folder}{touch.id}.{name}.md"
            if path not in self.files:
                sentence = f"The file {touch.id}.{name}.md is missing; write what {name} says otherwise."
                self.problems.append(at(self.documents[f"{folder}{touch.id}.md"], ("variants", name), sentence))
            elif variant := self._model(path, Variant, context):
                said = {key: value for key, value in variant.model_dump().items() if value and value.strip()}
                if not said:
                    self.problems.append(Problem(path, 1, 1, f"This says nothing that {touch.id}.md does not say."))
                assets = assets_in(variant.body) if variant.body.strip() else touch.assets
                versions[name] = touch.model_copy(update={**said, "variant": name, "assets": assets})
        return touch.model_copy(update={"versions": versions}) if len(versions) == len(touch.variants) else None

    def _unread(self, folder: str, name: str) -> Problem | None:
        """A file beside a touch that is neither a variant it names nor in another language."""
        touch_id, _, other = name.partition(".")
        path, touch = f"{folder}{name}.md", self.written(f"{folder}{touch_id}.md")
        if not isinstance(touch, dict):
            is_there = f"{folder}{touch_id}.md" in self.files
            sentence = f"There is no {touch_id}.md, which this file says otherwise; write that one first."
            return None if is_there else Problem(path, 1, 1, sentence)
        if LANGUAGE.fullmatch(other) or is_variant(other, touch):
            return None
        sentence = (
            f"“{other}” is no language, and {touch_id}.md names no variant {other}: name another language's file like"
            f" {touch_id}.de.md, or write in {touch_id}.md variants: {{a: 50, {other}: 50}}."
        )
        return Problem(path, 1, 1, sentence)

    def _model(
        self,
        path: str,
        model: type[M],
        context: dict[str, object],
        filled_in: Mapping[str, object] | None = None,
        refused: tuple[str, ...] = (),
    ) -> M | None:
        document = self.documents.get(path)
        if document is None:
            return None
        if not isinstance(document.data, dict):
            sentence = "This file holds no settings; write lines of `key: value`."
            self.problems.append(Problem(path, 1, 1, sentence))
            return None
        for key in (*(filled_in or {}), *refused):
            if key in document.data:
                sentence = f"{key} is not written here: it comes from the files and their names. Delete it."
                self.problems.append(at(document, (key,), sentence, at_key=True))
        try:
            return model.model_validate({**document.data, **(filled_in or {})}, context=context)
        except ValidationError as error:
            found = problems_of(document, error, model)
            self.problems.extend(_form_as_one(document, found) if model is Track else found)
            return None


def _form_as_one(document: Document, problems: Iterator[Problem]) -> Iterator[Problem]:
    """A track without its campaign form misses one thing, not five."""
    data = document.data if isinstance(document.data, dict) else {}
    matched = data.get("purpose", MATCHED[0]) in MATCHED
    missing = [key for key in FORM if key not in data and (matched or key != "enrol")]
    if missing:
        sentence = (
            f"This track lacks its campaign form: {', '.join(missing)}."
            " Write it; both teams sign it before anything is sent."
        )
        yield at(document, (), sentence)
    for problem in problems:
        if not any(problem.sentence == f"The setting {key} is missing; write it." for key in missing):
            yield problem


def _misplaced(path: str) -> str | None:
    """Why nothing reads a file of that name, None if something does."""
    if path in MODELS:
        return None
    folders, name = path.split("/")[:-1], path.split("/")[-1]
    stem, _, ending = name.rpartition(".")
    is_named = folders[:1] == ["lead_defs"] and folders[1:] in [[name] for name in NAMED] and ending == "yaml"
    is_track = folders[:2] == ["content", "tracks"] and len(folders) == 3
    if is_track and pictures.is_picture(name):
        return pictures.misnamed(name)
    if not is_named and not (is_track and (name == "track.yaml" or ending == "md")):
        return f"Nothing reads this file{did_you_mean(path, MODELS)} Rename or delete it."
    touch_id, _, other = stem.partition(".")
    for word in (touch_id, other or touch_id, *folders[2:]):
        if not ID.fullmatch(word):
            return f"“{word}” is no id; name files and folders with small letters, digits, - and _ only."
    return None
