"""Access logs arrive as objects, when the target lets the log delivery in."""

from __future__ import annotations

import json
import time
import uuid

import pytest

from tests.waiting import until


@pytest.fixture
def logged(secured_aws):
    """A bucket whose log goes to another one, with or without a policy that lets it in."""

    def make(*, allowed):
        s3 = secured_aws.client("s3")
        bucket, target = (f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("source", "target"))
        for name in (bucket, target):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
        delivery = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{target}/logs/*",
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
        }
        if allowed:
            s3.put_bucket_policy(
                Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
            )
        key_format = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
        enabled = {"TargetBucket": target, "TargetPrefix": "logs/", "TargetObjectKeyFormat": key_format}
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})
        return s3, bucket, target

    return make


def test_requests_are_logged_under_the_partitioned_prefix(logged):
    s3, bucket, target = logged(allowed=True)
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    (log,) = until(lambda: s3.list_objects_v2(Bucket=target).get("Contents"))
    assert log["Key"].startswith(f"logs/000000000000/ap-southeast-2/{bucket}/")
    lines = s3.get_object(Bucket=target, Key=log["Key"])["Body"].read().decode().splitlines()
    put = next(line for line in lines if "REST.PUT.OBJECT" in line)
    assert f" {bucket} " in put
    assert " a/b " in put
    assert "TLSv1." in put


def test_without_leave_of_the_target_nothing_is_delivered(logged):
    s3, bucket, target = logged(allowed=False)
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    time.sleep(6)
    assert "Contents" not in s3.list_objects_v2(Bucket=target)
