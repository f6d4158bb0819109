"""How sensitive columns, tables and domains are."""

from __future__ import annotations

from people import AVIATION, dataset, domain

from data_platform.contracts.sensitivity import (
    Sensitivity,
    column_sensitivities,
    domain_sensitivity,
    table_sensitivity,
)
from data_platform.contracts.table_kinds import KINDS

CONFIDENTIAL = Sensitivity(classification="confidential", pii=True)
INTERNAL = Sensitivity(classification="internal", pii=False)


def test_a_table_is_as_sensitive_as_its_most_sensitive_column():
    assert {table_sensitivity(dataset("customers"), kind) for kind in KINDS} == {CONFIDENTIAL}


def test_a_domain_is_as_sensitive_as_its_most_sensitive_dataset():
    assert domain_sensitivity(domain(dataset("orders", person=False), dataset("customers"))) == CONFIDENTIAL


def test_the_columns_of_the_platform_are_internal_beside_confidential_ones():
    columns = column_sensitivities(dataset("customers"), "staged")

    assert columns["_ingest_date"] == columns["_run_id"] == INTERNAL
    assert columns["name"] == CONFIDENTIAL


def test_the_columns_of_the_platform_are_public_where_all_is():
    found = {
        one
        for each in AVIATION.datasets
        for kind in KINDS
        for one in column_sensitivities(each, kind).values()
    }

    assert found == {Sensitivity(classification="public", pii=False)}  # fmt: skip


def test_a_quarantined_value_is_as_sensitive_as_any_value_may_be():
    columns = column_sensitivities(dataset("customers"), "quarantine")

    assert columns["_value"] == CONFIDENTIAL
    assert columns["_rule"] == columns["_column"] == INTERNAL


def test_every_column_of_every_table_is_judged():
    from data_platform.contracts import tables

    columns = column_sensitivities(dataset("customers"), "curated")

    assert list(columns) == [column.name for column in tables.curated_columns(dataset("customers"))]
