"""A domain whose contracts choose DMS: what is made of it, with every gate on. No domain of ours does by itself."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]


def copied_by_dms(domain, *names, read="full"):
    """The domain, with DMS reading its tables and nothing masked on the way."""
    datasets = tuple(
        dataclasses.replace(
            each,
            source=dataclasses.replace(each.source, method="dms", read=read, watermark=None),
        )
        if not names or each.name in names
        else each
        for each in domain.datasets
    )
    return dataclasses.replace(domain, datasets=datasets)


@pytest.fixture(scope="module")
def retail():
    from data_platform.contracts.odcs import load_domains

    return next(domain for domain in load_domains(ROOT / "domains") if domain.name == "retail")


@pytest.fixture(scope="module")
def replicated(gated, retail):
    """Development with retail copied by DMS, under all gates."""
    from environments import DEV

    return gated(DEV, [copied_by_dms(retail)])


def test_it_synthesises_without_a_finding(replicated):
    assert replicated.failure == ""
    assert [
        f"{finding['plugin']} {finding['ruleName']} {place['constructPath']}"
        for finding in replicated.findings()
        for place in finding["violatingConstructs"]
    ] == []


def one(assembly, kind):
    (found,) = assembly.of_type(kind).values()
    return found["Properties"]


def test_one_replication_copies_the_tables_and_columns_of_all_contracts(replicated, retail):
    mapping = one(replicated, "AWS::DMS::ReplicationConfig")["TableMappings"]
    places = [rule["object-locator"] for rule in mapping["rules"]]

    of_tables = [each for each in retail.datasets if each.source.table]  # events come from no database

    assert {place["table-name"] for place in places} == {
        each.source.table.split(".")[1] for each in of_tables
    }
    assert {place["column-name"] for place in places if "column-name" in place} == {
        column.name for each in of_tables for column in each.columns
    }


def test_it_costs_nothing_until_it_is_started_and_stands_beside_the_extractors(replicated):
    config = one(replicated, "AWS::DMS::ReplicationConfig")

    assert config["ReplicationType"] == "full-load"
    (group,) = config["ComputeConfig"]["VpcSecurityGroupIds"]
    assert "Extractors" in json.dumps(group)


def test_nothing_goes_in_clear_and_no_password_is_in_a_template(replicated):
    ends = {
        each["Properties"]["EndpointType"]: each["Properties"]
        for each in replicated.of_type("AWS::DMS::Endpoint").values()
    }

    assert ends["source"]["SslMode"] == "require"
    assert "Password" not in ends["source"]
    assert {"SecretsManagerSecretId", "SecretsManagerAccessRoleArn"} <= ends["source"][
        "PostgreSqlSettings"
    ].keys()
    assert ends["target"]["S3Settings"]["EncryptionMode"] == "sse-kms"
    assert ends["target"]["S3Settings"]["BucketFolder"] == "_dms/source=shop"


def test_dms_writes_to_its_own_place_of_raw(replicated):
    allowed = [
        statement
        for policy in replicated.of_type("AWS::S3::BucketPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "ReplicateFiles"
    ]

    assert len(allowed) == 1
    assert "/_dms/*" in json.dumps(allowed[0]["Resource"])
    assert sorted(allowed[0]["Action"]) == ["s3:DeleteObject", "s3:PutObject"]


def test_there_is_no_extractor_where_dms_copies_everything(replicated):
    names = [each["Properties"].get("RoleName") for each in replicated.of_type("AWS::IAM::Role").values()]

    assert "dp-dev-retail-dms" in names
    assert "dp-dev-retail-dms-shop-login" in names
    assert "dp-dev-retail-extractor" not in names


def test_the_boundary_lets_the_machine_start_a_copy(replicated):
    boundary = json.dumps(replicated.templates["dp-dev-boundary"])

    assert "dms:StartReplication" in boundary


CERTIFICATE = "arn:aws:dms:ap-southeast-2:111111111111:cert:RDS"


@pytest.fixture(scope="module")
def followed(gated, retail):
    """The same with what changes, and with a server that is verified."""
    from environments import DEV

    verified = [dataclasses.replace(each, dms_certificate_arn=CERTIFICATE) for each in DEV.databases]
    return gated(dataclasses.replace(DEV, databases=tuple(verified)), [copied_by_dms(retail, read="changes")])


def test_with_changes_it_synthesises_without_a_finding(followed):
    assert followed.failure == ""
    assert [finding["ruleName"] for finding in followed.findings() if finding["violatingConstructs"]] == []


def test_a_contract_that_reads_changes_makes_a_replication_that_goes_on(followed):
    assert one(followed, "AWS::DMS::ReplicationConfig")["ReplicationType"] == "full-load-and-cdc"


def test_raw_has_the_columns_that_tell_of_a_change(followed):
    tables = [
        each["Properties"]["TableInput"]
        for each in followed.of_type("AWS::Glue::Table").values()
        if each["Properties"].get("TableInput", {}).get("Name") == "orders"
    ]
    raw = [
        table
        for table in tables
        if any(key["Name"] == "ingest_date" for key in table.get("PartitionKeys", []))
    ]
    assert [[column["Name"] for column in table["StorageDescriptor"]["Columns"]][-3:] for table in raw] == [
        ["op", "dms_changed_at", "dms_change"]
    ]


def test_the_certificate_of_the_environment_verifies_the_server(followed):
    (source,) = (
        each["Properties"]
        for each in followed.of_type("AWS::DMS::Endpoint").values()
        if each["Properties"]["EndpointType"] == "source"
    )
    assert (source["SslMode"], source["CertificateArn"]) == ("verify-full", CERTIFICATE)


def test_one_replication_reads_in_one_way(retail):
    import aws_cdk as cdk

    from environments import DEV
    from stacks.platform import PlatformStage

    mixed = copied_by_dms(copied_by_dms(retail), "orders", read="changes")

    with pytest.raises(
        ValueError, match=r"retail: contracts have DMS read shop by changes and full; allowed: one way"
    ):
        PlatformStage(cdk.App(context=CONTEXT), DEV.name, environment=DEV, domains=[mixed])


def test_one_database_is_read_by_one_method(retail):
    import aws_cdk as cdk

    from environments import DEV
    from stacks.platform import PlatformStage

    domain = copied_by_dms(retail, "orders")

    with pytest.raises(
        ValueError, match=r"retail: contracts read shop by dms and extractor; allowed: one method"
    ):
        PlatformStage(cdk.App(context=CONTEXT), DEV.name, environment=DEV, domains=[domain])
