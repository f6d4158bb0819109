"""The contracts that the example reads and writes load, compile, and their views are tables."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from log_enrichment.enrich import enriched, failed

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domain
from data_platform.contracts.preview import preview

ROOT = Path(__file__).resolve().parents[4]
RETAIL = load_domain(ROOT / "domains" / "retail")
WRITTEN = load_domain(ROOT / "examples" / "log_enrichment" / "retail").datasets
READ = next(dataset for dataset in RETAIL.datasets if dataset.name == "web_requests")
DOMAIN = dataclasses.replace(RETAIL, datasets=(*RETAIL.datasets, *WRITTEN))
BY_NAME = {dataset.name: dataset for dataset in (READ, *WRITTEN)}
NAMING = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")


@pytest.mark.parametrize("name", list(BY_NAME))
def test_each_has_a_topic_a_loader_and_its_views(name):
    dataset = BY_NAME[name]
    shown = preview(dataset, DOMAIN, NAMING)
    names = {resource.name for resource in shown.resources}

    assert {f"retail.{name}.v1", f"retail.{name}.v1.dlq"} <= names
    for window in dataset.windows:
        assert f"{NAMING.database('curated')}.{name}_{window.name}" in names
        assert window.kind in shown.sql


def test_what_the_function_writes_is_what_the_contracts_say():
    request = dict.fromkeys(column.name for column in BY_NAME["web_requests"].columns)
    row = enriched(request | {"status": 500})

    assert set(row) == {column.name for column in BY_NAME["enriched_requests"].columns}
    assert set(failed(row)) == {column.name for column in BY_NAME["failed_requests"].columns}
