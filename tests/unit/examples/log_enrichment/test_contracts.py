"""The contracts of the example are contracts like any other: they load, compile, and their views are tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_enrichment.enrich import enriched, failed

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domain
from data_platform.contracts.preview import preview

DOMAIN = load_domain(Path(__file__).resolve().parents[4] / "examples" / "log_enrichment" / "retail")
BY_NAME = {dataset.name: dataset for dataset in DOMAIN.datasets}
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
