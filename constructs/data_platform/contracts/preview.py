"""What a contract yields in one environment, for `dp contract preview`: resources, checks as SQL, grants.

Nothing is synthesised or asked of AWS: names come from `Naming`, SQL from the compiler, so that the preview
of a contract is as exact as the deployment and takes milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.checks_sql import offends
from data_platform.contracts.compile_plan import compile_plan
from data_platform.contracts.enforced import ROW_KINDS, columns_of, effective_checks
from data_platform.contracts.gate_sql import gate_checks
from data_platform.contracts.lake_rights import ALL_ROWS, consumer_rights, readable, rows_tag
from data_platform.contracts.lake_tags import sensitivity_tags
from data_platform.contracts.masking_redshift import redshift_masking
from data_platform.contracts.measures_sql import measure
from data_platform.contracts.model import CheckKind, Severity
from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema
from data_platform.contracts.sensitivity import (
    column_sensitivities,
    columns_by_sensitivity,
    domain_sensitivity,
    table_columns,
)
from data_platform.contracts.stream_merge_sql import stream_statements
from data_platform.contracts.stream_plan import JUDGED_ALONE, stream_plan_json
from data_platform.contracts.table_kinds import OF_RUNS, kinds_of, table_name, zone_of, zone_tag
from data_platform.contracts.tables import (
    partition_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Check, Dataset, Domain, PartitionField
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from data_platform.contracts.table_kinds import TableKind
    from data_platform.contracts.tables import TableColumn


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
class PreviewTags:
    """The Lake Formation tags of a table, or those of some of its columns."""

    table: str
    columns: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PreviewGrant:
    """What a consumer role may do with a table: which columns it does not see, which rows it does."""

    role: str
    table: str
    permissions: tuple[str, ...]
    granted_by: str  # tag | name | filter
    hidden: tuple[str, ...]
    rows: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Everything that one contract yields in one environment.

    `sql` holds the statements of a run by step, `redshift` those that mask the table in the warehouse, `schemas` what
    the registry gets of a stream's value and key.
    """

    dataset: str
    version: str
    plan_hash: str
    resources: tuple[PreviewResource, ...]
    checks: tuple[PreviewCheck, ...]
    tags: tuple[PreviewTags, ...]
    grants: tuple[PreviewGrant, ...]
    sql: dict[str, str]
    redshift: tuple[str, ...]
    schemas: dict[str, str]


def preview(dataset: Dataset, domain: Domain, naming: Naming) -> Preview:
    """What the contract yields in the environment of `naming`.

    Raises:
        ValueError: when the contract cannot be compiled.
    """
    plan_hash, sql = _compiled(dataset, domain, naming)
    return Preview(
        dataset=f"{dataset.domain}.{dataset.name}",
        version=dataset.version,
        plan_hash=plan_hash,
        resources=tuple(_resources(dataset, naming)),
        checks=tuple(_checks(dataset)),
        tags=tuple(_tags(dataset, domain, naming)),
        grants=tuple(_grants(dataset, domain, naming)),
        sql=sql,
        redshift=redshift_masking(dataset, naming),
        schemas=_schemas(dataset),
    )


def _compiled(dataset: Dataset, domain: Domain, naming: Naming) -> tuple[str, dict[str, str]]:
    """The hash of the plan, and the statements of a run by step, or those of a stream's merge by table."""
    if dataset.stream is None:
        plan = compile_plan(dataset, domain, naming)
        return plan["plan_hash"], plan["sql"]
    text = stream_plan_json(dataset, naming)
    return hashlib.sha256(text.encode()).hexdigest(), stream_statements(dataset, naming)


def _resources(dataset: Dataset, naming: Naming) -> Iterator[PreviewResource]:
    for kind in kinds_of(dataset):
        how = f"{dataset.source.format} files, by ingest_date"
        if kind != "raw":
            how = f"Iceberg, by {_spec(partition_fields(dataset, kind))}"
        yield _table(_name(dataset, kind, naming), table_columns(dataset, kind), how)
    target = naming.table_location("raw", dataset.name)
    if dataset.extracted:
        source = dataset.source
        yield PreviewResource(
            type="AWS::ECS::TaskDefinition"
            if source.method == "extractor"
            else "AWS::DMS::ReplicationConfig",
            name=naming.extractor_task(source.name),
            detail=f"reads {source.table} of {naming.database_instance(source.name)}, {source.read}",
        )
    if dataset.stream:
        yield from _topics(dataset, dataset.stream)
    else:
        yield PreviewResource(
            type="AWS::Glue::Crawler", name=naming.crawler(dataset.name), detail=f"reads {target}"
        )


def _topics(dataset: Dataset, stream: Stream) -> Iterator[PreviewResource]:
    cleanup = "+".join(stream.cleanup)
    yield PreviewResource(
        type="AWS::MSK::Topic",
        name=stream.topic,
        detail=f"{stream.partitions} partitions by {', '.join(stream.key)}; {cleanup}; {_days(stream.retention_ms)}",
    )
    kept = _days(stream.dead_letter_retention_ms)
    yield PreviewResource(type="AWS::MSK::Topic", name=stream.dead_letters, detail=f"dead letters; {kept}")
    yield PreviewResource(
        type="AWS::Glue::Schema",
        name=stream.topic,
        detail=f"{stream.format}, {stream.compatibility}; {len(dataset.columns)} columns",
    )


def _days(milliseconds: int) -> str:
    return f"{milliseconds / 86_400_000:g} days"


def _schemas(dataset: Dataset) -> dict[str, str]:
    if dataset.stream is None:
        return {}
    if dataset.stream.format == "protobuf":
        return {"value": protobuf_schema(dataset), "key": protobuf_key_schema(dataset)}
    return {
        "value": json.dumps(avro_schema(dataset), indent=2),
        "key": json.dumps(avro_key_schema(dataset), indent=2),
    }


def _name(dataset: Dataset, kind: TableKind, naming: Naming) -> str:
    return f"{naming.database(zone_of(kind))}.{table_name(dataset.name, kind)}"


def _table(name: str, columns: Sequence[TableColumn], how: str) -> PreviewResource:
    return PreviewResource(type="AWS::Glue::Table", name=name, detail=f"{len(columns)} columns; {how}")


def _spec(fields: Sequence[PartitionField]) -> str:
    parts = (f.column if f.transform == "identity" else f"{f.transform}({f.column})" for f in fields)
    return ", ".join(parts) or "nothing"


def _checks(dataset: Dataset) -> Iterator[PreviewCheck]:
    if dataset.stream is not None:
        yield from _judged_alone(dataset)
        return
    asked = {check.id: _asked(check, dataset) for check in effective_checks(dataset)}
    for row in gate_checks(dataset):
        yield PreviewCheck(
            id=row.id,
            severity=row.severity,
            on_failure=row.on_failure,
            limit=row.limit_text,
            sql=asked.get(row.id, "candidate rows of the run - raw rows of the day"),
        )


def _judged_alone(dataset: Dataset) -> Iterator[PreviewCheck]:
    for check in effective_checks(dataset):
        if check.kind in JUDGED_ALONE:
            error = check.severity is Severity.ERROR
            yield PreviewCheck(
                id=check.id,
                severity=check.severity.value,
                on_failure="dead letter" if error else None,
                limit="no offending record" if error else "measured only",
                sql=offends(check, dataset),
            )


def _asked(check: Check, dataset: Dataset) -> str:
    if check.kind is CheckKind.UNIQUE:
        return f"count(*) > 1 GROUP BY {', '.join(columns_of(check))}"
    if check.kind is CheckKind.REFERENTIAL:
        parent = f"{check.parameters.get('domain', dataset.domain)}.{check.parameters['dataset']}"
        return f"({', '.join(check.columns)}) NOT IN {parent}"
    return offends(check, dataset) if check.kind in ROW_KINDS else measure(check, dataset)


def _tags(dataset: Dataset, domain: Domain, naming: Naming) -> Iterator[PreviewTags]:
    for kind in kinds_of(dataset):
        every = {
            "domain": dataset.domain,
            "rows": rows_tag(dataset, kind),
            "zone": zone_tag(kind),
            **sensitivity_tags(domain_sensitivity(domain)),
        }
        yield _tagged(_name(dataset, kind, naming), (), every, naming)
        if kind not in OF_RUNS:
            for found, names in columns_by_sensitivity(dataset, kind).items():
                yield _tagged(_name(dataset, kind, naming), names, sensitivity_tags(found), naming)


def _tagged(table: str, columns: tuple[str, ...], tags: dict[str, str], naming: Naming) -> PreviewTags:
    shown = tuple(f"{naming.lf_tag(key)}={value}" for key, value in sorted(tags.items()))
    return PreviewTags(table=table, columns=columns, tags=shown)


def _grants(dataset: Dataset, domain: Domain, naming: Naming) -> Iterator[PreviewGrant]:
    for grant in dataset.grants:
        rights = consumer_rights(domain, grant.role)
        named = {right.kind: right for right in rights.named if right.dataset == dataset.name}
        tagged = {kind for each in rights.tagged for kind in each.kinds}
        for kind in (kind for zone in grant.zones for kind in readable(dataset, zone)):
            right = named.get(kind)
            columns = column_sensitivities(dataset, kind)
            hidden = tuple(
                name for name, found in columns.items() if found.classification not in grant.classifications
            )
            filtered = right is not None and bool(hidden or right.row_filter)
            out_of_reach = kind not in tagged or rows_tag(dataset, kind) != ALL_ROWS
            if (right is None and out_of_reach) or len(hidden) == len(columns):
                continue
            yield PreviewGrant(
                role=naming.role(grant.role),
                table=_name(dataset, kind, naming),
                permissions=("SELECT",) if filtered else ("DESCRIBE", "SELECT"),
                granted_by="tag" if right is None else "filter" if filtered else "name",
                hidden=hidden,
                rows=(right.row_filter if right else None) or ALL_ROWS,
                approvers=grant.approvers,
            )
