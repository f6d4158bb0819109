"""The store: locked, keyed, and closed to everybody who would take something out."""

from __future__ import annotations

import json

import pytest

REMOVAL = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)


def bucket(template, name):
    found = template.find_resources("AWS::S3::Bucket", {"Properties": {"BucketName": name}})
    (resource,) = found.values()
    return resource


def statements(template, part):
    (policy,) = (
        resource
        for logical_id, resource in template.find_resources("AWS::S3::BucketPolicy").items()
        if logical_id.startswith(part)
    )
    return {
        statement.get("Sid", ""): statement
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    }


def test_production_locks_against_everybody_for_seven_years(audit):
    store = bucket(audit("prod"), "dp-prod-audit-store-333333333333-ap-southeast-2")["Properties"]

    assert store["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Days": 2557,
        "Mode": "COMPLIANCE",
    }


def test_the_store_outlives_its_stack_even_where_other_data_does_not(audit, names):
    assert bucket(audit(), names.store)["DeletionPolicy"] == "Retain"


def test_no_lifecycle_rule_ends_before_the_lock(audit, names):
    properties = bucket(audit(), names.store)["Properties"]
    lock = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"]
    for rule in properties["LifecycleConfiguration"]["Rules"]:
        assert rule.get("ExpirationInDays", lock) >= lock
        assert rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", lock) >= lock


def test_removal_is_refused_to_everybody_without_exception(audit):
    refusal = statements(audit(), "StoreBucket")["RefuseRemoval"]

    assert refusal["Effect"] == "Deny"
    assert refusal["Principal"] == {"AWS": "*"}
    assert set(refusal["Action"]) == set(REMOVAL)
    assert "Condition" not in refusal


@pytest.mark.parametrize("part", ["StoreBucket", "AccessLogsBucket", "ResultsBucket"])
def test_only_the_role_that_deploys_changes_a_bucket_of_the_audit(audit, part):
    refusal = statements(audit(), part)["RefuseWeakening"]

    assert {"s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"} <= set(refusal["Action"])
    assert json.dumps(refusal["Condition"]).count("cfn-exec-role") == 1


def test_only_the_trail_of_this_environment_delivers(audit, names):
    delivery = statements(audit(), "StoreBucket")["TrailDelivers"]

    assert delivery["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
    assert delivery["Condition"]["StringEquals"] == {
        "aws:SourceArn": names.trail_arn,
        "s3:x-amz-acl": "bucket-owner-full-control",
    }


@pytest.mark.parametrize("part", ["access_logs", "results"])
def test_what_cannot_be_locked_is_copied_into_the_store_under_its_key(audit, names, part):
    properties = bucket(audit(), getattr(names, part))["Properties"]
    (rule,) = properties["ReplicationConfiguration"]["Rules"]

    assert "Rule" not in properties.get("ObjectLockConfiguration", {})
    assert rule["Status"] == "Enabled"
    assert "StoreBucket" in json.dumps(rule["Destination"]["Bucket"])
    assert "Key" in json.dumps(rule["Destination"]["EncryptionConfiguration"])
    assert rule["DeleteMarkerReplication"] == {"Status": "Disabled"}


def test_a_copy_has_the_lock_of_the_store_as_nobody_gives_an_original_another(audit, names):
    properties = bucket(audit(), names.results)["Properties"]

    assert properties["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    assert statements(audit(), "ResultsBucket")["RefuseLocksByHand"]["Action"] == "s3:PutObjectRetention"


def test_a_bucket_of_access_logs_has_no_object_lock_else_s3_delivers_nothing(audit, names):
    properties = bucket(audit(), names.access_logs)["Properties"]

    assert not {"ObjectLockEnabled", "ObjectLockConfiguration"} & set(properties)


def test_access_logs_are_under_keys_that_s3_can_deliver_to(audit, names):
    properties = bucket(audit(), names.access_logs)["Properties"]
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_access_logs_come_from_buckets_of_this_environment_only(audit):
    delivery = statements(audit(), "AccessLogsBucket")["AccessLogDelivery"]

    assert delivery["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::dp-dev-*"},
    }


def test_there_is_one_bucket_of_access_logs_for_all_buckets_but_the_store(audit, names):
    receivers = {
        each["Properties"]["BucketName"]: each["Properties"]["LoggingConfiguration"]["DestinationBucketName"][
            "Ref"
        ]
        for each in audit().find_resources("AWS::S3::Bucket").values()
        if "LoggingConfiguration" in each["Properties"]
    }

    assert receivers.pop(names.store).startswith("StoreLogBucket")
    assert len(set(receivers.values())) == 1
    assert next(iter(receivers.values())).startswith("AccessLogsBucket")


def test_the_log_of_the_store_is_not_copied_into_it_else_each_copy_would_be_logged_without_end(audit, names):
    properties = bucket(audit(), names.store_log)["Properties"]

    assert not {"ReplicationConfiguration", "LoggingConfiguration"} & set(properties)


def test_nobody_removes_the_log_of_the_store_and_only_the_store_logs_there(audit, names):
    policy = statements(audit(), "StoreLogBucket")

    assert set(policy["RefuseRemoval"]["Action"]) == set(REMOVAL)
    assert "Condition" not in policy["RefuseRemoval"]
    assert policy["AccessLogDelivery"]["Condition"]["ArnEquals"] == {
        "aws:SourceArn": f"arn:aws:s3:::{names.store}"
    }


def test_the_log_of_the_store_is_kept_as_long_as_evidence(audit):
    def days(part):
        name = f"dp-prod-{part}-333333333333-ap-southeast-2"
        rules = bucket(audit("prod"), name)["Properties"]["LifecycleConfiguration"]["Rules"]
        return next(rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule)

    assert days("audit-store-log") == days("audit-store")
