"""What a person may do with a lead: from what they said to the moves of the lifecycle table, or a refusal.

Everything is checked here, once, whoever asks and by whatever route. Words (notes) never come here, only that
there are some.
"""

from __future__ import annotations

from domain import lifecycle, marketing_decisions, repairs, sales_decisions
from domain.context import Context
from domain.said import Said
from domain.steps import Move

COMMANDS = {**sales_decisions.COMMANDS, **marketing_decisions.COMMANDS, **repairs.COMMANDS}


def take(ctx: Context, said: Said) -> tuple[Move, ...]:
    """The moves of a decision, in order. Raises RefusedError (with what is legal) or InvalidError."""
    lifecycle.require(ctx.lead.state, said.command, said.actor)
    return COMMANDS[said.command](ctx, said)
