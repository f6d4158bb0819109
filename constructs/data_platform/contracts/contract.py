"""Reads one contract file into a dataset; what only its domain can judge is handed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from data_platform.contracts.columns import build_column, check_positions, partition_spec, primary_key
from data_platform.contracts.custom_properties import custom
from data_platform.contracts.errors import ContractError
from data_platform.contracts.implied_rules import implied_checks, key_check
from data_platform.contracts.model import Check, Column, Dataset, LoadMode
from data_platform.contracts.place import Place, root_place
from data_platform.contracts.promises import (
    build_deadline,
    build_freshness,
    build_object_lock,
    build_retention,
    build_subject,
)
from data_platform.contracts.quality_rules import quality_checks
from data_platform.contracts.relationships import Reference, references
from data_platform.contracts.roles import build_grants
from data_platform.contracts.schema import structural_findings
from data_platform.contracts.semantics import check_columns, check_key, check_names, check_retention
from data_platform.contracts.source_map import content_of, document_of
from data_platform.contracts.sources import build_source, check_change_columns, check_landing_masks
from data_platform.contracts.stream_checks import check_stream
from data_platform.contracts.stream_rules import check_stream_rules
from data_platform.contracts.streams import build_stream
from data_platform.contracts.window_checks import check_windows
from data_platform.contracts.windows import build_windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A dataset and its foreign keys with the places where they stand."""

    dataset: Dataset
    references: tuple[Reference, ...]


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: with everything that is wrong in the file (what a wrong shape hides, after its mend).
    """
    return _contract(str(path), content_of(path))


@lru_cache(maxsize=128)  # judging takes most of a load, and one process loads the same domains many times
def _contract(path: str, content: bytes) -> Contract:
    document = document_of(path, content)
    found = structural_findings(document)
    if found:
        raise ContractError(found)
    root = root_place(document)
    check_names(root)
    contract = _build(root)
    if root.findings:
        raise ContractError(root.findings)
    return contract


def _build(root: Place) -> Contract:
    schema = next(root.each("schema"))
    places = list(schema.each("properties"))
    streamed = "stream" in custom(root).value
    columns = tuple(build_column(place, streamed=streamed) for place in places)
    check_columns(places, columns)
    check_positions(places, "primaryKey", "primaryKeyPosition")
    check_positions(places, "partitioned", "partitionKeyPosition")
    links = _references(root, schema, places, columns)
    partitions = partition_spec(places)
    key = primary_key(columns)
    freshness, freshness_checks = build_freshness(root, columns, _owner(root, schema))
    dataset = Dataset(
        id=root.value["id"],
        domain=root.value["domain"],
        name=schema.value["name"],
        version=root.value["version"],
        status=root.value["status"],
        description=" ".join(root.value["description"]["purpose"].split()),
        owner=root.value["team"]["name"],
        support_channel=root.value["support"][0]["channel"],
        columns=columns,
        primary_key=key,
        partition_spec=partitions,
        checks=(*_checks(root, schema, places, columns, links), *freshness_checks),
        foreign_keys=tuple(link.key for link in links),
        grants=build_grants(root, columns, partitions),
        retention=build_retention(root),
        object_lock=build_object_lock(root),
        source=build_source(root),
        load_mode=LoadMode(custom(root).value["loadMode"]),
        deadline=build_deadline(root),
        freshness_seconds=freshness,
        path=root.document.file,
        subject=build_subject(root, columns),
        physical_type=schema.read("physicalType", "table"),
        stream=build_stream(root, key),
        windows=build_windows(root),
    )
    _report_equal_ids(schema, dataset.checks)
    check_key(root, places, dataset)
    check_retention(root, dataset)
    check_landing_masks(root, dataset)
    check_change_columns(root, dataset)
    check_stream(root, places, dataset)
    check_stream_rules(root, places, dataset)
    check_windows(root, dataset)
    return Contract(dataset=dataset, references=tuple(links))


def _owner(root: Place, schema: Place) -> str:
    return f"{root.value['domain']}.{schema.value['name']}"


def _references(
    root: Place, schema: Place, places: Sequence[Place], columns: Sequence[Column]
) -> list[Reference]:
    names = {"domain": root.value["domain"], "dataset": schema.value["name"]}
    links = references(schema, None, columns, **names)
    for place, column in zip(places, columns, strict=True):
        links += references(place, column, columns, **names)
    return links


def _checks(
    root: Place,
    schema: Place,
    places: Sequence[Place],
    columns: Sequence[Column],
    links: Sequence[Reference],
) -> list[Check]:
    owner = _owner(root, schema)
    key = primary_key(columns)
    checks = [key_check(schema, key, owner)] if key else []
    for place, column in zip(places, columns, strict=True):
        checks += implied_checks(place, column, owner)
        checks += quality_checks(place, column, columns, owner)
    checks += [link.check for link in links]
    return checks + quality_checks(schema, None, columns, owner)


def _report_equal_ids(schema: Place, checks: Sequence[Check]) -> None:
    seen: set[str] = set()
    for check in checks:
        if check.id in seen:
            schema.report(
                f"two rules have the id {check.id!r}",
                mend="give the second a `name:` (a relationship: customProperties name), or remove it",
            )
        seen.add(check.id)
