"""What a contract yields in one environment, for `dp contract preview`: resources, checks as SQL, grants.

Nothing is synthesised or asked of AWS: names come from `Naming`, SQL from the compiler, so that the preview
of a contract is as exact as the deployment and takes milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from data_platform.contracts.checks_sql import offends
from data_platform.contracts.compile_plan import compile_plan
from data_platform.contracts.enforced import ROW_KINDS, columns_of, effective_checks
from data_platform.contracts.gate_sql import gate_checks
from data_platform.contracts.measures_sql import measure
from data_platform.contracts.model import CheckKind
from data_platform.contracts.tables import (
    RAW_PARTITION,
    candidate_columns,
    curated_columns,
    partition_fields,
    quarantine_columns,
    raw_columns,
    staged_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Check, Dataset, Domain, PartitionField
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.tables import Table, TableColumn

_PERMISSIONS = {
    "read": ("DESCRIBE", "SELECT"),
    "write": ("ALTER", "DELETE", "DESCRIBE", "INSERT", "SELECT"),
}


@dataclass(frozen=True, kw_only=True)
class PreviewResource:
    """One resource: its CloudFormation type, physical name and what is said about it."""

    type: str
    name: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class PreviewCheck:
    """One check of the gate with what it asks, as SQL."""

    id: str
    severity: str
    on_failure: str | None
    limit: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class PreviewGrant:
    """What a consumer role may do with a table."""

    role: str
    table: str
    permissions: tuple[str, ...]
    approvers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Everything that one contract yields in one environment; `sql` holds the statements of a run by step."""

    dataset: str
    version: str
    plan_hash: str
    resources: tuple[PreviewResource, ...]
    checks: tuple[PreviewCheck, ...]
    grants: tuple[PreviewGrant, ...]
    sql: dict[str, str]


def preview(dataset: Dataset, domain: Domain, naming: Naming) -> Preview:
    """What the contract yields in the environment of `naming`.

    Raises:
        ValueError: when the contract cannot be compiled.
    """
    plan = compile_plan(dataset, domain, naming)
    return Preview(
        dataset=f"{dataset.domain}.{dataset.name}",
        version=dataset.version,
        plan_hash=plan["plan_hash"],
        resources=tuple(_resources(dataset, naming)),
        checks=tuple(_checks(dataset)),
        grants=tuple(_grants(dataset, naming)),
        sql=plan["sql"],
    )


def _resources(dataset: Dataset, naming: Naming) -> Iterator[PreviewResource]:
    raw = (*raw_columns(dataset), RAW_PARTITION)
    how = f"{dataset.source.format} files, by ingest_date"
    yield _table(f"{naming.database('raw')}.{dataset.name}", raw, how)
    for suffix, zone, table, columns in (
        ("", "staged", "staged", staged_columns(dataset)),
        ("_candidate", "staged", "candidate", candidate_columns(dataset)),
        ("_quarantine", "staged", "quarantine", quarantine_columns(dataset)),
        ("", "curated", "curated", curated_columns(dataset)),
    ):
        name = f"{naming.database(zone)}.{dataset.name}{suffix}"
        spec = _spec(partition_fields(dataset, cast("Table", table)))
        yield _table(name, columns, f"Iceberg, by {spec}")
    target = naming.table_location("raw", dataset.name)
    yield PreviewResource(
        type="AWS::Glue::Crawler", name=naming.crawler(dataset.name), detail=f"reads {target}"
    )


def _table(name: str, columns: Sequence[TableColumn], how: str) -> PreviewResource:
    return PreviewResource(type="AWS::Glue::Table", name=name, detail=f"{len(columns)} columns; {how}")


def _spec(fields: Sequence[PartitionField]) -> str:
    parts = (f.column if f.transform == "identity" else f"{f.transform}({f.column})" for f in fields)
    return ", ".join(parts) or "nothing"


def _checks(dataset: Dataset) -> Iterator[PreviewCheck]:
    asked = {check.id: _asked(check, dataset) for check in effective_checks(dataset)}
    for row in gate_checks(dataset):
        yield PreviewCheck(
            id=row.id,
            severity=row.severity,
            on_failure=row.on_failure,
            limit=row.limit_text,
            sql=asked.get(row.id, "candidate rows of the run - raw rows of the day"),
        )


def _asked(check: Check, dataset: Dataset) -> str:
    if check.kind is CheckKind.UNIQUE:
        return f"count(*) > 1 GROUP BY {', '.join(columns_of(check))}"
    if check.kind is CheckKind.REFERENTIAL:
        parent = f"{check.parameters.get('domain', dataset.domain)}.{check.parameters['dataset']}"
        return f"({', '.join(check.columns)}) NOT IN {parent}"
    return offends(check, dataset) if check.kind in ROW_KINDS else measure(check, dataset)


def _grants(dataset: Dataset, naming: Naming) -> Iterator[PreviewGrant]:
    for grant in dataset.grants:
        for zone in grant.zones:
            yield PreviewGrant(
                role=naming.role(grant.role),
                table=f"{naming.database(zone)}.{dataset.name}",
                permissions=_PERMISSIONS[grant.access],
                approvers=grant.approvers,
            )
