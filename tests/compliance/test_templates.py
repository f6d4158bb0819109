"""Templates stay small, pass cfn-lint for the region, hold legal alarms and nothing looked up."""

from __future__ import annotations

import json
import warnings

import pytest

# CloudFormation refuses more than 500 resources or 1 MB; a test that fails earlier leaves time to split a stack.
WARN_RESOURCES, MOST_RESOURCES = 300, 400
WARN_BYTES, MOST_BYTES = 500_000, 700_000
ONE_HOUR, ONE_DAY, ONE_WEEK = 3600, 86_400, 604_800


def test_every_stack_has_room_to_grow(assembly):
    sizes = {
        stack: (len(template["Resources"]), len(json.dumps(template, indent=1)))
        for stack, template in assembly.templates.items()
    }
    too_big = {
        stack: size for stack, size in sizes.items() if size[0] > MOST_RESOURCES or size[1] > MOST_BYTES
    }
    for stack, size in sizes.items():
        if size[0] > WARN_RESOURCES or size[1] > WARN_BYTES:
            warnings.warn(f"{stack}: {size[0]} resources, {size[1]} bytes; plan to split it", stacklevel=1)

    assert too_big == {}


def test_cfn_lint_accepts_every_template(cfn_lint, assembly):
    matches = [
        f"{stack}: {match.rule.id} {match.message} at {'/'.join(map(str, match.path or []))}"
        for stack, template in assembly.templates.items()
        for match in cfn_lint(template)
        if not _is_jsonata_timeout(match)
    ]

    assert matches == []


def test_cfn_lint_refuses_what_the_region_does_not_take(cfn_lint):
    wrong = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": "soon"}}}}

    assert [match.rule.id for match in cfn_lint(wrong)] == ["E3012"]


def _is_jsonata_timeout(match):
    # With JSONata a timeout may be an expression (Amazon States Language, TimeoutSeconds); cfn-lint wants a number.
    return (
        match.rule.id == "E3601"
        and (match.path or [""])[-1] == "TimeoutSeconds"
        and match.message.startswith("'{% ")
    )


def test_nothing_was_looked_up(assembly):
    missing = [
        entry
        for manifest in assembly.directory.rglob("manifest.json")
        for entry in json.loads(manifest.read_text()).get("missing", [])
    ]

    assert missing == []


def test_no_dummy_value_of_a_lookup_is_in_a_template(assembly):
    text = json.dumps(assembly.templates)

    assert [word for word in ("dummy1a", "vpc-12345", "dummy-value") if word in text] == []


def test_every_alarm_has_a_window_that_cloudwatch_accepts(assembly):
    refused = [
        problem
        for (stack, logical_id), resource in assembly.of_type("AWS::CloudWatch::Alarm").items()
        for problem in window_problems(f"{stack}/{logical_id}", resource["Properties"])
    ]

    assert refused == []


@pytest.mark.parametrize(
    ("period", "periods", "accepted"),
    [
        (300, 288, True),
        (300, 289, False),
        (3600, 168, True),
        (86_400, 8, False),
        (45, 1, False),
        (10, 6, True),
    ],
)
def test_an_alarm_window_is_legal(period, periods, accepted):
    problems = window_problems("alarm", {"Period": period, "EvaluationPeriods": periods})

    assert (problems == []) is accepted


def window_problems(name, alarm):
    periods = [alarm["Period"]] if "Period" in alarm else []
    for metric in alarm.get("Metrics", []):
        periods += [
            period for period in (metric.get("Period"), metric.get("MetricStat", {}).get("Period")) if period
        ]
    problems = []
    for period in periods:
        if period not in (10, 20, 30) and period % 60:
            problems.append(f"{name}: a period of {period} s is neither 10, 20, 30 nor a multiple of 60")
        window, most = period * alarm["EvaluationPeriods"], ONE_DAY if period < ONE_HOUR else ONE_WEEK
        if window > most:
            problems.append(f"{name}: a window of {window} s is longer than {most} s")
    if alarm.get("DatapointsToAlarm", 1) > alarm["EvaluationPeriods"]:
        problems.append(f"{name}: DatapointsToAlarm is more than EvaluationPeriods")
    return problems
