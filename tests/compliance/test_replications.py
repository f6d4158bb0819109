"""A replication of DMS passes six packs and CloudFormation's own rules, whatever the engine and however it copies.

Environments copy whole and from PostgreSQL alone; a construct of somebody's own may do otherwise.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from app import PACKS
from data_platform.ingestion import DmsReplication, ReplicatedTable, ReplicationLogin
from tests.conftest import synthesise

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "111111111111", "ap-southeast-2"
VARIANTS = tuple(itertools.product(("postgres", "mysql"), ("full-load", "full-load-and-cdc")))


def replication(stage, engine, replication_type):
    """A stack with one replication and what it cannot do without."""
    name = f"{engine}-{replication_type}"
    stack = cdk.Stack(stage, name, stack_name=name)
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    login = ReplicationLogin(
        stack,
        "Login",
        name=name,
        host="shop.example",
        port="5432",
        account=ACCOUNT,
        region=REGION,
        key=key,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    DmsReplication(
        stack,
        "Replication",
        name=name,
        engine=engine,
        database="shop",
        login=login,
        certificate_arn=f"arn:aws:dms:{REGION}:{ACCOUNT}:cert:RDS",
        tables=[ReplicatedTable(schema="public", name="orders", columns=["order_id"])],
        replication_type=replication_type,
        bucket="dp-dev-retail-raw",
        folder="_dms/source=shop",
        account=ACCOUNT,
        target_role_arn=f"arn:aws:iam::{ACCOUNT}:role/dp-dev-retail-dms",
        subnet_ids=["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"],
        security_group_ids=["sg-0a1b2c3d4e5f60718"],
        key=key,
    )


@pytest.fixture(scope="module")
def replications(tmp_path_factory):
    """Every variant in a stack of its own, with the packs on."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    outdir = str(tmp_path_factory.mktemp("replications"))
    app = cdk.App(context=context, outdir=outdir, analytics_reporting=False)
    stage = cdk.Stage(app, "replications", env=cdk.Environment(account=ACCOUNT, region=REGION))
    for engine, replication_type in VARIANTS:
        replication(stage, engine, replication_type)
    cdk.Validations.of(app).add_plugins(*(pack(app, verbose=True) for pack in PACKS))
    return synthesise(app, "replications")


def test_no_variant_has_a_finding(replications):
    assert replications.failure == ""
    assert replications.findings() == []


def test_every_variant_is_made(replications):
    configs = replications.of_type("AWS::DMS::ReplicationConfig")

    assert {(stack, each["Properties"]["ReplicationType"]) for (stack, _), each in configs.items()} == {
        (f"{engine}-{replication_type}", replication_type) for engine, replication_type in VARIANTS
    }


def test_only_the_rotation_of_logins_is_acknowledged(replications):
    known = {finding["ruleName"] for finding in replications.findings("suppressedViolations")}

    assert known
    assert all(rule.endswith(("SMG4", "SecretsManagerRotationEnabled")) for rule in known)
