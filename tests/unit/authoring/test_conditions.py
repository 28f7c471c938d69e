"""Conditions as marketers write them: what they mean, what they do not decide, and how a mistake is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from authoring.conditions import Compiler, ConditionError, ConditionProblem
from domain.conditions import FieldKind, Reads

WEEK = timedelta(days=7)
FIELDS = {
    "company.dock_doors": FieldKind("number"),
    "company.country": FieldKind("text"),
    "company.domain": FieldKind("text"),
    "fact.pain": FieldKind("choice", ("detention", "idle_crew")),
    "fact.renewal": FieldKind("date"),
    "fact.in": FieldKind("number"),
    "inquiry.urgent": FieldKind("flag"),
    "lead.email": FieldKind("text", personal=True),
    "grade.fit": FieldKind("choice", ("A", "B", "C", "D")),
    "fits": FieldKind("flag"),
    "a": FieldKind("flag"),
    "b": FieldKind("flag"),
    "c": FieldKind("flag"),
}
COMPILER = Compiler(FIELDS, ["pricing_view", "demo_request"], {"competitors": ["rival.example"], "none": []})


@dataclass
class Facts:
    values: dict[str, str | float | bool | date] = field(default_factory=dict)
    counts: dict[tuple[str, timedelta | None], int] = field(default_factory=dict)
    grades: tuple[str, ...] = ("A",)
    scratch: dict[object, object] = field(default_factory=dict)

    def value(self, name: str) -> str | float | bool | date | None:
        return self.values.get(name)

    def count(self, event: str, window: timedelta | None) -> int:
        return self.counts.get((event, window), 0)


def a_lead() -> Facts:
    return Facts(
        {
            "company.dock_doors": 8.0,
            "company.country": "US",
            "company.domain": "rival.example",
            "fact.renewal": date(2027, 3, 31),
            "fact.in": 2.0,
            "a": True,
        },
        {("pricing_view", WEEK): 2, ("pricing_view", None): 5},
        ("A", "B"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("company.dock_doors >= 6 and company.dock_doors <= 60", True),
        ("company.dock_doors >= 6.5 && company.dock_doors != 7", True),
        ("company.dock_doors in [1, 8]", True),
        ("company.dock_doors - 2 * 3 == 2", True),
        ("company.dock_doors > -3", True),
        ("fact.in == 2", True),
        ('not company.country == "US"', False),
        ('not company.country in ["US", "CA"] or fits', None),
        ('not (company.country == "US" and company.dock_doors < 3)', True),
        ('!(company.country == "US")', False),
        ("company.country in []", False),
        ('company.country.startsWith("U")', True),
        ("""company.country == 'and or not = "x" \\\\ ≥'""", False),
        ("company.domain in lists.competitors", True),
        ("company.domain in lists.none", False),
        ("known(company.country)\n  and\tknown(fact.renewal)", True),
        ("known(fact.pain)", False),
        ("not known(fact.pain)", True),
        ('fact.pain == "detention"', None),
        ('not fact.pain == "detention"', None),
        ('fact.pain != "detention"', None),
        ('fact.pain in ["detention"]', None),
        ("fits and company.dock_doors < 3", False),
        ("company.dock_doors < 3 and fits", False),
        ("fits or true", True),
        ("fits and true", None),
        ("fits ? true : true", None),
        ("a ? fits or a : false", True),
        ("happened(pricing_view, 7 days) >= 2", True),
        ("happened(pricing_view, 1 week) == 2 and happened(pricing_view) == 5", True),
        ("happened(demo_request) == 0", True),
        ("happened(pricing_view) + happened(demo_request) > 4", True),
        ("(happened(pricing_view)) > 4", True),
        ('fact.renewal <= "2027-03-31"', True),
        ('"2027-04-01" > fact.renewal', True),
        ('fact.renewal in ["2027-03-31"]', True),
        ('fact.renewal == date("2027-03-30")', False),
        ('grade.fit in ["A", "B"]', True),
        ('grade.fit == "A"', None),
        ('grade.fit in ["C", "D"]', False),
        ('grade.fit == "A" or grade.fit == "B"', True),
        ("known(grade.fit)", False),
        ("true", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool | None) -> None:
    assert COMPILER.compile(text).holds(a_lead()) is expected


def test_what_a_condition_reads_is_known() -> None:
    counts = "happened(pricing_view, 7 days) + happened(demo_request) > 1"
    text = f"known(fact.pain) and {counts} or company.dock_doors > 2"
    assert COMPILER.compile(text).reads == Reads(
        frozenset({"company.dock_doors"}),
        frozenset({"fact.pain"}),
        frozenset({("pricing_view", WEEK), ("demo_request", None)}),
    )
    assert COMPILER.compile(text).text == text


def test_a_value_of_another_kind_is_unknown() -> None:
    odd = Facts({"company.dock_doors": "8", "fits": "yes", "company.country": 3.0, "fact.renewal": "2027-03-31"})
    wrong = (
        "company.dock_doors != 3",
        "fits or fits",
        'company.country != "x"',
        'fact.renewal != "2027-03-30"',
    )
    for text in wrong:
        assert COMPILER.compile(text).holds(odd) is None
    assert COMPILER.compile("known(company.dock_doors)").holds(odd) is False


def test_a_condition_compiled_after_the_first_evaluation_sees_its_names() -> None:
    lead, compiler = a_lead(), Compiler(FIELDS, ["pricing_view"], {})
    assert compiler.compile("company.dock_doors > 1").holds(lead) is True
    assert compiler.compile("happened(pricing_view) == 5 and a").holds(lead) is True


def test_the_grade_may_settle_while_a_decision_is_made() -> None:
    lead = a_lead()
    known, good = (
        COMPILER.compile("known(grade.fit)"),
        COMPILER.compile('grade.fit == "A" or not known(grade.fit)'),
    )
    assert (known.holds(lead), good.holds(lead)) == (False, True)
    lead.grades = ("B",)
    assert (known.holds(lead), good.holds(lead)) == (True, False)


@pytest.mark.parametrize("text", ["!" * 60 + "a", "-" * 41 + "fact.in < 0", "a" + " and a" * 500])
def test_a_long_condition_is_answered(text: str) -> None:
    assert COMPILER.compile(text).holds(a_lead()) is True


def test_two_compilers_share_a_decision_without_mixing() -> None:
    lead = a_lead()
    first, second = Compiler({"a": FieldKind("flag")}, [], {}), Compiler({"b": FieldKind("flag")}, [], {})
    assert (first.compile("a").holds(lead), second.compile("b").holds(lead)) == (True, None)


def test_threads_share_a_condition() -> None:
    condition = COMPILER.compile("company.dock_doors >= 6 and happened(pricing_view, 7 days) >= 2")
    few = Facts({"company.dock_doors": 2.0})
    many = a_lead()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(condition.holds, [few, many] * 1500))
    assert answers == [False, True] * 1500


@pytest.mark.parametrize(
    ("text", "marked", "says"),
    [
        ("company.dock_door > 3", "company.dock_door", "; did you mean company.dock_doors?"),
        ("known(fact.pian)", "fact.pian", "did you mean fact.pain?"),
        ("happened(pricing_veiw, 7 days) >= 1", "pricing_veiw", "no event pricing_veiw; did you mean pric"),
        ('fact.pain == "detenton"', '"detenton"', "did you mean detention?"),
        ('fact.pain in ["detention", "idle"]', '"idle"', "It can be: detention, idle_crew."),
        ('"detenton" == fact.pain', '"detenton"', "never"),
        ("fact.pain == detention", "detention", 'put it in quotes: "detention"'),
        ("company.country in [US]", "US", 'put it in quotes: "US"'),
        ('lead.email == "x"', "lead.email", "personal"),
        ("known(lead.email)", "lead.email", "personal"),
        ("happened(pricing_view, 7 days)", "happened(pricing_view, 7 days)", "_view, 7 days) >= 1."),
        ("happened(pricing_view) and fits", "happened(pricing_view)", "is a count"),
        ("happened(pricing_view, 7 months) >= 1", "months", "hours, days or weeks"),
        ("happened(pricing_view, 99999999 weeks) >= 1", "99999999", "at most 10 years"),
        ("happened(pricing_view, 7) >= 1", "happened(pricing_view, 7)", "7 days"),
        ("pricing_view >= 1", "pricing_view", "happened(pricing_view, 7 days) >= 1"),
        ("company.dock_doors", "company.dock_doors", "not a yes or no"),
        ("company.dock_doors = 3", "=", "Write == to compare"),
        ("company.dock_doors ≥ 3", "≥", "Write >="),
        ("(company.dock_doors > 3", "(", "never closed"),
        ("company.dock_doors > 3)", ")", "closes nothing"),
        ("known(fact.pain", "(", "never closed"),
        ("company.country == “US”", "“US”", "curly quotes"),
        ('company.country == "US', '"US', "never closed"),
        ("company.country == 3", "==", "a text with a number"),
        ('company.dock_doors == "3"', "==", "a number with a text"),
        ('company.country in ["US", 3]', "[", "mixes"),
        ('company.dock_doors in ["US"]', "in", "a number in a list"),
        ("3 <= company.dock_doors <= 5", "<=", "compare twice"),
        ("not company.dock_doors", "not", "compare it first"),
        ("fits and company.dock_doors", "and", "this is a number"),
        ('fact.renewal < "31.3.2027"', '"31.3.2027"', 'like "2027-03-31"'),
        ('fact.renewal < "2027-02-30"', '"2027-02-30"', "no date"),
        ("fact.renewal < company.country", "<", "a date with a text"),
        ("fits == yes", "yes", "Write true"),
        ("fits == null", "null", "known(fact.pain)"),
        ("fits AND a", "AND", "small letters"),
        ("fits and", "and", "missing after and"),
        ("and fits", "and", "missing before and"),
        ("fits a", "a", "missing before a"),
        ('company.country not in ["US"]', "not", "not company.country in"),
        ("knwon(fact.pain)", "knwon", "did you mean known?"),
        ('company.country.startsWiht("U")', "company.country.startsWiht", "did you mean startsWith?"),
        ("company.domain in lists.competitor", "lists.competitor", "did you mean lists.competitors?"),
        ("1,000 < company.dock_doors", ",", "comma"),
        ("company.dock_doors > 10k", "10k", "is not a number"),
        ("fits # really", "#", "means nothing"),
        ("(" * 200 + "fits" + ")" * 200, "(", "nested too deeply"),
        ("x" * 5000, "x", "at most 4000"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, marked: str, says: str) -> None:
    with pytest.raises(ConditionError) as error:
        COMPILER.compile(text)
    (problem,) = error.value.problems
    assert says in problem.sentence
    assert text[problem.offset : problem.offset + problem.length] == marked


NONSENSE = ["", "  \n", "not not", ")", "]", ",", "?", "a ? b", "a :", "[a]", "-a", "((", "in in"]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ConditionError) as error:
        COMPILER.compile(text)
    assert all(problem.sentence.endswith((".", "?")) for problem in error.value.problems)
    assert all(problem.length > 0 for problem in error.value.problems)


def test_all_mistakes_of_a_condition_are_told_at_once() -> None:
    text = (
        'company.dock_doors == "3" and fact.pain = "detenton" or '
        "known(fact.pian) or happened(pricing_vew) > 1 and fits == yes"
    )
    with pytest.raises(ConditionError) as error:
        COMPILER.compile(text)
    marked = [text[problem.offset :][: problem.length] for problem in error.value.problems]
    assert marked == ["==", "=", '"detenton"', "fact.pian", "pricing_vew", "yes"]


def told(text: str) -> tuple[ConditionProblem, ...] | None:
    try:
        COMPILER.compile(text)
    except ConditionError as error:
        return error.problems
    return None


@given(st.text(alphabet="ab()[]\"and or not in ,.==<>!?:&|1 7days known happened(é'\\“", max_size=40))
def test_any_text_compiles_or_says_why(text: str) -> None:
    problems = told(text)
    assert problems is None or problems
    assert all(0 <= problem.offset <= len(text) and problem.length > 0 for problem in problems or ())


@dataclass(frozen=True)
class Case:
    """An expression, and what it is worth by the rules of three values, written once more by hand."""

    text: str
    worth: bool | None


FACTS: dict[str, bool | None] = {"a": True, "b": False, "c": None}


def both(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def turned(value: bool | None) -> bool | None:
    return None if value is None else not value


def joined(word: str, left: Case, right: Case) -> Case:
    text = f"({left.text}) {word} ({right.text})"
    if word == "and":
        return Case(text, both(left.worth, right.worth))
    return Case(text, turned(both(turned(left.worth), turned(right.worth))))


LEAVES = [*(Case(*fact) for fact in FACTS.items()), Case("a == c", None), Case("known(c)", False)]
CASES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
        inner.map(lambda case: Case(f"not ({case.text})", turned(case.worth))),
    ),
    max_leaves=8,
)


@given(CASES)
def test_three_values_are_those_of_the_textbook(case: Case) -> None:
    known: dict[str, str | float | bool | date] = {name: worth for name, worth in FACTS.items() if worth is not None}
    assume(case.text.count("not") + case.text.count("(") < 16)  # deeper ones are refused
    assert COMPILER.compile(case.text).holds(Facts(known)) is case.worth


def test_without_brackets_not_binds_before_and_before_or() -> None:
    lead = Facts({"a": True, "b": False})
    assert COMPILER.compile("not b and a or b").holds(lead) is True
    assert COMPILER.compile("not a or a and b").holds(lead) is False
    assert COMPILER.compile("a or a and b").holds(lead) is True
    assert COMPILER.compile("not a == b and a").holds(lead) is True
