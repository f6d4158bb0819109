"""A trail as the platform makes one: key, bucket, policies, data events of one bucket."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

ACCOUNT, REGION = "000000000000", "ap-southeast-2"


@dataclass
class Trail:
    """A deployed trail and what it delivered."""

    aws: Any
    name: str
    bucket: str
    watched: str
    stack: str

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{self.name}"

    def files(self, kind: str = "CloudTrail/") -> list[str]:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [o["Key"] for o in listed if f"AWSLogs/{ACCOUNT}/{kind}" in o["Key"]]

    def text(self, key: str) -> bytes:
        return gzip.decompress(self.aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def records(self) -> list[dict[str, Any]]:
        return [record for key in self.files() for record in json.loads(self.text(key))["Records"]]

    def wait_for(self, seconds: float = 20, **fields: Any) -> dict[str, Any]:
        """The first delivered record with these fields."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for record in self.records():
                if all(record.get(name) == value for name, value in fields.items()):
                    return record
            time.sleep(0.5)
        raise AssertionError(f"no record with {fields} came within {seconds} s")


def resources(name: str, bucket: str, watched: str, *, leave: bool = True) -> dict[str, Any]:
    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"
    service = {"Service": "cloudtrail.amazonaws.com"}
    of_trail = {"aws:SourceArn": arn}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    encrypt = {
        "Effect": "Allow",
        "Principal": service,
        "Action": "kms:GenerateDataKey",
        "Resource": "*",
        "Condition": {"StringEquals": {**of_trail, "kms:EncryptionContext:aws:cloudtrail:arn": arn}},
    }
    administer = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    acl = {
        "Effect": "Allow",
        "Principal": service,
        "Action": "s3:GetBucketAcl",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"StringEquals": of_trail},
    }
    put = {
        "Effect": "Allow",
        "Principal": service,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*",
        "Condition": {"StringEquals": {**of_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    selectors = [
        {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
        {
            "Name": "lake",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{watched}/"]},
            ],
        },
    ]
    return {
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [administer, encrypt]}},
        },
        "Watched": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": watched}},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": bucket,
                "ObjectLockEnabled": True,
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
                },
            },
        },
        **(
            {
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {
                        "Bucket": {"Ref": "Bucket"},
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [acl, put]},
                    },
                }
            }
            if leave
            else {}
        ),
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": ["Policy"] if leave else ["Bucket"],
            "Properties": {
                "TrailName": name,
                "S3BucketName": {"Ref": "Bucket"},
                "KMSKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "EnableLogFileValidation": True,
                "IncludeGlobalServiceEvents": True,
                "AdvancedEventSelectors": selectors,
                "Tags": [{"Key": "owner", "Value": "me"}],
            },
        },
    }


@pytest.fixture(scope="session")
def template() -> Any:
    return resources


@pytest.fixture(scope="module")
def trail(secured_aws) -> Any:
    name = f"trail-{uuid.uuid4().hex[:8]}"
    bucket, watched = f"{name}-store", f"{name}-watched"
    stack = secured_aws.deploy(resources(name, bucket, watched))
    yield Trail(aws=secured_aws, name=name, bucket=bucket, watched=watched, stack=stack)
    secured_aws.client("cloudtrail").delete_trail(Name=name)
