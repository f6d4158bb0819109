"""MSCK REPAIR TABLE, OPTIMIZE and VACUUM."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sqlglot import exp

from local.athena import iceberg_write, projection, translate
from local.athena.access import ALTER, DELETE, INSERT, SELECT
from local.athena.catalog import is_iceberg, location_of
from local.athena.errors import AthenaError, not_supported
from local.athena.names import require_table, split_name
from local.athena.results import Outcome, text_outcome
from local.athena.sources import iceberg
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    import re

    from pyiceberg.table import FileScanTask, Table

    from local.athena.query import Query

_SMALL_FILE_BYTES = 384 * 1024 * 1024
_DEFAULT_AGE_SECONDS = 432000


def repair(query: Query, found: re.Match[str]) -> Outcome:
    """MSCK REPAIR TABLE: adds the partitions that lie in S3 as `key=value` directories."""
    name = split_name(found["name"], query.database)
    entry = require_table(query, name)
    keys = [key["Name"] for key in entry.get("PartitionKeys") or []]
    if not keys:
        raise AthenaError(
            "", f"FAILED: SemanticException {name.database}.{name.name} is not a partitioned table"
        )
    if projection.is_enabled(entry):
        return text_outcome("result", [])
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={ALTER}
    )
    root = location_of(entry)
    directories = {}
    for stored in ObjectStore(session).listing(root):
        parts = [part.partition("=") for part in stored.uri[len(root) :].split("/")[: len(keys)]]
        if len(parts) == len(keys) and [part[0] for part in parts] == keys:
            values = tuple(unquote(part[2]) for part in parts)
            directories[values] = root + "".join("=".join((p[0], p[2])) + "/" for p in parts)
    known = {tuple(part["Values"]) for part in query.catalog.partitions(name.database, name.name)}
    new = {values: place for values, place in directories.items() if values not in known}
    query.catalog.add_partitions(entry, [(list(values), place) for values, place in new.items()])
    spelled = [
        ":".join((name.name, "/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True))))
        for values in new
    ]
    lines = [f"Partitions not in metastore:\t{chr(9).join(spelled)}"] if new else []
    return text_outcome(
        "result", lines + [f"Repair: Added partition to metastore {text}" for text in spelled]
    )


def optimize(query: Query, found: re.Match[str]) -> Outcome:
    """OPTIMIZE ... REWRITE DATA USING BIN_PACK: merges small files and delete files, partition by partition."""
    name = split_name(found["name"], query.database)
    entry = require_table(query, name)
    if not is_iceberg(entry):
        raise not_supported("OPTIMIZE is only supported for Iceberg tables")
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={SELECT, INSERT, DELETE}
    )

    def attempt() -> None:
        query.catalog.forget(name.database, name.name)
        source = iceberg.IcebergSource(
            table=iceberg.load(query, require_table(query, name), session), entry=entry
        )
        groups: dict[str, list[FileScanTask]] = {}
        for task in source.tasks(_conditions(found["where"])):
            if task.file.file_size_in_bytes < _SMALL_FILE_BYTES or task.delete_files:
                groups.setdefault(repr(task.file.partition), []).append(task)
        chosen = [
            t
            for tasks in groups.values()
            if len(tasks) > 1 or any(x.delete_files for x in tasks)
            for t in tasks
        ]
        if not chosen:
            return
        rows = source.read(chosen, frozenset(source.columns), query)
        fitted = iceberg_write.conform(rows, source.table.schema())
        iceberg_write.commit(source.table, removed=[task.file for task in chosen], added=fitted)

    iceberg_write.with_retries(query, f"{name.database}.{name.name}", attempt)
    return Outcome(update_count=0)


def vacuum(query: Query, found: re.Match[str]) -> Outcome:
    """VACUUM: expires old snapshots by the table's vacuum properties, and removes files that none needs any more."""
    name = split_name(found["name"], query.database)
    entry = require_table(query, name)
    if not is_iceberg(entry):
        raise not_supported("VACUUM is only supported for Iceberg tables")
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={SELECT, INSERT, DELETE}
    )
    table = iceberg.load(query, entry, session)
    age = int(table.properties.get("vacuum_max_snapshot_age_seconds", _DEFAULT_AGE_SECONDS))
    keep = int(table.properties.get("vacuum_min_snapshots_to_keep", 1))
    limit = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    ordered = sorted(table.snapshots(), key=lambda snapshot: snapshot.timestamp_ms, reverse=True)
    protected = {reference.snapshot_id for reference in table.metadata.refs.values()}
    old = [
        snapshot.snapshot_id
        for snapshot in ordered[keep:]
        if snapshot.timestamp_ms < limit.timestamp() * 1000 and snapshot.snapshot_id not in protected
    ]
    if old:
        before = _files(table)
        table.maintenance.expire_snapshots().by_ids(old).commit()
        table.refresh()
        table.io.store.delete(sorted(before - _files(table)))
    return Outcome(update_count=0)


def _files(table: Table) -> set[str]:
    """Every data file, manifest and manifest list that some snapshot of the table needs."""
    found: set[str] = set()
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            found.add(manifest.manifest_path)
            found |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return found


def _conditions(where: str | None) -> tuple[str, ...]:
    if not where:
        return ()
    condition = translate.parse(f"SELECT 1 WHERE {where}").args["where"].this
    text = translate.to_duckdb(condition)
    columns = {column.name for column in condition.find_all(exp.Column)}
    if not columns:
        raise AthenaError("SYNTAX_ERROR", "OPTIMIZE's WHERE must name a partition column")
    return (text,)
