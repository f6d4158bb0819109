"""Columns whose values are a closed list, which schemas of streams write as enumerations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from data_platform.contracts.model import CheckKind, Severity
from data_platform.contracts.types import normal

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Dataset

# What Avro allows as a symbol and Protobuf as the name of an enumeration's value.
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def symbols(dataset: Dataset, column: Column) -> tuple[str, ...]:
    """The values of a column whose list is closed, as the contract orders them; empty when it is open.

    A list is closed for events alone, by an accepted-values rule that acts (severity error) and lets no offender
    pass: their producers are bound by the contract. What a database holds may break the rule, and must be able to
    arrive so that it can be quarantined. Values that are no legal names leave the column text.

    Args:
        dataset: The contract.
        column: One of its columns.
    """
    if dataset.physical_type != "topic" or normal(column.source_type) != "string":
        return ()
    for check in dataset.checks:
        closes = check.kind is CheckKind.ACCEPTED and check.severity is Severity.ERROR and check.limit is None
        values = check.parameters.get("values")
        if closes and check.columns == (column.name,) and isinstance(values, tuple):
            return values if all(_SYMBOL.fullmatch(str(value)) for value in values) else ()
    return ()
