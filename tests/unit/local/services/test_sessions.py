"""A session carries the source identity of whoever began it, and policies can be about that person."""

from __future__ import annotations

import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack.services import sts

from local.services.sts import forget_expired

_ACCOUNT = "000000000000"
_ROOT = {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}
_DENIED = r"AccessDenied|not authorized"


def _trust(*statements):
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}


def _allow(*actions, **conditions):
    block = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Principal": _ROOT, "Action": list(actions), **block}


@pytest.fixture
def roles(secured_aws):
    """A first role, which people take, and a second that asks for a source identity."""
    names = [f"{which}-{uuid.uuid4().hex[:8]}" for which in ("first", "second", "closed")]
    everything = {
        "PolicyName": "p",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}
            ],
        },
    }
    known = {"StringLike": {"aws:SourceIdentity": "*@*"}}
    tagged = {"StringEquals": {"aws:RequestTag/requester": "${aws:SourceIdentity}"}}
    trusts = {
        names[0]: _trust(_allow("sts:AssumeRole", "sts:SetSourceIdentity")),
        names[1]: _trust(
            _allow("sts:AssumeRole", **known, **tagged),
            _allow("sts:SetSourceIdentity", **known),
            _allow("sts:TagSession"),
        ),
        names[2]: _trust(_allow("sts:AssumeRole")),
    }
    template = {
        f"Role{number}": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": name, "Policies": [everything], **trusts[name]},
        }
        for number, name in enumerate(names)
    }
    secured_aws.deploy(template)
    return [f"arn:aws:iam::{_ACCOUNT}:role/{name}" for name in names]


def _assume(aws, sts, role, *, identity=None, tag=None):
    more = {"SourceIdentity": identity} if identity else {}
    if tag:
        more["Tags"] = [{"Key": "requester", "Value": tag}]
    given = sts.assume_role(RoleArn=role, RoleSessionName=identity or tag or "x1", **more)["Credentials"]
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="ap-southeast-2"
    )
    return aws.client("sts", session=session)


def test_a_later_role_sees_the_identity_that_the_first_session_set(secured_aws, roles):
    ann = _assume(secured_aws, secured_aws.client("sts"), roles[0], identity="ann@example.com")
    _assume(secured_aws, ann, roles[1], tag="ann@example.com")


def test_a_session_without_an_identity_is_refused_where_one_is_asked_for(secured_aws, roles):
    nobody = _assume(secured_aws, secured_aws.client("sts"), roles[0])
    with pytest.raises(ClientError, match=_DENIED):
        _assume(secured_aws, nobody, roles[1], tag="ann@example.com")


def test_nobody_takes_a_role_in_the_name_of_somebody_else(secured_aws, roles):
    ann = _assume(secured_aws, secured_aws.client("sts"), roles[0], identity="ann@example.com")
    with pytest.raises(ClientError, match=_DENIED):
        _assume(secured_aws, ann, roles[1], tag="bob@example.com")


def test_an_identity_once_set_cannot_be_changed(secured_aws, roles):
    ann = _assume(secured_aws, secured_aws.client("sts"), roles[0], identity="ann@example.com")
    with pytest.raises(ClientError, match="cannot be changed"):
        _assume(secured_aws, ann, roles[1], identity="bob@example.com", tag="bob@example.com")


def test_a_role_must_allow_that_an_identity_comes_along(secured_aws, roles):
    ann = _assume(secured_aws, secured_aws.client("sts"), roles[0], identity="ann@example.com")
    with pytest.raises(ClientError, match="sts:SetSourceIdentity"):
        _assume(secured_aws, ann, roles[2])
    with pytest.raises(ClientError, match="sts:SetSourceIdentity"):
        _assume(secured_aws, secured_aws.client("sts"), roles[2], identity="ann@example.com")


@pytest.fixture
def expired_keys(secured_aws):
    """The file in which a test says whose session is over."""
    file = Path(secured_aws.endpoint.state_dir) / "expired-keys"
    yield file
    file.unlink(missing_ok=True)


def test_a_session_expires_when_a_test_says_so_and_another_of_the_role_does_not(secured_aws, expired_keys):
    role = secured_aws.role({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    sts = secured_aws.client("sts")
    first, second = (sts.assume_role(RoleArn=role, RoleSessionName=n)["Credentials"] for n in ("one", "two"))

    def listed(given):
        session = boto3.Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            region_name="ap-southeast-2",
        )
        return secured_aws.client("s3", session=session).list_buckets()

    listed(first)
    expired_keys.write_text(first["AccessKeyId"])
    with pytest.raises(ClientError, match="ExpiredToken"):
        listed(first)
    listed(second)


def test_a_policy_can_give_each_person_only_the_own_items_of_a_table(secured_aws):
    table = f"own-{uuid.uuid4().hex[:8]}"
    secured_aws.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "person", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "person", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:SourceIdentity}"]}}
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*", "Condition": own}
    )
    trust = _trust(_allow("sts:AssumeRole", "sts:SetSourceIdentity"))
    secured_aws.client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[-1], PolicyDocument=json.dumps(trust["AssumeRolePolicyDocument"])
    )
    given = secured_aws.client("sts").assume_role(
        RoleArn=role, RoleSessionName="ann", SourceIdentity="ann@example.com"
    )["Credentials"]
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="ap-southeast-2"
    )
    ann = secured_aws.client("dynamodb", session=session)
    ann.put_item(TableName=table, Item={"person": {"S": "ann@example.com"}})
    for other in ("bob@example.com", "#elevation", "${aws:SourceIdentity}"):
        with pytest.raises(ClientError, match=_DENIED):
            ann.put_item(TableName=table, Item={"person": {"S": other}})
    unknown = secured_aws.client_as(role, "dynamodb")
    with pytest.raises(ClientError, match=_DENIED):
        unknown.put_item(TableName=table, Item={"person": {"S": "ann@example.com"}})


def test_the_boundary_document_is_enforced_whatever_a_role_is_allowed(secured_aws):
    deny = {"StringNotEquals": {"aws:RequestedRegion": ["ap-southeast-2"]}}
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["sns:ListTopics", "sqs:ListQueues"], "Resource": "*"},
            {"Effect": "Deny", "Action": ["iam:CreateUser", "sqs:ListQueues"], "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": deny},
        ],
    }
    made = secured_aws.client("iam").create_policy(
        PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=json.dumps(document)
    )
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "*", "Resource": "*"}, PermissionsBoundary=made["Policy"]["Arn"]
    )
    secured_aws.client_as(role, "sns").list_topics()
    refused = {
        "sqs": lambda client: client.list_queues(),
        "iam": lambda client: client.create_user(UserName="mallory"),
        "s3": lambda client: client.list_buckets(),
    }
    for service, call in refused.items():
        with pytest.raises(ClientError, match=r"AccessDenied|not authorized|AuthorizationError"):
            call(secured_aws.client_as(role, service))


def test_sessions_begin_in_many_threads_while_old_ones_are_forgotten(monkeypatch):
    sessions = {f"old-{n}": {"Expiration": 0} for n in range(20_000)}
    monkeypatch.setattr(sts, "_sessions", sessions)
    interval = sys.getswitchinterval()

    def begin(thread):
        for n in range(300):
            forget_expired()
            sessions[f"new-{thread}-{n}"] = {"Expiration": time.time() + 900}

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(begin, range(4)))
    finally:
        sys.setswitchinterval(interval)

    assert set(sessions) == {f"new-{thread}-{n}" for thread in range(4) for n in range(300)}
