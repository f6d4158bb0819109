"""A domain whose contracts choose DMS: what is made of it, with every gate on. No domain of ours does by itself."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]


def copied_by_dms(domain, *names):
    """The domain, with DMS reading its tables whole and nothing masked on the way."""
    datasets = tuple(
        dataclasses.replace(
            each,
            source=dataclasses.replace(each.source, method="dms", read="full", watermark=None),
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

    assert {place["table-name"] for place in places} == {
        each.source.table.split(".")[1] for each in retail.datasets
    }
    assert {place["column-name"] for place in places if "column-name" in place} == {
        column.name for each in retail.datasets for column in each.columns
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


def test_one_database_is_read_by_one_method(retail):
    import aws_cdk as cdk

    from environments import DEV
    from stacks.platform import PlatformStage

    domain = copied_by_dms(retail, "orders")

    with pytest.raises(
        ValueError, match=r"retail: contracts read shop by dms and extractor; allowed: one method"
    ):
        PlatformStage(cdk.App(context=CONTEXT), DEV.name, environment=DEV, domains=[domain])
