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
        "pauses",
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pauses")),
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
    with op.batch_alter_table("learned", schema=None) as batch_op:
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
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_opportunities_lead_id_leads")),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("pk_opportunities")),
    )
    with op.batch_alter_table("opportunities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opportunities_company"), ["company"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_opened_at"), ["opened_at"], unique=False)

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("advanced_at", Utc(), nullable=True))

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_back_at", Utc(), nullable=True))

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("merged_from", Json, server_default="[]", nullable=False))

    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=64), nullable=True))

    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before", Json, nullable=True))
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
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_webhooks_lead_id_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_webhooks_status_next_try_at", ["status", "next_try_at"], unique=False)
        batch_op.create_index("ix_webhooks_recorded_at_id", ["recorded_at", "id"], unique=False)

    op.create_table(
        "endpoints_off",
        sa.Column("endpoint", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("pk_endpoints_off")),
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
    with op.batch_alter_table("received", schema=None) as batch_op:
        batch_op.create_index("ix_received_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_received_lead_id"), ["lead_id"], unique=False)

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("posted_at", Utc(), nullable=True))
        unposted = sa.text("posted_at is null")
        batch_op.create_index("ix_notices_unposted", ["recorded_at"], sqlite_where=unposted, postgresql_where=unposted)
    op.execute("update notices set posted_at = recorded_at")  # what was told before there were channels stays told
    _tell_again()


def _tell_again() -> None:
    """What is known by now is all that is left of what was told before; so it counts as told."""
    tx = op.get_bind()
    learned = sa.table("learned", sa.column("lead_id", sa.Uuid()), sa.column("name"), sa.column("fact", Json))
    facts = sa.table("lead_facts", sa.column("lead_id", sa.Uuid()), sa.column("known", Json))
    for some in tx.execute(sa.select(facts)).partitions(1000):
        told = [{"lead_id": lead, "name": name, "fact": fact} for lead, known in some for name, fact in known.items()]
        if told:
            tx.execute(sa.insert(learned), told)
