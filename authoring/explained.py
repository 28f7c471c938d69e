"""What every key of the files means, in the words of those who write them: for editors and for the reference.

By model and key; a key of a base model is explained there. A test compares this with the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

EXPLAINED: Final[Mapping[str, Mapping[str, str]]] = {
    "FieldsFile": {
        "fields": "The facts we really need, by their full name: lead., company., inquiry. or fact. and a word.",
        "lists": "Named lists of words that conditions read as lists.NAME.",
    },
    "FieldDef": {
        "type": "What an answer is.",
        "say": "What people call it, on pages and in packets.",
        "options": "The answers a choice can have: its id, and what people read.",
        "personal": "Mails may greet with it, conditions may not read it, and erasure deletes it.",
        "ask": "The question that learns it, as a person would ask.",
        "true_for": "How long an answer stays true; an older one is unknown to the definition.",
        "languages": "The question and its answers for readers of other languages, by their code, as fr.",
    },
    "FieldWords": {
        "ask": "The question in this language.",
        "options": "The answers in this language, by the ids the field itself gives them.",
    },
    "EventsFile": {"events": "What a lead can do, here or elsewhere, by the name that conditions count."},
    "EventDef": {
        "say": "What people call it.",
        "human": "Whether a person must have done it; what machines do is shown and never counted.",
        "points": "Engagement points it brings, at most 20 a day for one kind of event.",
        "half_life": "After this long half of its points have faded.",
        "hand_raise": "They ask for us: a person answers, whether or not the definition is met.",
    },
    "Definition": {
        "title": "What this is called.",
        "signers": "Who signs for each team.",
        "review": "How often both teams look at it again.",
        "criteria": "Sentences both teams mean the same by; each is met, not met or unknown.",
        "ready_when": "Ways to be ready: a list of criteria that must all be met, or a condition over them. The first"
        " that holds is the reason sales reads.",
        "hold_back_when": "Conditions that hold a lead back whatever the rules say; unknown does not.",
        "examples": "The definition tested on leads both teams know; check runs them.",
    },
    "Signers": {"marketing": "A person of people.yaml.", "sales": "A person of people.yaml."},
    "Criterion": {
        "say": "The criterion in one sentence.",
        "when": "The condition. A fact nobody has told us makes it unknown, and somebody asks.",
        "fact": "Short for when: known(fact.NAME).",
        "from": "Who may have told us.",
        "ask": "The question that decides it; else that of the field.",
        "good_for": "An answer older than this is unknown again.",
    },
    "Rule": {"when": "All of some criteria, [fits, problem], or a condition over criteria, fields and events."},
    "Expectation": {
        "lead": "A sample of samples.yaml.",
        "expect": "What the definition should say: ready RULE, ask CRITERION, or not ready.",
        "from": "The day of arrival, where something happens.",
        "do": "What happens to it first; without it, it is judged as it arrives.",
    },
    "Example": {
        "lead": "A sample of samples.yaml, whose life this is.",
        "say": "What this example is about, in a sentence.",
        "from": "The day of arrival, at 10:00 in the lead's own zone; without it 2027-03-01.",
        "do": "What happens to the lead, and when.",
        "expect": "What should come of it, in phrases: touch checklist on day 1, not ready by day 30.",
    },
    "Act": {
        "at": "When: day 3, day 3 14:30, 2027-03-04, 2 days after TOUCH, 1 hour after handoff.",
        "event": "Something of events.yaml happens.",
        "answer": "Facts that are told with it, by field; alone it is an answer to a mail.",
        "task": "The open human touch, or the answer somebody owes, ends with this outcome.",
        "sales": "What the lead's salesperson does: accept, attempt OUTCOME, recycle REASON and so on.",
        "criterion": "The criterion that sales names with it.",
        "resume_on": "The day the buyer named to come back.",
        "unsubscribes": "The buyer wants no more mail.",
    },
    "PeopleFile": {"people": "Who is who, by the id that other files use."},
    "Person": {
        "name": "First and last name.",
        "role": "What they do.",
        "team": "Their team, by any name; routing picks by it.",
        "address": "Their mail address.",
        "phone": "A number that mails may print as sender.phone.",
    },
    "ReasonsFile": {
        "reject": "Why a rep refuses a lead before the first attempt.",
        "recycle": "Why a lead comes back after it was worked.",
        "disqualify": "Why a lead leaves circulation for good.",
        "loss": "Why a deal was not signed.",
    },
    "Reason": {
        "say": "What the rep chooses by.",
        "needs": "What must come with it.",
        "on": "false keeps it out of sight.",
    },
    "RejectReason": {
        "class": "What kind of mistake it tells of.",
        "next": "What happens to the lead.",
        "quality": "Whether it counts against the definition, its data or the handoff.",
    },
    "LossReason": {"recycle_as": "The recycle reason of the same meaning, or never."},
    "Recycling": {
        "max_cycles": "More than this and a lead rests.",
        "rest_before_next_handoff": "How long sales is spared a lead it gave back; a raised hand does not wait.",
        "reasons": "What each recycle reason means for the lead; other is used where none fits.",
    },
    "RecycleRule": {
        "resume_early": "A buyer who named a day hears from us so long before it.",
        "cool_down": "How long it is left alone.",
        "stage": "Where it comes in again: a stage, same, or suggested (by the rep).",
        "track": "The track it goes on with, or keep.",
        "wake_up": "Events that end the cool-down.",
        "back_to_rep": "Whether the rep who gave it back is asked first.",
    },
    "ServiceLevels": {
        "routed": "From ready to offered, around the clock.",
        "accept": "From offered to accepted.",
        "first_attempt": "From accepted to the first attempt.",
        "outcome": "From the first attempt to qualified, returned or disqualified.",
        "opportunity": "From qualified to an opportunity.",
        "ladder": "When somebody hears of a promise that is running out.",
        "max_reroutes": "After this many the lead is on the manager's desk.",
        "minimum_effort": "What a rep owes before a lead is not_responsive.",
        "hand_raise_answer": "A raised hand that is not ready, or of unknown fit, is answered within this.",
        "stale_after": "Ready, and offered to nobody for this long.",
        "hours": "Working hours of those whose own we do not know.",
        "hot": "Rules of sales-ready.yaml that make a lead hot.",
    },
    "HotNormal": {"hot": "For hot leads.", "normal": "For all others."},
    "Ladder": {
        "remind": "Percent of the time used when the owner is reminded.",
        "escalate": "Percent when the manager hears.",
        "reassign": "Percent when the lead is taken back.",
    },
    "MinimumEffort": {
        "attempts": "Attempts at least.",
        "channels": "Different channels at least.",
        "business_days": "Business days at least, from the first to the last.",
    },
    "Routing": {
        "rules": "Who is offered a lead; the first rule that finds somebody free decides.",
        "manager": "Whose desk a lead ends on that nobody takes.",
    },
    "RoutingRule": {
        "id": "A name for the rule; the handoff says which one chose.",
        "to": "The account's owner, the rep who had it before, everybody in turn, or a pool.",
        "when": "Only for leads for whom this holds.",
        "team": "Only this team.",
        "skill": "Only reps with this skill.",
    },
    "Defaults": {
        "dormant_track": "Where a lead that rested goes when it stirs, or when its review date comes.",
        "language": "The language of what is written without another, by its code, as en.",
        "company": "Who writes.",
        "sender": "The person mails are from.",
        "window": "When mails go out, in the lead's own time zone, never on their public holidays.",
        "at_most": "How much one lead gets, over all tracks.",
        "same_mail_at_one_company": "How many people of one company get the same mail.",
        "gap": "The time after a touch, by stage; 7 days where nothing is written.",
        "used_up": "When a stage has no touch left for a lead: go on to the next stage, or rest there.",
        "then": "The track a lead goes on with when it has had a whole one.",
        "react": "What an event does at once: judge the lead, or stop sending until a person has read it.",
        "country": "For leads whose country we do not know (two letters).",
        "time_zone": "For leads whose time zone we cannot tell.",
        "human_touch": "Who does human touches, and by when.",
        "sender_daily": "Mails one sender sends in a day.",
        "dormant_recheck": "How long a lead rests that has had everything.",
        "offering": "The profile of inquiries that name none.",
    },
    "Company": {"name": "As it stands in mails.", "postal_address": "Every mail carries it; the law asks for it."},
    "HumanTouch": {
        "owner": "The person who does them.",
        "due": "How long they have.",
        "if_not_done": "Go on without it, or keep it open.",
    },
    "AssetsFile": {"assets": "Pieces that mails and reps point to, by the id in asset: links."},
    "Asset": {
        "title": "What it is, as reps read it.",
        "url": "Where it is; begins with https://.",
        "stage": "The stage it helps in.",
        "persona": "Whom it helps.",
        "pain": "Which problem it is about.",
        "repeatable": "Whether a lead may be sent it twice.",
    },
    "SamplesFile": {"samples": "Invented leads for check, preview, simulate and the demo."},
    "Sample": {
        "lead": "Who it is: email, first_name, last_name, title, country, ...",
        "company": "Its company's fields.",
        "inquiry": "What was asked for, and where.",
        "fact": "Facts known on arrival.",
        "behaves": "How it acts in the demo: quiet, eager, curious, talker, hand_raiser, ...",
        "tells": "What it would say when asked, by the field's full name.",
    },
    "Profile": {
        "offering": "What we sell, as people call it.",
        "value_proposition": "What the buyer gets from it, in one sentence.",
        "never": "Conditions under which somebody is never a lead; unknown never excludes.",
        "points": "Fit points, at most 100 together: A from 75, B from 50, C from 25, else D.",
        "messaging": "What to say to whom.",
    },
    "Points": {"points": "How many.", "when": "Under which condition."},
    "Messaging": {
        "persona": "An id for the people meant; touches and assets name it.",
        "titles": "Job titles that mean it; * stands for anything.",
        "pains": "Options of fact.pain they have.",
        "message": "What to tell them.",
        "proof": "Assets that show it.",
        "opening_question": "How a rep may begin.",
    },
    "Track": {
        "hold_out": "So many of its leads are judged but get no touch, as 5%: the difference is what the track does.",
        "title": "What the track is called.",
        "owner": "Who hears of replies, rejections, bounces and questions.",
        "goal": "What it should reach, and by when.",
        "message": "What it says, in one sentence.",
        "audience": "Whom it is for, in words.",
        "budget": "What it may cost.",
        "enrol": "Whom it takes. Unknown means not now.",
        "stages": "The stages of the buyer's way, each with its touches in the order they are preferred: a list of"
        " files beside this one, or a mapping.",
        "purpose": "stage for prospects (8 to 12 touches), customer for customers.",
        "proposed_by": "Whose idea it was.",
        "status": "proposed, or declined; approved is never written, it follows from the signatures.",
        "campaign": "The campaign it belongs to, as figures name it.",
        "priority": "Of two tracks that would take a lead the higher one does.",
        "reserve": "Touches for later cycles, not counted in the 8 to 12.",
        "react": "What an event does at once, on this track.",
        "then": "The track a lead goes on with when it has had this one.",
        "sender": "The person its mails are from.",
        "window": "When its mails go out.",
        "in_flight": "Whether leads on the way take a changed order and conditions at once, or keep theirs to the end.",
        "examples": "Lives of sample leads through this track; check plays each.",
    },
    "Stage": {
        "touches": "Files beside track.yaml, without .md, in the order they are preferred.",
        "aim": "What has changed for the buyer when the stage is over.",
        "next_when": "Moves the lead on at once.",
        "back_when": "Moves the lead back.",
        "longest": "After this long the lead goes on although touches remain.",
        "used_up": "No touch is left: go on to the next stage, or rest here.",
        "gap": "The time after a touch of this stage.",
    },
    "Touch": {
        "variants": "Versions of this touch by their shares, as {a: 50, b: 50}: a is this file, b is <touch>.b.md.",
        "channel": "A mail, or what a person does: a call, or another task.",
        "title": "What a person has to do; a human touch needs one.",
        "subject": "The subject of the mail, 60 characters at most; a mail needs one.",
        "preheader": "What a mail program shows beside the subject.",
        "why": "What the buyer gets from it.",
        "when": "Only for leads for whom this holds now.",
        "wait": "The time before it, in place of its stage's gap.",
        "persona": "Only for these people; who is known to be somebody else does not get it.",
        "learn": "The fact it should teach us; pain is short for fact.pain.",
        "ask": "The question a person asks.",
        "due": "How long the person has.",
        "outcomes": "How it can end, and what follows.",
        "if_not_done": "Nobody did it in time: go on without it, or keep it open.",
        "expires": "The last day on which anybody gets it, such as 2027-03-31.",
        "repeatable": "May be given again in a later cycle.",
    },
}

PHRASES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "SpanPhrase": ("length of time", ("7 days", "4 business hours", "2 business days", "90 minutes", "1 month")),
    "CapPhrase": ("limit", ("2 per 7 days", "1 per day", "3 in 24 months")),
    "HoursPhrase": ("hours", ("Tue-Thu 08:30-11:30", "Mon 09:00-17:00")),
    "OutcomePhrase": ("outcome", ("engaged", "done", "snooze", "skip", "disqualify", "retry 3 times every 2 days")),
    "GoalPhrase": ("goal", ("40 sales_accepted by 2027-03-31",)),
    "PercentPhrase": ("share", ("5%", "12.5%")),
    "MoneyPhrase": ("amount", ("9000 USD",)),
    "EveryPhrase": ("how often", ("every 6 months", "every year")),
    "PointsPhrase": ("points", ("40 if company.dock_doors >= 6", '-25 if fact.contact_role == "outsider"')),
}
"""By its name in the models: what it is called here, and how it is written. Nothing freer is read."""

WORDS: Final[Mapping[str, str]] = {
    "and, or, not": "Join and turn around. Brackets say what belongs together.",
    "== != < <= > >=": 'Compare: a text in quotes, a number without, a date as "2027-03-31".',
    "in": 'One of a list: `company.country in ["US", "CA"]`, `company.domain in lists.competitors`.',
    "? :": "`x ? a : b` is a where x holds, else b.",
    "+ - * /": "Count with numbers.",
}
FUNCTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "known": ("known(fact.pain)", "Somebody has told us. In a criterion, *unknown* means: ask."),
    "happened": (
        "happened(pricing_view, 7 days) >= 2",
        "How often an event happened, in hours, days or weeks up to now; without a time, ever. Always compared.",
    ),
    "date": ('fact.renewal <= date("2027-03-31")', "A date; in a comparison with a date field the quotes are enough."),
    "startsWith": ('lead.title.startsWith("VP")', "Whether a text begins so."),
    "endsWith": ('company.domain.endsWith(".example")', "Whether a text ends so."),
    "contains": ('lead.title.contains("Operations")', "Whether a text has this in it."),
}
"""By name: an example, and what it says."""

FILTERS: Final[Mapping[str, str]] = {
    "default": "the same as `or`",
    "title": "Every Word With A Capital",
    "lower": "small letters",
    "upper": "CAPITALS",
    "capitalize": "First letter a capital",
    "trim": "without spaces around it",
}


def explained(model: type[BaseModel], key: str) -> str | None:
    """None for a key that nobody has explained."""
    found = (EXPLAINED.get(each.__name__, {}).get(key) for each in model.__mro__)
    return next((sentence for sentence in found if sentence), None)
