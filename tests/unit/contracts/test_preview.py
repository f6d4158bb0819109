from __future__ import annotations

from pathlib import Path

from sql_bench import NAMING

from data_platform.contracts.odcs import load_domains
from data_platform.contracts.preview import preview

DOMAIN = next(each for each in load_domains(Path(__file__).parents[3] / "domains") if each.name == "aviation")


def of(name):
    (dataset,) = [one for one in DOMAIN.datasets if one.name == name]
    return preview(dataset, DOMAIN, NAMING)


def test_the_preview_names_every_table_as_it_will_be_created():
    names = [one.name for one in of("flights").resources if one.type == "AWS::Glue::Table"]
    assert names == [
        "dp_dev_aviation_raw.flights", "dp_dev_aviation_staged.flights", "dp_dev_aviation_staged.flights_candidate",
        "dp_dev_aviation_staged.flights_quarantine", "dp_dev_aviation_curated.flights",
    ]  # fmt: skip


def test_the_preview_shows_each_check_of_the_gate_as_sql():
    shown = {one.id: one.sql for one in of("airlines").checks}
    assert shown["aviation.airlines.carrier.null"] == '"carrier" IS NULL'
    assert shown["aviation.airlines.unique.primary_key"] == "count(*) > 1 GROUP BY carrier"
    assert "aviation.airlines.reconciliation" in shown
    assert (
        "NOT IN aviation.airlines"
        in {one.id: one.sql for one in of("flights").checks}["aviation.flights.carrier.referential"]
    )


def test_the_preview_lists_grants_by_role_and_table():
    grants = {(one.role, one.table): one.permissions for one in of("flights").grants}
    assert grants["dp-dev-aviation-analyst", "dp_dev_aviation_curated.flights"] == ("DESCRIBE", "SELECT")
    assert ("dp-dev-aviation-analyst", "dp_dev_aviation_staged.flights") not in grants
