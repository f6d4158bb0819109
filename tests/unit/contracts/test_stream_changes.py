"""A change of a stream says whom it breaks: those who read the topic, those who send, or nobody."""

import dataclasses

import pytest
from stream_contracts import accepted, column, events

from data_platform.contracts.diff import Breaks, Bump, diff, required_bump
from data_platform.contracts.streams import Reserved

ID, NOTE = column("order_id", "bigint", required=True), column("note")
SHOP = column("shop", required=True)
OLD = events(ID, NOTE, SHOP)


def changes(old, new):
    return [(one.field, one.what, one.breaks) for one in diff(old, new)]


def streamed(**more):
    return dataclasses.replace(OLD, stream=dataclasses.replace(OLD.stream, **more))


def test_a_stream_does_not_differ_from_itself():
    assert changes(OLD, OLD) == []


@pytest.mark.parametrize(
    ("before", "after", "field", "breaks"),
    [
        ({}, {"partitions": 12}, "stream partitions", Breaks.NOBODY),
        ({}, {"partitions": 3}, "stream partitions", Breaks.CONSUMERS),
        ({"cleanup": ("compact",)}, {"cleanup": ("compact",), "partitions": 12}, "stream partitions", Breaks.CONSUMERS),
        ({}, {"retention_ms": 3_600_000}, "stream retention", Breaks.CONSUMERS),
        ({}, {"retention_ms": 999_999_999}, "stream retention", Breaks.NOBODY),
        ({}, {"dead_letter_retention_ms": 604_800_000}, "stream dead letters' retention", Breaks.NOBODY),
        ({}, {"cleanup": ("compact",)}, "stream cleanup", Breaks.CONSUMERS),
        ({"cleanup": ("compact",)}, {}, "stream cleanup", Breaks.CONSUMERS),
        ({"cleanup": ("compact", "delete")}, {}, "stream cleanup", Breaks.NOBODY),
        ({}, {"key": ("shop", "order_id")}, "stream key", Breaks.CONSUMERS),
        ({}, {"format": "protobuf"}, "stream format", Breaks.CONSUMERS),
        ({}, {"compatibility": "FULL_ALL"}, "stream compatibility", Breaks.NOBODY),
        ({}, {"compatibility": "BACKWARD"}, "stream compatibility", Breaks.CONSUMERS),
        ({}, {"compatibility": "FORWARD_ALL"}, "stream compatibility", Breaks.CONSUMERS),
        ({}, {"compatibility": "NONE"}, "stream compatibility", Breaks.CONSUMERS),
        ({"masked_by": "consumer"}, {"masked_by": "producer"}, "stream maskedBy", Breaks.CONSUMERS),
        ({"reserved": (Reserved(number=3, name="x"),)}, {}, "stream reserved", Breaks.CONSUMERS),
    ],
)  # fmt: skip
def test_each_change_says_whom_it_breaks(before, after, field, breaks):
    assert [(one[0], one[2]) for one in changes(streamed(**before), streamed(**after))] == [(field, breaks)]


def test_a_new_stream_breaks_nobody_and_one_that_goes_its_readers():
    none = dataclasses.replace(OLD, stream=None)
    assert changes(none, OLD) == [("stream", "added: retail.orders.v1", Breaks.NOBODY)]
    assert changes(OLD, none) == [("stream", "removed: retail.orders.v1", Breaks.CONSUMERS)]


def test_a_new_major_version_moves_to_another_topic():
    new = events(ID, NOTE, SHOP, version="2.0.0")
    assert changes(OLD, new) == [("stream topic", "retail.orders.v1 -> retail.orders.v2", Breaks.CONSUMERS)]


def test_a_column_that_may_be_empty_comes_without_breaking_anybody():
    new = events(ID, NOTE, SHOP, column("zip"))
    assert changes(OLD, new) == [("columns.zip", "added", Breaks.NOBODY)]
    assert required_bump(diff(OLD, new)) is Bump.MINOR


def test_a_wider_type_breaks_nobody_by_itself_and_a_narrower_one_does():
    narrow, wide = (events(ID, column("seats", type_)) for type_ in ("int", "bigint"))
    assert required_bump(diff(narrow, wide)) is Bump.MINOR
    assert required_bump(diff(wide, narrow)) is Bump.MAJOR


def test_a_column_that_must_be_filled_in_breaks_who_sends():
    new = events(ID, NOTE, SHOP, column("zip", required=True))
    assert changes(OLD, new) == [("columns.zip", "added", Breaks.PRODUCERS)]


def test_events_instead_of_a_table_break_who_brings_rows():
    table = dataclasses.replace(OLD, physical_type="table", stream=None)
    assert ("physical type", "table -> topic", Breaks.PRODUCERS) in changes(table, OLD)


def test_a_moment_is_not_a_local_time():
    at = column("at", "timestamp")
    old, new = events(ID, at), events(ID, dataclasses.replace(at, instant=True))
    assert changes(old, new) == [("columns.at", "timezone False -> True", Breaks.CONSUMERS)]


def test_a_field_number_never_moves_within_a_topic():
    one, other = column("x", field_number=2), column("x", field_number=3)
    assert changes(events(ID, one), events(ID, other)) == [
        ("columns.x", "field number 2 -> 3", Breaks.CONSUMERS)
    ]
    moved = changes(events(ID, one), events(ID, other, version="2.0.0"))
    assert ("columns.x", "field number 2 -> 3", Breaks.NOBODY) in moved


def test_numbers_are_free_again_in_a_new_topic():
    old = events(ID, reserved=(Reserved(number=3, name="x"),))
    assert [one[0] for one in changes(old, events(ID, version="2.0.0"))] == ["stream topic"]


@pytest.mark.parametrize("values", [("NEW", "PAID", "SENT"), ("NEW",), ("PAID", "NEW")])
def test_a_closed_list_does_not_change_within_a_topic(values):
    status = column("status", required=True)
    old = events(ID, status, checks=(accepted("status", "NEW", "PAID"),))
    assert required_bump(diff(old, events(ID, status, checks=(accepted("status", *values),)))) is Bump.MAJOR
