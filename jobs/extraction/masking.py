"""The rows of a table as they land: what the contract masks at landing is masked, on whole Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from data_platform.contracts.masking import hash_salt
from jobs.masking.columns import landed

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.tokens import TokenKeys


def landing_masked(dataset: Dataset) -> tuple[Column, ...]:
    """The columns whose values do not land as they are."""
    return tuple(c for c in dataset.columns if c.masking and c.masking.when == "landing")


def masked(rows: pa.Table, dataset: Dataset, keys: TokenKeys | None) -> pa.Table:
    """The rows as they land. NULL stays NULL with every method.

    Raises:
        ValueError: when a column is tokenised and there are no keys.
    """
    for column in landing_masked(dataset):
        method = column.masking.method if column.masking else ""
        at = rows.schema.get_field_index(column.name)
        values = pa.concat_arrays(rows.column(at).chunks)
        values = landed(values, method, salt=hash_salt(dataset.domain, column), keys=keys)
        rows = rows.set_column(at, rows.schema.field(at), values)
    return rows
