"""The tables of curated that no contract describes: what dbt derived, with their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.sql_text import text
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Collection

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection


def models_with(
    connection: Connection, naming: Naming, domain: Domain, columns: Collection[str], *, duty: str
) -> dict[str, set[str]]:
    """Columns by table, for tables (not views) that have at least one of the columns, as the duty sees them."""
    schema = text(naming.database("curated"))
    sql = (
        "SELECT c.table_name, c.column_name FROM information_schema.columns AS c "
        "JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
        f"WHERE c.table_schema = {schema} AND t.table_type = 'BASE TABLE'"
    )
    found: dict[str, set[str]] = {}
    for table, column in ask(connection, sql, workgroup=naming.workgroup_of(duty)).rows:
        found.setdefault(str(table), set()).add(str(column))
    contracts = {dataset.name for dataset in domain.datasets}
    return {
        table: has for table, has in sorted(found.items()) if table not in contracts and has & set(columns)
    }
