"""The values that land in place of those that a contract masks at landing, as DuckDB expressions on whole vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.masking import REDACTED, hash_salt, tokenised_columns
from data_platform.contracts.sql_text import quoted, text
from data_platform.contracts.types import trino_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.tokens import TokenKeys


def landing_masked(dataset: Dataset) -> tuple[Column, ...]:
    """The columns whose values do not land as they are."""
    return tuple(c for c in dataset.columns if c.masking and c.masking.when == "landing")


def needs_token_key(dataset: Dataset) -> bool:
    """Whether the job must read the domain's token key."""
    return bool(tokenised_columns(dataset))


def landed_sql(dataset: Dataset, column: Column, keys: TokenKeys | None) -> tuple[str, dict[str, bytes]]:
    """What lands of a column, and the parameters of the expression. NULL stays NULL with every method.

    Raises:
        ValueError: when the column is tokenised and there are no keys.
    """
    name = quoted(column.name)
    if column.masking is None or column.masking.when != "landing":
        return name, {}
    if column.masking.method == "tokenize":
        if keys is None:
            raise ValueError(f"{dataset.name}.{column.name} is tokenised and there are no token keys")
        return keys.duckdb_sql(name)
    return _METHODS[column.masking.method](dataset, column), {}


def _hash(dataset: Dataset, column: Column) -> str:
    return f"sha256({text(hash_salt(dataset.domain, column))} || {quoted(column.name)})"


def _redact(_: Dataset, column: Column) -> str:
    return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN {text(REDACTED)} END"


def _last4(_: Dataset, column: Column) -> str:
    name = quoted(column.name)
    return (
        f"CASE WHEN length({name}) > 4 THEN repeat('*', length({name}) - 4) || substr({name}, -4) "
        f"ELSE repeat('*', length({name})) END"
    )


def _truncate_date(_: Dataset, column: Column) -> str:
    # TRY_CAST: text in a CSV file that is no date must not land as it is.
    kind = "DATE" if column.source_type == "date" else "TIMESTAMP"
    return f"CAST(date_trunc('year', TRY_CAST({quoted(column.name)} AS {kind})) AS {kind})"


def _null(_: Dataset, column: Column) -> str:
    return f"CAST(NULL AS {trino_type(column.source_type)})"


_METHODS: dict[str, Callable[[Dataset, Column], str]] = {
    "hash": _hash,
    "redact": _redact,
    "last4": _last4,
    "truncate-date": _truncate_date,
    "null": _null,
}
