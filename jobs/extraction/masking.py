"""The values that land in place of those that a contract masks at landing, on whole Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from data_platform.contracts.masking import LAST, REDACTED, hash_salt

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.tokens import TokenKeys


SCATTERED = ("tokenize", "hash")  # the methods whose values are digests: each as likely as any other


def landing_masked(dataset: Dataset) -> tuple[Column, ...]:
    """The columns whose values do not land as they are."""
    return tuple(c for c in dataset.columns if c.masking and c.masking.when == "landing")


def masked(rows: pa.Table, dataset: Dataset, keys: TokenKeys | None) -> pa.Table:
    """The rows as they land. NULL stays NULL with every method.

    Raises:
        ValueError: when a column is tokenised and there are no keys.
    """
    for column in landing_masked(dataset):
        at = rows.schema.get_field_index(column.name)
        values = pa.concat_arrays(rows.column(at).chunks)
        rows = rows.set_column(at, rows.schema.field(at), _landed(dataset, column, values, keys))
    return rows


def _landed(dataset: Dataset, column: Column, values: pa.Array, keys: TokenKeys | None) -> pa.Array:
    method = column.masking.method if column.masking else ""
    if method not in SCATTERED:
        return _METHODS[method](values)
    from jobs.extraction.tokens import salted_hashes, tokens  # noqa: PLC0415 - polars, which most tables do not need

    if method == "tokenize":
        if keys is None:
            raise ValueError(f"{dataset.name}.{column.name} is tokenised and there are no token keys")
        return tokens(values, keys)
    return salted_hashes(values, hash_salt(dataset.domain, column))


def _redact(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_valid(values), pa.scalar(REDACTED), pa.scalar(None, pa.string()))


def _last4(values: pa.Array) -> pa.Array:
    length = pc.utf8_length(values)
    hidden = pc.binary_repeat(
        pa.array(["*"] * len(values), pa.string()),
        pc.if_else(pc.greater(length, LAST), pc.subtract(length, LAST), length),
    )
    kept = pc.if_else(pc.greater(length, LAST), pc.utf8_slice_codeunits(values, -LAST), pa.scalar(""))
    return pc.binary_join_element_wise(hidden, kept, "")


def _truncate_date(values: pa.Array) -> pa.Array:
    return pc.cast(pc.floor_temporal(values, unit="year"), values.type)


def _null(values: pa.Array) -> pa.Array:
    return pa.nulls(len(values), values.type)


_METHODS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "redact": _redact,
    "last4": _last4,
    "truncate-date": _truncate_date,
    "null": _null,
}
