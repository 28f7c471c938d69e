"""Markdown to tokens, once per template, with the Jinja parts carried through as marks.

So lead data meets finished HTML and can add neither markup nor a link; and what an author may link to is
checked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mail import pictures
from mail.errors import TemplateError
from mail.expressions import Checked, JinjaPart

# private characters: Markdown takes them for letters, and no keyboard has them
OPEN, CLOSE, LINK, BRACE = "\ue000", "\ue001", "\ue002", "\ue003"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
LINK_MARK = re.compile(f"{LINK}(\\d+){CLOSE}")

_ASSET = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ANSWER = re.compile(r"[a-z][a-z0-9_.]*(=.+)?")
_SCHEMES = "Links begin with https:, mailto:, asset: or answer:"


@dataclass(frozen=True)
class MailLink:
    """A link that goes through us: an address, an asset's id, or `fact=value` (`fact` alone asks for own
    words).

    `number` counts the links of the mail from 1 in the order of reading; `line` is the line of the file. A
    mailto: link is nobody's click and not counted.
    """

    number: int
    kind: Literal["url", "asset", "answer"]
    target: str
    label: str
    line: int


class _Markdown(MarkdownIt):
    """Links are taken as written and judged below: by default a forbidden one would stand in the mail as
    text.
    """

    def validateLink(self, url: str) -> bool:
        return True

    def normalizeLink(self, url: str) -> str:
        return url if re.match(r"(asset|answer):", url) else super().normalizeLink(url)


@lru_cache(maxsize=1)
def markdown() -> MarkdownIt:
    return _Markdown("commonmark", {"html": False})


class Document:
    """The tokens of a body, ready to be rendered: every href is either mailto: or a mark for link number
    n.
    """

    def __init__(self, checked: Checked, source: str, path: str, first_line: int) -> None:
        self._path, self._first_line, self._lines = path, first_line, source.split("\n")
        self.parts = checked.parts
        self.tokens = markdown().parse(_with_marks(source, checked.parts))
        self.links: list[MailLink] = []
        self._walk()
        self._check_ifs()
        self._lift_statements()
        self._mark_answers()

    def html(self) -> str:
        return str(markdown().renderer.render(self.tokens, markdown().options, {}))

    def _error(self, line: int, sought: str, sentence: str) -> TemplateError:
        text = self._lines[line] if line < len(self._lines) else ""
        return TemplateError(self._path, self._first_line + line, max(text.find(sought), 0) + 1, sentence)

    def _walk(self) -> None:
        for token in self.tokens:
            if token.type != "inline" or token.children is None:
                continue
            line = token.map[0] if token.map else 0
            for index, child in enumerate(token.children):
                if child.type in ("softbreak", "hardbreak"):
                    line += 1
                elif child.type == "link_open":
                    self._link(child, _label(token.children[index + 1 :], self.parts), line)
                elif child.type == "image":
                    self._image(child, line)
                elif child.type == "text" and "](" in child.content:
                    raise self._error(line, "](", "This link is not complete: write [words](https://...), no spaces.")

    def _link(self, token: Token, label: str, line: int) -> None:
        href = str(token.attrs.get("href", ""))
        if MARK.search(unquote(href)) or MARK.search(str(token.attrs.get("title", ""))):
            raise self._error(line, "](", "A link cannot hold a value: link to a fixed address.")
        scheme, _, rest = href.partition(":")
        if scheme.lower() == "mailto" and "@" in rest:
            return
        kind, target = self._target(scheme.lower(), href, rest, line)
        if not label:
            raise self._error(line, "](", "This link has no words: say what the reader will find.")
        number = len(self.links) + 1
        self.links.append(MailLink(number, kind, target, label, self._first_line + line))
        token.attrs = {"href": f"{LINK}{number}{CLOSE}"}
        token.meta["link"] = self.links[-1]

    def _target(self, scheme: str, href: str, rest: str, line: int) -> tuple[Literal["url", "asset", "answer"], str]:
        if scheme == "https" and _is_web_address(href):
            return "url", href
        if scheme == "asset" and _ASSET.fullmatch(rest):
            return "asset", rest
        if scheme == "answer" and _ANSWER.fullmatch(unquote(rest)):
            return "answer", unquote(rest)
        shown = unquote(href)
        if scheme == "http":
            raise self._error(line, shown, "Links must be safe: write https:// instead of http://.")
        if scheme in ("asset", "answer"):
            raise self._error(line, shown, "Write asset:<id>, answer:<fact>=<value> or answer:<fact>.")
        raise self._error(line, shown, f"{_SCHEMES}; {shown[:40] or 'an empty link'} does not.")

    def _image(self, token: Token, line: int) -> None:
        source = str(token.attrs.get("src", ""))
        is_remote = source.startswith("https://") and _is_web_address(source)
        if MARK.search(unquote(source)) or not (is_remote or pictures.NAME.fullmatch(source)):
            sentence = (
                "An image is a .png, .jpg or .gif beside the touch, ![What it shows](name.png),"
                " or has a fixed address that begins with https://."
            )
            raise self._error(line, "![", sentence)
        if not token.content.strip():
            raise self._error(line, "![", "This image has no words: say in the brackets what it shows.")
        if not is_remote:
            token.attrs["src"] = pictures.address(source)
        token.attrs.pop("title", None)

    def _check_ifs(self) -> None:
        """An if must end in the piece of text where it began, or a false one would leave half a tag
        behind.
        """
        opened: list[tuple[JinjaPart, tuple[int, ...]]] = []
        for part, place in _placed(self.tokens, self.parts):
            if part.keyword == "if":
                opened.append((part, place))
            elif part.keyword in ("elif", "else", "endif") and opened:
                if opened[-1][1] != place:
                    line = self._line_of(part)
                    sentence = "Put if and endif into the same paragraph, or each alone between blank lines."
                    raise self._error(line, part.source, sentence)
                if part.keyword == "endif":
                    opened.pop()

    def _line_of(self, part: JinjaPart) -> int:
        return "\n".join(self._lines).count("\n", 0, part.start)

    def _lift_statements(self) -> None:
        """A paragraph of nothing but `{% ... %}` is no paragraph."""
        for before, token, after in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False):
            if before.type == "paragraph_open" and self._is_statement(token.content):
                before.hidden = after.hidden = True

    def _is_statement(self, content: str) -> bool:
        numbers = MARK.findall(content)
        only = numbers and not MARK.sub("", content).strip()
        return bool(only) and all(self.parts[int(n)].source.startswith(("{%", "{#")) for n in numbers)

    def _mark_answers(self) -> None:
        """A list whose every item is one answer link is shown as buttons."""
        for index, token in enumerate(self.tokens):
            if token.type != "bullet_list_open":
                continue
            answers = self._answers(index)
            if answers:
                token.attrJoin("class", "answers")
            for link in answers:
                link.attrJoin("class", "answer")

    def _answers(self, start: int) -> list[Token]:
        found: list[Token] = []
        for token in self.tokens[start + 1 :]:
            if token.type == "bullet_list_close":
                return found
            if token.type in ("list_item_open", "list_item_close", "paragraph_open", "paragraph_close"):
                continue
            link = whole_link(token)
            if link is None or link.meta["link"].kind != "answer":
                return []
            found.append(link)
        return found


def whole_link(inline: Token) -> Token | None:
    """The opening token of the link that is all there is in this piece of text, if so."""
    children = inline.children or []
    opens = [child for child in children if child.type == "link_open"]
    is_whole = len(opens) == 1 and children[0] is opens[0] and children[-1].type == "link_close"
    return opens[0] if is_whole and "link" in opens[0].meta else None


def _with_marks(source: str, parts: tuple[JinjaPart, ...]) -> str:
    pieces, position = [], 0
    for number, part in enumerate(parts):
        pieces += [source[position : part.start], f"{OPEN}{number}{CLOSE}"]
        position = part.end
    return "".join(pieces) + source[position:]


def _label(after: list[Token], parts: tuple[JinjaPart, ...]) -> str:
    """The words of a link as the author wrote them."""
    words = []
    for token in after:
        if token.type == "link_close":
            break
        words.append(" " if token.type in ("softbreak", "hardbreak") else token.content)
    return MARK.sub(lambda mark: parts[int(mark[1])].source, "".join(words)).strip()


def _is_web_address(href: str) -> bool:
    """A host and nobody's name in front of it: https://bank.example@evil.example leads to the latter."""
    try:
        address = urlsplit(href)
        return bool(address.hostname) and "." in (address.hostname or "") and "@" not in address.netloc
    except ValueError:
        return False


def _placed(tokens: list[Token], parts: tuple[JinjaPart, ...]) -> list[tuple[JinjaPart, tuple[int, ...]]]:
    """Every Jinja part with the chain of elements around it; paragraphs of statements alone count as their
    parent.
    """
    placed: list[tuple[JinjaPart, tuple[int, ...]]] = []
    chain: list[int] = []
    for token in tokens:
        if token.nesting == 1:
            chain.append(id(token))
        elif token.nesting == -1:
            chain.pop()
        elif token.type == "inline":
            is_alone = (
                all(parts[int(n)].keyword for n in MARK.findall(token.content))
                and not MARK.sub("", token.content).strip()
            )
            inner = tuple(chain[:-1]) if is_alone else tuple(chain)
            placed += [(part, inner + rest) for part, rest in _placed_inline(token.children or [], parts)]
        else:
            placed += [(parts[int(n)], (*chain, id(token))) for n in MARK.findall(token.content)]
    return placed


def _placed_inline(children: list[Token], parts: tuple[JinjaPart, ...]) -> list[tuple[JinjaPart, tuple[int, ...]]]:
    placed: list[tuple[JinjaPart, tuple[int, ...]]] = []
    chain: list[int] = []
    for child in children:
        if child.nesting == 1:
            chain.append(id(child))
        elif child.nesting == -1:
            chain.pop()
        else:
            leaf = () if child.type == "text" else (id(child),)
            placed += [(parts[int(n)], (*chain, *leaf)) for n in MARK.findall(child.content)]
    return placed
