"""What DMS is told to copy: the tables and columns that contracts name, and nothing beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# One page of statistics tells of all tables.
MOST_TABLES = 100
# What DMS tells of each change beside `Op`: when it was committed, and its place among all of them.
CHANGED_AT, CHANGE = "dms_changed_at", "dms_change"
_LARGEST_VALUE_KB = 102_400


@dataclass(frozen=True, kw_only=True)
class ReplicatedTable:
    """One table and its columns that are copied.

    Args:
        schema: Its schema; of MySQL the database.
        name: Its name.
        columns: The columns; others never leave the database.
    """

    schema: str
    name: str
    columns: Sequence[str]


def table_mappings(tables: Sequence[ReplicatedTable], *, changes: bool = False) -> dict[str, Any]:
    """The table mapping of a replication.

    Args:
        tables: What is copied.
        changes: Whether changes follow the whole copy: each row then tells its place among them, `dms_change`, by
            which the last of several in one transaction is known.

    Raises:
        ValueError: for no table, or for more than one page of statistics tells of.

    Example:
        >>> mapping = table_mappings([ReplicatedTable(schema="public", name="orders", columns=["order_id"])])
        >>> [(rule["rule-type"], rule["rule-action"]) for rule in mapping["rules"]]
        [('selection', 'explicit'), ('transformation', 'include-column')]
    """
    if not 0 < len(tables) <= MOST_TABLES:
        raise ValueError(
            f"a replication copies {len(tables)} tables; allowed: 1 to {MOST_TABLES}. "
            "Mend: read the others with `source.method: extractor`."
        )
    rules = [rule for table in tables for rule in (*_rules(table), *([_place(table)] if changes else []))]
    return {
        "rules": [
            {**rule, "rule-id": str(number), "rule-name": str(number)}
            for number, rule in enumerate(rules, start=1)
        ]
    }


def _rules(table: ReplicatedTable) -> Iterator[dict[str, Any]]:
    place = {"schema-name": table.schema, "table-name": table.name}
    yield {"rule-type": "selection", "object-locator": place, "rule-action": "explicit"}
    for column in table.columns:
        yield {
            "rule-type": "transformation",
            "rule-target": "column",
            "object-locator": {**place, "column-name": column},
            "rule-action": "include-column",
        }


def _place(table: ReplicatedTable) -> dict[str, Any]:
    return {
        "rule-type": "transformation",
        "rule-target": "column",
        "object-locator": {"schema-name": table.schema, "table-name": table.name},
        "rule-action": "add-column",
        "value": CHANGE,
        "expression": "$AR_H_CHANGE_SEQ",
        "data-type": {"type": "string", "length": 50},
    }


def replication_settings() -> dict[str, Any]:
    """How it copies: it empties nothing, and stops at the first value that it would have to cut or leave out."""
    return {
        # To S3 there is no mode without a limit.
        "TargetMetadata": {"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": _LARGEST_VALUE_KB},
        "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING", "MaxFullLoadSubTasks": 2},
        "ErrorBehavior": {
            "DataErrorPolicy": "STOP_TASK",
            "DataTruncationErrorPolicy": "STOP_TASK",
            "TableErrorPolicy": "STOP_TASK",
            "FailOnNoTablesCaptured": True,
        },
        "Logging": {"EnableLogging": True},
    }
