"""An alarm's state follows from its periods, its datapoints to alarm and what missing data mean."""

from __future__ import annotations

import pytest
from ministack.services import cloudwatch

from local.services.cloudwatch import evaluation, expressions, queries

_T = 1_000_000 * 60  # a whole minute


@pytest.fixture
def metric():
    """Stores data of a metric, in this process."""

    cloudwatch.reset()

    def store(name, *values, **dimensions):
        bucket = cloudwatch._metric_bucket(("N", name, cloudwatch._dims_key(dimensions)))
        for age, value in enumerate(reversed(values)):
            if value is not None:
                moment = _T - 60 * (age + 1) + 5
                bucket.append(
                    {"Timestamp": moment, "Value": float(value), "Unit": "Count", "Dimensions": dimensions}
                )

    yield store
    cloudwatch.reset()


def _alarm(**given):
    alarm = {
        "Namespace": "N",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Dimensions": [],
    }
    return alarm | given


def _state(alarm, now=_T):
    verdict = evaluation.judge(alarm, now=now)
    return verdict and verdict.state


def test_two_of_three_periods_are_enough_when_the_alarm_says_so(metric):
    metric("m", 2, 0, 2)
    assert _state(_alarm(DatapointsToAlarm=2)) == "ALARM"
    assert _state(_alarm()) == "OK"


def test_only_the_metric_with_exactly_these_dimensions_counts(metric):
    metric("m", 5, 5, 5, Function="other")
    metric("m", 0, 0, 0, Function="mine")
    dimensions = [{"Name": "Function", "Value": "mine"}]
    assert _state(_alarm(Dimensions=dimensions)) == "OK"


@pytest.mark.parametrize(
    ("missing", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"), ("ignore", None)],
)
def test_no_data_at_all_is_treated_as_the_alarm_says(metric, missing, state):
    assert _state(_alarm(TreatMissingData=missing)) == state


def test_a_period_that_breaches_already_need_not_end(metric):
    metric("m", 0, 0, 0)

    cloudwatch._metric_bucket(("N", "m", "")).append(
        {"Timestamp": _T + 1, "Value": 9.0, "Unit": "Count", "Dimensions": {}}
    )
    assert _state(_alarm(EvaluationPeriods=1), now=_T + 2) == "ALARM"


def test_a_low_that_was_seen_need_not_wait_for_the_end_of_its_period(metric):
    _started(value=1)
    low = _alarm(
        EvaluationPeriods=1, ComparisonOperator="LessThanOrEqualToThreshold", TreatMissingData="ignore"
    )

    assert _state(low | {"Statistic": "Minimum"}, now=_T + 2) == "ALARM"


def test_a_sign_of_life_ends_the_silence_at_once(metric):
    _started(value=5)
    silence = _alarm(
        ComparisonOperator="LessThanThreshold", Statistic="SampleCount", TreatMissingData="breaching"
    )

    assert _state(silence, now=_T - 1) == "ALARM"
    assert _state(silence, now=_T + 2) == "OK"


@pytest.mark.parametrize(
    "comparison", ["GreaterThanOrEqualToThreshold", "LessThanOrEqualToThreshold", "LessThanThreshold"]
)
def test_an_average_is_compared_when_its_period_has_ended(metric, comparison):
    _started(value=1)
    alarm = _alarm(EvaluationPeriods=1, ComparisonOperator=comparison, Threshold=1, TreatMissingData="ignore")

    assert _state(alarm | {"Statistic": "Average"}, now=_T + 2) is None


def _started(*, value):
    """A datum in the period that has just begun."""
    cloudwatch._metric_bucket(("N", "m", "")).append(
        {"Timestamp": _T + 1, "Value": float(value), "Unit": "Count", "Dimensions": {}}
    )


def test_a_period_that_has_only_begun_is_not_too_low(metric):
    metric("m", 5)
    low = _alarm(EvaluationPeriods=1, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching")
    assert _state(low, now=_T + 2) == "OK"


def test_percentiles_are_taken_of_the_samples(metric):

    for value in range(1, 101):
        cloudwatch._metric_bucket(("N", "m", "")).append(
            {"Timestamp": _T - 30, "Value": float(value), "Unit": "None", "Dimensions": {}}
        )
    alarm = _alarm(EvaluationPeriods=1, Statistic=None, ExtendedStatistic="p99", Threshold=99)
    assert _state(alarm) == "ALARM"
    assert _state(alarm | {"ExtendedStatistic": "p50"}) == "OK"


def _query(identifier, name, **more):
    stat = {"Metric": {"Namespace": "N", "MetricName": name, "Dimensions": []}, "Period": 60, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat, "ReturnData": False, **more}


def test_metric_math_is_evaluated_over_several_metrics(metric):
    metric("failed", 1, None, 3)
    metric("started", 10, 10, 10)
    rate = {"Id": "rate", "Expression": "100 * FILL(failed, 0) / started", "ReturnData": True}
    alarm = {
        **_alarm(Threshold=25, EvaluationPeriods=1),
        "Metrics": [_query("failed", "failed"), _query("started", "started"), rate],
    }
    alarm.pop("MetricName")
    assert _state(alarm) == "ALARM"
    found = queries.evaluate(alarm["Metrics"], start=_T - 180, end=_T)
    assert list(found["rate"].values()) == [10.0, 0.0, 30.0]


def test_sum_of_all_metrics_and_if(metric):
    metric("a", 1, 2)
    metric("b", 10, 20)
    math = [{"Id": "s", "Expression": "SUM(METRICS())"}, {"Id": "flag", "Expression": "IF(s > 15, 1, 0)"}]
    found = queries.evaluate([_query("a", "a"), _query("b", "b"), *math], start=_T - 120, end=_T)
    assert list(found["s"].values()) == [11.0, 22.0]
    assert list(found["flag"].values()) == [0.0, 1.0]


@pytest.mark.parametrize("text", ["m1 +", "NOSUCH(m1)", "unknown * 2", "__import__('os')"])
def test_wrong_metric_math_says_what_is_wrong(text):
    with pytest.raises(expressions.ExpressionError, match="Metric math"):
        expressions.evaluate(text, {"m1": {0: 1.0}}, axis=[0], metrics={})
