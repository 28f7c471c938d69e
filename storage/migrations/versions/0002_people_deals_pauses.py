"""Leads that are one person, deals of a company, pauses of more than one lead, and what was told in its order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import BigId, Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("company", sa.String(length=255), nullable=False),
        sa.Column("open_deals", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("company", name=op.f("pk_accounts")),
    )
    op.create_table(
        "digests",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("person", "day", name=op.f("pk_digests")),
    )
    op.create_table(
        "endpoints_off",
        sa.Column("endpoint", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("pk_endpoints_off")),
    )
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pauses")),
    )
    op.create_table(
        "team_changes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_changes")),
    )
    op.create_table(
        "resumptions",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumptions")),
    )
    op.create_table(
        "learned",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("fact", Json, nullable=False),
        sa.Column("left_sales_at", Utc(), nullable=True),
        sa.Column("taken_back_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_learned_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned")),
    )
    with op.batch_alter_table("learned", schema=None, recreate="never") as batch_op:
        batch_op.create_index(batch_op.f("ix_learned_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "opportunities",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("company", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=True),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(length=64), nullable=True),
        sa.Column("close_on", sa.String(length=10), nullable=True),
        sa.Column("forecast", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("touches_before", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("status_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_opportunities_lead_id_leads")),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("pk_opportunities")),
    )
    with op.batch_alter_table("opportunities", schema=None, recreate="never") as batch_op:
        batch_op.create_index(batch_op.f("ix_opportunities_company"), ["company"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_opened_at"), ["opened_at"], unique=False)

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
    with op.batch_alter_table("queue", schema=None, recreate="never") as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_claimed_by"), ["claimed_by"], unique=False)
        batch_op.create_index("ix_queue_deadline", ["team", "line", "due_at", "lead_id"], unique=False)
        batch_op.create_index(
            "ix_queue_held",
            ["slot", "base", "key", "value_order", "lead_id"],
            unique=False,
            sqlite_where=sa.text("team is null and rep is null"),
            postgresql_where=sa.text("team is null and rep is null"),
        )
        batch_op.create_index(
            "ix_queue_order",
            ["team", "line", "slot", "base", "key", "value_order", "due_at", "since_at", "lead_id"],
            unique=False,
        )
        batch_op.create_index("ix_queue_rep", ["rep"], unique=False)

    op.create_table(
        "queue_passes",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("rep", sa.String(length=64), nullable=False),
        sa.Column("until_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_queue_passes_lead_id_leads")),
        sa.PrimaryKeyConstraint("lead_id", "rep", name=op.f("pk_queue_passes")),
    )
    op.create_table(
        "received",
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("says", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_received_lead_id_leads")),
        sa.PrimaryKeyConstraint("hook", "event_id", name=op.f("pk_received")),
    )
    with op.batch_alter_table("received", schema=None, recreate="never") as batch_op:
        batch_op.create_index("ix_received_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_received_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("log_id", BigId, nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("says", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_webhooks_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    with op.batch_alter_table("webhooks", schema=None, recreate="never") as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_webhooks_recorded_at_id", ["recorded_at", "id"], unique=False)
        batch_op.create_index("ix_webhooks_status_next_try_at", ["status", "next_try_at"], unique=False)

    op.create_table(
        "duties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=False),
        sa.Column("rep", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("remind_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("reminded_at", Utc(), nullable=True),
        sa.Column("breached_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("answer", Json, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_duties_handoff_id_handoffs")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_duties_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("handoff_id", "kind", name=op.f("uq_duties_handoff_id_kind")),
    )
    with op.batch_alter_table("duties", schema=None, recreate="never") as batch_op:
        batch_op.create_index("ix_duties_kind_opened_at", ["kind", "opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_duties_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(
            "ix_duties_open",
            ["remind_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at is null"),
            postgresql_where=sa.text("closed_at is null"),
        )
        batch_op.create_index("ix_duties_owner_kind_opened_at", ["owner", "kind", "opened_at"], unique=False)

    with op.batch_alter_table("clock", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("advanced_at", Utc(), nullable=True))

    with op.batch_alter_table("events", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("taken_back_at", Utc(), nullable=True))

    with op.batch_alter_table("leads", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("track_entered_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("is_held_out", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
        batch_op.add_column(sa.Column("team", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("support", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("sunset_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("merged_from", Json, server_default="[]", nullable=False))
        batch_op.drop_index(batch_op.f("ix_leads_state_owner"))
        batch_op.create_index(
            "ix_leads_no_track",
            ["state_entered_at"],
            unique=False,
            sqlite_where=sa.text("track is null"),
            postgresql_where=sa.text("track is null"),
        )
        batch_op.create_index("ix_leads_state_team_owner", ["state", "team", "owner"], unique=False)

    with op.batch_alter_table("ledger", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=64), nullable=True))

    with op.batch_alter_table("live", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("action", sa.String(length=64), server_default="publish", nullable=False))
        batch_op.add_column(sa.Column("before", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("changes", Json, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("via", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("woken_at", Utc(), nullable=True))

    with op.batch_alter_table("log", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("before", Json, nullable=True))

    with op.batch_alter_table("notices", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("posted_at", Utc(), nullable=True))
        batch_op.create_index("ix_notices_kind_at", ["kind", "at"], unique=False)
        batch_op.create_index(
            "ix_notices_unposted",
            ["recorded_at"],
            unique=False,
            sqlite_where=sa.text("posted_at is null"),
            postgresql_where=sa.text("posted_at is null"),
        )

    with op.batch_alter_table("handoffs", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("track", sa.String(length=64), nullable=True))

    with op.batch_alter_table("offers", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("team", sa.String(length=64), nullable=True))
        batch_op.create_index("ix_offers_offered_at", ["offered_at"], unique=False)

    with op.batch_alter_table("releases", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("base", sa.String(length=64), nullable=True))

    with op.batch_alter_table("reps", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("holidays", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("credit", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("offered_on", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("offered_today", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("let_pass", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("signatures", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("via", sa.String(length=64), nullable=True))

    with op.batch_alter_table("wakes", schema=None, recreate="never") as batch_op:
        batch_op.create_index(
            "ix_wakes_urgent",
            ["id"],
            unique=False,
            sqlite_where=sa.text("verb <> 'imported'"),
            postgresql_where=sa.text("verb <> 'imported'"),
        )
        batch_op.create_index(
            "ix_wakes_to_begin",
            ["lead_id"],
            unique=False,
            sqlite_where=sa.text("verb = 'imported'"),
            postgresql_where=sa.text("verb = 'imported'"),
        )
    _tell_again()
    _already_done()


def _tell_again() -> None:
    """What is known by now is all that is left of what was told before; so it counts as told."""
    tx = op.get_bind()
    learned = sa.table("learned", sa.column("lead_id", sa.Uuid()), sa.column("name"), sa.column("fact", Json))
    facts = sa.table("lead_facts", sa.column("lead_id", sa.Uuid()), sa.column("known", Json))
    for some in tx.execute(sa.select(facts)).partitions(1000):
        told = [{"lead_id": lead, "name": name, "fact": fact} for lead, known in some for name, fact in known.items()]
        if told:
            tx.execute(sa.insert(learned), told)


def _already_done() -> None:
    """What was live woke its leads, and replaced the one before it; what our people were told is no news to a chat."""
    op.execute("update live set woken_at = at")
    op.execute(
        "update live set before = (select l.release from live l where l.number < live.number"
        " order by l.number desc limit 1)"
    )
    op.execute(
        "update handoffs set track = (select track from leads where leads.id = handoffs.lead_id)"
    )  # unknown then
    op.execute("update notices set posted_at = recorded_at")
    op.execute("update log set transition = 'T37b' where transition = 'T37'")  # T37 is the sunset from now on
