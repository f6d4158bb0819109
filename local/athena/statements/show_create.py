"""The DDL that would make a table again, as SHOW CREATE TABLE prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.athena.catalog import Entry, is_iceberg

if TYPE_CHECKING:
    from local.athena.names import TableName

_NOT_PROPERTIES = frozenset({"EXTERNAL", "metadata_location", "previous_metadata_location", "table_type"})


def table(name: TableName, entry: Entry) -> str:
    """CREATE TABLE for a Hive or an Iceberg table."""
    return _iceberg(name, entry) if is_iceberg(entry) else _hive(name, entry)


def _columns(columns: list[Entry]) -> str:
    return ", \n".join(f"  `{c['Name']}` {c['Type']}" + _comment(c) for c in columns)


def _comment(column: Entry) -> str:
    return f" COMMENT '{column['Comment']}'" if column.get("Comment") else ""


def _properties(entry: Entry, **more: str) -> str:
    kept = {k: v for k, v in (entry.get("Parameters") or {}).items() if k not in _NOT_PROPERTIES} | more
    return ", \n".join(f"  '{key}'='{value}'" for key, value in sorted(kept.items()))


def _hive(name: TableName, entry: Entry) -> str:
    descriptor = entry["StorageDescriptor"]
    serde = descriptor.get("SerdeInfo") or {}
    text = f"CREATE EXTERNAL TABLE `{name.database}.{name.name}`(\n{_columns(descriptor['Columns'])})\n"
    if entry.get("PartitionKeys"):
        text += f"PARTITIONED BY ( \n{_columns(entry['PartitionKeys'])})\n"
    text += f"ROW FORMAT SERDE \n  '{serde.get('SerializationLibrary', '')}' \n"
    text += f"STORED AS INPUTFORMAT \n  '{descriptor.get('InputFormat', '')}' \n"
    text += f"OUTPUTFORMAT \n  '{descriptor.get('OutputFormat', '')}'\nLOCATION\n  '{descriptor.get('Location', '')}'\n"
    return text + f"TBLPROPERTIES (\n{_properties(entry)})"


def _iceberg(name: TableName, entry: Entry) -> str:
    descriptor = entry["StorageDescriptor"]
    text = f"CREATE TABLE {name.database}.{name.name} (\n{_columns(descriptor['Columns'])})\n"
    text += f"LOCATION '{descriptor.get('Location', '')}'\n"
    return text + f"TBLPROPERTIES (\n{_properties(entry, table_type='iceberg')}\n)"
