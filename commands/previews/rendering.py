"""One touch as one reader gets it: the mail in its parts and views, or the task of the person who makes it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from importlib.resources import files

from jinja2 import Environment

from api.questions import question
from authoring.preview import Reader
from domain.errors import NurtureError
from domain.lead import Delivery
from domain.letters import Letter, path_of
from domain.release import Release
from domain.track import Touch, Track
from mail.errors import MailError
from mail.links import Links
from mail.markdown import MailLink
from mail.pictures import address, shown_in
from mail.post import compose
from mail.scripts import script
from mail.templates import compile_mail

HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
DARK_ONLY = "@media (prefers-color-scheme: dark)"
SCHEMES = 'content="light dark"'
STYLE_LINK = re.compile(r'<link rel="stylesheet"[^>]*>')
OTHER_LINK = re.compile(r'<link rel="icon"[^>]*>')
PREHEADER = re.compile(r'<div class="hidden"[^>]*>(.*?)</div>', re.DOTALL)
NEW_PAGE = '<base target="_blank">'
"""In a sealed frame no page can be opened, so a link that leads to one does nothing."""
NO_IMAGES = '<meta http-equiv="Content-Security-Policy" content="img-src \'none\'">'


@dataclass(frozen=True)
class ShownLink:
    """A link of the mail: where it leads, or for an answer the page behind it."""

    label: str
    kind: str
    target: str
    page: str | None = None


@dataclass(frozen=True)
class Mail:
    subject: str
    preheader: str
    light: str
    dark: str
    no_images: str
    text: str
    headers: str
    size: int
    """Bytes of the whole message."""
    links: tuple[ShownLink, ...]


@dataclass(frozen=True)
class Shown:
    """`gets` is what the touch's `when` says of the reader; `problem` why it cannot be written for them."""

    touch: Touch
    path: str
    gets: bool | None
    mail: Mail | None = None
    script: str | None = None
    problem: str | None = None
    had: Delivery | None = None
    """When a lead of the archive was given it."""
    skipped: Mapping[str, list[str]] = field(default_factory=dict)
    """Samples of this track whom the touch passes by: because it is not for them, or nobody knows whether it is."""


@dataclass(frozen=True)
class Renderer:
    """As would be sent, but for the keys the links are signed with. `domain` is that of Message-IDs."""

    release: Release
    readers: Mapping[str, Reader]
    pages: Environment
    links: Links
    domain: str

    def shown(self, track: Track, touch: Touch, reader: Reader) -> list[Shown]:
        """Each variant that this reader may get."""
        skipped = self._skipped(track, touch)
        return [self._shown(track, said, reader, skipped) for said in reader.versions(touch)]

    def _shown(self, track: Track, said: Touch, reader: Reader, skipped: Mapping[str, list[str]]) -> Shown:
        gets = said.when.holds(reader.ctx.view) if said.when else True
        letter = reader.letter(track, said)
        shown = Shown(said, path_of(track, said), gets, had=reader.had(said), skipped=skipped)
        if said.is_human:
            return replace(shown, script=script(letter, said.name))
        try:
            return replace(shown, mail=self._mail(letter))
        except (MailError, NurtureError) as error:
            return replace(shown, problem=error.sentence)

    def _mail(self, letter: Letter) -> Mail:
        def link(to: MailLink) -> str:
            return self.links.url("a" if to.kind == "answer" else "c", letter.send_id, to.number)

        rendered, message = compose(letter, link, self.links.url("u", letter.send_id), self.domain)
        template = compile_mail(letter.subject, letter.body, letter.preheader, letter.path)
        html = rendered.html
        for one in shown_in(html, letter.path, letter.pictures):
            content = b64encode(one.content).decode("ascii")
            html = html.replace(f'src="{address(one.name)}"', f'src="data:image/{one.subtype};base64,{content}"')
        return Mail(
            rendered.subject,
            _preheader(html),
            light(html),
            dark(html),
            light(html, NO_IMAGES),
            rendered.text,
            message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n"),
            len(message),
            tuple(self._link(one, letter) for one in template.links),
        )

    def _link(self, link: MailLink, letter: Letter) -> ShownLink:
        if link.kind == "asset":
            return ShownLink(link.label, link.kind, letter.assets.get(link.target, link.target))
        page = self._answer_page(link.target, letter.language) if link.kind == "answer" else None
        return ShownLink(link.label, link.kind, link.target, page)

    def _answer_page(self, target: str, language: str) -> str:
        values = question(self.release, target, language, {}, None, "preview")
        page = self.pages.get_template("answer.html").render(values)
        style = f"<style>{_pages_style()}</style>"
        return STYLE_LINK.sub(lambda _: style, OTHER_LINK.sub("", page))

    def _skipped(self, track: Track, touch: Touch) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for reader in self.readers.values() if touch.when else ():
            if reader.id in self.release.samples and reader.is_taken_by(track):
                holds = touch.when.holds(reader.ctx.view) if touch.when else True
                if holds is not True:
                    found.setdefault("unknown" if holds is None else "not", []).append(reader.id)
        return found


def _preheader(html: str) -> str:
    found = PREHEADER.search(html)
    return unescape(found[1]) if found else ""


def light(html: str, head: str = "") -> str:
    """As on a bright screen, whatever the screen of whoever looks."""
    return _with_head(html.replace(DARK_ONLY, "@media not all").replace(SCHEMES, 'content="light"'), head)


def dark(html: str) -> str:
    """By the mail's own rules for dark screens."""
    style = "<style>:root { color-scheme: dark; background: #12161c; }</style>"
    return _with_head(html.replace(DARK_ONLY, "@media all").replace(SCHEMES, 'content="dark"'), style)


def _with_head(html: str, more: str) -> str:
    place = HEAD.search(html)
    cut = place.end() if place else 0
    return f"{html[:cut]}{NEW_PAGE}{more}{html[cut:]}"


@lru_cache(maxsize=1)
def _pages_style() -> str:
    return files("api").joinpath("static/style.css").read_text(encoding="utf-8")
