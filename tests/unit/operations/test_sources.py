"""The laptop's sources deliver files in the columns of the contracts, each on its own days."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from operations.exit_codes import CommandFailed
from operations.laptop.shop import Shop
from operations.laptop.sources import SOURCES, demo_days
from operations.scope import domains

DATASETS = [(domain, dataset) for domain in domains() for dataset in domain.of_runs.datasets]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sources")


@pytest.mark.parametrize(("domain", "dataset"), DATASETS, ids=lambda each: each.name)
def test_the_first_day_has_files_with_the_contracts_columns(domain, dataset, folder):
    source = SOURCES[dataset.source.name]
    files = source.files(dataset, source.days[0], folder)
    assert files
    for file in files:
        assert pq.read_schema(file).names == [column.name for column in dataset.columns]
        assert pq.read_metadata(file).num_rows > 0


def test_each_domain_has_its_own_days():
    days = {domain.name: demo_days(domain) for domain in domains()}
    assert days["aviation"][0] == "2013-01-01"
    assert days["retail"][0] == "2026-01-05"
    assert {len(each) for each in days.values()} == {3}


def test_a_domain_of_an_unknown_source_has_no_days_and_is_left_alone():
    assert demo_days(domains()[0], sources={}) == ()


def test_reference_data_come_on_the_first_day_only(folder):
    airlines = next(dataset for _, dataset in DATASETS if dataset.name == "airlines")
    source = SOURCES[airlines.source.name]
    assert [bool(source.files(airlines, day, folder)) for day in source.days] == [True, False, False]


def test_what_came_late_comes_with_the_day_after(folder):
    orders = next(dataset for _, dataset in DATASETS if dataset.name == "orders")
    source = SOURCES["shop"]
    names = {day: [file.stem for file in source.files(orders, day, folder)] for day in source.days}
    assert [len(each) for each in names.values()] == [1, 1, 2]
    assert names[source.days[2]] == ["part-00000", "late-00000"]
    assert source.files(orders, "2026-02-01", folder) == []


def test_a_generator_that_refuses_is_told_in_its_own_words(tmp_path):
    orders = next(dataset for _, dataset in DATASETS if dataset.name == "orders")
    with pytest.raises(CommandFailed, match="one customer or more"):
        Shop(customers=0).files(orders, "2026-01-05", Path(tmp_path))
