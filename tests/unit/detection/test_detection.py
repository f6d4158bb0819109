"""Detection in the templates: each service once, each with an owner elsewhere if wanted, and nobody told twice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from data_platform.contracts.odcs import load_domains
from data_platform.detection import MANAGED_RULES
from data_platform.detection.threats import FEATURES, RUNTIME_AGENTS
from data_platform.observability import finding_rules
from environments import DEV, InvalidEnvironment
from stacks.platform import PlatformStage

ROOT = Path(__file__).resolve().parents[3]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
ONCE = (
    "AWS::GuardDuty::Detector",
    "AWS::Macie::Session",
    "AWS::SecurityHub::Hub",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
)


def test_each_service_is_there_once(assembly):
    for kind in ONCE:
        assert len(assembly.of_type(kind)) == 1, kind


@pytest.mark.parametrize(
    ("service", "kinds"),
    [
        ("guardduty", ["AWS::GuardDuty::Detector"]),
        ("macie", ["AWS::Macie::Session"]),
        ("security_hub", ["AWS::SecurityHub::Hub", "AWS::SecurityHub::Standard"]),
        ("access_analyzer", ["AWS::AccessAnalyzer::Analyzer"]),
    ],
)
def test_a_service_of_another_owner_is_left_out_and_people_are_told_all_the_same(service, kinds):
    shared = dataclasses.replace(DEV, detection=dataclasses.replace(DEV.detection, **{service: "existing"}))
    template = _detection(shared)
    found = {resource["Type"] for resource in template["Resources"].values()}

    assert not found & set(kinds)
    rules = [r for r in template["Resources"].values() if r["Type"] == "AWS::Events::Rule"]
    assert len(rules) == len(finding_rules())


def test_an_account_whose_settings_another_stack_records_gets_no_second_recorder():
    settings = dataclasses.replace(DEV.detection, config="existing", security_hub="existing")
    template = _detection(dataclasses.replace(DEV, detection=settings))

    assert not [r for r in template["Resources"].values() if r["Type"].startswith("AWS::Config::")]


def _detection(environment):
    app = cdk.App(context=CONTEXT, analytics_reporting=False, builtin_cloud_formation_validation=False)
    stage = PlatformStage(app, environment.name, environment=environment, domains=())
    stacks = stage.synth().stacks
    (template,) = [stack.template for stack in stacks if stack.stack_name.endswith("-detection")]
    return template


def test_every_feature_of_guardduty_is_switched_by_name(assembly):
    (detector,) = assembly.of_type("AWS::GuardDuty::Detector").values()
    features = {each["Name"]: each for each in detector["Properties"]["Features"]}
    agents = {
        each["Name"]: each["Status"] for each in features["RUNTIME_MONITORING"]["AdditionalConfiguration"]
    }

    assert {name: each["Status"] == "ENABLED" for name, each in features.items()} == FEATURES
    assert {name: status == "ENABLED" for name, status in agents.items()} == RUNTIME_AGENTS


def test_macie_looks_into_raw_of_exactly_the_domains_with_personal_data(assembly_of):
    personal = {
        domain.name
        for domain in load_domains(ROOT / "domains")
        if any(column.pii for dataset in domain.datasets for column in dataset.columns)
    }
    calls = [
        resource["Properties"]
        for resource in assembly_of("prod").of_type("AWS::Scheduler::Schedule").values()
        if "macie2" in str(resource["Properties"]["Target"]["Arn"])
    ]
    buckets = {
        json.loads(call["Target"]["Input"])["S3JobDefinition"]["BucketDefinitions"][0]["Buckets"][0]
        for call in calls
    }

    assert personal == {"retail"}
    assert buckets == {f"dp-prod-{name}-raw-333333333333-ap-southeast-2" for name in personal}
    assert {call["State"] for call in calls} == {"ENABLED"}


def test_a_retried_call_makes_no_second_job(assembly_of):
    for resource in assembly_of("prod").of_type("AWS::Scheduler::Schedule").values():
        if "macie2" in str(resource["Properties"]["Target"]["Arn"]):
            token = json.loads(resource["Properties"]["Target"]["Input"])["ClientToken"]
            assert token == "<aws.scheduler.execution-id>"


def test_every_managed_rule_is_deployed_and_names_what_says_the_same_at_synth(assembly):
    rules = {
        r["Properties"]["Source"]["SourceIdentifier"]: r["Properties"]
        for r in assembly.of_type("AWS::Config::ConfigRule").values()
    }

    assert set(rules) == {rule.identifier for rule in MANAGED_RULES}
    for rule in MANAGED_RULES:
        assert rules[rule.identifier]["Description"] == f"At synth: {rule.pack}"
        assert rules[rule.identifier]["ConfigRuleName"].startswith(f"dp-{assembly.environment}-")


def test_high_findings_page_and_medium_ones_open_tickets():
    severity = {rule.name: rule.severity for rule in finding_rules()}

    assert {name for name, one in severity.items() if one == "page"} == {
        "threat-high",
        "control-high",
        "sensitive-data-high",
        "external-access",
    }


def test_no_severity_of_guardduty_from_medium_on_falls_between_two_rules():
    high, medium = (
        rule.pattern["detail"]["severity"][0]["numeric"] for rule in finding_rules() if "threat" in rule.name
    )

    assert high == [">=", 7]
    assert medium == [">=", 4, "<", 7]


def test_settings_are_recorded_where_nobody_can_take_them_back(assembly):
    (channel,) = assembly.of_type("AWS::Config::DeliveryChannel").values()
    bucket = channel["Properties"]["S3BucketName"]
    (recorded,) = [
        r["Properties"]
        for r in assembly.of_type("AWS::S3::Bucket").values()
        if r["Properties"].get("BucketName") == bucket
    ]

    (rule,) = recorded["ReplicationConfiguration"]["Rules"]
    assert (rule["Status"], rule["Filter"]["Prefix"]) == ("Enabled", "settings/")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guardduty", "yes"),
        ("macie", None),
        ("standards", ("pci",)),
        ("standards", ["fsbp"]),
        ("sampling_percent", 0),
        ("sampling_percent", 101),
    ],
)
def test_a_wrong_setting_is_refused_with_its_field(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"DetectionSettings\.{field}\b.*Mend: "):
        dataclasses.replace(DEV.detection, **{field: value})


def test_controls_without_a_recorder_are_refused():
    with pytest.raises(InvalidEnvironment, match=r"DetectionSettings\.standards"):
        dataclasses.replace(DEV.detection, config="existing")
