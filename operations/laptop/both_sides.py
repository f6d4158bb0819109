"""A captured table in its database and in the lake, row by row: each row of one must be the row of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.laptop.shop_database import ShopDatabase

READER = "engineer"  # the role of contracts that reads staged
Row = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that is not the same on both sides.

    Args:
        key: Its primary key.
        source: Its values in the database; None where it is not there.
        lake: Its values in the lake; None where it is not there.
    """

    key: Row
    source: Row | None
    lake: Row | None


def differences(source: Mapping[Row, Row], lake: Mapping[Row, Row]) -> list[Difference]:
    """What is on one side alone, or not the same on both, by key.

    Args:
        source: Rows of the database by key.
        lake: Rows of the lake by key.
    """
    keys = sorted((source.keys() | lake.keys()), key=lambda key: tuple(map(str, key)))
    return [
        Difference(key=key, source=source.get(key), lake=lake.get(key))
        for key in keys
        if source.get(key) != lake.get(key)
    ]


def in_source(database: ShopDatabase, dataset: Dataset) -> dict[Row, Row]:
    """The rows of the database by key, every value as text."""
    columns = ", ".join(database.dialect.text(column) for column in dataset.columns)
    return by_key(dataset, database.ask(f"SELECT {columns} FROM {dataset.source.table}"))


def in_lake(
    connection: Connection, naming: Naming, dataset: Dataset, *, zone: str = "staged"
) -> dict[Row, Row]:
    """The rows of the lake by key, every value as text, asked through Athena as whoever reads staged.

    Raises:
        CommandFailed: with Athena's own reason.
    """
    columns = ", ".join(f'"{column.name}"' for column in dataset.columns)
    found = ask(
        connection.assume(naming.role_arn(READER)),
        f'SELECT {columns} FROM "{naming.database(zone)}"."{dataset.name}"',
        workgroup=naming.workgroup_of(READER),
    )
    return by_key(dataset, found.rows)


def by_key(dataset: Dataset, rows: Iterable[Sequence[str | None]]) -> dict[Row, Row]:
    """Rows by their primary key.

    Raises:
        ValueError: when a key stands twice.
    """
    names = [column.name for column in dataset.columns]
    places = [names.index(name) for name in dataset.primary_key]
    found: dict[Row, Row] = {}
    for row in rows:
        key = tuple(row[place] for place in places)
        if key in found:
            raise ValueError(f"{dataset.domain}.{dataset.name}: the key {key} stands twice")
        found[key] = tuple(row)
    return found
