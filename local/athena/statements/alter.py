"""ALTER TABLE: columns, partitions, properties, for Hive and Iceberg tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.athena import iceberg_create
from local.athena.access import ALTER
from local.athena.catalog import Entry, is_iceberg, location_of, table_input
from local.athena.column_types import arrow_of_hive, split_top_level
from local.athena.errors import AthenaError, not_supported
from local.athena.names import TableName, require_table, split_name, unquoted
from local.athena.results import Outcome
from local.athena.sources import iceberg

if TYPE_CHECKING:
    import boto3

    from local.athena.query import Query

_FLAGS = re.IGNORECASE | re.DOTALL
_PAIR = re.compile(r"'([^']*)'\s*=\s*'([^']*)'")
_PARTITION = re.compile(r"PARTITION\s*\(([^)]*)\)(?:\s*LOCATION\s*'([^']*)')?", _FLAGS)


def alter(query: Query, found: re.Match[str]) -> Outcome:
    """ALTER TABLE.

    Raises:
        AthenaError: the action is unknown or does not fit the table.
    """
    name = split_name(found["name"], query.database)
    entry = require_table(query, name)
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={ALTER}
    )
    for pattern, action in _ACTIONS:
        matched = re.fullmatch(pattern, found["action"].strip(), _FLAGS)
        if matched:
            action(query, name, entry, session, matched)
            query.catalog.forget(name.database, name.name)
            return Outcome(layout="text")
    raise AthenaError(
        "SYNTAX_ERROR", f"line 1:1: mismatched input '{found['action'].split()[0]}' after ALTER TABLE"
    )


def _add_columns(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    columns = [_column(part) for part in split_top_level(found["columns"])]
    existing = {
        c["Name"] for c in [*entry["StorageDescriptor"]["Columns"], *(entry.get("PartitionKeys") or [])]
    }
    for column in columns:
        if column["Name"] in existing:
            raise AthenaError("", f"FAILED: SemanticException Duplicate column name: {column['Name']}")
    if is_iceberg(entry):
        with iceberg.load(query, entry, session).update_schema() as update:
            for column in columns:
                update.add_column(
                    column["Name"], iceberg_create.type_of_ddl(column["Type"]), doc=column.get("Comment")
                )
        return
    for column in columns:
        arrow_of_hive(column["Type"])
    descriptor = entry["StorageDescriptor"]
    _save(
        query,
        name,
        table_input(entry, StorageDescriptor={**descriptor, "Columns": descriptor["Columns"] + columns}),
    )


def _replace_columns(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del session
    if is_iceberg(entry):
        raise not_supported("ALTER TABLE REPLACE COLUMNS is not supported for Iceberg tables")
    columns = [_column(part) for part in split_top_level(found["columns"])]
    _save(
        query, name, table_input(entry, StorageDescriptor={**entry["StorageDescriptor"], "Columns": columns})
    )


def _drop_column(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del name
    if not is_iceberg(entry):
        raise not_supported("ALTER TABLE DROP COLUMN is only supported for Iceberg tables")
    with iceberg.load(query, entry, session).update_schema(allow_incompatible_changes=True) as update:
        update.delete_column(unquoted(found["column"]))


def _change_column(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del name
    if not is_iceberg(entry):
        raise not_supported("ALTER TABLE CHANGE COLUMN is only supported for Iceberg tables")
    old, new = unquoted(found["old"]), unquoted(found["new"])
    with iceberg.load(query, entry, session).update_schema() as update:
        update.update_column(old, field_type=iceberg_create.type_of_ddl(found["type"]))
        if new != old:
            update.rename_column(old, new)


def _set_properties(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    changes = dict(_PAIR.findall(found["properties"]))
    if is_iceberg(entry):
        with iceberg.load(query, entry, session).transaction() as transaction:
            transaction.set_properties(changes)
        return
    _save(query, name, table_input(entry, Parameters={**(entry.get("Parameters") or {}), **changes}))


def _unset_properties(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    gone = re.findall(r"'([^']*)'", found["properties"])
    if is_iceberg(entry):
        with iceberg.load(query, entry, session).transaction() as transaction:
            transaction.remove_properties(*gone)
        return
    kept = {key: value for key, value in (entry.get("Parameters") or {}).items() if key not in gone}
    _save(query, name, table_input(entry, Parameters=kept))


def _add_partitions(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del session
    keys = _partition_keys(entry)
    wanted = []
    for values_text, location in _PARTITION.findall(found["partitions"]):
        values = _values(values_text, keys)
        default = location_of(entry) + "".join(f"{k}={v}/" for k, v in zip(keys, values, strict=True))
        wanted.append((values, location or default))
    added = query.catalog.add_partitions(entry, wanted)
    if added < len(wanted) and not found["if"]:
        raise AthenaError(
            "", f"FAILED: SemanticException Partition already exists in {name.database}.{name.name}"
        )


def _drop_partitions(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del session
    keys = _partition_keys(entry)
    known = {tuple(part["Values"]) for part in query.catalog.partitions(name.database, name.name)}
    for values_text, _ in _PARTITION.findall(found["partitions"]):
        values = _values(values_text, keys)
        if tuple(values) not in known:
            if found["if"]:
                continue
            raise AthenaError("", f"FAILED: SemanticException Partition not found ({values_text.strip()})")
        query.catalog.call(
            "delete_partition", DatabaseName=name.database, TableName=name.name, PartitionValues=values
        )


def _set_location(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del session
    _save(
        query,
        name,
        table_input(entry, StorageDescriptor={**entry["StorageDescriptor"], "Location": found["location"]}),
    )


def _rename(
    query: Query, name: TableName, entry: Entry, session: boto3.Session, found: re.Match[str]
) -> None:
    del session
    if not is_iceberg(entry):
        raise not_supported("Renaming is only supported for Iceberg tables")
    new = split_name(found["new"], name.database)
    if query.catalog.table(new.database, new.name) is not None:
        raise new.exists()
    changed = table_input(entry, Name=new.name)
    query.catalog.call("create_table", DatabaseName=new.database, TableInput=changed)
    query.catalog.call("delete_table", DatabaseName=name.database, Name=name.name)


_ACTIONS: tuple[tuple[str, Any], ...] = (
    (r"ADD\s+COLUMNS?\s*\((?P<columns>.+)\)", _add_columns),
    (r"REPLACE\s+COLUMNS\s*\((?P<columns>.+)\)", _replace_columns),
    (r"DROP\s+COLUMN\s+(?P<column>[`\"\w]+)", _drop_column),
    (r"CHANGE\s+(?:COLUMN\s+)?(?P<old>[`\"\w]+)\s+(?P<new>[`\"\w]+)\s+(?P<type>.+)", _change_column),
    (r"SET\s+TBLPROPERTIES\s*\((?P<properties>.+)\)", _set_properties),
    (r"UNSET\s+TBLPROPERTIES\s*\((?P<properties>.+)\)", _unset_properties),
    (r"ADD\s+(?P<if>IF\s+NOT\s+EXISTS\s+)?(?P<partitions>PARTITION\b.+)", _add_partitions),
    (r"DROP\s+(?P<if>IF\s+EXISTS\s+)?(?P<partitions>PARTITION\b.+)", _drop_partitions),
    (r"SET\s+LOCATION\s+'(?P<location>[^']+)'", _set_location),
    (r"RENAME\s+TO\s+(?P<new>[`\"\w.-]+)", _rename),
)


def _save(query: Query, name: TableName, entry: Entry) -> None:
    query.catalog.call("update_table", DatabaseName=name.database, TableInput=entry)


def _column(text: str) -> Entry:
    found = re.fullmatch(r"\s*([`\"\w]+)\s+(.+?)(?:\s+COMMENT\s+'([^']*)')?\s*", text, _FLAGS)
    if found is None:
        raise AthenaError(
            "SYNTAX_ERROR", f"line 1:1: mismatched input '{text}': a column is a name and a type"
        )
    comment = {"Comment": found[3]} if found[3] else {}
    return {"Name": unquoted(found[1]), "Type": found[2].strip().lower(), **comment}


def _partition_keys(entry: Entry) -> list[str]:
    keys = [key["Name"] for key in entry.get("PartitionKeys") or []]
    if not keys:
        raise AthenaError(
            "",
            f"FAILED: SemanticException table {entry['Name']} is not partitioned but partition spec exists",
        )
    return keys


def _values(text: str, keys: list[str]) -> list[str]:
    given = {}
    for part in split_top_level(text):
        key, _, value = part.partition("=")
        given[unquoted(key)] = re.sub(r"^(?:date\s+)?'(.*)'$", r"\1", value.strip(), flags=_FLAGS)
    if set(given) != set(keys):
        raise AthenaError(
            "", f"FAILED: SemanticException Partition spec {given} does not name exactly {keys}"
        )
    return [given[key] for key in keys]
