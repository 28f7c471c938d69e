"""`new`: an interview in the terminal that leaves short files which pass check; every answer is an option too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.asking import ask, ask_many, ask_until_empty, choose
from commands.console import Files, say

if TYPE_CHECKING:
    from domain.release import Release

STAGES = "awareness, interest, consideration, decision"
CHANNELS = ("email", "call", "task")


def register(app: typer.Typer) -> None:
    new = typer.Typer(help="Begin a folder, a track, a touch or a profile.", no_args_is_help=True)
    for command in (folder, track, touch, profile):
        new.command()(command)
    app.add_typer(new, name="new")


def folder(path: Annotated[Path, typer.Argument(help="It may exist; its files stay.")] = Path()) -> None:
    """A small set of files to change: definition, profile, fields, people, reasons, service levels, sample leads."""
    from authoring.drafts import starter_files

    _write(path, starter_files())
    say(f"change names and words in {path / 'lead_defs'} and {path / 'content'}, then: nurture new track")


def track(
    name: Annotated[str | None, typer.Argument(help="Its folder: small letters, digits, -.")] = None,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who hears of replies, by the id in people.yaml.")] = None,
    goal: Annotated[str | None, typer.Option(help="Such as: 40 sales_accepted by 2027-03-31.")] = None,
    message: Annotated[str | None, typer.Option(help="What it says, in one sentence.")] = None,
    audience: Annotated[str | None, typer.Option(help="Whom it is for, in words.")] = None,
    budget: Annotated[str | None, typer.Option(help="Such as: 9000 USD.")] = None,
    enrol: Annotated[str | None, typer.Option(help="Whom it takes: a condition.")] = None,
    stages: Annotated[str | None, typer.Option(help="In order, with commas.")] = None,
    files: Files = None,
) -> None:
    """A track with its campaign form and empty stages; nurture new touch fills them."""
    from authoring import drafts
    from commands.new_answers import Answers

    root, known, release = _opened(files)
    answers = Answers(known, release)
    name = ask("Name of its folder", name, answers.new_track, flag="NAME")
    people = [person for person, each in release.people.items() if each.role in ("marketing", "nurture")]
    draft = drafts.TrackDraft(
        title=ask("What it is called", title, answers.words, flag="--title"),
        owner=choose("Who hears of replies", owner, people, flag="--owner"),
        goal=ask("Goal, such as 40 sales_accepted by 2027-03-31", goal, answers.goal, flag="--goal"),
        message=ask("What it says, in one sentence", message, answers.words, flag="--message"),
        audience=ask("Whom it is for, in words", audience, answers.words, flag="--audience"),
        budget=ask("Budget, such as 9000 USD", budget, answers.money, flag="--budget"),
        enrol=ask(f"Whom it takes, such as {answers.enrol_example()}", enrol, answers.condition, flag="--enrol"),
        stages=ask_many("Stages", stages, answers.id, flag="--stages", default=STAGES),
    )
    path = f"content/tracks/{name}/track.yaml"
    answers.accept({path: draft.text()})
    _write(root, {path: draft.text()})
    say(f"next: nurture new touch --track {name} --stage {draft.stages[0]}")


def touch(
    name: Annotated[str | None, typer.Argument(help="Its file: small letters, digits, -.")] = None,
    track: Annotated[str | None, typer.Option(help="The track it belongs to.")] = None,
    stage: Annotated[str | None, typer.Option(help="The stage it ends.")] = None,
    channel: Annotated[str | None, typer.Option(help="email, call or task.")] = None,
    headline: Annotated[str | None, typer.Option(help="The subject of a mail, the title of a call or task.")] = None,
    why: Annotated[str | None, typer.Option(help="What the buyer gets from it.")] = None,
    says: Annotated[str | None, typer.Option(help="The first paragraph; the rest in your editor.")] = None,
    learn: Annotated[str | None, typer.Option(help="The fact it should teach us, or nothing.")] = None,
    files: Files = None,
) -> None:
    """A mail, a call or a task, at the end of a stage."""
    from authoring import drafts
    from commands.new_answers import Answers

    root, known, release = _opened(files)
    answers = Answers(known, release)
    track = choose("Track", track, list(release.tracks), flag="--track")
    stage = choose("Stage", stage, list(release.tracks[track].stages), flag="--stage")
    name = ask("Name of its file", name, answers.new_touch, flag="NAME")
    channel = choose("Channel", channel, CHANNELS, flag="--channel")
    what = "Subject" if channel == "email" else "What somebody has to do"
    draft = drafts.TouchDraft(
        channel=channel,
        headline=ask(what, headline, answers.words, flag="--headline"),
        why=ask("What the buyer gets from it", why, answers.words, flag="--why"),
        says=ask("The first paragraph", says, answers.words, flag="--says"),
        learn=ask("The fact it should teach us (Enter: none)", learn, answers.fact, flag="--learn", default="") or None,
    )
    path, home = f"content/tracks/{track}/{name}.md", f"content/tracks/{track}/track.yaml"
    text = draft.text(release.fields, release.defaults.company.name)
    changed = drafts.with_touch(home, known[home], stage, name)
    answers.accept({path: text, home: changed})
    _write(root, {path: text})
    (root / home).write_text(changed, encoding="utf-8")
    say(f"{home} names it in {stage}; write the rest in {root / path}, then: nurture check")


def profile(
    name: Annotated[str | None, typer.Argument(help="Its file: small letters, digits, -.")] = None,
    offering: Annotated[str | None, typer.Option(help="What we sell, as people call it.")] = None,
    value: Annotated[str | None, typer.Option(help="What the buyer gets from it.")] = None,
    points: Annotated[list[str] | None, typer.Option(help='Such as: 40 if company.country == "US".')] = None,
    persona: Annotated[str | None, typer.Option(help="An id for the people meant.")] = None,
    titles: Annotated[str | None, typer.Option(help="Their job titles, with commas; * for anything.")] = None,
    message: Annotated[str | None, typer.Option(help="What to tell them.")] = None,
    question: Annotated[str | None, typer.Option(help="How a rep may begin.")] = None,
    files: Files = None,
) -> None:
    """Whom an offering serves best, and what to say to them."""
    from authoring import drafts
    from commands.new_answers import Answers

    root, known, release = _opened(files)
    answers = Answers(known, release)
    name = ask("Name of its file", name, answers.new_profile, flag="NAME")
    draft = drafts.ProfileDraft(
        offering=ask("What we sell, as people call it", offering, answers.words, flag="--offering"),
        value_proposition=ask("What the buyer gets from it", value, answers.words, flag="--value"),
        points=ask_until_empty(f"Points, such as {answers.points_example()}", points, answers.points, flag="--points"),
        persona=ask("An id for the people meant, such as ops_lead", persona, answers.id, flag="--persona"),
        titles=ask_many("Job titles, with commas (Enter: none)", titles, answers.words, flag="--titles", default=""),
        message=ask("What to tell them", message, answers.words, flag="--message"),
        opening_question=ask("A rep may begin (Enter: open)", question, answers.maybe, flag="--question", default=""),
    )  # fmt: skip
    path = f"lead_defs/profiles/{name}.yaml"
    answers.accept({path: draft.text()})
    _write(root, {path: draft.text()})
    say("both teams own it: show it to sales, then: nurture check")


def _opened(files: Path | None) -> tuple[Path, Mapping[str, str], Release]:
    """Raises FilesError for a folder that check has something against: there is nothing to add to."""
    from authoring.load import compile_release, read_folder
    from commands.opening import settings_for

    root = settings_for(files=files).files
    known = read_folder(root)
    return root, known, compile_release(known)


def _write(root: Path, texts: Mapping[str, str]) -> None:
    """All or none, and never over what somebody wrote."""
    from domain.errors import ConflictError

    there = [name for name in texts if (root / name).exists()]
    if there:
        raise ConflictError(f"{', '.join(there)} is there already; nothing was written")
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        with (root / name).open("x", encoding="utf-8") as file:
            file.write(text)
        say(f"written: {root / name}")
