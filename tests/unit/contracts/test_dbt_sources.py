from __future__ import annotations

from pathlib import Path

import yaml
from stream_rows import things

from data_platform.contracts.dbt_sources import write_dbt_sources
from data_platform.contracts.model import Domain
from data_platform.contracts.odcs import load_domains

DOMAINS = [each for each in load_domains(Path(__file__).parents[3] / "domains") if each.name == "aviation"]


def test_sources_are_the_same_bytes_each_time(tmp_path):
    (first,) = write_dbt_sources(DOMAINS, tmp_path / "a")
    (second,) = write_dbt_sources(DOMAINS, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert "&id" not in first.read_text()


def test_every_dataset_is_a_table_with_its_contracts_words(tmp_path):
    (path,) = write_dbt_sources(DOMAINS, tmp_path)
    (source,) = yaml.safe_load(path.read_text())["sources"]
    tables = {table["name"]: table for table in source["tables"]}
    for dataset in DOMAINS[0].datasets:
        table = tables[dataset.name]
        assert table["description"].startswith(dataset.description)
        described = {column["name"]: column["description"] for column in table["columns"]}
        assert described.items() >= {column.name: column.description for column in dataset.columns}.items()


def test_key_columns_must_be_filled_and_unique_a_day(tmp_path):
    (path,) = write_dbt_sources(DOMAINS, tmp_path)
    (source,) = yaml.safe_load(path.read_text())["sources"]
    (table,) = [one for one in source["tables"] if one["name"] == "planes"]
    assert table["data_tests"][0]["unique_combination"]["arguments"]["columns"] == ["_ingest_date", "tailnum"]
    filled = table["data_tests"][1]["filled"]["arguments"]["columns"]
    assert filled[:3] == ["_ingest_date", "_run_id", "tailnum"]
    assert "speed" not in filled


def test_a_stream_has_one_row_a_key_whichever_day_brought_it(tmp_path):
    (path,) = write_dbt_sources([Domain(name="aviation", datasets=(things(),))], tmp_path)
    (source,) = yaml.safe_load(path.read_text())["sources"]
    assert source["tables"][0]["data_tests"][0]["unique_combination"]["arguments"]["columns"] == ["id"]
