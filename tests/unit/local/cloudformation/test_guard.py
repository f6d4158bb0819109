"""A property that nobody acts on or records stops the deploy before anything changes."""

from __future__ import annotations

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from local.cloudformation import guard, property_lists
from local.cloudformation.property_lists import PropertyListError, TypeList

_ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}


def _template(properties, resource_type="AWS::S3::Bucket", **more):
    return {"Resources": {"Thing": {"Type": resource_type, "Properties": properties, **more}}}


def _paths(template, conditions=None):
    return [finding.path for finding in guard.findings(template, conditions or {})]


def test_listed_properties_pass():
    assert _paths(_template({"BucketName": "b", "Tags": [{"Key": "a", "Value": "b"}]})) == []


def test_an_unlisted_property_is_found():
    assert _paths(_template({"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}})) == [
        "AccelerateConfiguration"
    ]


def test_a_nested_unlisted_property_is_found_below_a_listed_one():
    default = {"SSEAlgorithm": "aws:kms", "Surprise": 1}
    rule = {"ServerSideEncryptionByDefault": default}
    assert _paths(_template({"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}})) == [
        "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.Surprise"
    ]


def test_a_free_form_subtree_passes():
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Anything": {"at": ["all"]}}]}
    assert _paths(_template({"Bucket": "b", "PolicyDocument": policy}, "AWS::S3::BucketPolicy")) == []


@pytest.mark.parametrize("value", [{"Ref": "Other"}, {"Fn::GetAtt": ["Other", "Arn"]}, {"Fn::Sub": "x-${A}"}])
def test_an_intrinsic_counts_as_a_value_also_for_a_whole_subtree(value):
    assert _paths(_template({"BucketName": value, "VersioningConfiguration": value})) == []


def test_both_branches_of_an_if_are_looked_into():
    either = {"Fn::If": ["c", {"Status": "Enabled"}, {"Statuss": "Enabled"}]}
    assert _paths(_template({"VersioningConfiguration": either})) == ["VersioningConfiguration.Statuss"]


def test_no_value_is_nothing():
    assert _paths(_template({"Unknown": {"Ref": "AWS::NoValue"}})) == []


def test_a_resource_whose_condition_is_false_is_not_looked_at():
    template = _template({"Unknown": 1}, Condition="Never")
    assert _paths(template, {"Never": False}) == []
    assert _paths(template, {"Never": True}) == ["Unknown"]


def test_metadata_and_custom_resources_are_not_guarded():
    assert _paths(_template({"Analytics": "v2"}, "AWS::CDK::Metadata")) == []
    assert _paths(_template({"ServiceToken": "arn", "Anything": 1}, "Custom::Thing")) == []


def test_every_property_of_an_unlisted_type_is_found():
    assert _paths(_template({"Name": "a"}, "AWS::Nowhere::Thing")) == ["Name"]


def test_the_refusal_names_id_type_path_and_how_to_mend():
    with pytest.raises(ValueError, match="nothing was changed") as raised:
        guard.refuse_unknown(_template({"Unknown": 1}), {})
    text = str(raised.value)
    assert "Thing (AWS::S3::Bucket): Unknown" in text
    assert "local/cloudformation/properties/S3.yaml" in text


def test_long_lists_of_findings_are_cut():
    with pytest.raises(ValueError, match="and 5 more"):
        guard.refuse_unknown(_template({f"Unknown{n}": 1 for n in range(30)}), {})


def test_an_unlisted_property_changes_nothing_on_create(aws):
    with pytest.raises(ClientError, match="Unknown"):
        aws.deploy({"Role": _ROLE} | _template({"Unknown": 1})["Resources"], stack="refused-create")
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("cloudformation").describe_stacks(StackName="refused-create")


def test_an_unlisted_property_changes_nothing_on_update(aws):
    stack = aws.deploy(_template({"Tags": [{"Key": "a", "Value": "1"}]})["Resources"])
    with pytest.raises(ClientError, match="Unknown"):
        aws.deploy(_template({"Tags": [{"Key": "a", "Value": "2"}], "Unknown": 1})["Resources"], stack=stack)
    bucket = aws.resource(stack, "Thing")
    assert aws.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_a_change_set_with_an_unlisted_property_is_refused(aws):
    with pytest.raises(ClientError, match=r"AWS::S3::Bucket\): Unknown"):
        aws.client("cloudformation").create_change_set(
            StackName="refused-change-set",
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(_template({"Unknown": 1})),
        )


def test_an_unknown_type_is_refused_as_before(aws):
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        aws.deploy(_template({}, "AWS::Nowhere::Thing")["Resources"])


def test_a_nested_stack_with_an_unlisted_property_is_rolled_back(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="nested", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    s3.put_object(Bucket="nested", Key="t.json", Body=json.dumps(_template({"Unknown": 1})).encode())
    url = f"{aws.endpoint.endpoint}/nested/t.json"
    with pytest.raises(AssertionError, match=r"Thing \(AWS::S3::Bucket\): Unknown"):
        aws.deploy({"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}})


def test_what_was_deployed_without_effect_is_listed(aws):
    key = _template({"EnableKeyRotation": True}, "AWS::KMS::Key")["Resources"]
    aws.deploy(key)
    with urllib.request.urlopen(f"{aws.endpoint.plain_endpoint}/_local/recorded") as page:
        listed = json.load(page)
    entry = next(e for e in listed if e["property"] == "EnableKeyRotation")
    assert (entry["type"], entry["count"]) == ("AWS::KMS::Key", 1)
    assert "never rotated" in entry["reason"]


def test_every_property_list_is_well_formed():
    known = property_lists.known_types()
    assert known["AWS::S3::Bucket"].file == "S3.yaml"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("A::B::C: {acted: [X], recoded: {}}", "has recoded; allowed are acted, recorded"),
        ("A::B::C: {recorded: [X]}", "must map each path to its reason"),
        ("A::B::C: {recorded: {X: ''}}", "must map each path to its reason"),
        ("A::B::C: {acted: {X: y}}", "must be a list of paths"),
    ],
)
def test_a_malformed_property_list_stops_the_start(tmp_path, monkeypatch, content, reason):
    (tmp_path / "X.yaml").write_text(content)
    monkeypatch.setattr(property_lists, "FOLDER", tmp_path)
    with pytest.raises(PropertyListError, match=reason):
        property_lists.known_types.__wrapped__()


def test_a_type_in_two_files_is_refused(tmp_path, monkeypatch):
    for name in ("X.yaml", "Y.yaml"):
        (tmp_path / name).write_text("A::B::C: {acted: [X]}")
    monkeypatch.setattr(property_lists, "FOLDER", tmp_path)
    with pytest.raises(PropertyListError, match=r"is also in X\.yaml"):
        property_lists.known_types.__wrapped__()


def test_a_listed_path_covers_lists_of_values():
    known = TypeList(acted=frozenset({"Roles"}), recorded={}, file="X.yaml")
    assert known.covers("Roles[]", whole=False)
    assert not known.covers("Rolesx", whole=True)


def test_a_service_that_is_not_emulated_is_refused_by_its_name():
    template = _template({"ReplicationType": "full-load"}, "AWS::DMS::ReplicationConfig")
    with pytest.raises(ValueError, match=r"Thing \(AWS::DMS::ReplicationConfig\)"):
        guard.refuse_unknown(template, {})
