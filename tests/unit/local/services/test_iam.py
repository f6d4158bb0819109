"""Roles of templates and what policies see of their sessions."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

_ROOT = {"AWS": "arn:aws:iam::000000000000:root"}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": _ROOT}],
}


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _role(**properties):
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _TRUST, **properties}}
    }


def test_every_property_of_a_role_reaches_iam(aws):
    name = f"team-{uuid.uuid4().hex[:8]}"
    everything = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    boundary = aws.client("iam").create_policy(PolicyName=f"b-{name}", PolicyDocument=json.dumps(everything))
    resources = _role(
        RoleName=name,
        Path="/platform/",
        Description="what for",
        MaxSessionDuration=7200,
        ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        PermissionsBoundary=boundary["Policy"]["Arn"],
        Policies=[{"PolicyName": "inline", "PolicyDocument": everything}],
        Tags=[{"Key": "team", "Value": "data"}],
    )
    stack = aws.deploy(resources)
    role = aws.client("iam").get_role(RoleName=name)["Role"]
    assert role["Arn"] == f"arn:aws:iam::000000000000:role/platform/{name}"
    assert (role["Description"], role["MaxSessionDuration"]) == ("what for", 7200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary["Policy"]["Arn"]
    assert {"Key": "team", "Value": "data"} in role["Tags"]

    del resources["Role"]["Properties"]["PermissionsBoundary"]
    aws.deploy(resources, stack=stack)
    assert "PermissionsBoundary" not in aws.client("iam").get_role(RoleName=name)["Role"]


def test_a_permissions_boundary_limits_the_role(secured_aws):
    allow = {"Effect": "Allow", "Resource": "*"}
    policy = json.dumps(_document(allow | {"Action": "s3:ListAllMyBuckets"}))
    made = secured_aws.client("iam").create_policy(
        PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=policy
    )
    both = _document(allow | {"Action": ["s3:ListAllMyBuckets", "sns:ListTopics"]})
    stack = secured_aws.deploy(
        _role(
            PermissionsBoundary=made["Policy"]["Arn"],
            Policies=[{"PolicyName": "p", "PolicyDocument": both}],
        )
    )
    role = f"arn:aws:iam::000000000000:role/{secured_aws.resource(stack, 'Role')}"
    secured_aws.client_as(role, "s3").list_buckets()
    with pytest.raises(ClientError, match=r"AuthorizationError|AccessDenied"):
        secured_aws.client_as(role, "sns").list_topics()


def test_policies_see_the_role_and_not_the_session_as_principal(secured_aws):
    bucket = f"by-role-{uuid.uuid4().hex[:8]}"
    s3 = secured_aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    named, other = (secured_aws.role(rights, Path="/team/") for _ in range(2))
    only_named = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Principal": "*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": named}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_document(only_named)))
    secured_aws.client_as(named, "s3").list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError, match="explicit deny"):
        secured_aws.client_as(other, "s3").list_objects_v2(Bucket=bucket)


def test_a_role_is_assumed_only_by_whom_it_trusts(secured_aws):
    stranger = secured_aws.role({"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    target = secured_aws.role(service="glue.amazonaws.com")
    narrow = json.dumps(
        _document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": target}})
    )
    secured_aws.client("iam").update_assume_role_policy(
        RoleName=target.rsplit("/", 1)[1], PolicyDocument=narrow
    )
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        secured_aws.client_as(stranger, "sts").assume_role(RoleArn=target, RoleSessionName="session")


def test_a_session_is_not_longer_than_its_role_allows(aws):
    role = aws.role(MaxSessionDuration=3600)
    sts = aws.client("sts")
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration"):
        sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=7200)
    sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=3600)


def _tagged(aws, duty, *statements):
    trust = [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": _ROOT}]
    tags = {"Tags": [{"Key": "duty", "Value": duty}]} if duty else {}
    stack = aws.deploy(
        _role(**tags, Policies=[{"PolicyName": "p", "PolicyDocument": _document(*statements)}])
        | {"Bucket": {"Type": "AWS::S3::Bucket"}}
    )
    role = aws.resource(stack, "Role")
    aws.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(_document(*trust)))
    return f"arn:aws:iam::000000000000:role/{role}", aws.resource(stack, "Bucket")


_OWN = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::*/${aws:PrincipalTag/duty}/*"}


def test_a_resource_with_a_policy_variable_is_that_of_the_tag_of_the_role(secured_aws):
    role, bucket = _tagged(secured_aws, "analyst", _OWN)
    s3 = secured_aws.client_as(role, "s3")
    s3.put_object(Bucket=bucket, Key="analyst/mine", Body=b"")
    for other in ("steward/x", "analyst", "${aws:PrincipalTag/duty}/x", "*/x"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key=other, Body=b"")


def test_a_resource_whose_variable_has_no_value_names_nothing(secured_aws):
    role, bucket = _tagged(secured_aws, "", _OWN)
    s3 = secured_aws.client_as(role, "s3")
    for key in ("analyst/x", "/x", "${aws:PrincipalTag/duty}/x"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"")


def test_a_refusal_of_all_but_a_variable_place_refuses_everything_without_a_value(secured_aws):
    everything = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    refusal = {
        "Effect": "Deny",
        "Action": "s3:PutObject",
        "NotResource": "arn:aws:s3:::*/${aws:PrincipalTag/duty}/*",
    }
    tagged, bucket = _tagged(secured_aws, "analyst", everything, refusal)
    secured_aws.client_as(tagged, "s3").put_object(Bucket=bucket, Key="analyst/mine", Body=b"")
    untagged, _ = _tagged(secured_aws, "", everything, refusal)
    for role, key in ((tagged, "steward/x"), (untagged, "analyst/x")):
        with pytest.raises(ClientError, match="AccessDenied"):
            secured_aws.client_as(role, "s3").put_object(Bucket=bucket, Key=key, Body=b"")


def test_a_tag_of_the_session_counts_before_that_of_the_role_so_trust_must_not_let_it(secured_aws):
    role, bucket = _tagged(secured_aws, "analyst", _OWN)
    sts = secured_aws.client("sts")
    brought = {"RoleArn": role, "RoleSessionName": "mallory", "Tags": [{"Key": "duty", "Value": "steward"}]}
    given = sts.assume_role(**brought)["Credentials"]
    session = secured_aws._session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    secured_aws.client("s3", session=session).put_object(Bucket=bucket, Key="steward/x", Body=b"")

    closed = json.dumps(_document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": _ROOT}))
    secured_aws.client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[1], PolicyDocument=closed
    )
    with pytest.raises(ClientError, match="TagSession"):
        sts.assume_role(**brought)
