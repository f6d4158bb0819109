"""What a trail had not delivered when the server stopped is delivered after it starts again; the chain goes on."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from local import process
from tests.unit.local.conftest import Aws

REGION = "ap-southeast-2"


def _records(s3):
    for item in s3.list_objects_v2(Bucket="evidence").get("Contents", []):
        if "/CloudTrail/" in item["Key"]:
            body = s3.get_object(Bucket="evidence", Key=item["Key"])["Body"].read()
            yield from json.loads(gzip.decompress(body))["Records"]


@pytest.fixture
def restarted(lasting):
    """The public key before, and a server that was stopped before it delivered one call."""
    before = Aws(endpoint=process.start(lasting, auth=False))
    s3, cloudtrail = before.client("s3"), before.client("cloudtrail")
    s3.create_bucket(Bucket="evidence", CreateBucketConfiguration={"LocationConstraint": REGION})
    cloudtrail.create_trail(Name="trail", S3BucketName="evidence", EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="trail")
    key = cloudtrail.list_public_keys()["PublicKeyList"][0]["Fingerprint"]
    before.client("sqs").create_queue(QueueName="just-before")
    process.stop(lasting)
    after = Aws(endpoint=process.start(lasting, auth=False))
    yield key, after
    after.client("cloudtrail").delete_trail(Name="trail")


def test_a_call_just_before_a_stop_is_delivered_after_the_start(restarted):
    key, aws = restarted
    s3, cloudtrail = aws.client("s3"), aws.client("cloudtrail")
    assert cloudtrail.get_trail_status(Name="trail")["IsLogging"] is True
    assert cloudtrail.list_public_keys()["PublicKeyList"][0]["Fingerprint"] == key
    deadline = time.monotonic() + 25
    queues = []
    while not queues and time.monotonic() < deadline:
        time.sleep(0.5)
        queues = [
            record["requestParameters"]["queueName"]
            for record in _records(s3)
            if record["eventName"] == "CreateQueue"
        ]
    assert queues == ["just-before"]
    looked_up = cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
    )["Events"]
    assert len(looked_up) == 1
