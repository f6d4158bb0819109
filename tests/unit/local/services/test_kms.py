"""Keys of templates."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.services import kms

_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:*",
            "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        }
    ],
}


def _key(**properties):
    return {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": _POLICY, **properties}}}


def test_every_property_of_a_key_reaches_kms_and_follows_updates(aws):
    alias = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/zone", "TargetKeyId": {"Ref": "Key"}},
    }
    tags = [{"Key": "zone", "Value": "raw"}]
    stack = aws.deploy(
        _key(Description="zone key", EnableKeyRotation=True, RotationPeriodInDays=180, Tags=tags)
        | {"Alias": alias}
    )
    client = aws.client("kms")
    key = client.describe_key(KeyId="alias/zone")["KeyMetadata"]
    assert key["KeyId"] == aws.resource(stack, "Key")
    assert (key["Description"], key["KeyState"]) == ("zone key", "Enabled")
    rotation = client.get_key_rotation_status(KeyId=key["KeyId"])
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 180)
    found = client.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    assert {"TagKey": "zone", "TagValue": "raw"} in found

    aws.deploy(_key(Enabled=False) | {"Alias": alias}, stack=stack)
    key = client.describe_key(KeyId="alias/zone")["KeyMetadata"]
    assert (key["Description"], key["KeyState"]) == ("", "Disabled")
    assert not client.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def test_a_deleted_key_waits_for_its_window_and_is_useless(aws):
    stack = aws.deploy(_key(PendingWindowInDays=7))
    key = aws.resource(stack, "Key")
    aws.delete(stack)
    client = aws.client("kms")
    found = client.describe_key(KeyId=key)["KeyMetadata"]
    assert found["KeyState"] == "PendingDeletion"
    assert 6 < (found["DeletionDate"] - found["CreationDate"]).days + 1 <= 8
    with pytest.raises(ClientError, match="pending deletion"):
        client.encrypt(KeyId=key, Plaintext=b"1")


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"RotationPeriodInDays": 89}, "must be 90 to 2560"),
        ({"PendingWindowInDays": 31}, "must be 7 to 30"),
        ({"KeyPolicy": {"Statement": []}}, "will not allow you to update the key policy"),
    ],
)
def test_what_kms_would_refuse_is_refused(properties, reason):
    with pytest.raises(ValueError, match=reason):
        kms.check({"KeyPolicy": _POLICY} | properties)


def test_the_lockout_check_can_be_bypassed_as_in_kms():
    kms.check({"KeyPolicy": {"Statement": []}, "BypassPolicyLockoutSafetyCheck": True})
