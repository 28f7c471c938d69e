"""Other systems, as the files describe them: endpoints that are told of what happened, and hooks that tell us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from domain.definition import FieldName, Id
from domain.lead import Source, State
from domain.parts import Part

ANNOUNCED: Mapping[str, str] = {
    "T02": "lead.merged",
    "T03": "lead.disqualified",
    "T04": "lead.inquired",
    "T05": "lead.enrolled",
    "T06": "lead.ready",
    "T07": "lead.moved",
    "T08": "lead.ready",
    "T09": "lead.dormant",
    "T10": "lead.disqualified",
    "T11": "handoff.offered",
    "T12": "handoff.withdrawn",
    "T13": "handoff.accepted",
    "T14": "handoff.rejected",
    "T15": "handoff.rejected",
    "T16": "handoff.rejected",
    "T17": "handoff.taken_back",
    "T18": "handoff.attempted",
    "T18b": "handoff.attempted",
    "T19": "handoff.taken_back",
    "T20": "handoff.qualified",
    "T21": "handoff.recycled",
    "T21b": "handoff.recycled",
    "T22": "handoff.recycled",
    "T23": "lead.disqualified",
    "T24": "handoff.opportunity",
    "T25": "handoff.proposal",
    "T26": "handoff.won",
    "T27": "handoff.lost",
    "T28": "handoff.recycled",
    "T29": "handoff.rescoped",
    "T30": "handoff.recycled",
    "T31": "lead.disqualified",
    "T32": "lead.enrolled",
    "T33": "lead.enrolled",
    "T34": "lead.ready",
    "T35": "lead.dormant",
    "T36": "lead.enrolled",
    "T36b": "lead.ready",
    "T37": "lead.sunset",
    "T37b": "lead.dormant",
    "T38": "lead.reopened",
    "T39": "lead.erased",
    "T40": "lead.corrected",
    "T41": "handoff.withdrawn",
    "T42": "handoff.accepted",
    "T43": "handoff.reassigned",
    "T44": "lead.undone",
}
"""What other systems call a row of the lifecycle table. Names stay; a new row of the table needs one."""
EVENTS = frozenset(ANNOUNCED.values())
EVERYTHING = "*"
HEADER = r"^[A-Za-z0-9-]{1,64}$"
HeaderName = Annotated[str, Field(pattern=HEADER)]
Template = Annotated[str, Field(min_length=1, max_length=2000)]


class RecordId(Part):
    """Where the answer holds the record's id, by which the other system will speak of it."""

    system: Id
    id: Template


class Record(Part):
    """A request in another system's own words. Every text is a template; one that comes out empty is left out.

    `token_url` is for systems that give tokens to a client (OAuth 2, client credentials); the secret then holds
    `client_id:client_secret`, and `{{ secret }}` is the token.
    """

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: dict[HeaderName, Template] = {}
    body: dict[str, Any]  # Any: what that system wants
    states: dict[State, str] = {}
    token_url: Template | None = None
    answer: RecordId | None = None


class Endpoint(Part):
    """Where something goes. `secret` names a file in the secrets folder, its own name by default; of chat channels the
    secret is the whole address, for whoever knows it can write there.
    """

    say: str
    on: bool = True
    send: Literal["webhook", "slack", "teams", "record"]
    url: Template | None = None
    secret: Id | None = None
    events: list[str] = []
    people: list[str] = []
    teams: list[str] = []
    notices: list[str] = []
    record: Record | None = None

    @property
    def is_chat(self) -> bool:
        return self.send in ("slack", "teams")

    @model_validator(mode="after")
    def _is_whole(self) -> Endpoint:
        if self.is_chat and (self.events or self.url or self.record):
            raise ValueError(f"{self.send} takes notices, people and teams; its address is the secret")
        if not self.is_chat and (self.people or self.teams or self.notices):
            raise ValueError(f"{self.send} takes events; people, teams and notices are for slack and teams")
        if not self.is_chat and not (self.url and self.events):
            raise ValueError(f"{self.send} needs a url and the events it wants")
        if (self.send == "record") != (self.record is not None):
            raise ValueError("`record:` belongs to `send: record`, and to nothing else")
        return self

    def wants(self, event: str) -> bool:
        return self.on and (event in self.events or EVERYTHING in self.events)

    def hears(self, kind: str, person: str, team: str) -> bool:
        """Whether a notice of that kind to that person is posted here too; without names, everybody's is."""
        if not (self.on and self.is_chat) or (self.notices and kind not in self.notices):
            return False
        return not (self.people or self.teams) or person in self.people or team in self.teams


def _text(raw: object) -> object:
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(raw) if isinstance(raw, int | float) else raw


def _short(raw: object) -> object:
    return {"path": raw} if isinstance(raw, str) else raw


def _one_or_many(raw: object) -> object:
    return raw if isinstance(raw, list) else [raw]


Word = Annotated[str, BeforeValidator(_text, json_schema_input_type=str | bool | int | float)]


class Reading(Part):
    """Where a value stands in what was sent: `person.email`, or a template of such paths. `values` replaces what it
    reads, whatever its case; `default`, once written, stands for everything empty or not listed."""

    path: Template
    values: dict[str, Word | None] = {}
    default: Word | None = None


Read = Annotated[Reading, BeforeValidator(_short, json_schema_input_type=Reading | str)]
Words = Annotated[list[Word], BeforeValidator(_one_or_many, json_schema_input_type=list[Word] | Word)]


class Match(Part):
    """Whose it is, tried in this order: our own id (which every webhook of ours tells), the sender's, the address."""

    lead: Template | None = None
    external: Template | None = None
    email: Template | None = None


SAID = frozenset(
    {"reason", "criterion", "stage", "outcome", "channel", "note", "resume_on", "referral", "competitor"}
    | {"amount", "currency", "close_on", "forecast"}
)
"""What a decision may be told with, by the names the API gives them."""


class Decide(Part):
    """One decision, as its owner's. `with` are its fields, as constants; `read`, those that stand in what was sent."""

    command: Literal[
        "accept",
        "attempt",
        "qualify",
        "opportunity",
        "proposal",
        "rescope",
        "won",
        "lost",
        "recycle",
        "reject",
        "disqualify",
    ]
    with_: dict[str, Word] = Field(default={}, alias="with")
    read: dict[str, Read] = {}

    @model_validator(mode="after")
    def _is_understood(self) -> Decide:
        if unknown := sorted({*self.with_, *self.read} - SAID):
            raise ValueError(f"a decision has no {unknown[0]}; it has {', '.join(sorted(SAID))}")
        return self


STATUSES = ("open", "won", "lost", "withdrawn")


class DealRule(Part):
    """What an item says of an opportunity there. `status` is read as open, won, lost or withdrawn; left out, the one we
    know stands. Whose it is: the lead found by `match`, else the company of that domain or website.
    """

    id: Template
    match: Match = Match()
    company: Template | None = None
    status: Read | None = None
    stage: Read | None = None
    amount: Read | None = None
    currency: Read | None = None
    close_on: Read | None = None
    forecast: Read | None = None
    owner: Read | None = None
    origin: Read | None = None

    @model_validator(mode="after")
    def _has_a_status_of_ours(self) -> DealRule:
        read = self.status
        meant = [*read.values.values(), read.default] if read else []
        if wrong := [word for word in meant if word is not None and word not in STATUSES]:
            raise ValueError(f"status is one of {', '.join(STATUSES)}, never {wrong[0]}")
        return self


class HookRule(Part):
    """What an item means of which every path in `when` reads one of its words; `5.*` is whatever begins so.

    With `opportunity` it is about a deal, and nobody need be found by the hook's own `match`.
    """

    when: dict[str, Words] = {}
    fields: dict[FieldName, Read] = {}
    event: str | None = None
    opt_out: bool = False
    bounced: bool = False
    decide: list[Decide] = []
    opportunity: DealRule | None = None


class Hook(Part):
    """What another system posts to /hooks/<name>, and how we know that it is that system. Of several ids the first that
    is all there counts."""

    say: str
    on: bool = True
    verify: Literal["standard", "hubspot_v3", "header"]
    header: HeaderName = "X-Nurture-Secret"
    secret: Id | None = None
    system: Id | None = None
    items: str | None = None
    id: Annotated[list[Template], BeforeValidator(_one_or_many, json_schema_input_type=list[Template] | Template)] = []
    at: Template | None = None
    match: Match
    unknown: Literal["refuse", "enrol"] = "refuse"
    trust: Source = Source.ENRICHMENT
    ignore: dict[str, Words] = {}
    fields: dict[FieldName, Read] = {}
    rules: list[HookRule] = []

    @model_validator(mode="after")
    def _is_whole(self) -> Hook:
        if not (self.match.lead or self.match.external or self.match.email):
            raise ValueError("match needs lead, external or email, or nobody is ever found")
        if self.unknown == "enrol" and not self.match.email:
            raise ValueError("`unknown: enrol` needs match.email: nobody is enrolled without an address")
        if not self.id and self.verify != "standard":
            raise ValueError("id is missing: the template of what makes two deliveries the same")
        return self
