"""A rule that more than one record decides is refused where it stands, with what a stream can judge instead."""

from __future__ import annotations

import pytest
import yaml
from contract_files import Contracts
from stream_contracts import CDC, EVENTS, STREAM, streaming

from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset

RULES = {
    "a number of rows": ({"metric": "rowCount", "mustBeBetween": [1, 9]}, "a number of rows is a day's"),
    "a query": (
        {"type": "sql", "name": "odd", "query": "SELECT count(*) FROM {object}", "mustBe": 0},
        "a query is asked of a day's rows",
    ),
    "columns that never repeat": (
        {"metric": "duplicateValues", "arguments": {"properties": ["name"]}, "mustBe": 0},
        "whether values repeat, all rows decide",
    ),
}
OF_A_COLUMN = {
    "a distribution": (
        {
            "type": "custom",
            "engine": "dataPlatform",
            "implementation": {"kind": "distribution", "statistic": "distinct", "mustBeBetween": [1, 9]},
        },
        "a distribution is that of many rows",
    ),
    "a limit": (
        {"metric": "nullValues", "unit": "percent", "mustBeLessThan": 5, "severity": "warning"},
        "a limit is a number of a day's rows",
    ),
    "a stop": (
        {
            "metric": "nullValues",
            "name": "again",
            "mustBe": 0,
            "customProperties": [{"property": "onFailure", "value": "stop"}],
        },
        "a stream has no run that could be stopped",
    ),
}


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def _written(contracts, change, *, source=CDC, topic=False, stream=STREAM):
    path = streaming(contracts, stream=stream, source=source, topic=topic)
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(value)
    return contracts.write("airlines", value)


def _refusal(contracts, change, **more):
    with pytest.raises(ContractError) as refused:
        load_dataset(_written(contracts, change, **more))
    return str(refused.value)


def _to_dataset(rule):
    return lambda value: value["schema"][0].setdefault("quality", []).append(rule)


def _to_name(**more):
    return lambda value: value["schema"][0]["properties"][1].update(more)


@pytest.mark.parametrize("name", list(RULES))
def test_a_rule_of_many_rows_is_refused_where_it_stands(contracts, name):
    rule, message = RULES[name]
    found = _refusal(contracts, _to_dataset(dict(rule)))
    assert f"schema[airlines].quality[{rule.get('name', 0)}]: {message}" in found
    assert "allowed: rules that one record keeps or breaks" in found


@pytest.mark.parametrize("name", list(OF_A_COLUMN))
def test_a_columns_rule_that_no_record_decides_is_refused_where_it_stands(contracts, name):
    rule, message = OF_A_COLUMN[name]
    found = _refusal(contracts, _to_name(quality=[rule]))
    assert "schema[airlines].properties[name]" in found
    assert message in found


def test_a_reference_is_refused(contracts):
    found = _refusal(contracts, _to_name(relationships=[{"to": "airlines.carrier"}]))
    assert "properties[name].relationships[0]: a reference is judged against another dataset's rows" in found


def test_a_value_that_never_repeats_is_refused(contracts):
    assert "whether a value repeats, all rows decide" in _refusal(contracts, _to_name(unique=True))


def test_that_the_key_never_repeats_is_taken_as_the_merge_sees_to_it(contracts):
    def change(value):
        value["schema"][0]["properties"][0]["unique"] = True

    assert load_dataset(_written(contracts, change)).stream is not None


def test_no_run_is_stopped_by_what_a_column_implies(contracts):
    stop = _to_name(customProperties=[{"property": "onFailure", "value": {"length": "stop"}}])
    assert "allowed: quarantine: the record goes to the dead letters" in _refusal(contracts, stop)


@pytest.mark.parametrize(
    ("promise", "message"),
    [
        ({"property": "timeOfAvailability", "value": "06:00"}, "a stream is published as it comes"),
        (
            {"property": "freshness", "value": 1, "unit": "d", "element": "airlines.seen"},
            "measured from the moment of the commit to that of the merge",
        ),
    ],
)
def test_what_is_promised_of_a_day_is_refused(contracts, promise, message):
    def change(value):
        value["slaProperties"].append(promise)
        seen = {"name": "seen", "description": "When.", "logicalType": "timestamp"}
        value["schema"][0]["properties"].append(seen | {"physicalType": "timestamp"})

    assert message in _refusal(contracts, change)


def test_what_one_record_decides_is_taken_of_changes_and_of_events(contracts):
    rules = [
        {"metric": "nullValues", "mustBe": 0, "name": "again"},
        {
            "metric": "invalidValues",
            "arguments": {"pattern": "^[A-Z].*$"},
            "mustBe": 0,
            "severity": "warning",
        },
        {"type": "text", "description": "For people."},
    ]
    for source, topic in ((CDC, False), (EVENTS, True)):
        path = _written(contracts, _to_name(quality=rules), source=source, topic=topic)
        assert len(load_dataset(path).checks) > 2


def test_without_a_stream_every_rule_is_taken(contracts):
    assert load_dataset(contracts.path("airlines")).stream is None


def test_a_deletion_must_tell_the_whole_key(contracts):
    def two_keys(value):
        value["schema"][0]["properties"][1].update(primaryKey=True, primaryKeyPosition=2)

    found = _refusal(contracts, two_keys, stream=STREAM | {"key": ["carrier"]})
    assert "a deletion tells its key and nothing else, and without name no row is known by it" in found
    events = _written(contracts, two_keys, stream=STREAM | {"key": ["carrier"]}, source=EVENTS, topic=True)
    assert load_dataset(events).stream.key == ("carrier",)
