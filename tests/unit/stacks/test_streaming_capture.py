"""Which databases are captured, and what of a contract's table the connector is told."""

from __future__ import annotations

import dataclasses

import pytest

from data_platform.contracts.odcs import load_domains
from environments import DEV, PROD
from stacks.streaming_capture import captured_table
from stacks.streaming_names import captured_sources, capturing_duties, streams_here
from tests.conftest import ROOT, streaming_domain


@pytest.fixture(scope="module")
def streamed():
    return streaming_domain(next(each for each in load_domains(ROOT / "domains") if each.name == "retail"))


def test_a_database_is_captured_with_the_tables_whose_contracts_say_so(streamed):
    found = {
        settings.name: [each.name for each, _ in streams]
        for settings, streams in captured_sources(streamed, PROD)
    }

    assert found == {"shop": ["customers", "orders"]}


def test_nothing_is_captured_where_streaming_is_off(streamed):
    assert captured_sources(streamed, DEV) == []


def test_a_source_that_is_no_database_here_has_no_connector_and_its_role_all_the_same(streamed):
    elsewhere = dataclasses.replace(PROD, databases=())

    assert captured_sources(streamed, elsewhere) == []
    assert capturing_duties(streamed) == ("capture-shop",)


def test_the_connector_is_told_the_contracts_columns_and_the_whole_primary_key(streamed):
    dataset, stream = next(each for each in streams_here(streamed) if each[0].name == "orders")
    table = captured_table(dataset, stream)

    assert (table.table, table.topic) == (dataset.source.table, "retail.orders.v1")
    assert table.columns == tuple(column.name for column in dataset.columns)
    assert table.key == dataset.primary_key


def test_a_key_that_is_not_the_whole_primary_key_is_refused(streamed):
    dataset, stream = next(each for each in streams_here(streamed) if each[0].name == "orders")

    with pytest.raises(
        ValueError, match=r"retail\.orders: the stream's key is status; .*Mend: leave `key` out"
    ):
        captured_table(dataset, dataclasses.replace(stream, key=("status",)))
