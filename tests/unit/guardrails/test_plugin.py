"""The CDK runs the plugin: findings get construct paths, stop synthesis and can be accepted by name only."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs

from data_platform.acknowledgement import acknowledge
from data_platform.guardrails import Expectations, Guardrails

REASON = "A throw-away log group of a test, which holds nothing and is deleted with the test's stack."


@pytest.fixture
def app(tmp_path):
    return cdk.App(outdir=str(tmp_path), analytics_reporting=False, builtin_cloud_formation_validation=False)


@pytest.fixture
def group(app):
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111111111111", region="us-east-1"))
    return logs.CfnLogGroup(stack, "Log", retention_in_days=7)


def report_of(app, *plugins):
    cdk.Validations.of(app).add_plugins(*plugins)
    try:
        app.synth()
    except RuntimeError as error:
        failure = str(error)
    else:
        failure = ""
    reports = json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]
    return failure, {report["pluginName"]: report for report in reports}


def test_a_finding_stops_synthesis_with_construct_path_and_mend(app, group):
    failure, reports = report_of(app, Guardrails())
    [violation] = reports["DataPlatform"]["violations"]

    assert "ValidationFailed" in failure
    assert violation["ruleName"] == "DP-LOG-KEY"
    assert violation["violatingConstructs"][0]["constructPath"] == "Stack/Log"
    assert violation["description"].startswith("KmsKeyId is not set")
    assert "encryption_key" in violation["suggestedFix" if "suggestedFix" in violation else "fix"]


def test_a_finding_is_accepted_under_the_name_of_the_plugin(app, group):
    acknowledge(group, "DataPlatform::DP-LOG-KEY", reason=REASON)

    failure, reports = report_of(app, Guardrails())

    assert failure == ""
    assert reports["DataPlatform"]["suppressedViolations"][0]["reason"] == REASON


def test_a_rule_can_be_left_out(app, group):
    failure, _ = report_of(app, Guardrails(without=["DP-LOG-KEY"]))

    assert failure == ""


def test_what_only_the_application_knows_is_told_by_it(app, group):
    _, reports = report_of(app, Guardrails(Expectations(regions=("ap-southeast-2",)), without=["DP-LOG-KEY"]))

    assert reports["DataPlatform"]["violations"][0]["description"].startswith(
        "stack Stack is deployed to us-east-1"
    )
