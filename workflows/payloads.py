"""How steps and orders travel: the SDK's JSON by pydantic, whose knowledge of our types is gathered once in a process.

The SDK makes a converter for every task of a workflow, each of which would learn the same few types again.
"""

from __future__ import annotations

from functools import cache

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter


class Shared(CompositePayloadConverter):
    def __init__(self) -> None:
        self.converters = _learned().converters


@cache
def _learned() -> PydanticPayloadConverter:
    return PydanticPayloadConverter()


DATA_CONVERTER = DataConverter(payload_converter_class=Shared)
