from dataclasses import replace

import pytest
from contract_files import AVIATION, Contracts
from people import SEES_ALL, dataset, grant

from data_platform.contracts.diff import Breaks, Bump, diff, required_bump, version_is_enough
from data_platform.contracts.odcs import load_dataset


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


@pytest.fixture(scope="module")
def flights():
    return load_dataset(AVIATION / "flights.odcs.yaml")


def _changed(contracts, flights, old, new):
    return diff(flights, load_dataset(contracts.replace("flights", old, new)))


def test_a_contract_does_not_differ_from_itself(flights):
    assert not diff(flights, flights)
    assert required_bump(diff(flights, flights)) is Bump.NONE


def test_a_removed_column_breaks_consumers_once(flights):
    slim = replace(
        flights,
        columns=tuple(column for column in flights.columns if column.name != "air_time"),
        checks=tuple(check for check in flights.checks if "air_time" not in check.columns),
    )
    changes = diff(flights, slim)
    assert [(one.field, one.what, one.breaks) for one in changes] == [
        ("columns.air_time", "removed", Breaks.CONSUMERS)
    ]
    assert required_bump(changes) is Bump.MAJOR


def test_an_added_column_breaks_producers_as_the_drift_check_refuses_deliveries_without_it(flights):
    slim = replace(flights, columns=flights.columns[:-1], checks=())
    changes = diff(slim, replace(flights, checks=()))
    assert [(one.field, one.breaks) for one in changes] == [("columns.time_hour", Breaks.PRODUCERS)]


@pytest.mark.parametrize(
    ("old", "new", "field", "breaks"),
    [
        ("physicalType: int\n", "physicalType: bigint\n", "columns.year", Breaks.NOBODY),
        ("logicalType: integer\n        physicalType: int\n", "logicalType: number\n        physicalType: double\n", "columns.year", Breaks.CONSUMERS),
        ("{minimum: 0, maximum: 23}", "{minimum: 1, maximum: 23}", "aviation.flights.hour.range", Breaks.PRODUCERS),
        ("{minimum: 0, maximum: 23}", "{minimum: 0, maximum: 24}", "aviation.flights.hour.range", Breaks.CONSUMERS),
        ('["EWR", "JFK", "LGA"]', '["EWR", "JFK", "LGA", "TEB"]', "aviation.flights.origin.accepted", Breaks.CONSUMERS),
        ('["EWR", "JFK", "LGA"]', '["EWR", "JFK"]', "aviation.flights.origin.accepted", Breaks.PRODUCERS),
        ("mustBeBetween: [500, 1200]", "mustBeBetween: [600, 1200]", "aviation.flights.volume", Breaks.PRODUCERS),
        ("{value: 20, unit: percent}", "{value: 30, unit: percent}", "aviation.flights.tailnum.referential", Breaks.NOBODY),
        ("value: 7\n", "value: 8\n", "retention", Breaks.NOBODY),
        ("value: 7\n", "value: 6\n", "retention", Breaks.CONSUMERS),
        ('value: "06:00"', 'value: "07:00"', "deadline", Breaks.CONSUMERS),
        ('value: "06:00"', 'value: "05:30"', "deadline", Breaks.NOBODY),
        ("value: 24\n", "value: 48\n", "freshness", Breaks.CONSUMERS),
        ("{days: 365}", "{days: 100}", "object lock", Breaks.CONSUMERS),
        ("{days: 365}", "{days: 400}", "object lock", Breaks.NOBODY),
        ("value: [staged, curated]", "value: [curated]", "roles.steward", Breaks.CONSUMERS),
        ("value: [staged, curated]", "value: [raw, staged, curated]", "roles.steward", Breaks.NOBODY),
        ("classification: public", "classification: restricted", "columns.year", Breaks.CONSUMERS),
        ("delivery: daily", "delivery: onChange", "source", Breaks.PRODUCERS),
        ("value: partition\n", "value: snapshot\n", "load mode", Breaks.PRODUCERS),
        ("value: month}", "value: day}", "partition spec", Breaks.NOBODY),
        ("status: active", "status: retired", "status", Breaks.CONSUMERS),
        ("status: active", "status: deprecated", "status", Breaks.NOBODY),
    ],
)  # fmt: skip
def test_each_change_says_whom_it_breaks(contracts, flights, old, new, field, breaks):
    changes = _changed(contracts, flights, old, new)
    assert (field, breaks) in [(one.field, one.breaks) for one in changes], changes
    assert all(one.reason for one in changes)


def test_a_changed_description_asks_for_a_patch_only(contracts, flights):
    changes = _changed(
        contracts, flights, "Minutes in the air.", "Minutes between wheels up and wheels down."
    )
    assert required_bump(changes) is Bump.PATCH


def test_a_softer_rule_shows_consumers_what_was_refused(flights):
    softer = replace(
        flights,
        checks=tuple(
            replace(check, severity="warning", on_failure=None)
            if check.id.endswith("carrier.referential")
            else check
            for check in flights.checks
        ),
    )
    assert [one.breaks for one in diff(flights, softer)] == [Breaks.CONSUMERS]
    assert [one.breaks for one in diff(softer, flights)] == [Breaks.PRODUCERS]


def test_breaking_changes_come_first(contracts, flights):
    contracts.replace("flights", "Minutes in the air.", "Minutes up.")
    changes = _changed(contracts, flights, "value: 7\n", "value: 6\n")
    assert [one.breaks for one in changes] == [Breaks.CONSUMERS, Breaks.NOBODY]


@pytest.mark.parametrize(
    ("old", "new", "bump", "enough"),
    [
        ("1.0.0", "2.0.0", Bump.MAJOR, True),
        ("1.9.9", "1.10.0", Bump.MAJOR, False),
        ("1.9.9", "1.10.0", Bump.MINOR, True),
        ("1.0.0", "1.0.1", Bump.MINOR, False),
        ("1.0.0", "1.0.1", Bump.PATCH, True),
        ("1.0.0", "1.0.0", Bump.PATCH, False),
        ("1.0.0", "1.0.0", Bump.NONE, True),
        ("2.0.0", "1.0.0", Bump.NONE, False),
        ("1.0.0", "2.0.0", Bump.PATCH, True),
    ],
)
def test_a_version_step_is_enough_or_not(old, new, bump, enough):
    assert enough is version_is_enough(old, new, bump)


def _role(before, after):
    kept = {"person": False}
    changes = diff(dataset("airlines", before, **kept), dataset("airlines", *after, **kept))
    return [(one.field, one.what, one.breaks) for one in changes]


ANALYST = grant("analyst", "staged", "curated")


@pytest.mark.parametrize(
    ("after", "what"),
    [
        (grant("analyst", "curated"), "loses staged"),
        (grant("analyst", "staged", "curated", sees=("public",)), "loses internal columns"),
        (grant("analyst", "staged", "curated", row_filter="carrier = 'UA'"), "sees other rows: all -> carrier = 'UA'"),
    ],
)  # fmt: skip
def test_a_role_that_sees_less_breaks_its_queries(after, what):
    assert _role(ANALYST, [after]) == [("roles.analyst", what, Breaks.CONSUMERS)]


def test_every_loss_of_a_role_is_named():
    less = grant("analyst", "curated", sees=("public",), row_filter="carrier = 'UA'")

    assert len(_role(ANALYST, [less])) == 3


def test_a_role_that_goes_loses_its_zones():
    assert _role(ANALYST, []) == [("roles.analyst", "loses curated, staged", Breaks.CONSUMERS)]


def test_another_row_filter_gives_other_answers():
    some = replace(ANALYST, row_filter="carrier = 'UA'")

    assert _role(some, [replace(ANALYST, row_filter="carrier = 'AA'")])[0][2] is Breaks.CONSUMERS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (replace(ANALYST, row_filter="carrier = 'UA'"), ANALYST),
        (ANALYST, replace(ANALYST, classifications=SEES_ALL)),
        (ANALYST, replace(ANALYST, approvers=("somebody",))),
    ],
)
def test_a_role_that_sees_as_much_or_more_breaks_nobody(before, after):
    assert _role(before, [after]) == [("roles.analyst", "changed", Breaks.NOBODY)]


def test_another_name_of_the_masked_column_breaks_consumers():
    old = dataset("airlines")
    new = replace(old, columns=(old.columns[0], replace(old.columns[1], masked_name="name_shown")))

    (change,) = diff(old, new)
    assert (change.what, change.breaks) == ("masked column name_masked -> name_shown", Breaks.CONSUMERS)


def test_another_data_subject_breaks_nobody():
    old = dataset("airlines")

    (change,) = diff(old, replace(old, subject="carrier"))
    assert (change.field, change.breaks) == ("subject", Breaks.NOBODY)
