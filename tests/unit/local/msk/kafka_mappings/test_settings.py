"""What a mapping may ask for, and that what nobody acts on is refused by its name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.services.lambda_functions.kafka_mappings import event, settings
from local.services.refusal import Refusal

_NEW = {
    "EventSourceArn": "arn:aws:kafka:r:1:cluster/shop/0a-1",
    "FunctionName": "reads",
    "Topics": ["orders"],
    "StartingPosition": "LATEST",
}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"Topics": []}, "Topics must name one topic"),
        ({"Topics": ["a", "b"]}, "Topics must name one topic"),
        ({"StartingPosition": None}, "StartingPosition must be one of"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp is given with"),
        ({"StartingPositionTimestamp": 1}, "StartingPositionTimestamp is given with"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 9e12},
            "must not be in the future",
        ),
        ({"AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "a b"}}, "ConsumerGroupId must match"),
        ({"BatchSize": 10_001}, "BatchSize must be 1 to 10000"),
        ({"MaximumBatchingWindowInSeconds": 301}, "must be 0 to 300"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 201}}, "MinimumPollers must be 1 to 200"),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 2}},
            "must not be greater than MaximumPollers",
        ),
        ({"ParallelizationFactor": 2}, "ParallelizationFactor is not supported for Amazon MSK"),
        ({"MaximumRetryAttempts": 3}, "MaximumRetryAttempts is not acted on"),
        ({"FunctionResponseTypes": ["ReportBatchItemFailures"]}, "FunctionResponseTypes is not acted on"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "kafka://dlq"}}},
            "DestinationConfig is not acted on",
        ),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "FilterCriteria is not acted on"),
    ],
)
def test_what_a_mapping_cannot_have_is_refused_by_name(given, told):
    with pytest.raises(Refusal, match=told) as refused:
        settings.check_new({**_NEW, **given})
    assert refused.value.code == "InvalidParameterValueException"


def test_what_changes_nothing_is_accepted():
    settings.check_new(
        {**_NEW, "MaximumRetryAttempts": -1, "DestinationConfig": {}, "BisectBatchOnFunctionError": False}
    )


class _Message:
    def __init__(self, value, *, key=None, headers=None, topic="orders"):
        self._value, self._key, self._headers, self._topic = value, key, headers, topic

    def topic(self):
        return self._topic

    def partition(self):
        return 9_999

    def offset(self):
        return 2**63 - 1

    def timestamp(self):
        return 0, 2**63 - 1

    def key(self):
        return self._key

    def value(self):
        return self._value

    def headers(self):
        return self._headers


@pytest.mark.parametrize(
    ("sizes", "count"),
    [([10] * 5, 5), ([4_000_000, 1_000_000], 1), ([2_000_000] * 4, 2), ([9_000_000, 1], 1)],
)
def test_a_batch_is_cut_before_the_record_that_is_too_much_and_never_empty(sizes, count):
    assert event.first_cut([_Message(bytes(size)) for size in sizes]) == count


_BYTES = st.none() | st.binary(max_size=50)


@given(
    st.builds(
        _Message,
        _BYTES,
        key=_BYTES,
        headers=st.none() | st.lists(st.tuples(st.text(max_size=10), _BYTES), max_size=5),
        topic=st.from_regex(r"[a-zA-Z0-9._-]{1,249}", fullmatch=True),
    )
)
def test_no_record_takes_more_of_the_event_than_it_is_counted_for(message):
    assert len(json.dumps(event.record(message))) + len(", ") <= event._length(message)
