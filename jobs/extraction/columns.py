"""What both engines say of a table, and how a column of it is read as the contract wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.types import hive_type
from jobs.raw.arrow_types import arrow_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from data_platform.contracts.model import Dataset

_Column = TypeVar("_Column")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one column is read: the SQL that selects it, the form it arrives in, and its type in raw."""

    name: str
    sql: str
    wire: str
    type: pa.DataType


class BadValue(Exception):
    """A value that raw cannot keep exactly.

    Args:
        position: Of its row in the batch.
        reason: What it is; never a personal value itself.
    """

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason
        self.column = self.key = ""


def key_of(dataset: Dataset, value_of: Callable[[str], object]) -> str:
    """The key of a row, in words; empty when it has none that may be told.

    Args:
        dataset: The contract.
        value_of: Gives the row's value of a column.
    """
    names = dataset.primary_key
    if any(dataset.column(name).pii for name in names):
        return ""
    try:
        return ", ".join(f"{name}={value_of(name)}" for name in names)
    except BadValue:
        return ""


def readings(
    dataset: Dataset,
    found: Mapping[str, _Column],
    *,
    fit: Callable[[_Column, str], tuple[str, str] | str],
) -> tuple[list[Reading], list[str]]:
    """How each column of the contract is read, and a sentence for each that cannot be.

    Columns that the contract does not know are not read: they may hold anything.

    Args:
        dataset: The contract.
        found: The table's columns by name.
        fit: Gives for a column and a raw type the SQL and the wire form, or the reason why it does not fit.
    """
    ready, wrong = [], []
    for column in dataset.columns:
        raw = hive_type(column.source_type)
        if column.name not in found:
            close = did_you_mean(column.name, found)
            wrong.append(f"column {column.name!r} is missing" + (f"; {close}" if close else ""))
            continue
        how = fit(found[column.name], raw)
        if isinstance(how, str):
            wrong.append(f"column {column.name!r} is {how}; the contract says {column.source_type}")
        else:
            ready.append(Reading(name=column.name, sql=how[0], wire=how[1], type=arrow_type(raw)))
    return ready, wrong
