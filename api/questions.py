"""The page behind an answer link: the question, the answers to choose from, and all words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from domain.definition import FieldDef
from domain.release import Release

OTHER = "other"
INPUTS = {"number": "number", "date": "date"}
FALL_BACK = "en"


@dataclass(frozen=True)
class Words:
    """What our own pages say to a buyer. `{company}` is put in."""

    language: str
    yes: str
    no: str
    your_answer: str
    own_words: str
    send: str
    choose: str
    invisible: str
    thank_you: str
    it_helps: str
    what_follows: str
    unsubscribe: str
    no_more: str
    one_click: str
    unsubscribed: str
    is_over: str


WORDS = {
    "en": Words(
        language="en",
        yes="Yes",
        no="No",
        your_answer="Your answer",
        own_words="In your own words, if you like",
        send="Send my answer",
        choose="Please choose an answer, or write it in your own words.",
        invisible="Please leave out the invisible character.",
        thank_you="Thank you",
        it_helps="Thank you, that helps",
        what_follows="What you told us decides what we send you next, so it should be of more use to you."
        " You can close this page.",
        unsubscribe="Unsubscribe",
        no_more="No more mails from {company}?",
        one_click="One click, and you get no more of these mails. You need not say why.",
        unsubscribed="You are unsubscribed",
        is_over="You will get no more of these mails from {company}. If one was already on its way, please forgive it.",
    ),
    "de": Words(
        language="de",
        yes="Ja",
        no="Nein",
        your_answer="Ihre Antwort",
        own_words="In Ihren eigenen Worten, wenn Sie mögen",
        send="Antwort senden",
        choose="Bitte wählen Sie eine Antwort, oder schreiben Sie sie in Ihren eigenen Worten.",
        invisible="Bitte lassen Sie das unsichtbare Zeichen weg.",
        thank_you="Danke",
        it_helps="Danke, das hilft uns weiter",
        what_follows="Was Sie uns sagen, entscheidet darüber, was wir Ihnen als Nächstes schicken."
        " Sie können diese Seite schließen.",
        unsubscribe="Abmelden",
        no_more="Keine Mails mehr von {company}?",
        one_click="Ein Klick, und Sie bekommen keine dieser Mails mehr. Sie müssen nicht sagen, warum.",
        unsubscribed="Sie sind abgemeldet",
        is_over="Sie bekommen keine dieser Mails mehr von {company}."
        " War eine schon unterwegs, verzeihen Sie sie uns bitte.",
    ),
    "fr": Words(
        language="fr",
        yes="Oui",
        no="Non",
        your_answer="Votre réponse",
        own_words="Avec vos propres mots, si vous voulez",
        send="Envoyer ma réponse",
        choose="Choisissez une réponse, ou écrivez-la avec vos propres mots.",
        invisible="Veuillez enlever le caractère invisible.",
        thank_you="Merci",
        it_helps="Merci, cela nous aide",
        what_follows="Ce que vous nous dites décide de ce que nous vous enverrons ensuite, pour que cela vous serve"
        " davantage. Vous pouvez fermer cette page.",
        unsubscribe="Se désabonner",
        no_more="Plus de messages de {company} ?",
        one_click="Un clic, et vous ne recevrez plus ces messages. Vous n'avez pas à dire pourquoi.",
        unsubscribed="Vous êtes désabonné",
        is_over="Vous ne recevrez plus ces messages de {company}."
        " Si l'un d'eux était déjà parti, veuillez nous excuser.",
    ),
}
"""Languages in which a whole page can be said; for any other it is English."""


def words_for(language: str | None, company: str) -> dict[str, str]:
    """For the templates, as `said`."""
    found = WORDS.get((language or FALL_BACK).partition("-")[0], WORDS[FALL_BACK])
    return {each.name: str(getattr(found, each.name)).replace("{company}", company) for each in fields(found)}


def asked(target: str) -> tuple[str, str]:
    """The field of an answer link and the answer it carries: `pain=detention`, or `pain` alone."""
    name, _, value = target.partition("=")
    return name, value


def question(
    release: Release, target: str, language: str | None, given: Mapping[str, str], problem: str | None, once: str
) -> dict[str, object]:
    """The values of answer.html for an answer link's target; `once` marks one showing of the form."""
    name, chosen = asked(target)
    full = name if name in release.fields else f"fact.{name}"
    declared = release.fields[full].in_language(language)
    said = words_for(language, release.defaults.company.name)
    options = _options(declared, said)
    return {
        "question": declared.ask or declared.say,
        "options": options,
        "chosen": given.get("value") or chosen or (OTHER if OTHER in options else ""),
        "input": INPUTS.get(declared.type),
        "words": given.get("words", ""),
        "once": once,
        "problem": problem,
        "company": release.defaults.company.name,
        "said": said,
    }


def _options(declared: FieldDef, said: Mapping[str, str]) -> dict[str, str]:
    if declared.type == "flag":
        return {"true": said["yes"], "false": said["no"]}
    return dict(declared.options)
