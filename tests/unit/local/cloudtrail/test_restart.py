"""What a trail had not delivered when the server stopped is delivered after it starts again; the chain goes on."""

from __future__ import annotations

import gzip
import json
import time

import boto3
import pytest
from botocore.config import Config

from local import process

REGION = "ap-southeast-2"


def _client(endpoint, service):
    return boto3.client(
        service,
        endpoint_url=endpoint.endpoint,
        region_name=REGION,
        aws_access_key_id=endpoint.account,
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def _records(s3):
    for item in s3.list_objects_v2(Bucket="evidence").get("Contents", []):
        if "/CloudTrail/" in item["Key"]:
            body = s3.get_object(Bucket="evidence", Key=item["Key"])["Body"].read()
            yield from json.loads(gzip.decompress(body))["Records"]


@pytest.fixture
def restarted(tmp_path):
    """The public key before, and a server that was stopped before it delivered one call."""
    before = process.start(tmp_path, auth=False)
    s3, cloudtrail = _client(before, "s3"), _client(before, "cloudtrail")
    s3.create_bucket(Bucket="evidence", CreateBucketConfiguration={"LocationConstraint": REGION})
    cloudtrail.create_trail(Name="trail", S3BucketName="evidence", EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="trail")
    key = cloudtrail.list_public_keys()["PublicKeyList"][0]["Fingerprint"]
    _client(before, "sqs").create_queue(QueueName="just-before")
    process.stop(tmp_path)
    yield key, process.start(tmp_path, auth=False)
    process.stop(tmp_path)


def test_a_call_just_before_a_stop_is_delivered_after_the_start(restarted):
    key, endpoint = restarted
    s3, cloudtrail = _client(endpoint, "s3"), _client(endpoint, "cloudtrail")
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
