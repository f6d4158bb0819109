"""References are followed to the text that CloudFormation would put there."""

from __future__ import annotations

import json

import pytest

from data_platform.guardrails import Estate, Stack, read_estate

ACCOUNT, REGION = "111111111111", "ap-southeast-2"
TEMPLATE = {
    "Parameters": {
        "Name": {"Type": "String", "Default": "raw"},
        "Looked": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
        "Given": {"Type": "String"},
    },
    "Mappings": {"Days": {"ap-southeast-2": {"keep": 7}}},
    "Conditions": {
        "IsRaw": {"Fn::Equals": [{"Ref": "Name"}, "raw"]},
        "IsNot": {"Fn::Not": [{"Condition": "IsRaw"}]},
        "Both": {"Fn::And": [{"Condition": "IsRaw"}, {"Condition": "IsNot"}]},
        "One": {"Fn::Or": [{"Condition": "IsRaw"}, {"Condition": "IsNot"}]},
    },
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "dp-${Name}"}}},
        "Key": {"Type": "AWS::KMS::Key"},
        "Alias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": "alias/k", "TargetKeyId": {"Ref": "Key"}},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "page"}},
        "Group": {"Type": "AWS::EC2::SecurityGroup"},
    },
    "Outputs": {"Out": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}, "Export": {"Name": "shared-key"}}},
}


@pytest.fixture
def stacks():
    first = Stack(name="first", template=TEMPLATE, account=ACCOUNT, region=REGION)
    second = Stack(
        name="second",
        template={"Resources": {"User": {"Type": "AWS::Logs::LogGroup"}}},
        account=ACCOUNT,
        region=REGION,
    )
    Estate([first, second])
    return first, second


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "AWS::AccountId"}, ACCOUNT),
        ({"Ref": "Bucket"}, "dp-raw"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::dp-raw"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:aws:s3:::dp-raw"),
        ({"Ref": "Topic"}, f"arn:aws:sns:{REGION}:{ACCOUNT}:page"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, "first.Group.GroupId"),
        ({"Ref": "Given"}, "${Given}"),
        ({"Ref": "Looked"}, "${Looked}"),
        (
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "Bucket"}]]},
            "arn:aws:s3:::dp-raw",
        ),
        (
            {"Fn::Sub": ["${a}-${Bucket}-${AWS::Region}-${!literal}", {"a": {"Ref": "Name"}}]},
            f"raw-dp-raw-{REGION}-${{literal}}",
        ),
        ({"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::Select": ["9", ["a"]]}, "${Select 9}"),
        ({"Fn::FindInMap": ["Days", {"Ref": "AWS::Region"}, "keep"]}, 7),
        ({"Fn::FindInMap": ["Days", "us-east-1", "keep"]}, "${Days.us-east-1.keep}"),
        ({"Fn::If": ["IsRaw", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["One", "yes", "no"]}, "yes"),
        ({"Fn::Base64": "abc"}, "YWJj"),
        ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a": "raw"}'),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": True}, {"b": True}),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": False}}},
            {"Condition": {"Bool": {"aws:SecureTransport": False}}},
        ),
    ],
    ids=json.dumps,
)
def test_a_value_resolves_to(stacks, value, text):
    assert stacks[0].intrinsics.resolve(value) == text


@pytest.mark.parametrize(
    "reference",
    [
        {"Fn::ImportValue": "shared-key"},
        {"Fn::GetStackOutput": {"StackName": "first", "Region": REGION, "OutputName": "Out"}},
    ],
    ids=["export", "weak reference"],
)
def test_another_stacks_resource_is_found(stacks, reference):
    second = stacks[1]
    arn = second.intrinsics.resolve(reference)

    assert second.intrinsics._estate.find(arn, second.resources["User"]).logical_id == "Key"


def test_a_key_is_found_by_its_alias(stacks):
    estate, user = stacks[0].intrinsics._estate, stacks[1].resources["User"]

    assert estate.find("alias/k", user).logical_id == "Key"
    assert estate.find(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/k", user).logical_id == "Key"


def test_another_accounts_resource_is_not_found(stacks):
    other = Stack(
        name="o", template={"Resources": {"A": {"Type": "X"}}}, account="222222222222", region=REGION
    )
    estate = Estate([*stacks, other])

    assert estate.find("dp-raw", other.resources["A"]) is None


def test_resources_of_several_types_may_share_a_name():
    template = {
        "Resources": {
            "Workgroup": {"Type": "AWS::Athena::WorkGroup"},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "dp-dev"}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "dp-dev"}},
        }
    }
    stack = Stack(name="s", template=template, account=ACCOUNT, region=REGION)

    found = Estate([stack]).find_typed("dp-dev", stack.resources["Workgroup"], "AWS::IAM::Role")

    assert found.logical_id == "Role"


def test_a_reference_in_a_circle_ends():
    circle = {"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "A"}}}}}
    stack = Stack(name="s", template=circle, account=ACCOUNT, region=REGION)
    Estate([stack])

    assert isinstance(stack.resources["A"].name, str)


def test_where_a_stack_is_deployed_comes_from_the_assembly(tmp_path):
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{ACCOUNT}/{REGION}",
        "properties": {
            "templateFile": "s.template.json",
            "stackName": "dp-dev",
            "terminationProtection": True,
        },
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"s": artifact}}))
    paths = [tmp_path / "s.template.json", tmp_path / "nested.template.json"]
    for path in paths:
        path.write_text('{"Resources": {}}')

    own, nested = read_estate(map(str, paths)).stacks

    assert (own.name, own.account, own.region, own.protected) == ("dp-dev", ACCOUNT, REGION, True)
    assert (nested.account, nested.region) == (ACCOUNT, REGION)


def test_an_application_without_account_and_region_is_read_too(tmp_path):
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "s.template.json", "stackName": "s"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"s": artifact}}))
    (tmp_path / "s.template.json").write_text("{}")

    [stack] = read_estate([str(tmp_path / "s.template.json")]).stacks

    assert (stack.account, stack.region) == ("${AWS::AccountId}", "${AWS::Region}")
