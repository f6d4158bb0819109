"""The same masking in Redshift: dynamic data masking, which the warehouse applies to a role when it reads.

Everybody gets the masked value (`TO PUBLIC`); a role that the contract lets see the column's classification gets a
policy of higher priority that shows it. A role that nobody thought of therefore sees the mask.

Source: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_MASKING_POLICY.html, r_ATTACH_MASKING_POLICY.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.masking import LAST, REDACTED, hash_salt, masked_columns, masked_type
from data_platform.contracts.sql_text import quoted, text
from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.naming import Naming

_TYPES = {
    "string": "varchar(65535)",
    "int": "integer",
    "float": "real",
    "double": "double precision",
    "timestamp": "timestamp",
}
_MASKED_PRIORITY, _PLAIN_PRIORITY = 10, 20


def redshift_masking(dataset: Dataset, naming: Naming) -> tuple[str, ...]:
    """The statements that mask a dataset's curated table in Redshift, in order.

    Args:
        dataset: The contract.
        naming: Physical names; schema and roles of the warehouse have the names of the database and the IAM roles.
    """
    return tuple(
        statement for column in masked_columns(dataset) for statement in _statements(dataset, column, naming)
    )


def _statements(dataset: Dataset, column: Column, naming: Naming) -> Iterator[str]:
    type_name = _redshift_type(column)
    masked = f"{naming.prefix}-{dataset.name}-{column.name}-masked".replace("-", "_")
    plain = masked.removesuffix("masked") + "plain"
    place = f"{quoted(naming.database('curated'))}.{quoted(dataset.name)}({quoted(column.name)})"
    yield f"CREATE MASKING POLICY {masked} WITH (v {type_name}) USING ({_masked(dataset, column)})"
    yield f"ATTACH MASKING POLICY {masked} ON {place} TO PUBLIC PRIORITY {_MASKED_PRIORITY}"
    roles = [
        naming.role(grant.role)
        for grant in dataset.grants
        if column.classification in grant.classifications and "curated" in grant.zones
    ]
    if roles:
        yield f"CREATE MASKING POLICY {plain} WITH (v {type_name}) USING (v)"
    for role in sorted(set(roles)):
        yield f"ATTACH MASKING POLICY {plain} ON {place} TO ROLE {quoted(role)} PRIORITY {_PLAIN_PRIORITY}"


def _redshift_type(column: Column) -> str:
    name = normal(column.physical_type)
    return _TYPES.get(name, name)


def _masked(dataset: Dataset, column: Column) -> str:
    """The masked value; NULL where Athena's sibling is text and the column is not: here it must keep its type."""
    method = column.masking.method if column.masking else "null"
    if method == "null" or masked_type(column) != normal(column.physical_type):
        return f"NULL::{_redshift_type(column)}"
    if method == "hash":
        return f"sha2({text(hash_salt(dataset.domain, column))} || v, 256)"
    if method == "redact":
        return f"CASE WHEN v IS NOT NULL THEN {text(REDACTED)} END"
    if method == "last4":
        stars = f"repeat('*', len(v) - {LAST}) || right(v, {LAST})"
        return f"CASE WHEN len(v) > {LAST} THEN {stars} ELSE repeat('*', len(v)) END"
    truncated = "date_trunc('year', v)"
    return f"{truncated}::date" if kind(column.physical_type) == "date" else truncated
