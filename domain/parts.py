"""What all models of the files share: strict keys, frozen values, and conditions compiled while they are read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationInfo, WithJsonSchema

from domain.conditions import Condition


class Part(BaseModel):
    """A piece of a file. An unknown key is an error, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _compile(value: Any, info: ValidationInfo) -> Condition:  # Any: whatever the author wrote
    """The compiler comes in through the validation context, so that `domain` needs no expression library."""
    if not isinstance(value, str):
        raise ValueError("write a condition here, for example company.dock_doors >= 6")
    compiled: Condition = (info.context or {})["compile"](value)
    return compiled


When = Annotated[Condition, PlainValidator(_compile), WithJsonSchema({"type": "string", "format": "condition"})]
