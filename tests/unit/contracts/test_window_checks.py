"""A window that makes no sense is refused where it stands; one that does is a table of its own."""

from __future__ import annotations

import pytest
import yaml
from contract_files import Contracts
from stream_contracts import CDC, EVENTS, STREAM, streaming

from data_platform.contracts.diff import diff
from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset, load_domain
from data_platform.contracts.table_kinds import kinds_of
from data_platform.contracts.tables import window_columns

WINDOW = {
    "name": "hourly",
    "size": "PT1H",
    "time": "seen",
    "lateness": "PT10M",
    "by": ["carrier"],
    "measures": [
        {"name": "sightings", "function": "count"},
        {"name": "fares", "function": "sum", "column": "fare"},
    ],
}
COLUMNS = [
    {
        "name": "seen",
        "description": "When.",
        "logicalType": "timestamp",
        "physicalType": "timestamp",
        "required": True,
        "logicalTypeOptions": {"timezone": True},
    },
    {"name": "fare", "description": "Paid.", "logicalType": "number", "physicalType": "decimal(10,2)"},
    {"name": "ratio", "description": "A fraction.", "logicalType": "number", "physicalType": "double"},
    {"name": "local", "description": "When, there.", "logicalType": "timestamp", "physicalType": "timestamp"},
]


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def written(contracts, *windows, source=EVENTS, topic=True, change=lambda value: None):
    value = yaml.safe_load(streaming(contracts, stream=STREAM, source=source, topic=topic).read_text())
    schema, new = value["schema"][0], {column["name"] for column in COLUMNS}
    kept = [column for column in schema["properties"] if column["name"] not in new]
    schema["properties"] = kept + [dict(column) for column in COLUMNS]
    value["customProperties"] = [one for one in value["customProperties"] if one["property"] != "windows"]
    value["customProperties"].append({"property": "windows", "value": list(windows)})
    change(value)
    return contracts.write("airlines", value)


def refusal(contracts, *windows, **more):
    with pytest.raises(ContractError) as refused:
        load_dataset(written(contracts, *windows, **more))
    return str(refused.value)


def measured(**measure):
    return WINDOW | {"measures": [{"name": "figure", **measure}]}


def test_a_window_is_a_table_beside_curated(contracts):
    dataset = load_dataset(written(contracts, WINDOW))

    assert kinds_of(dataset) == ("raw", "staged", "curated", "window_hourly")
    assert [(one.name, one.type) for one in window_columns(dataset, dataset.windows[0])] == [
        ("window_start", "timestamp"),
        ("carrier", "string"),
        ("sightings", "bigint"),
        ("fares", "decimal(38,2)"),
        ("late_rows", "bigint"),
        ("_rows", "bigint"),
        ("_latest", "timestamp"),
        ("_run_id", "string"),
    ]


REFUSED = {
    "a window that fills no day": (WINDOW | {"size": "PT7M"}, "[hourly].size: windows of 420 seconds"),
    "a lateness without end": (WINDOW | {"lateness": "P8D"}, "[hourly].lateness: a window would wait 8 days"),
    "a time that is no column": (WINDOW | {"time": "sen"}, "did you mean 'seen'?"),
    "a time that is not filled in": (WINDOW | {"time": "local"}, "'local' does not say of every event"),
    "a column that may be empty": (WINDOW | {"by": ["fare"]}, "[hourly].by[0]: 'fare' may be empty"),
    "a fraction to tell apart by": (WINDOW | {"by": ["ratio"]}, "'ratio' is a fraction"),
    "the time itself": (WINDOW | {"by": ["seen"]}, "'seen' is the window's own"),
    "a name that is a table": (WINDOW | {"name": "quarantine"}, "is not a legal name of a window"),
    "a name with a capital": (WINDOW | {"name": "Hourly"}, "is not a legal name of a window"),
    "a sum of nothing": (measured(function="sum"), "measures[figure]: a sum of nothing"),
    "a sum of text": (measured(function="sum", column="carrier"), "a sum of string depends on the order"),
    "a sum of fractions": (measured(function="sum", column="ratio"), "declare fractions as decimal"),
    "a measure of no column": (measured(function="min", column="fair"), "did you mean 'fare'?"),
    "a measure called as the window's own": (measured(name="late_rows", function="count"), "no name of its own"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(REFUSED))
def test_what_makes_no_sense_is_refused_where_it_stands(contracts, what):
    window, message = REFUSED[what]

    assert message in refusal(contracts, window)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (WINDOW | {"late": "PT1M"}, "late"),
        ({name: value for name, value in WINDOW.items() if name != "lateness"}, "lateness"),
        (measured(function="median", column="fare"), "count, sum, min, max, avg"),
        (WINDOW | {"size": "60"}, "size"),
    ],
)
def test_a_word_that_is_none_of_the_language_is_refused(contracts, window, message):
    assert message in refusal(contracts, window)


def test_two_windows_of_one_name_are_refused(contracts):
    assert "two windows are called 'hourly'" in refusal(contracts, WINDOW, WINDOW)


def test_changes_of_a_table_have_no_windows(contracts):
    assert "this dataset is none of events" in refusal(contracts, WINDOW, source=CDC, topic=False)


def test_what_tells_about_a_person_is_in_no_window(contracts):
    def personal(value):
        column = contracts.column(value, "carrier")
        column["classification"] = "confidential"
        column["customProperties"] = [
            {"property": "pii", "value": True},
            {"property": "masking", "value": {"method": "redact", "when": "query"}},
        ]

    assert "an erasure does not reach into a window" in refusal(contracts, WINDOW, change=personal)


def test_a_role_that_sees_some_rows_may_not_see_what_counts_all(contracts):
    def filtered(value):
        value["roles"][0]["customProperties"] = [
            {"property": "zones", "value": ["curated"]},
            {"property": "rowFilter", "value": "carrier = 'AA'"},
        ]

    assert "a role sees only some of them" in refusal(contracts, WINDOW, change=filtered)


def test_two_tables_of_one_name_are_refused_in_their_domain(contracts):
    folder = written(contracts, WINDOW | {"name": "per_day"}, change=lambda value: None).parent
    other = yaml.safe_load((folder / "airlines.odcs.yaml").read_text())
    other["id"] += "-2"
    other["name"] = other["schema"][0]["name"] = "airlines_per_day"
    other["customProperties"] = [one for one in other["customProperties"] if one["property"] != "windows"]
    contracts.write("airlines_per_day", other)
    for path in folder.glob("*.odcs.yaml"):
        if not path.name.startswith("airlines"):
            path.unlink()

    with pytest.raises(ContractError, match=r"airlines_per_day\.odcs\.yaml has already"):
        load_domain(folder)


@pytest.mark.parametrize(
    ("after", "what", "breaks"),
    [
        (WINDOW | {"lateness": "PT20M"}, "lateness 600 -> 1200 s", "nobody"),
        (WINDOW | {"lateness": "PT1M"}, "lateness 600 -> 60 s", "consumers"),
        (WINDOW | {"size": "PT30M"}, "size changed", "consumers"),
        (measured(function="count"), "measures changed", "consumers"),
    ],
)
def test_a_window_that_counts_otherwise_breaks_its_readers(contracts, after, what, breaks):
    old = load_dataset(written(contracts, WINDOW))
    found = diff(old, load_dataset(written(contracts, after)))

    assert [(one.field, one.what, one.breaks.value) for one in found] == [("windows.hourly", what, breaks)]


def test_a_window_that_comes_breaks_nobody_and_one_that_goes_its_readers(contracts):
    both = load_dataset(written(contracts, WINDOW, WINDOW | {"name": "again"}))
    one = load_dataset(written(contracts, WINDOW))

    assert [each.breaks.value for each in diff(one, both)] == ["nobody"]
    assert [each.breaks.value for each in diff(both, one)] == ["consumers"]
