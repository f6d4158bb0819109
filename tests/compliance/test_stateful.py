"""What holds data keeps its logical id: CloudFormation would delete it and make an empty one in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import ENVIRONMENTS

RECORD = Path(__file__).with_name("stateful.json")
STATEFUL = (
    "AWS::DynamoDB::Table",
    "AWS::ECR::Repository",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::KMS::Key",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::MSK::Topic",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
)
# Deleting one of these loses bytes that nobody can make again; a Glue entry only names bytes.
HOLDS_BYTES = tuple(kind for kind in STATEFUL if not kind.startswith("AWS::Glue"))
MEND = (
    "If it was renamed by accident, restore its construct id. If the change is meant, move the data first, then "
    "take the line out of tests/compliance/stateful.json by hand: a reviewer sees it there."
)


@pytest.fixture(scope="session")
def record(pytestconfig):
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def stateful(assembly):
    found = {}
    for (stack, logical_id), resource in sorted(assembly.of_type(*STATEFUL).items()):
        found.setdefault(stack, {})[logical_id] = f"{resource['Type']} {_public_name(resource)}".strip()
    return found


def test_nothing_that_holds_data_is_replaced_or_vanishes(assembly, record):
    found = stateful(assembly)
    ours = {stack: kept for stack, kept in record.items() if stack.startswith(f"dp-{assembly.environment}-")}
    lost = [
        f"{stack}: {logical_id} ({what}) is gone, now {found.get(stack, {}).get(logical_id, 'nothing')}. {MEND}"
        for stack, kept in ours.items()
        for logical_id, what in kept.items()
        if found.get(stack, {}).get(logical_id) != what
    ]

    assert lost == []


def test_everything_that_holds_data_is_recorded(assembly, pytestconfig):
    known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    new = {
        stack: added
        for stack, resources in stateful(assembly).items()
        if (added := {key: what for key, what in resources.items() if key not in known.get(stack, {})})
    }
    if new and pytestconfig.getoption("--record-stateful"):
        for stack, added in new.items():
            known.setdefault(stack, {}).update(added)
        RECORD.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
        new = {}

    assert new == {}, (
        f"New and not yet protected: {new}. Record it: python -m pytest tests/compliance/test_stateful.py "
        "--record-stateful, and commit tests/compliance/stateful.json."
    )


@pytest.mark.parametrize(
    "environment", [each for each in ENVIRONMENTS if each.removal == "retain"], ids=lambda e: e.name
)
def test_what_holds_bytes_outlives_its_stack_where_data_is_retained(assembly_of, environment):
    deleted = [
        place
        for place, resource in assembly_of(environment.name).of_type(*HOLDS_BYTES).items()
        if not {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} <= _kept(resource)
    ]

    assert deleted == []


def _kept(resource):
    """What keeps the bytes: a database may go when its last snapshot stays and nobody can delete it by accident."""
    properties = resource.get("Properties", {})
    protected = resource["Type"].startswith("AWS::RDS::") and properties.get("DeletionProtection") is True
    return {"Retain", "RetainExceptOnCreate", *(["Snapshot"] if protected else [])}


def _public_name(resource):
    properties = resource.get("Properties", {})
    for key in (
        "BucketName",
        "TableName",
        "RepositoryName",
        "DBInstanceIdentifier",
        "ClusterName",
        "TopicName",
        "Description",
    ):
        if isinstance(properties.get(key), str):
            return properties[key]
    for key in ("DatabaseInput", "TableInput", "OpenTableFormatInput"):
        if isinstance(properties.get(key), dict) and "Name" in properties[key]:
            return properties[key]["Name"]
    return ""
