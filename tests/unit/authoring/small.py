"""The smallest set of files that is a release: a brewery's, with one track of three touches."""

from __future__ import annotations

TRACK = "content/tracks/kegs/track.yaml"
QUESTION = "content/tracks/kegs/question.md"
DEFINITION = "lead_defs/sales-ready.yaml"
PROFILE = "lead_defs/profiles/taps.yaml"

FILES = {
    "lead_defs/fields.yaml": """\
fields:
  lead.first_name: {type: text, personal: true}
  company.taps: {type: number, ask: How many taps do you have?}
  company.domain: {type: text}
  inquiry.topic: {type: choice, options: {kegs: Empty kegs, beer: Beer}}
  fact.pain:
    type: choice
    ask: What annoys you most?
    options: {late: It comes late, warm: It comes warm}
  fact.months: {type: number, ask: When will you compare?}
  fact.since: {type: date}
  fact.will_meet: {type: flag}
lists:
  rivals: [hops.example]
""",
    "lead_defs/events.yaml": """\
events:
  demo_request: {say: Asked for a demo, points: 30, hand_raise: true}
  reply: {say: Replied, points: 10}
""",
    "lead_defs/people.yaml": """\
people:
  ines: {name: Ines Okafor, role: marketing, team: marketing, address: ines@brew.example}
  tom: {name: Tom Whitaker, role: manager, team: sales, address: tom@brew.example}
""",
    "lead_defs/reasons.yaml": """\
reject: {}
recycle:
  bad_timing: {say: Wrong moment, needs: [resume_on]}
  other: {say: Something else, needs: [note]}
disqualify: {}
""",
    "lead_defs/recycling.yaml": """\
max_cycles: 3 in 24 months
rest_before_next_handoff: 30 days
reasons:
  bad_timing: {cool_down: 90 days, stage: late, wake_up: [reply]}
  other: {cool_down: 60 days}
""",
    "lead_defs/routing.yaml": """\
manager: tom
rules:
  - {id: owner, to: owner}
  - {id: in-turn, to: round_robin, team: sales}
""",
    DEFINITION: """\
title: Ready for sales
signers: {marketing: ines, sales: tom}
review: every 6 months
criteria:
  fits:
    say: They fit
    when: grade.fit in ["A", "B"]
  problem:
    say: We know the problem
    fact: pain
  soon:
    say: Soon
    when: fact.months <= 3
ready_when:
  definition: [fits, problem, soon]
  hand_raiser: happened(demo_request, 7 days) >= 1 and fits
hold_back_when:
  guest: inquiry.topic == "beer"
examples:
  - {lead: complete, expect: ready definition}
  - {lead: no-timing, expect: ask soon}
  - {lead: waving, expect: ready hand_raiser}
  - {lead: thirsty, expect: not ready}
""",
    "lead_defs/service-levels.yaml": """\
routed: 5 minutes
accept: {hot: 4 business hours, normal: 1 business day}
first_attempt: {hot: 15 business minutes, normal: 4 business hours}
outcome: 20 business days
opportunity: 7 days
stale_after: 10 days
hot: [hand_raiser]
""",
    PROFILE: """\
never:
  rival: company.domain in lists.rivals
points:
  size: 100 if company.taps >= 6
messaging:
  - {persona: owner, message: Cold beer, pains: [warm], proof: [story]}
""",
    "content/defaults.yaml": """\
company: {name: Brew, postal_address: 1 Malt Lane}
sender: ines
window: Tue-Thu 08:30-11:30
at_most: [2 per 7 days]
same_mail_at_one_company: 1 per day
gap: {early: 7 days, late: 5 days}
human_touch: {owner: ines}
react: {demo_request: judge, reply: stop}
""",
    "content/assets.yaml": """\
assets:
  story: {title: A cold story, url: "https://brew.example/story", persona: owner, stage: early}
""",
    "content/samples.yaml": """\
samples:
  complete:
    lead: {first_name: Ada, email: ada@pub.example}
    company: {taps: 8}
    inquiry: {topic: kegs}
    fact: {pain: late, months: 2}
    tells: {fact.will_meet: yes, fact.since: 2026-01-31}
  no-timing: {lead: {email: bo@inn.example}, company: {taps: 8}, fact: {pain: late}}
  waving: {lead: {email: cy@bar.example}, company: {taps: 9}, behaves: hand_raiser}
  thirsty: {lead: {email: di@den.example}, company: {taps: 9}, inquiry: {topic: beer}}
""",
    TRACK: """\
title: Kegs on time
owner: ines
goal: 40 sales_accepted by 2027-03-31
message: Kegs can be on time.
audience: Pubs
budget: 900 USD
enrol: inquiry.topic == "kegs"
stages:
  early: [question, read]
  late:
    touches: [ring]
    next_when: known(fact.months)
""",
    QUESTION: """\
---
subject: {{ lead.first_name or "Hello" }}, late or warm?
learn: pain
when: not known(fact.pain)
---
Which one?

- [Late](answer:pain=late)
- [Warm](answer:fact.pain=warm)
- [Else](answer:pain)
""",
    "content/tracks/kegs/read.md": """\
---
subject: A cold story
---
Read [it](asset:story), or write to [us](mailto:ines@brew.example).
""",
    "content/tracks/kegs/ring.md": """\
---
channel: call
title: Ask when
learn: months
---
Ask. Late since {{ fact.since or "when?" }}{% if fact.will_meet %}, and will meet{% endif %}.
""",
}


def edited(path: str, old: str, new: str) -> dict[str, str]:
    """The files with one place of one of them written otherwise."""
    assert FILES[path].count(old) == 1, f"{old!r} is not in {path} exactly once"
    return {**FILES, path: FILES[path].replace(old, new)}
