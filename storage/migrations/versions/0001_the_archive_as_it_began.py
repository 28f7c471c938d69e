"""The archive as it began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import BigId, Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_at", Utc(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("forward_to", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_table(
        "clock_holds",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seen_log_id", BigId, nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clock_holds")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("next_row", sa.Integer(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("state_entered_at", Utc(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("offering", sa.String(length=64), nullable=True),
        sa.Column("track", sa.String(length=64), nullable=True),
        sa.Column("stage", sa.String(length=64), nullable=True),
        sa.Column("stage_entered_at", Utc(), nullable=True),
        sa.Column("pinned_release", sa.String(length=64), nullable=True),
        sa.Column("company", sa.String(length=255), nullable=True),
        sa.Column("country", sa.String(length=8), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("clock_name", sa.String(length=64), nullable=True),
        sa.Column("clock_started_at", Utc(), nullable=True),
        sa.Column("clock_due_at", Utc(), nullable=True),
        sa.Column("clock_rung", sa.Integer(), nullable=True),
        sa.Column("is_on_desk", sa.Boolean(), nullable=False),
        sa.Column("ready_rule", sa.String(length=64), nullable=True),
        sa.Column("left_sales_at", Utc(), nullable=True),
        sa.Column("returned_at", Utc(), nullable=True),
        sa.Column("returned_by", sa.String(length=64), nullable=True),
        sa.Column("return_reason", sa.String(length=64), nullable=True),
        sa.Column("cool_until", Utc(), nullable=True),
        sa.Column("paused_until", Utc(), nullable=True),
        sa.Column("postponed_until", Utc(), nullable=True),
        sa.Column("left_stage_at_handoff", sa.String(length=64), nullable=True),
        sa.Column("tracks_done", Json, nullable=False),
        sa.Column("recycled_at", Json, nullable=False),
        sa.Column("tried_reps", Json, nullable=False),
        sa.Column("denied", Json, nullable=False),
        sa.Column("answered", Json, nullable=False),
        sa.Column("has_opted_out", sa.Boolean(), nullable=False),
        sa.Column("has_bounced", sa.Boolean(), nullable=False),
        sa.Column("is_do_not_call", sa.Boolean(), nullable=False),
        sa.Column("recheck_at", Utc(), nullable=True),
        sa.Column("won_at", Utc(), nullable=True),
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("zone_rule", sa.String(length=64), nullable=True),
        sa.Column("verdict_id", BigId, nullable=True),
        sa.Column("verdict_mark", sa.String(length=64), nullable=True),
        sa.Column("step", Json, nullable=True),
        sa.Column("step_seq", BigId, nullable=False),
        sa.Column("step_due_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "(state in ('SALES_READY','HANDED_OFF','ACCEPTED','WORKING','QUALIFIED','OPPORTUNITY','PROPOSAL'))"
            " = (owner is not null and clock_name is not null)",
            name=op.f("ck_leads_one_owner_one_clock"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("address_key", name=op.f("uq_leads_address_key")),
    )
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index("ix_leads_company", ["company"], unique=False)
        batch_op.create_index("ix_leads_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_leads_state_team_owner", ["state", "team", "owner"], unique=False)
        batch_op.create_index("ix_leads_step_due_at", ["step_due_at"], unique=False)

    op.create_table(
        "releases",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_releases")),
    )
    op.create_table(
        "reps",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("away_until", Utc(), nullable=True),
        sa.Column("hours", sa.String(length=64), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("holidays", sa.String(length=64), nullable=True),
        sa.Column("credit", sa.Float(), server_default="0", nullable=False),
        sa.Column("offered_on", sa.String(length=10), nullable=True),
        sa.Column("offered_today", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reps")),
    )
    op.create_table(
        "signatures",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("subject", "hash", "who", name=op.f("uq_signatures_subject_hash_who")),
    )
    op.create_table(
        "suppressions",
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "external_ids",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_external_ids_lead_id_leads")),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("pk_external_ids")),
    )
    with op.batch_alter_table("external_ids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_ids_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "handoffs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("verdict_id", BigId, nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_handoffs_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.UniqueConstraint("lead_id", "number", name=op.f("uq_handoffs_lead_id_number")),
    )
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handoffs_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_handoffs_opened_at_id", ["opened_at", "id"], unique=False)

    op.create_table(
        "import_rejects",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rejects_import_id_imports")),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_rejects")),
    )
    op.create_table(
        "lead_facts",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("known", Json, nullable=False),
        sa.Column("seen", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_facts_lead_id_leads")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_facts")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("touch", sa.String(length=64), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=True),
        sa.Column("variant", sa.String(length=64), nullable=True),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("sender", sa.String(length=64), nullable=True),
        sa.Column("assets", Json, nullable=False),
        sa.Column("engaged_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_ledger_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("lead_id", "touch", "nth", name=op.f("uq_ledger_lead_id_touch_nth")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_status_claimed_at", ["status", "claimed_at"], unique=False)

    op.create_table(
        "live",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("approved", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.hash"], name=op.f("fk_live_release_releases")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_live")),
    )
    op.create_table(
        "log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("transition", sa.String(length=64), nullable=True),
        sa.Column("from_state", sa.String(length=64), nullable=True),
        sa.Column("to_state", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("release", sa.String(length=64), nullable=True),
        sa.Column("verdict_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_log_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log")),
    )
    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.create_index("ix_log_kind_at", ["kind", "at"], unique=False)
        batch_op.create_index("ix_log_lead_id_id", ["lead_id", "id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_notices_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_sent_at_next_try_at", ["sent_at", "next_try_at"], unique=False)

    op.create_table(
        "permits",
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.String(length=255), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_permits_lead_id_leads")),
        sa.PrimaryKeyConstraint("scope", "day", "number", name=op.f("pk_permits")),
    )
    with op.batch_alter_table("permits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permits_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "person_texts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_person_texts_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_texts")),
        sa.UniqueConstraint("lead_id", "kind", "ref", name=op.f("uq_person_texts_lead_id_kind_ref")),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("held_back_by", sa.String(length=64), nullable=True),
        sa.Column("criteria", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_verdicts_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdicts_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "wakes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("verb", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("taken_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_wakes_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wakes")),
    )
    with op.batch_alter_table("wakes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wakes_at"), ["at"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("human", sa.String(length=64), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_events_lead_id_leads")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_events_ledger_id_ledger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_events_source_event_id")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_lead_id_at", ["lead_id", "at"], unique=False)

    op.create_table(
        "ledger_assets",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.String(length=64), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_ledger_assets_lead_id_leads")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_ledger_assets_ledger_id_ledger")),
        sa.PrimaryKeyConstraint("lead_id", "asset", "nth", name=op.f("pk_ledger_assets")),
    )
    op.create_table(
        "link_hits",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_link_hits_ledger_id_ledger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_hits")),
    )
    with op.batch_alter_table("link_hits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_hits_ledger_id"), ["ledger_id"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rep", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("why", sa.String(length=255), nullable=False),
        sa.Column("passed_over", Json, nullable=False),
        sa.Column("offered_at", Utc(), nullable=False),
        sa.Column("accept_by", Utc(), nullable=False),
        sa.Column("notified_at", Utc(), nullable=True),
        sa.Column("accepted_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_offers_handoff_id_handoffs")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_offers_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("handoff_id", "number", name=op.f("uq_offers_handoff_id_number")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_offers_rep_closed_at", ["rep", "closed_at"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("ledger_id", sa.Uuid(), nullable=True),
        sa.Column("touch", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("give_up_at", Utc(), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_tasks_lead_id_leads")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_tasks_ledger_id_ledger")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_lead_id_closed_at", ["lead_id", "closed_at"], unique=False)
        is_open = sa.text("closed_at is null")
        batch_op.create_index(
            "ix_tasks_open", ["due_at", "id"], unique=False, sqlite_where=is_open, postgresql_where=is_open
        )
        batch_op.create_index("ix_tasks_owner_closed_at_due_at", ["owner", "closed_at", "due_at"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("rep", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=True),
        sa.Column("callback_at", Utc(), nullable=True),
        sa.Column("meeting_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_attempts_lead_id_leads")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_attempts_offer_id_offers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "queue",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("rep", sa.String(length=64), nullable=True),
        sa.Column("line", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("key", BigId, nullable=False),
        sa.Column("value_order", sa.Float(), nullable=False),
        sa.Column("from_at", Utc(), nullable=False),
        sa.Column("urgent_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("since_at", Utc(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_queue_lead_id_leads")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_queue")),
    )
    with op.batch_alter_table("queue", schema=None) as batch_op:
        order = ["slot", "base", "key", "value_order"]
        is_held = sa.text("team is null and rep is null")
        batch_op.create_index("ix_queue_order", ["team", "line", *order, "due_at", "since_at", "lead_id"], unique=False)
        batch_op.create_index("ix_queue_deadline", ["team", "line", "due_at", "lead_id"], unique=False)
        batch_op.create_index(
            "ix_queue_held", [*order, "lead_id"], unique=False, sqlite_where=is_held, postgresql_where=is_held
        )
        batch_op.create_index("ix_queue_rep", ["rep"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_claimed_by"), ["claimed_by"], unique=False)

    op.create_table(
        "queue_passes",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("rep", sa.String(length=64), nullable=False),
        sa.Column("until_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_queue_passes_lead_id_leads")),
        sa.PrimaryKeyConstraint("lead_id", "rep", name=op.f("pk_queue_passes")),
    )
