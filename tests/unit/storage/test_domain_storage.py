from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from data_platform.contracts.naming import Naming
from data_platform.storage import DomainStorage

NAMING = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
ZONES = ("raw", "staged", "curated", "sandbox")
SETTINGS = {
    "removal_policy": cdk.RemovalPolicy.RETAIN,
    "lock_mode": "GOVERNANCE",
    "noncurrent_days": 14,
    "sandbox_expire_days": 60,
    "athena_results_expire_days": 5,
    "incomplete_upload_days": 7,
    "access_logs": "dp-dev-access-logs",
    "access_log_prefix": "access-logs/",
}


@pytest.fixture
def template(stack, domain):
    def make(*datasets, **settings):
        key = kms.Key(stack, "Key")
        DomainStorage(
            stack, "Storage", domain=domain(*datasets), naming=NAMING, key=key, **{**SETTINGS, **settings}
        )
        return Template.from_stack(stack)

    return make


def bucket(template, zone):
    found = template.find_resources("AWS::S3::Bucket", {"Properties": {"BucketName": NAMING.bucket(zone)}})
    (resource,) = found.values()
    return resource


def rules(template, zone):
    return {
        rule["Id"]: rule for rule in bucket(template, zone)["Properties"]["LifecycleConfiguration"]["Rules"]
    }


def test_there_is_a_bucket_a_zone(template, dataset):
    template(dataset()).resource_count_is("AWS::S3::Bucket", 4)


@pytest.mark.parametrize("zone", ZONES)
def test_every_object_of_a_zone_is_under_the_domain_key(template, dataset, zone):
    (rule,) = bucket(template(dataset()), zone)["Properties"]["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


@pytest.mark.parametrize("zone", ZONES)
def test_every_bucket_is_versioned_private_and_owned(template, dataset, zone):
    properties = bucket(template(dataset()), zone)["Properties"]

    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_sends_events_and_logs_access_by_bucket_and_day(template, dataset, zone):
    properties = bucket(template(dataset()), zone)["Properties"]

    assert properties["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] is True
    assert properties["LoggingConfiguration"] == {
        "DestinationBucketName": "dp-dev-access-logs",
        "LogFilePrefix": "access-logs/",
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }


def test_every_bucket_refuses_plain_http_and_old_tls(template, dataset):
    made = template(dataset())
    for resource in made.find_resources("AWS::S3::BucketPolicy").values():
        conditions = [
            statement["Condition"]
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny" and statement["Action"] == "s3:*"
        ]

        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


@pytest.mark.parametrize(
    "sid", ["RefuseOtherEncryption", "RefuseOtherKey", "RefuseUnnamedKey", "RefuseCallersOwnKey"]
)
def test_every_zone_refuses_uploads_not_under_its_key(template, dataset, sid):
    policies = template(dataset()).find_resources(
        "AWS::S3::BucketPolicy",
        {
            "Properties": {
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [Match.object_like({"Sid": sid, "Effect": "Deny", "Action": "s3:PutObject"})]
                    )
                }
            }
        },
    )

    assert len(policies) == len(ZONES)


def test_raw_ages_each_dataset_as_its_contract_says(template, dataset):
    rule = rules(template(dataset("flights"), dataset("planes", days=400)), "raw")["flights-retention"]

    assert rule["Prefix"] == "flights/"
    assert rule["ExpirationInDays"] == 2555
    assert rule["Transitions"] == [
        {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
        {"StorageClass": "GLACIER", "TransitionInDays": 180},
    ]


def test_a_contract_that_stays_warm_moves_nothing(template, dataset):
    warm = dataset(glacier_instant_after_days=None, glacier_flexible_after_days=None)

    assert "Transitions" not in rules(template(warm), "raw")["flights-retention"]


def test_old_versions_go_at_the_contracts_age_or_the_environments_if_sooner(template, dataset):
    made = template(dataset("a", noncurrent_days=3), dataset("b", noncurrent_days=300))

    assert rules(made, "raw")["a-retention"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}
    assert rules(made, "raw")["b-retention"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 14}


@pytest.mark.parametrize("zone", ["staged", "curated"])
def test_what_tables_let_go_goes_at_the_shortest_age_that_a_contract_asks(template, dataset, zone):
    made = template(dataset("a", noncurrent_days=3), dataset("b", noncurrent_days=300))

    assert rules(made, zone)["noncurrent-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}


@pytest.mark.parametrize("zone", ["staged", "curated"])
def test_tables_are_never_moved_or_expired_by_age(template, dataset, zone):
    for rule in rules(template(dataset()), zone).values():
        assert "Transitions" not in rule
        assert "ExpirationInDays" not in rule


def test_sandbox_expires_and_query_results_sooner(template, dataset):
    found = rules(template(dataset()), "sandbox")

    assert found["expiry"]["ExpirationInDays"] == 60
    assert (found["athena-results-expiry"]["Prefix"], found["athena-results-expiry"]["ExpirationInDays"]) == (
        "athena-results/",
        5,
    )


@pytest.mark.parametrize("zone", ZONES)
def test_unfinished_uploads_go_everywhere(template, dataset, zone):
    rule = rules(template(dataset()), zone)["unfinished-uploads"]

    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_raw_is_locked_for_the_longest_time_that_a_contract_asks(template, dataset):
    properties = bucket(
        template(dataset("a", lock_days=30), dataset("b", lock_days=90), dataset("c")), "raw"
    )["Properties"]

    assert properties["ObjectLockEnabled"] is True
    assert properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Days": 90,
        "Mode": "GOVERNANCE",
    }


def test_the_environment_chooses_the_mode_of_the_lock(template, dataset):
    properties = bucket(template(dataset(lock_days=30), lock_mode="COMPLIANCE"), "raw")["Properties"]

    assert properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"


@pytest.mark.parametrize(("lock_days", "mode"), [(30, None), (None, "GOVERNANCE")])
def test_nothing_is_locked_without_both_a_wish_and_a_mode(template, dataset, lock_days, mode):
    properties = bucket(template(dataset(lock_days=lock_days), lock_mode=mode), "raw")["Properties"]

    assert properties["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


@pytest.mark.parametrize("zone", ZONES)
def test_single_objects_of_every_zone_can_be_put_under_a_legal_hold(template, dataset, zone):
    properties = bucket(template(dataset()), zone)["Properties"]

    assert properties["ObjectLockEnabled"] is True
    assert properties["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


def test_nobody_locks_an_object_by_hand_where_no_contract_asks_for_a_lock(template, dataset):
    template(dataset()).resource_properties_count_is(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [Match.object_like({"Effect": "Deny", "Action": "s3:PutObjectRetention"})]
                )
            }
        },
        len(ZONES),
    )


def test_nobody_may_lift_the_lock_of_raw(template, dataset):
    template(dataset(lock_days=30)).has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [Match.object_like({"Effect": "Deny", "Action": "s3:BypassGovernanceRetention"})]
                )
            }
        },
    )


@pytest.mark.parametrize(("policy", "word"), [("RETAIN", "Retain"), ("DESTROY", "Delete")])
def test_the_environment_decides_whether_buckets_outlive_the_stack(template, dataset, policy, word):
    made = template(dataset(), removal_policy=cdk.RemovalPolicy[policy])

    assert {bucket(made, zone)["DeletionPolicy"] for zone in ZONES} == {word}


def test_there_is_no_helper_lambda(template, dataset):
    made = template(dataset())

    made.resource_count_is("AWS::Lambda::Function", 0)
    made.resource_count_is("Custom::S3BucketNotifications", 0)


def test_two_domains_fit_in_one_stack(stack, domain, dataset):
    key = kms.Key(stack, "Key")
    for name in ("One", "Two"):
        naming = Naming(organisation="dp", environment="dev", domain=name.lower(), account="111111111111")
        DomainStorage(stack, name, domain=domain(dataset()), naming=naming, key=key, **SETTINGS)

    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 8)


def test_a_domain_whose_name_is_too_long_for_its_buckets_is_refused(stack, domain, dataset):
    naming = Naming(organisation="dp", environment="dev", domain="a" * 30, account="111111111111")
    with pytest.raises(ValueError, match=r"Allowed: 63 characters. Mend: shorten .* by 10"):
        DomainStorage(
            stack, "Storage", domain=domain(dataset()), naming=naming, key=kms.Key(stack, "Key"), **SETTINGS
        )
