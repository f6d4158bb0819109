"""The trail and who is told: what is recorded, signed, watched."""

from __future__ import annotations

import json

import pytest


def trail(template):
    (resource,) = template.find_resources("AWS::CloudTrail::Trail").values()
    return resource["Properties"]


def rules(template):
    found = template.find_resources("AWS::Events::Rule").values()
    return {resource["Properties"]["Name"]: resource["Properties"] for resource in found}


def alarms(template):
    found = template.find_resources("AWS::CloudWatch::Alarm").values()
    return {resource["Properties"]["AlarmName"]: resource["Properties"] for resource in found}


def test_the_trail_covers_every_region_and_signs_its_files(audit):
    properties = trail(audit())

    assert properties["IsMultiRegionTrail"] is True
    assert properties["IncludeGlobalServiceEvents"] is True
    assert properties["EnableLogFileValidation"] is True
    assert "KMSKeyId" in properties
    assert "IsOrganizationTrail" not in properties


def test_a_trail_of_the_organisation_may_deliver_for_all_its_accounts(audit):
    made = audit(organization_id="o-a1b2c3d4e5")

    assert trail(made)["IsOrganizationTrail"] is True
    assert "AWSLogs/o-a1b2c3d4e5/*" in json.dumps(made.find_resources("AWS::S3::BucketPolicy"))


def test_where_the_organisation_records_there_is_no_second_trail(audit):
    made = audit(trail="existing")

    made.resource_count_is("AWS::CloudTrail::Trail", 0)
    made.resource_count_is("AWS::Logs::MetricFilter", 0)
    assert "dp-dev-bucket-changed" in rules(made)


def test_objects_are_recorded_but_never_what_the_trail_itself_delivers(audit, names):
    selectors = trail(audit())["AdvancedEventSelectors"]
    fields = [{field["Field"]: field for field in each["FieldSelectors"]} for each in selectors]

    assert fields[0]["eventCategory"]["Equals"] == ["Management"]
    assert fields[1]["resources.ARN"]["StartsWith"] == ["arn:aws:s3:::dp-dev-"]
    assert f"arn:aws:s3:::{names.store}/" in fields[1]["resources.ARN"]["NotStartsWith"]
    assert fields[2]["eventName"]["NotEquals"] == ["PutObject"]


@pytest.mark.parametrize(
    ("rule", "call"),
    [
        ("trail-stopped", "StopLogging"),
        ("trail-stopped", "PutEventSelectors"),
        ("key-disabled", "ScheduleKeyDeletion"),
        ("bucket-changed", "PutBucketPolicy"),
        ("lock-bypass", "PutObjectRetention"),
        ("lake-admin-changed", "PutDataLakeSettings"),
    ],
)
def test_tampering_pages_with_owner_severity_and_runbook(audit, rule, call):
    properties = rules(audit())[f"dp-dev-{rule}"]

    assert call in properties["EventPattern"]["detail"]["eventName"]
    assert properties["Description"].endswith(f"Severity: page. Runbook: docs/runbooks/{rule}.md")
    assert "page" in json.dumps(properties["Targets"][0]["Arn"])
    assert "DeadLetterConfig" in properties["Targets"][0]


def test_stopping_the_trail_pages_even_when_a_template_does_it(audit):
    assert "sourceIPAddress" not in rules(audit())["dp-dev-trail-stopped"]["EventPattern"]["detail"]


@pytest.mark.parametrize("alarm", ["root-used", "identity-changed"])
def test_what_no_rule_of_this_region_sees_is_counted_in_the_trails_log(audit, alarm):
    properties = alarms(audit())[f"dp-dev-{alarm}"]
    metrics = [
        transformation["MetricName"]
        for resource in audit().find_resources("AWS::Logs::MetricFilter").values()
        for transformation in resource["Properties"]["MetricTransformations"]
    ]

    assert properties["MetricName"] in metrics
    assert "page" in json.dumps(properties["AlarmActions"])


def test_root_is_watched_unless_root_is_the_operator(audit):
    assert "dp-dev-root-used" not in alarms(audit(watch_root=False))
