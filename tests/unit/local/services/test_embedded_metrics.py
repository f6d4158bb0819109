"""Only log events of the embedded metric format become metric data."""

from __future__ import annotations

import json

import pytest

from local.services import embedded_metrics

_DIRECTIVE = {"Namespace": "N", "Dimensions": [["a"], []], "Metrics": [{"Name": "Rows"}]}


def _event(**members):
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [_DIRECTIVE]}, **members})


def test_each_dimension_set_has_a_datum():
    found = list(embedded_metrics.metrics(_event(a="x", Rows=2)))
    assert found == [("N", "Rows", "None", {"a": "x"}, 2.0), ("N", "Rows", "None", {}, 2.0)]


@pytest.mark.parametrize(
    "message",
    [
        "text",
        '{"level": "INFO"}',
        '{"_aws": 1}',
        '{"_aws": {',
        _event(a="x"),
        _event(Rows=1),
        _event(a="x", Rows="n"),
    ],
)
def test_another_event_is_a_line_and_no_more(message):
    assert list(embedded_metrics.metrics(message)) == []
