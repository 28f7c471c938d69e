"""A touch's words, compiled once: Markdown and a little Jinja in, HTML and an equal text part out.

Markdown is rendered here, at compile time; lead data is only ever printed into the finished HTML, escaped.
"""

from __future__ import annotations

import html as html_escaping
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import css_inline
from jinja2 import Template, UndefinedError

from mail.errors import RenderError, TemplateError
from mail.expressions import Checked, JinjaPart, UnknownValueError, Variable, environment
from mail.footers import FALL_BACK, footer
from mail.markdown import BRACE, CLOSE, LINK_MARK, MARK, OPEN, Document, MailLink
from mail.plain import plain_text
from mail.values import cleaned

LARGEST = 512 * 1024
"""Characters of a rendered part. Larger mails are cut off by the big providers long before this."""

# "-- " with its space is how mail programs tell where the words end
_TEXT_FOOTER = """
--\x20
{{ company_name }}
{{ postal_address }}

{{ footer_why }}
{{ footer_unsubscribe }}: {{ unsubscribe_url }}
"""
_EMPTY_PARAGRAPH = re.compile(r"<p(?: style=\"[^\"]*\")?>\s*</p>")


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class MailTemplate:
    """`variables` and `links` are in the order of reading; what they name is for the caller to check."""

    path: str
    variables: tuple[Variable, ...]
    links: tuple[MailLink, ...]
    subject_source: Template
    html_source: Template
    text_source: Template

    def render(
        self,
        values: Mapping[str, object],
        link: Callable[[MailLink], str],
        unsubscribe_url: str,
        postal_address: str,
        company: str,
        language: str = FALL_BACK,
    ) -> Rendered:
        """`values` is nested: {"lead": {"first_name": ...}, "company": {...}, "sender": {...}, ...}.

        What is missing, None, empty, too long or carries a link counts as unknown. Raises RenderError,
        naming the variable, where an unknown value would have to be printed, and where a part grows beyond
        LARGEST.
        """
        context: dict[str, object] = {
            **cleaned(values),
            "link_urls": [link(one) for one in self.links],
            "unsubscribe_url": unsubscribe_url,
            "postal_address": postal_address,
            "company_name": company,
            "language": language,
            "footer_why": footer(language).why.format(company=company),
            "footer_unsubscribe": footer(language).unsubscribe,
        }
        return Rendered(
            subject=" ".join(self._fill(self.subject_source, context).split()),
            html=_EMPTY_PARAGRAPH.sub("", self._fill(self.html_source, context)),
            text=re.sub(r"\n{3,}", "\n\n", self._fill(self.text_source, context)).lstrip("\n"),
        )

    def _fill(self, source: Template, context: dict[str, object]) -> str:
        try:
            filled = source.render(context)
        except UnknownValueError as error:
            sentence = f'{error.name} is not known of this lead: give a fallback, {{{{ {error.name} or "..." }}}}.'
            raise RenderError(self.path, sentence, error.name) from None
        except (UndefinedError, TypeError, ValueError, ArithmeticError) as error:
            # from None, and only the kind: the text of the error may repeat a value
            sentence = f"A value does not fit where it is used ({type(error).__name__}): compare like with like."
            raise RenderError(self.path, sentence) from None
        if len(filled) > LARGEST:
            raise RenderError(self.path, f"The mail is larger than {LARGEST // 1024} kB: shorten it.")
        return filled


@dataclass(frozen=True)
class ReadMail:
    """A touch's words understood and found right, but not yet compiled."""

    subject: Checked
    preheader: Checked
    document: Document
    variables: tuple[Variable, ...]


def read_mail(subject: str, body: str, preheader: str = "", path: str = "", body_line: int = 1) -> ReadMail:
    """Raises TemplateError: everything that `compile_mail` would, in a third of its time."""
    if len(subject) + len(body) + len(preheader) > LARGEST:
        raise TemplateError(path, body_line, 1, f"The mail is larger than {LARGEST // 1024} kB: shorten it.")
    if not subject.strip():
        raise TemplateError(path, 1, 1, "A mail needs a subject: say what the reader gets.", "subject")
    if not body.strip():
        raise TemplateError(path, body_line, 1, "A mail needs a body: write it below the second ---.")
    checked_subject = Checked(subject, path, "subject")
    checked_preheader = Checked(preheader, path, "preheader")
    checked_body = Checked(body, path, "body", body_line)
    document = Document(checked_body, body, path, body_line)
    variables = (*checked_subject.variables, *checked_preheader.variables, *checked_body.variables)
    return ReadMail(checked_subject, checked_preheader, document, variables)


@lru_cache(maxsize=1024)
def compile_mail(
    subject: str, body: str, preheader: str | None = None, path: str = "", body_line: int = 1
) -> MailTemplate:
    """Raises TemplateError. `body_line` is the line of the file on which the body begins."""
    read = read_mail(subject, body, preheader or "", path, body_line)
    parts = (*read.document.parts, *read.preheader.parts)
    shown_first = _escaped(preheader or "", read.preheader, len(read.document.parts))
    return MailTemplate(
        path=path,
        variables=read.variables,
        links=tuple(read.document.links),
        subject_source=environment(is_html=False).from_string(subject),
        html_source=environment(is_html=True).from_string(_html_source(read.document, shown_first, parts)),
        text_source=environment(is_html=False).from_string(_text_source(read.document, parts)),
    )


def _html_source(document: Document, preheader: str, parts: tuple[JinjaPart, ...]) -> str:
    # a brace that Markdown has put together (from \{ or &#123;) must not become Jinja, and an escape
    # would not last: the inliner undoes it
    body = document.html().replace("{", BRACE)
    page = _layout().replace("{{ preheader }}", preheader).replace("{{ body }}", body)
    inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
    return _filled_in(inliner.inline(page).replace(BRACE, "&#123;"), parts)


def _text_source(document: Document, parts: tuple[JinjaPart, ...]) -> str:
    text = plain_text(document.tokens).replace("{", '{{ "{" }}')
    return _filled_in(text, parts) + _TEXT_FOOTER


def _filled_in(source: str, parts: tuple[JinjaPart, ...]) -> str:
    with_parts = MARK.sub(lambda mark: parts[int(mark[1])].source, source)
    return LINK_MARK.sub(lambda mark: f"{{{{ link_urls[{int(mark[1]) - 1}] }}}}", with_parts)


def _escaped(source: str, checked: Checked, first_number: int) -> str:
    """Plain words as HTML, with marks for their Jinja parts, numbered from `first_number`."""
    pieces, position = [], 0
    for number, part in enumerate(checked.parts, first_number):
        pieces += [html_escaping.escape(source[position : part.start]), f"{OPEN}{number}{CLOSE}"]
        position = part.end
    pieces.append(html_escaping.escape(source[position:]))
    return "".join(pieces).replace("{", BRACE)


@lru_cache(maxsize=1)
def _layout() -> str:
    return files("mail").joinpath("layouts/base.html").read_text(encoding="utf-8")
