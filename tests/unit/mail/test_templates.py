from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.errors import RenderError, TemplateError
from mail.markdown import MailLink
from mail.templates import LARGEST, MailTemplate, Rendered, compile_mail

BODY = """Hi {{ lead.first_name or "there" }},

Few can say what a *waiting* truck costs.

[Fill in the checklist](asset:detention-checklist). It takes five minutes.

Which costs you most?

- [Trucks waiting](answer:pain=detention)
- [Something else](answer:pain)

{{ sender.first_name }}
"""


def show(template: MailTemplate, **values: dict[str, object]) -> Rendered:
    return template.render(
        {"sender": {"first_name": "Lena"}, **values},
        lambda link: f"https://n.example/c/{link.number}?a=1&b=2",
        "https://n.example/u/token",
        "1 Quay Road, Port Ellis",
        "Harborline & Co",
    )


def body_of(html: str) -> str:
    return html[html.index('<div class="words"') : html.index('<div class="foot"')]


class Reader(HTMLParser):
    """What a mail program would see: the words, the links, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.hrefs += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_mail_a_buyer_gets() -> None:
    mail = show(
        compile_mail('{{ lead.first_name or "Hello" }}, one hour?', BODY, "It costs more"),
        lead={"first_name": "Bo"},
    )
    seen = Reader(mail.html)
    assert mail.subject == "Bo, one hour?"
    assert "It costs more" in seen.text
    assert "Hi Bo," in seen.text
    assert seen.hrefs == [
        *(f"https://n.example/c/{n}?a=1&b=2" for n in (1, 2, 3)),
        "https://n.example/u/token",
    ]
    for must in ("Harborline & Co", "1 Quay Road, Port Ellis", "You get this mail because"):
        assert must in seen.text
        assert must in mail.text
    assert "prefers-color-scheme: dark" in mail.html
    assert seen.open == []


def test_the_text_part_says_the_same() -> None:
    mail = show(compile_mail("s", BODY), lead={"first_name": "Bo"})
    assert mail.text.startswith(
        "Hi Bo,\n\nFew can say what a waiting truck costs.\n\n"
        "Fill in the checklist. It takes five minutes.\n"
        "Fill in the checklist: https://n.example/c/1?a=1&b=2\n\n"
        "Which costs you most?\n\n"
        "- Trucks waiting: https://n.example/c/2?a=1&b=2\n"
        "- Something else: https://n.example/c/3?a=1&b=2\n\n"
        "Lena\n\n-- \nHarborline & Co\n"
    )
    assert mail.text.endswith("Unsubscribe: https://n.example/u/token\n")


def test_text_of_lists_quotes_headings_and_code() -> None:
    body = (
        "# Title\n\n1. one\n2. two\n   - deep\n   - deeper\n\n> said **she**\n> twice\n\n***\n\n    a {b}\n\n"
        "![a door](https://x.example/d.png)\n\n<https://x.example/p> or [us](mailto:us@x.example)"
    )
    text = show(compile_mail("s", body)).text
    assert text[: text.index("\n-- ")] == (
        "Title\n\n1. one\n2. two\n   - deep\n   - deeper\n\n> said she\n> twice\n\n----\n\n    a {b}\n\n"
        "[a door]\n\n"
        "https://n.example/c/1?a=1&b=2 or us\nus: us@x.example\n"
    )


def test_answers_become_buttons_only_where_the_whole_list_answers() -> None:
    html = body_of(show(compile_mail("s", BODY)).html)
    assert html.count('class="answer"') == 2
    assert html.count('class="answers"') == 1
    mixed = "- [One](answer:pain=one)\n- [Two](https://x.example/two)"
    assert 'class="answer' not in body_of(show(compile_mail("s", mixed)).html)


def test_links_are_numbered_in_the_order_of_reading() -> None:
    body = (
        "a\nb [x *y*](https://x.example/1)\n\n"
        "- [z {{ lead.title or 'boss' }}](answer:evaluate_within_months=2)\n\n"
        "[m](mailto:a@x.example)"
    )
    assert compile_mail("s", body, path="t.md", body_line=7).links == (
        MailLink(1, "url", "https://x.example/1", "x y", 8),
        MailLink(2, "answer", "evaluate_within_months=2", "z {{ lead.title or 'boss' }}", 10),
    )


def test_variables_say_where_they_stand_and_whether_they_may_be_unknown() -> None:
    body = (
        'x {{ lead.first_name or "you" }} {{ lead.first_name }}\n\n'
        "{% if fact.pain and company.name %}\n\n{{ fact.pain }} {{ company.name|title }}\n\n{% else %}\n\n"
        '{{ fact.pain }} {{ lead.title|default("boss") }}\n\n{% endif %}\n\n'
        '{{ lead.title if lead.title else "boss" }} {{ fact.budget ~ "!" }}'
    )
    template = compile_mail("{{ company.name }}", body, "{{ inquiry.topic or 'it' }}", body_line=5)
    found = [(v.part, v.name, v.line, v.column, v.has_fallback) for v in template.variables]
    assert found == [
        ("subject", "company.name", 1, 4, False),
        ("preheader", "inquiry.topic", 1, 4, True),
        ("body", "lead.first_name", 5, 6, True),
        ("body", "lead.first_name", 5, 37, False),
        ("body", "fact.pain", 7, 7, True),
        ("body", "company.name", 7, 21, True),
        ("body", "fact.pain", 9, 4, True),
        ("body", "company.name", 9, 20, True),
        ("body", "fact.pain", 13, 4, False),
        ("body", "lead.title", 13, 20, True),
        ("body", "lead.title", 17, 4, True),
        ("body", "lead.title", 17, 18, True),
        ("body", "fact.budget", 17, 47, False),
    ]


@pytest.mark.parametrize("empty", [{}, {"first_name": None}, {"first_name": ""}, {"first_name": " \r\n\t "}])
def test_an_unknown_value_takes_its_fallback_or_is_named(empty: dict[str, object]) -> None:
    assert show(compile_mail('{{ lead.first_name or "Hello" }}!', BODY), lead=empty).subject == "Hello!"
    with pytest.raises(RenderError, match=r"lead\.first_name is not known") as raised:
        show(compile_mail("s", "Hi {{ lead.first_name }}", path="t.md"), lead=empty)
    assert (raised.value.variable, raised.value.path) == ("lead.first_name", "t.md")


@pytest.mark.parametrize(
    ("source", "fact", "expected"),
    [
        ("{{ fact.x | title or 'none' }}", None, "none"),
        ("{{ fact.x | default('none') | upper }}", None, "NONE"),
        ("{{ fact.x | title }}", "the dock", "The Dock"),
        ("{{ fact.x }}", 3.0, "3"),
        ("{{ fact.x }}", 2.5, "2.5"),
        ("{% if fact.x == 'a' %}A{% elif fact.x in ['b', 'c'] %}B{% else %}C{% endif %}", "c", "B"),
        ("{% if fact.x == 'a' %}A{% elif fact.x in ['b', 'c'] %}B{% else %}C{% endif %}", None, "C"),
        ("{% if fact.x <= 3 %}soon{% else %}later{% endif %}", None, "later"),
        ("{% if fact.x <= 3 %}soon{% else %}later{% endif %}", 2.0, "soon"),
        ("{{ 'yes' if fact.x else 'no' }}{# not shown #}", None, "no"),
        ("{{ fact.items or 'none' }}", None, "none"),
    ],
)
def test_the_part_of_jinja_that_works(source: str, fact: object, expected: str) -> None:
    mail = show(compile_mail("s", f"{source}."), fact={"x": fact})
    assert mail.text.startswith(f"{expected}.\n")
    assert f"{expected}." in Reader(mail.html).text


def test_a_false_if_leaves_nothing_behind() -> None:
    body = "a\n\n{% if fact.x %}\n\n- one\n- two\n\n{% endif %}\n\n"
    body += "{% if fact.x %}\nmore {{ fact.x }}\n{% endif %}\n\nb"
    without, with_it = show(compile_mail("s", body)), show(compile_mail("s", body), fact={"x": "y"})
    assert without.text.startswith("a\n\nb\n\n-- ")
    assert re.sub(r' style="[^"]*"', "", body_of(without.html)).count("<p>") == 2
    assert with_it.text.startswith("a\n\n- one\n- two\n\nmore y\n\nb\n\n-- ")
    for mail in (without, with_it):
        assert Reader(mail.html).open == []


HOSTILE = [
    "<script>alert(1)</script>",
    "<a href=https://evil.example>x",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1))",
    "[x](https://evil.example)",
    "https://evil.example/win",
    "see www.evil.example",
    "{{ 7 * 7 }}{% for x in y %}",
    "Bo\r\nBcc: all@x.example\r\n\r\n<b>",
    "\u202eevil\u2066",
    "אבגד",
    "👩‍🚒 Ünal",
    "half \ud83d",
    "\ue0000\ue001 \ue0021\ue001 \x00\x1b[31m",
    "n" * 1_000_000,
    "**bold** _it_ `x` # h",
    "&lt;b&gt; &#123;&#123;",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_adds_no_markup_no_link_and_no_line(name: str) -> None:
    template = compile_mail('{{ lead.first_name or "Hello" }}!', BODY, '{{ lead.first_name or "Hello" }}')
    plain, mail = show(template, lead={"first_name": "Bo"}), show(template, lead={"first_name": name})
    assert Reader(mail.html).tags == Reader(plain.html).tags
    assert Reader(mail.html).hrefs == Reader(plain.html).hrefs
    assert mail.text.count("\n") == plain.text.count("\n")
    assert "\n" not in mail.subject
    for part in (mail.subject, mail.html, mail.text):
        part.encode("utf-8")
        assert "evil.example/" not in part
        assert "\u202e" not in part
        assert "49" not in part
    assert len(mail.subject) < 600


@given(st.text() | st.text(alphabet="<>&\"'{}%#[]()*_`:/\\ \r\n\ue000\ue001\ue0020h=@.w"))
@settings(max_examples=150, deadline=None)
def test_whatever_the_name_the_mail_keeps_its_shape(name: str) -> None:
    template = compile_mail('{{ lead.first_name or "Hello" }}!', BODY, '{{ lead.first_name or "Hello" }}')
    plain, mail = show(template), show(template, lead={"first_name": name})
    assert Reader(mail.html).tags == Reader(plain.html).tags
    assert Reader(mail.html).hrefs == Reader(plain.html).hrefs
    assert mail.text.count("\n") == plain.text.count("\n")
    assert len((mail.subject + mail.html + mail.text).encode("utf-8").splitlines()) == len(
        (plain.subject + plain.html + plain.text).encode("utf-8").splitlines()
    )


def test_a_harmless_name_is_kept_as_it_is() -> None:
    for name in ("אבגד", "👩‍🚒 Ünal", "O'Neil & Söhne <3", "**bold**", "{{ 7 * 7 }}"):
        mail = show(compile_mail("{{ lead.first_name }}", "{{ lead.first_name }}"), lead={"first_name": name})
        assert mail.subject == name
        assert mail.text.startswith(f"{name}\n")
        assert name in Reader(mail.html).text


def test_braces_that_markdown_puts_together_stay_words() -> None:
    mail = show(compile_mail("s", r"\{\{ 7 * 7 }} &#123;&#123; 7 * 7 }} {\{ 7 * 7 }} \{\% for %}", r"a { b"))
    assert mail.text.startswith("{{ 7 * 7 }} {{ 7 * 7 }} {{ 7 * 7 }} {% for %}\n")
    assert "{{ 7 * 7 }} {{ 7 * 7 }} {{ 7 * 7 }} {% for %}" in Reader(mail.html).text


BAD = [
    ("[x](javascript:alert(1))", 1, 5, "begin with"),
    ("a\n\nb [x](JavaScript:alert(1))", 3, 7, "begin with"),
    ("[x](data:text/html,x)", 1, 5, "begin with"),
    ("[x](http://x.example)", 1, 5, "https://"),
    ("[x](/relative)", 1, 5, "begin with"),
    ("[x]()", 1, 1, "empty link"),
    ("[x](https://bank.example@evil.example/)", 1, 5, "begin with"),
    ("[x](https://)", 1, 5, "begin with"),
    ("[x](https://x.example/{{ fact.x }})", 1, 3, "cannot hold a value"),
    ("[x]({{ fact.x }})", 1, 3, "cannot hold a value"),
    ("[x](https://x.example a)", 1, 3, "not complete"),
    ("[](https://x.example)", 1, 2, "no words"),
    ("[x](asset:Not/This)", 1, 5, "asset:<id>"),
    ("[x](answer:=2)", 1, 5, "answer:<fact>"),
    ("![x](http://x.example/a.png)", 1, 1, "image"),
    ("<javascript:alert(1)>", 1, 2, "begin with"),
    ("a\n{{ lead.first_name", 2, 1, "braces"),
    ("a\n\n{{ lead. }}", 3, 1, "braces"),
    ("{% if fact.x %}a", 1, 1, "braces"),
    ("{{ lead.first_name\n or 'x' }}", 1, 1, "one line"),
    ("{{ name }}", 1, 1, "two parts"),
    ("a {{ leed.first_name }}", 1, 6, "did you mean lead.first_name"),
    ("{{ lead.first.name }}", 1, 1, "two parts"),
    ("{{ lead['x'] }}", 1, 1, "cannot use"),
    ("{% for a in fact.x %}a{% endfor %}", 1, 1, "a loop"),
    ("{% set a = 1 %}", 1, 1, "set"),
    ("{% macro a() %}{% endmacro %}", 1, 1, "a macro"),
    ("{% include 'a' %}", 1, 1, "an include"),
    ("{% import 'a' as b %}", 1, 1, "an import"),
    ("{{ lead.first_name() }}", 1, 1, "a call"),
    ("{{ 'a' * 50000000 }}", 1, 1, "cannot use"),
    ("{{ lead.__class__.__mro__ }}", 1, 1, "two parts"),
    ("{{ lead.first_name | attr('x') }}", 1, 1, "filter"),
    ("{{ lead.first_name is defined }}", 1, 1, "`is`"),
    ("{% raw %}{{ x }}{% endraw %}", 1, 1, "raw"),
    ("{{ 'a' if fact.x }}", 1, 1, "else"),
    ("**{% if fact.x %}a** b{% endif %}", 1, 23, "same paragraph"),
    ("- a\n{% if fact.x %}\n- b\n{% endif %}", 4, 1, "same paragraph"),
    ("{% if fact.x %}\n\n> a\n> {% endif %}", 4, 3, "same paragraph"),
    ("private \ue000", 1, 9, "invisible"),
    ("   ", 1, 1, "body"),
]


@pytest.mark.parametrize(("body", "line", "column", "says"), BAD, ids=[body[:30] for body, *_ in BAD])
def test_what_an_author_may_not_write_is_refused_with_its_place(body: str, line: int, column: int, says: str) -> None:
    with pytest.raises(TemplateError) as raised:
        compile_mail("s", body, path="touch.md", body_line=10)
    error = raised.value
    assert says in error.sentence
    assert (error.path, error.line, error.column, error.part) == ("touch.md", line + 9, column, "body")


def test_a_mistake_in_the_subject_says_so() -> None:
    for subject in ("", "{{ lead.first_name", "{{ name }}"):
        with pytest.raises(TemplateError) as raised:
            compile_mail(subject, "x")
        assert (raised.value.part, raised.value.line) == ("subject", 1)


def test_a_mail_too_large_is_refused() -> None:
    with pytest.raises(TemplateError, match="512 kB"):
        compile_mail("s", "a" * (LARGEST + 1))
    with pytest.raises(RenderError, match="512 kB"):
        show(compile_mail("s", "a" * (LARGEST - 10)))


def test_the_same_words_are_compiled_once() -> None:
    assert compile_mail("once", BODY) is compile_mail("once", BODY)
