"""What a mapping may ask for, and that what nobody acts on is refused by its name."""

from __future__ import annotations

import pytest

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
    def __init__(self, size):
        self._size = size

    def topic(self):
        return "orders"

    def key(self):
        return None

    def value(self):
        return bytes(self._size)

    def headers(self):
        return None


@pytest.mark.parametrize(
    ("sizes", "count"),
    [([10] * 5, 5), ([4_000_000, 1_000_000], 1), ([2_000_000] * 4, 2), ([9_000_000, 1], 1)],
)
def test_a_batch_is_cut_before_the_record_that_is_too_much_and_never_empty(sizes, count):
    assert event.first_cut([_Message(size) for size in sizes]) == count
