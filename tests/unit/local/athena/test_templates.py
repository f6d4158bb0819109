"""AWS::Athena::* resources in a stack, read back through the API."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError


def group(name, **configuration):
    return {
        "Type": "AWS::Athena::WorkGroup",
        "Properties": {
            "Name": name,
            "RecursiveDeleteOption": True,
            "Tags": [{"Key": "domain", "Value": "aviation"}],
            "WorkGroupConfiguration": {
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": "s3://athena-results/stack/"},
                **configuration,
            },
        },
    }


@pytest.fixture
def name():
    return f"group-{uuid.uuid4().hex[:8]}"


def test_a_workgroup_has_what_its_template_says_and_loses_what_it_drops(aws, name):
    stack = aws.deploy(
        {"Group": group(name, BytesScannedCutoffPerQuery="10000000", PublishCloudWatchMetricsEnabled="true")}
    )
    client = aws.client("athena")
    made = client.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    assert made["BytesScannedCutoffPerQuery"] == 10_000_000
    assert made["PublishCloudWatchMetricsEnabled"] is True
    assert made["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    aws.deploy({"Group": group(name)}, stack=stack)
    changed = client.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in changed
    assert changed["PublishCloudWatchMetricsEnabled"] is False
    aws.delete(stack)
    with pytest.raises(ClientError, match="WorkGroup is not found"):
        client.get_work_group(WorkGroup=name)


def test_a_workgroup_with_named_queries_goes_only_with_the_recursive_option(aws, name):
    resource = group(name)
    resource["Properties"]["RecursiveDeleteOption"] = False
    stack = aws.deploy({"Group": resource})
    client = aws.client("athena")
    query = client.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)[
        "NamedQueryId"
    ]
    with pytest.raises(AssertionError, match="is not empty"):
        aws.delete(stack)
    client.delete_named_query(NamedQueryId=query)
    aws.delete(stack)


def test_named_queries_and_prepared_statements_are_made_changed_and_deleted(aws, name):
    def resources(sql):
        return {
            "Group": group(name),
            "Query": {
                "Type": "AWS::Athena::NamedQuery",
                "DependsOn": "Group",
                "Properties": {"Name": "q", "Database": "d", "QueryString": sql, "WorkGroup": name},
            },
            "Statement": {
                "Type": "AWS::Athena::PreparedStatement",
                "DependsOn": "Group",
                "Properties": {"StatementName": "s", "WorkGroup": name, "QueryStatement": sql},
            },
        }

    stack = aws.deploy(resources("SELECT 1"))
    aws.deploy(resources("SELECT 2"), stack=stack)
    client = aws.client("athena")
    ids = client.list_named_queries(WorkGroup=name)["NamedQueryIds"]
    assert [client.get_named_query(NamedQueryId=i)["NamedQuery"]["QueryString"] for i in ids] == ["SELECT 2"]
    statement = client.get_prepared_statement(StatementName="s", WorkGroup=name)["PreparedStatement"]
    assert statement["QueryStatement"] == "SELECT 2"
    aws.delete(stack)


def test_a_property_that_nobody_acts_on_is_refused(aws, name):
    resource = group(name, CustomerContentEncryptionConfiguration={"KmsKey": "k"})
    with pytest.raises((AssertionError, ClientError), match="CustomerContentEncryptionConfiguration"):
        aws.deploy({"Group": resource})
