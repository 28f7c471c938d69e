"""The text part of a mail, from the same tokens as the HTML: the same words, the same links, none of the
markup.
"""

from __future__ import annotations

from markdown_it.token import Token

from mail.markdown import CLOSE, LINK, MailLink, whole_link


def plain_text(tokens: list[Token]) -> str:
    """Marks for Jinja parts and links are still in it. A link in a sentence follows below it as `label:
    address`.
    """
    return _Plain().render(tokens)


class _Plain:
    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._indents: list[str] = []
        self._bullet = ""
        self._counters: list[int | None] = []
        self._is_tight = False

    def render(self, tokens: list[Token]) -> str:
        for token in tokens:
            self._token(token)
        return "".join(self._blocks).strip("\n") + "\n"

    def _token(self, token: Token) -> None:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            start = token.attrs.get("start", 1)
            self._counters.append(int(start) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._counters.pop()
            if not self._counters:
                self._blocks.append("\n")
        elif token.type == "list_item_open":
            self._bullet = self._next_bullet()
            self._indents.append(" " * len(self._bullet))
        elif token.type == "blockquote_open":
            self._indents.append("> ")
        elif token.type in ("list_item_close", "blockquote_close"):
            self._indents.pop()
        else:
            self._leaf(token)

    def _leaf(self, token: Token) -> None:
        if token.type == "paragraph_open":
            self._is_tight = token.hidden
        elif token.type == "inline":
            self._block(_words(token))
        elif token.type in ("fence", "code_block"):
            self._is_tight = False
            self._block("\n".join(f"    {line}" for line in token.content.rstrip("\n").split("\n")))
        elif token.type == "hr":
            self._is_tight = False
            self._block("----")
        elif token.type == "heading_open":
            self._is_tight = False

    def _next_bullet(self) -> str:
        number = self._counters[-1]
        if number is None:
            return "- "
        self._counters[-1] = number + 1
        return f"{number}. "

    def _block(self, text: str) -> None:
        lines = text.split("\n")
        rest = "".join(self._indents)
        first = rest[: len(rest) - len(self._bullet)] + self._bullet if self._bullet else rest
        self._bullet = ""
        written = "\n".join(f"{first if n == 0 else rest}{line}".rstrip() for n, line in enumerate(lines))
        self._blocks.append(written + ("\n" if self._is_tight else "\n\n"))


def _words(inline: Token) -> str:
    children = inline.children or []
    words: list[str] = []
    below: list[str] = []
    for index, child in enumerate(children):
        if child.type == "link_open" and child.markup != "autolink":
            below.append(_below(child, children[index + 1 :]))
        elif child.type == "text" and index and children[index - 1].markup == "autolink" and child.level:
            words.append(_address(children[index - 1]))
        else:
            words.append(_word(child))
    whole = whole_link(inline)
    if whole is None:
        return "\n".join(["".join(words), *below])
    return f"{''.join(words)}: {_mark(whole.meta['link'])}" if below else "".join(words)


def _word(child: Token) -> str:
    if child.type in ("softbreak", "hardbreak"):
        return "\n"
    if child.type == "image":
        return f"[{child.content}]" if child.content else ""
    return child.content


def _below(opening: Token, after: list[Token]) -> str:
    """`label: address`, the label with its Jinja parts still as marks."""
    label = ""
    for token in after:
        if token.type == "link_close":
            break
        label += " " if token.type.endswith("break") else token.content
    address = _address(opening)
    return address if label == address else f"{label}: {address}"


def _address(opening: Token) -> str:
    return _mark(opening.meta["link"]) if "link" in opening.meta else str(opening.attrs["href"])[len("mailto:") :]


def _mark(link: MailLink) -> str:
    return f"{LINK}{link.number}{CLOSE}"
