"""Six security packs, our guardrails and CloudFormation's own rules find nothing open in any environment."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from app import PACKS, platform
from environments import DEV

ROOT = Path(__file__).resolve().parents[2]


def test_no_finding_is_open(assembly):
    findings = [
        f"{finding['severity']} {finding['ruleName']} {place['constructPath']}"
        for finding in assembly.findings()
        for place in finding["violatingConstructs"]
    ]

    assert findings == []


def test_the_app_synthesises(assembly):
    assert assembly.failure == ""


def test_no_pack_crashed(assembly):
    crashed = {
        plugin["pluginName"]: plugin["metadata"]["error"]
        for plugin in assembly.report["pluginReports"]
        if (plugin.get("metadata") or {}).get("error")
    }

    assert crashed == {}


def test_all_six_packs_are_registered():
    six = {
        cdk_nag.AwsSolutionsChecks,
        cdk_nag.HIPAASecurityChecks,
        cdk_nag.NIST80053R4Checks,
        cdk_nag.NIST80053R5Checks,
        cdk_nag.PCIDSS321Checks,
        cdk_nag.ServerlessChecks,
    }

    assert set(PACKS) == six


@pytest.fixture(scope="module")
def canary_report(tmp_path_factory):
    """The app of `app.py` itself with one contract, and one stack that each pack must refuse."""
    contracts = tmp_path_factory.mktemp("domains")
    (contracts / "aviation").mkdir()
    shutil.copy(ROOT / "domains" / "aviation" / "airlines.odcs.yaml", contracts / "aviation")
    dev = dataclasses.replace(DEV, databases=())
    app = platform(outdir=str(tmp_path_factory.mktemp("canary")), environments=[dev], contracts=contracts)
    stack = cdk.Stack(app, "Canary", env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
    s3.CfnBucket(stack, "Bucket", access_control="NotAnAccessControl")
    sqs.CfnQueue(stack, "Queue")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    return json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]


@pytest.mark.parametrize(
    "plugin",
    [
        "AwsSolutions",
        "HIPAA.Security",
        "NIST.800.53.R4",
        "NIST.800.53.R5",
        "PCI.DSS.321",
        "Serverless",
        "DataPlatform",
        "CloudFormation Validate",
    ],
)
def test_the_canary_is_refused_as_an_error_by(canary_report, plugin):
    refusals = {
        report["pluginName"]
        for report in canary_report
        for finding in report["violations"]
        for place in finding["violatingConstructs"]
        if finding["severity"] in ("error", "fatal") and place["constructPath"].startswith("Canary/")
    }

    assert plugin in refusals


def test_cloudformation_rules_are_strict():
    context = json.loads((ROOT / "cdk.json").read_text())["context"]

    assert context["@aws-cdk/core:validateAgainstDefaultRules"] is True
