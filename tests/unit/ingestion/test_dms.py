"""What DMS may read, as whom, and how it is told."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.contracts.tables import CHANGE_COLUMNS
from data_platform.ingestion import DmsReplication, ReplicatedTable, ReplicationLogin
from data_platform.ingestion.dms_mappings import replication_settings, table_mappings

ORDERS = ReplicatedTable(schema="public", name="orders", columns=["order_id", "state"])


def replication(stack, **settings):
    key = kms.Key(stack, "Key")
    login = ReplicationLogin(
        stack,
        "Login",
        name="dp-dev-retail-dms-shop",
        host="shop.example",
        port="5432",
        account="111111111111",
        region="ap-southeast-2",
        key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    given = {
        "name": "dp-dev-retail-dms-shop",
        "engine": "postgres",
        "database": "shop",
        "login": login,
        "tables": [ORDERS],
        "bucket": "raw",
        "folder": "_dms/source=shop",
        "account": "111111111111",
        "target_role_arn": "arn:aws:iam::111111111111:role/dms",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "key": key,
    }
    DmsReplication(stack, "Replication", **(given | settings))
    return Template.from_stack(stack)


def endpoint(template, kind):
    found = template.find_resources("AWS::DMS::Endpoint", {"Properties": {"EndpointType": kind}})
    (one,) = found.values()
    return one["Properties"]


def test_only_the_columns_of_contracts_are_copied():
    rules = table_mappings([ORDERS])["rules"]

    assert [rule["rule-action"] for rule in rules] == ["explicit", "include-column", "include-column"]
    assert len({rule["rule-id"] for rule in rules}) == len(rules)


@pytest.mark.parametrize("count", [0, 101])
def test_no_table_and_too_many_are_refused_with_a_mend(count):
    with pytest.raises(ValueError, match=f"copies {count} tables; allowed: 1 to 100. Mend: "):
        table_mappings([ORDERS] * count)


def test_nothing_is_emptied_and_no_value_is_cut():
    settings = replication_settings()

    assert settings["FullLoadSettings"]["TargetTablePrepMode"] == "DO_NOTHING"
    assert {settings["ErrorBehavior"][name] for name in ("DataErrorPolicy", "DataTruncationErrorPolicy")} == {
        "STOP_TASK"
    }


def test_a_certificate_makes_it_verify_the_servers_name(stack):
    source = endpoint(replication(stack, certificate_arn="arn:aws:dms:r:a:cert:RDS"), "source")

    assert (source["SslMode"], source["CertificateArn"]) == ("verify-full", "arn:aws:dms:r:a:cert:RDS")


def test_mysql_without_a_certificate_is_refused(stack):
    with pytest.raises(ValueError, match=r"connects to MySQL in clear .* Mend: import the bundle"):
        replication(stack, engine="mysql")


def test_mysql_with_one_is_copied(stack):
    source = endpoint(replication(stack, engine="mysql", certificate_arn="arn:cert"), "source")

    assert source["EngineName"] == "mysql"
    assert "SecretsManagerSecretId" in source["MySqlSettings"]
    assert "PostgreSqlSettings" not in source


def test_changes_say_what_they_are_and_when_they_were(stack):
    template = replication(stack, replication_type="full-load-and-cdc")
    target = endpoint(template, "target")["S3Settings"]

    assert (target["IncludeOpForFullLoad"], target["TimestampColumnName"]) == (True, "dms_changed_at")
    template.has_resource_properties("AWS::DMS::ReplicationConfig", {"ReplicationType": "full-load-and-cdc"})


def test_of_changes_each_table_tells_their_order():
    rules = table_mappings([ORDERS], changes=True)["rules"]

    assert rules[-1]["rule-action"] == "add-column"
    assert (rules[-1]["value"], rules[-1]["expression"]) == ("dms_change", "$AR_H_CHANGE_SEQ")
    assert len({rule["rule-id"] for rule in rules}) == len(rules)


def test_the_names_of_what_tells_of_a_change_are_those_that_raw_expects(stack):
    target = endpoint(replication(stack, replication_type="full-load-and-cdc"), "target")["S3Settings"]
    told = ["op", target["TimestampColumnName"], table_mappings([ORDERS], changes=True)["rules"][-1]["value"]]

    assert told == [column.name for column in CHANGE_COLUMNS]


def test_a_whole_copy_has_the_contracts_columns_only(stack):
    target = endpoint(replication(stack), "target")["S3Settings"]

    assert target["IncludeOpForFullLoad"] is False
    assert "TimestampColumnName" not in target


def test_the_password_is_made_by_secrets_manager_and_read_by_dms_alone(stack):
    template = replication(stack)
    (secret,) = template.find_resources("AWS::SecretsManager::Secret").values()
    (role,) = template.find_resources("AWS::IAM::Role").values()

    assert "SecretString" not in secret["Properties"]
    assert secret["Properties"]["GenerateSecretString"]["GenerateStringKey"] == "password"
    trust = role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "dms.ap-southeast-2.amazonaws.com"}
