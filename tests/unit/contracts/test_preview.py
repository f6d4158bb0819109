from __future__ import annotations

from pathlib import Path

from contract_files import Contracts
from people import SEES_ALL, dataset, domain, grant
from sql_bench import NAMING
from stream_contracts import CDC, EVENTS, STREAM, streaming

from data_platform.contracts.odcs import load_dataset, load_domains
from data_platform.contracts.preview import preview

DOMAIN = next(each for each in load_domains(Path(__file__).parents[3] / "domains") if each.name == "aviation")


def of(name):
    (dataset,) = [one for one in DOMAIN.datasets if one.name == name]
    return preview(dataset, DOMAIN, NAMING)


def test_the_preview_names_every_table_as_it_will_be_created():
    names = [one.name for one in of("flights").resources if one.type == "AWS::Glue::Table"]
    assert names == [
        "dp_dev_aviation_raw.flights", "dp_dev_aviation_staged.flights_candidate", "dp_dev_aviation_staged.flights_quarantine",
        "dp_dev_aviation_staged.flights", "dp_dev_aviation_curated.flights",
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
    assert {grant.granted_by for grant in of("flights").grants} == {"tag"}
    assert {grant.rows for grant in of("flights").grants} == {"all"}


CUSTOMERS = dataset(
    "airlines",
    grant("analyst", "curated", row_filter="carrier = 'UA'"),
    grant("engineer", "staged", "curated", sees=SEES_ALL),
)


def test_the_preview_says_which_rows_and_columns_a_role_sees_and_through_what():
    shown = preview(CUSTOMERS, domain(CUSTOMERS), NAMING).grants
    found = {(one.role, one.table.split("_", 3)[-1]): one for one in shown}

    analyst = found["dp-dev-aviation-analyst", "curated.airlines"]
    assert (analyst.granted_by, analyst.rows) == ("filter", "carrier = 'UA'")
    assert "name" in analyst.hidden
    assert found["dp-dev-aviation-engineer", "curated.airlines"].granted_by == "name"
    assert found["dp-dev-aviation-engineer", "staged.airlines"].granted_by == "tag"
    assert found["dp-dev-aviation-engineer", "staged.airlines_quarantine"].hidden == ()


def test_the_preview_shows_the_tags_of_tables_and_columns():
    shown = preview(CUSTOMERS, domain(CUSTOMERS), NAMING).tags
    table, secret, columns = (one for one in shown if one.table == "dp_dev_aviation_curated.airlines")

    assert table.columns == ()
    assert "dp-dev-classification=confidential" in table.tags
    assert "dp-dev-rows=filtered" in table.tags
    assert secret.columns == ("name",)
    assert "carrier" in columns.columns
    assert columns.tags == ("dp-dev-classification=internal", "dp-dev-pii=false")


def test_nothing_is_shown_of_a_table_of_which_a_role_sees_no_column():
    blind = dataset("airlines", grant("analyst", "raw", sees=("restricted",)))

    assert preview(blind, domain(blind), NAMING).grants == ()


def previewed(tmp_path, **said):
    made = load_dataset(streaming(Contracts(tmp_path), **said))
    return preview(made, domain(made), NAMING)


def test_the_preview_shows_the_topics_and_the_subject_of_a_stream(tmp_path):
    shown = previewed(tmp_path, stream=STREAM, source=CDC)
    assert [(one.type, one.name, one.detail) for one in shown.resources if "airlines.v1" in one.name] == [
        ("AWS::MSK::Topic", "aviation.airlines.v1", "6 partitions by carrier; delete; 7 days"),
        ("AWS::MSK::Topic", "aviation.airlines.v1.dlq", "dead letters; 14 days"),
        ("AWS::Glue::Schema", "aviation.airlines.v1", "avro, BACKWARD_ALL; 2 columns"),
    ]
    assert not [
        one
        for one in shown.resources
        if one.type in ("AWS::ECS::TaskDefinition", "AWS::DMS::ReplicationConfig")
    ]


def test_the_preview_holds_what_the_registry_gets(tmp_path):
    numbers = {name: {"custom": {"fieldNumber": place}} for place, name in enumerate(("carrier", "name"), 1)}
    shown = previewed(tmp_path, stream=STREAM | {"format": "protobuf"}, source=EVENTS, topic=True, **numbers)
    assert "message Airlines {" in shown.schemas["value"]
    assert "message AirlinesKey {" in shown.schemas["key"]
    assert of("airlines").schemas == {}
