"""Which grants the contracts of a domain come to: by tag, by table, by rows and columns."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from people import AVIATION, SEES_ALL, SEES_LITTLE, dataset, domain, grant
from stream_rows import things

from data_platform.contracts.lake_rights import (
    FILTERED_ROWS,
    NamedRight,
    TaggedRight,
    consumer_rights,
    consumer_roles,
    dataset_rights,
    rows_tag,
)
from data_platform.contracts.odcs import load_domains

ROOT = Path(__file__).parents[3]


def rights(role, *datasets):
    return consumer_rights(domain(*datasets), role)


@pytest.mark.parametrize("role", ["analyst", "engineer", "steward"])
def test_where_contracts_agree_a_role_reads_by_tag_alone(role):
    found = consumer_rights(AVIATION, role)

    assert found.named == ()
    assert [tagged.classifications for tagged in found.tagged] == [SEES_LITTLE]


def test_readers_of_staged_see_the_quarantine_and_nobody_sees_candidates():
    (tagged,) = consumer_rights(AVIATION, "steward").tagged

    assert tagged == TaggedRight(kinds=("staged", "quarantine", "curated"), classifications=SEES_LITTLE)


def test_a_streams_readers_see_no_quarantine_since_it_has_none():
    streamed = dataclasses.replace(
        dataset("orders", grant("engineer", "staged", sees=SEES_ALL)), stream=things().stream
    )

    assert [right.kind for right in dataset_rights(streamed, "engineer")] == ["staged"]


def test_a_role_that_one_contract_leaves_out_reads_the_others_by_name():
    found = rights(
        "analyst", dataset("orders", grant("analyst", "curated"), person=False), dataset("customers")
    )

    assert found.tagged == ()
    assert found.named == (NamedRight(dataset="orders", kind="curated", hidden=(), row_filter=None),)


def test_a_role_that_sees_different_classes_is_granted_each_table_without_its_hidden_columns():
    found = rights(
        "analyst",
        dataset("orders", grant("analyst", "curated", sees=SEES_ALL)),
        dataset("customers", grant("analyst", "curated")),
    )

    assert {right.dataset: "name" in right.hidden for right in found.named} == {
        "orders": False,
        "customers": True,
    }


FILTERED = dataset(
    "customers",
    grant("analyst", "staged", "curated", row_filter="carrier = 'UA'"),
    grant("steward", "staged", "curated", sees=SEES_ALL),
)
WHOLE = dataset(
    "orders",
    grant("analyst", "staged", "curated"),
    grant("steward", "staged", "curated", sees=SEES_ALL),
    person=False,
)


def test_a_filtered_table_is_out_of_reach_of_tags_and_so_is_its_quarantine():
    assert [rows_tag(FILTERED, kind) for kind in ("staged", "quarantine", "curated")] == [FILTERED_ROWS] * 3
    assert rows_tag(FILTERED, "raw") == rows_tag(FILTERED, "candidate") == rows_tag(WHOLE, "curated") == "all"


def test_every_role_is_named_on_a_filtered_table():
    named = rights("steward", FILTERED, WHOLE).named

    assert {right.kind for right in named} == {"staged", "quarantine", "curated"}
    assert all(right == NamedRight(dataset="customers", kind=right.kind, hidden=(), row_filter=None) for right in named)  # fmt: skip


def test_a_role_with_a_row_filter_sees_its_rows_without_hidden_columns_and_no_quarantine():
    named = rights("analyst", FILTERED, WHOLE).named

    assert {right.kind for right in named} == {"staged", "curated"}
    assert all("name" in right.hidden and right.row_filter == "carrier = 'UA'" for right in named)


def test_what_is_not_filtered_is_still_read_by_tag():
    kinds = ("staged", "quarantine", "curated")
    assert rights("analyst", FILTERED, WHOLE).tagged == (TaggedRight(kinds=kinds, classifications=SEES_LITTLE),)  # fmt: skip


def test_a_role_that_sees_some_rows_of_anything_never_reads_derived_tables_that_may_hold_the_others():
    sees_much = dataset("customers", grant("analyst", "curated", sees=SEES_ALL, row_filter="carrier = 'UA'"))
    other = dataset("orders", grant("analyst", "curated", sees=SEES_ALL), person=False)

    found = rights("analyst", sees_much, other)

    assert found.tagged == ()
    assert {right.dataset for right in found.named} == {"customers", "orders"}


def test_a_role_that_sees_no_column_gets_no_grant():
    blind = dataset("customers", grant("analyst", "raw", sees=("public",)), grant("steward", "raw"))
    found = rights("analyst", blind, dataset("orders", person=False))

    assert found.named == ()


def test_the_roles_are_those_of_the_contracts():
    assert consumer_roles(domain(FILTERED, WHOLE)) == ("analyst", "steward")


def test_a_steward_of_retail_reads_what_is_derived_from_it():
    """A contract without the role, or with other classes for it, would take the marts from stewards."""
    retail = next(each for each in load_domains(ROOT / "domains") if each.name == "retail")
    tagged = consumer_rights(retail, "steward").tagged

    assert [right.classifications for right in tagged if "curated" in right.kinds] == [
        ("public", "internal", "confidential", "restricted")
    ]
