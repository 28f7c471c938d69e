"""The archive's tables. The log is append-only; `leads` is its current row; words about a person are in one table.

Ids, codes, numbers and times live everywhere; names, addresses, notes and rendered mails only in `person_texts`,
so that erasing a person is deleting there.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from storage.columns import BigId, Json, Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
CODE = String(64)
OPEN = text("closed_at is null")
NO_TRACK = text("track is null")
HELD = text("team is null and rep is null")
UNPOSTED = text("posted_at is null")
URGENT, TO_BEGIN = text("verb <> 'imported'"), text("verb = 'imported'")


def _lead_id(**more: bool) -> Column[object]:
    return Column("lead_id", Uuid(), ForeignKey("leads.id"), nullable=False, **more)  # type: ignore[arg-type]


leads = Table(
    "leads",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("state", CODE, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("state_entered_at", Utc, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("seq", BigId, nullable=False),
    Column("offering", CODE),
    Column("track", CODE),
    Column("stage", CODE),
    Column("stage_entered_at", Utc),
    Column("track_entered_at", Utc),
    Column("pinned_release", CODE),
    Column("is_held_out", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
    Column("company", String(255)),
    Column("country", String(8)),
    Column("time_zone", CODE),
    Column("owner", CODE),
    Column("team", CODE),
    Column("clock_name", CODE),
    Column("clock_started_at", Utc),
    Column("clock_due_at", Utc),
    Column("clock_rung", Integer),
    Column("is_on_desk", Boolean(create_constraint=False), nullable=False),
    Column("ready_rule", CODE),
    Column("left_sales_at", Utc),
    Column("returned_at", Utc),
    Column("returned_by", CODE),
    Column("return_reason", CODE),
    Column("cool_until", Utc),
    Column("paused_until", Utc),
    Column("postponed_until", Utc),
    Column("left_stage_at_handoff", CODE),
    Column("tracks_done", Json, nullable=False),
    Column("recycled_at", Json, nullable=False),
    Column("tried_reps", Json, nullable=False),
    Column("denied", Json, nullable=False),
    Column("answered", Json, nullable=False),
    Column("has_opted_out", Boolean(create_constraint=False), nullable=False),
    Column("has_bounced", Boolean(create_constraint=False), nullable=False),
    Column("is_do_not_call", Boolean(create_constraint=False), nullable=False),
    Column("recheck_at", Utc),
    Column("sunset_at", Utc),
    Column("won_at", Utc),
    Column("support", CODE),
    Column("merged_into", Uuid()),
    Column("merged_from", Json, nullable=False, server_default="[]"),
    # beside the domain's row: how it is found, and the step that stands
    Column("address_key", CODE, nullable=False, unique=True),
    Column("origin", CODE, nullable=False),
    Column("zone_rule", CODE),
    Column("verdict_id", BigId),
    Column("verdict_mark", CODE),
    Column("step", Json),
    Column("step_seq", BigId, nullable=False),
    Column("step_due_at", Utc),
    CheckConstraint(
        "(state in ('SALES_READY','HANDED_OFF','ACCEPTED','WORKING','QUALIFIED','OPPORTUNITY','PROPOSAL'))"
        " = (owner is not null and clock_name is not null)",
        name="one_owner_one_clock",
    ),
    Index("ix_leads_state_team_owner", "state", "team", "owner"),
    Index("ix_leads_step_due_at", "step_due_at"),
    Index("ix_leads_company", "company"),
    Index("ix_leads_no_track", "state_entered_at", sqlite_where=NO_TRACK, postgresql_where=NO_TRACK),
    Index("ix_leads_created_at_id", "created_at", "id"),
)

external_ids = Table(
    "external_ids",
    metadata,
    Column("system", CODE, primary_key=True),
    Column("external_id", String(255), primary_key=True),
    _lead_id(index=True),
)

log = Table(
    "log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("seq", BigId, nullable=False),
    Column("transition", CODE),
    Column("from_state", CODE),
    Column("to_state", CODE),
    Column("actor", CODE, nullable=False),
    Column("actor_id", CODE),
    Column("reason", String(255)),
    Column("data", Json, nullable=False),
    Column("release", CODE),
    Column("verdict_id", BigId),
    Column("before", Json),  # of a transition: the columns it changed, as they were
    Index("ix_log_lead_id_id", "lead_id", "id"),
    Index("ix_log_kind_at", "kind", "at"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("company", String(255), primary_key=True),
    Column("open_deals", Integer, nullable=False),
    Column("owner", CODE),  # of the deal opened last
)

opportunities = Table(
    "opportunities",
    metadata,
    Column("system", CODE, primary_key=True),
    Column("external_id", String(255), primary_key=True),
    Column("lead_id", Uuid(), ForeignKey("leads.id"), index=True),
    Column("company", String(255), index=True),
    Column("status", CODE, nullable=False),  # open, won, lost, withdrawn
    Column("stage", CODE),
    Column("amount", Float),
    Column("currency", CODE),
    Column("close_on", String(10)),
    Column("forecast", CODE),
    Column("owner", CODE),
    Column("origin", CODE, nullable=False),  # marketing, sales, partner, referral, unknown
    Column("touches_before", Integer),
    Column("reason", CODE),
    Column("opened_at", Utc, nullable=False, index=True),
    Column("changed_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("status_at", Utc),  # when it was so in the system that says so
)

pauses = Table(
    "pauses",
    metadata,
    Column("scope", String(255), primary_key=True),
    Column("until", Utc, nullable=False),
    Column("by", CODE, nullable=False),
    Column("at", Utc, nullable=False),
    Column("note", String(255), nullable=False),
)

team_changes = Table(  # what people change for more than one lead: pauses begun and ended, salespeople
    "team_changes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("by", CODE),  # None: the engine itself, as when a publication leaves somebody out
    Column("about", CODE, nullable=False),
    Column("name", String(255), nullable=False),  # the scope, the salesperson's id
    Column("data", Json, nullable=False),
)

resumptions = Table(  # pauses that were ended: who waited is woken in batches, this is how far that came
    "resumptions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("scope", String(255), nullable=False),
    Column("at", Utc, nullable=False),
    Column("after", Uuid()),
)

lead_facts = Table(
    "lead_facts",
    metadata,
    Column("lead_id", Uuid(), ForeignKey("leads.id"), primary_key=True),
    Column("known", Json, nullable=False),
    Column("seen", Json, nullable=False),
)

learned = Table(  # what was told, in order: lead_facts is what is left of it
    "learned",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(index=True),
    Column("name", CODE, nullable=False),
    Column("fact", Json, nullable=False),  # as lead_facts holds it: value, at, source, evidence
    Column("left_sales_at", Utc),  # as the lead's row said then: what is older may be overtaken by anybody
    Column("taken_back_at", Utc),
)

person_texts = Table(
    "person_texts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(),
    Column("kind", CODE, nullable=False),
    Column("ref", String(255), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("lead_id", "kind", "ref"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", Uuid(), primary_key=True),
    _lead_id(),
    Column("touch", CODE, nullable=False),
    Column("nth", Integer, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("track", CODE, nullable=False),
    Column("stage", CODE),
    Column("variant", CODE),
    Column("language", CODE),
    Column("release", CODE, nullable=False),
    Column("channel", CODE, nullable=False),
    Column("content_hash", CODE, nullable=False),
    Column("status", CODE, nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("attempt", String(128), nullable=False),
    Column("code", CODE),
    Column("message_id", String(255)),
    Column("sender", CODE),
    Column("assets", Json, nullable=False),
    Column("engaged_at", Utc),
    UniqueConstraint("lead_id", "touch", "nth"),
    Index("ix_ledger_status_claimed_at", "status", "claimed_at"),
)

ledger_assets = Table(
    "ledger_assets",
    metadata,
    Column("lead_id", Uuid(), ForeignKey("leads.id"), primary_key=True),
    Column("asset", CODE, primary_key=True),
    Column("nth", Integer, primary_key=True),
    Column("ledger_id", Uuid(), ForeignKey("ledger.id"), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(),
    Column("source", CODE, nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("name", CODE, nullable=False),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("human", CODE, nullable=False),
    Column("ledger_id", Uuid(), ForeignKey("ledger.id")),
    Column("data", Json, nullable=False),
    Column("taken_back_at", Utc),
    UniqueConstraint("source", "event_id"),
    Index("ix_events_lead_id_at", "lead_id", "at"),
)

link_hits = Table(
    "link_hits",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ledger_id", Uuid(), ForeignKey("ledger.id"), nullable=False, index=True),
    Column("kind", String(1), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("method", String(8), nullable=False),
    Column("agent", String(255), nullable=False),
    Column("network", CODE, nullable=False),
    Column("verdict", CODE, nullable=False),
    Column("reasons", Json, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(index=True),
    Column("at", Utc, nullable=False),
    Column("release", CODE, nullable=False),
    Column("ready", Boolean(create_constraint=False), nullable=False),
    Column("rule", CODE),
    Column("held_back_by", CODE),
    Column("criteria", Json, nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Uuid(), primary_key=True),
    _lead_id(index=True),
    Column("number", Integer, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("rule", CODE),
    Column("verdict_id", BigId),
    Column("track", CODE),  # where they were when they became ready
    Column("outcome", CODE),
    Column("reason", CODE),
    UniqueConstraint("lead_id", "number"),
    Index("ix_handoffs_opened_at_id", "opened_at", "id"),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("handoff_id", Uuid(), ForeignKey("handoffs.id"), nullable=False),
    _lead_id(index=True),
    Column("number", Integer, nullable=False),
    Column("rep", CODE, nullable=False),
    Column("team", CODE),  # in whose queue it waits, or waited until a clock took it; no person's offer
    Column("rule", CODE),
    Column("why", String(255), nullable=False),
    Column("passed_over", Json, nullable=False),
    Column("offered_at", Utc, nullable=False),
    Column("accept_by", Utc, nullable=False),
    Column("notified_at", Utc),
    Column("accepted_at", Utc),
    Column("closed_at", Utc),
    Column("outcome", CODE),
    Column("reason", CODE),
    UniqueConstraint("handoff_id", "number"),
    Index("ix_offers_rep_closed_at", "rep", "closed_at"),
    Index("ix_offers_offered_at", "offered_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("offer_id", Uuid(), ForeignKey("offers.id"), nullable=False, index=True),
    _lead_id(index=True),
    Column("rep", CODE, nullable=False),
    Column("at", Utc, nullable=False),
    Column("outcome", CODE, nullable=False),
    Column("channel", CODE, nullable=False),
    Column("minutes", Float),
    Column("callback_at", Utc),
    Column("meeting_at", Utc),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Uuid(), primary_key=True),
    _lead_id(),
    Column("kind", CODE, nullable=False),
    Column("ledger_id", Uuid(), ForeignKey("ledger.id")),
    Column("touch", CODE),
    Column("event", CODE),
    Column("owner", CODE, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("give_up_at", Utc),
    Column("rung", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("closed_at", Utc),
    Column("outcome", CODE),
    Column("closed_by", CODE),
    Index("ix_tasks_owner_closed_at_due_at", "owner", "closed_at", "due_at"),
    Index("ix_tasks_lead_id_closed_at", "lead_id", "closed_at"),
    Index("ix_tasks_open", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
)

duties = Table(
    "duties",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", CODE, nullable=False),
    _lead_id(index=True),
    Column("handoff_id", Uuid(), ForeignKey("handoffs.id"), nullable=False),
    Column("rep", CODE, nullable=False),
    Column("owner", CODE, nullable=False),
    Column("is_asked", Boolean(create_constraint=False), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("remind_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("reminded_at", Utc),
    Column("breached_at", Utc),
    Column("closed_at", Utc),
    Column("closed_by", CODE),
    Column("answer", Json, nullable=False),
    UniqueConstraint("handoff_id", "kind"),
    Index("ix_duties_owner_kind_opened_at", "owner", "kind", "opened_at"),
    Index("ix_duties_kind_opened_at", "kind", "opened_at"),
    Index("ix_duties_open", "remind_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
)

wakes = Table(
    "wakes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    _lead_id(),
    Column("seq", BigId, nullable=False),
    Column("verb", CODE, nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("taken_at", Utc),
    Index("ix_wakes_urgent", "id", sqlite_where=URGENT, postgresql_where=URGENT),
    Index("ix_wakes_to_begin", "lead_id", sqlite_where=TO_BEGIN, postgresql_where=TO_BEGIN),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("lead_id", Uuid(), ForeignKey("leads.id")),
    Column("person", CODE, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("data", Json, nullable=False),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("sent_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Utc, nullable=False),
    Column("posted_at", Utc),  # when the channels that hear of it were given it, for whatever becomes of it there
    Index("ix_notices_sent_at_next_try_at", "sent_at", "next_try_at"),
    Index("ix_notices_kind_at", "kind", "at"),
    Index("ix_notices_unposted", "recorded_at", sqlite_where=UNPOSTED, postgresql_where=UNPOSTED),
)

digests = Table(  # whose day has been looked at, whether or not there was anything to say
    "digests",
    metadata,
    Column("person", CODE, primary_key=True),
    Column("day", String(10), primary_key=True),  # where they are
    Column("at", Utc, nullable=False),
)

webhooks = Table(  # what other systems are told: ids and codes; the words are put together when it is sent
    "webhooks",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("endpoint", CODE, nullable=False),
    Column("event", CODE, nullable=False),
    Column("lead_id", Uuid(), ForeignKey("leads.id"), index=True),
    Column("log_id", BigId),
    Column("notice_id", Uuid()),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("status", CODE, nullable=False),  # waiting, sent, dead, dropped
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("code", CODE),
    Column("says", String(300)),  # the last answer that was none, without addresses
    Index("ix_webhooks_status_next_try_at", "status", "next_try_at"),
    Index("ix_webhooks_recorded_at_id", "recorded_at", "id"),
)

endpoints_off = Table(  # endpoints that asked to be left alone
    "endpoints_off",
    metadata,
    Column("endpoint", CODE, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("code", CODE, nullable=False),
)

received = Table(  # what other systems told us, once each
    "received",
    metadata,
    Column("hook", CODE, primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("lead_id", Uuid(), ForeignKey("leads.id"), index=True),
    Column("outcome", CODE, nullable=False),  # taken, ignored, refused, unknown
    Column("says", String(500)),
    Index("ix_received_at", "at"),
)

permits = Table(
    "permits",
    metadata,
    Column("scope", String(255), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("number", Integer, primary_key=True),
    _lead_id(index=True),
    Column("step_id", String(255), nullable=False),
    Column("is_used", Boolean(create_constraint=False), nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", CODE, primary_key=True),
    Column("reason", CODE, nullable=False),
    Column("at", Utc, nullable=False),
    Column("source", CODE, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("principal", CODE, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_hash", CODE, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JSON(), nullable=False),  # the very text of the first answer
    Column("at", Utc, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("hash", CODE, primary_key=True),
    Column("files", JSON(), nullable=False),  # in the order they were given in, which JSONB would not keep
    Column("schema_version", Integer, nullable=False),
    Column("base", CODE),  # what was live when these files were last proposed
    Column("at", Utc, nullable=False),
    Column("by", CODE, nullable=False),
)

live = Table(
    "live",
    metadata,
    Column("number", BigId, primary_key=True, autoincrement=True),
    Column("release", CODE, ForeignKey("releases.hash"), nullable=False),
    Column("approved", Json, nullable=False),
    Column("action", CODE, nullable=False, server_default="publish"),
    Column("before", CODE),
    Column("changes", Json, nullable=False, server_default="[]"),
    Column("at", Utc, nullable=False),
    Column("by", CODE, nullable=False),
    Column("via", CODE),
    Column("woken_at", Utc),
)

signatures = Table(
    "signatures",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("subject", String(255), nullable=False),
    Column("hash", CODE, nullable=False),
    Column("who", CODE, nullable=False),
    Column("role", CODE, nullable=False),
    Column("via", CODE),
    Column("at", Utc, nullable=False),
    UniqueConstraint("subject", "hash", "who"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("name", CODE, nullable=False, unique=True),
    Column("role", CODE, nullable=False),
    Column("person", CODE),
    Column("key_hash", CODE, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

reps = Table(
    "reps",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("capacity", Integer, nullable=False),
    Column("weight", Float, nullable=False),
    Column("is_active", Boolean(create_constraint=False), nullable=False),
    Column("away_until", Utc),
    Column("hours", CODE),
    Column("zone", CODE),
    Column("holidays", CODE),
    # the router's memory: how many leads behind their weighted share, and what the present day brought
    Column("credit", Float, nullable=False, server_default="0"),
    Column("offered_on", String(10)),
    Column("offered_today", Integer, nullable=False, server_default="0"),
    Column("let_pass", Integer, nullable=False, server_default="0"),
)

queue = Table(
    "queue",
    metadata,
    Column("lead_id", Uuid(), ForeignKey("leads.id"), primary_key=True),
    Column("kind", CODE, nullable=False),
    Column("team", CODE),
    Column("rep", CODE),
    Column("line", String(200), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("base", Integer, nullable=False),
    Column("key", BigId, nullable=False),
    Column("value_order", Float, nullable=False),  # the value's negative: the whole order ascends
    Column("from_at", Utc, nullable=False),
    Column("urgent_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("since_at", Utc, nullable=False),
    Column("claimed_by", CODE, index=True),
    Column("claimed_until", Utc),
    Index("ix_queue_order", "team", "line", "slot", "base", "key", "value_order", "due_at", "since_at", "lead_id"),
    Index("ix_queue_deadline", "team", "line", "due_at", "lead_id"),
    Index("ix_queue_held", "slot", "base", "key", "value_order", "lead_id", sqlite_where=HELD, postgresql_where=HELD),
    Index("ix_queue_rep", "rep"),
)

queue_passes = Table(
    "queue_passes",
    metadata,
    Column("lead_id", Uuid(), ForeignKey("leads.id"), primary_key=True),
    Column("rep", CODE, primary_key=True),
    Column("until_at", Utc),
)

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("business_at", Utc, nullable=False),
    Column("speed", Float, nullable=False),
    Column("forward_to", Utc),
    Column("advanced_at", Utc),  # machine time: several workers together let it run no faster than one
)

clock_holds = Table(
    "clock_holds",
    metadata,
    Column("name", CODE, primary_key=True),
    Column("seen_log_id", BigId, nullable=False),
    Column("until", Utc, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("mapping", Json, nullable=False),
    Column("status", CODE, nullable=False),
    Column("total", Integer, nullable=False),
    Column("next_row", Integer, nullable=False),
    Column("counts", Json, nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", CODE, nullable=False),
)

import_rejects = Table(
    "import_rejects",
    metadata,
    Column("import_id", Uuid(), ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("reason", String(1000), nullable=False),
)
