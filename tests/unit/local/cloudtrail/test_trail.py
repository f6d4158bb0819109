"""A trail delivers what its selectors name, in CloudTrail's layout, under its key and lock."""

from __future__ import annotations

import hashlib
import json
import time
import uuid

import botocore.exceptions
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def _role(aws, *actions):
    return aws.role({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def test_a_call_is_recorded_with_the_session_that_made_it(trail):
    arn = _role(trail.aws, "sqs:CreateQueue")
    queue = f"queue-{uuid.uuid4().hex[:8]}"
    trail.aws.client("sqs", session=trail.aws.session_as(arn, "anna")).create_queue(QueueName=queue)
    record = trail.wait_for(eventName="CreateQueue", eventSource="sqs.amazonaws.com")
    caller = record["userIdentity"]
    assert caller["type"] == "AssumedRole"
    assert caller["arn"].endswith(f"assumed-role/{arn.rsplit('/', 1)[-1]}/anna")
    assert caller["sessionContext"]["sessionIssuer"]["arn"] == arn
    assert record["requestParameters"]["queueName"] == queue
    assert record["readOnly"] is False


def test_a_refused_call_is_recorded_with_its_error(trail):
    arn = _role(trail.aws, "sqs:ListQueues")
    with pytest.raises(botocore.exceptions.ClientError):
        trail.aws.client_as(arn, "kms").create_key()
    record = trail.wait_for(eventName="CreateKey", errorCode="AccessDeniedException")
    assert "not authorized" in record["errorMessage"]


def test_secrets_are_left_out(trail):
    trail.aws.client("secretsmanager").create_secret(Name=f"s-{uuid.uuid4().hex[:8]}", SecretString="hunter2")
    record = trail.wait_for(eventName="CreateSecret")
    assert record["requestParameters"]["secretString"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert not any("hunter2" in json.dumps(r) for r in trail.records())


def test_objects_are_recorded_only_of_the_buckets_that_selectors_name(trail):
    s3 = trail.aws.client("s3")
    other = f"other-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    s3.put_object(Bucket=other, Key="k", Body=b"1")
    s3.put_object(Bucket=trail.watched, Key="a b", Body=b"1")
    record = trail.wait_for(eventName="PutObject")
    assert record["requestParameters"]["key"] == "a b"
    assert record["resources"][0]["ARN"] == f"arn:aws:s3:::{trail.watched}/a b"
    assert not [r for r in trail.records() if r["eventName"] == "PutObject" and other in json.dumps(r)]


def test_one_file_holds_many_calls(trail):
    before = len(trail.files())
    for _ in range(60):
        trail.aws.client("sqs").list_queues()
    time.sleep(7)
    listed = [r for r in trail.records() if r["eventName"] == "ListQueues"]
    assert len(listed) >= 60
    assert len(trail.files()) - before < 10


def test_files_are_encrypted_and_locked(trail):
    trail.aws.client("sqs").list_queues()
    trail.wait_for(eventName="ListQueues")
    s3 = trail.aws.client("s3")
    key = trail.files()[0]
    head = s3.head_object(Bucket=trail.bucket, Key=key)
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(
            Bucket=trail.bucket, Key=key, VersionId=head["VersionId"], BypassGovernanceRetention=True
        )


def test_calls_of_iam_are_recorded_in_its_own_region(trail):
    _role(trail.aws, "sqs:ListQueues")
    record = trail.wait_for(eventName="CreateRole")
    assert record["awsRegion"] == "us-east-1"
    assert any("/CloudTrail/us-east-1/" in key for key in trail.files())


def test_digests_are_a_signed_chain_of_the_hashes_of_all_files(trail):
    deadline = time.monotonic() + 70
    while len(digests := trail.files("CloudTrail-Digest/ap-southeast-2")) < 2 and time.monotonic() < deadline:
        trail.aws.client("sqs").list_queues()
        time.sleep(1)
    previous = None
    hashed = 0
    for key in sorted(digests):
        document, previous = _verified(trail, key, previous)
        for file in document["logFiles"]:
            hashed += 1
            assert hashlib.sha256(trail.text(file["s3Object"])).hexdigest() == file["hashValue"]
    assert hashed >= 2


def _verified(trail, key, previous):
    """What `aws cloudtrail validate-logs` checks of one digest."""
    text = trail.text(key)
    document = json.loads(text)
    metadata = trail.aws.client("s3").head_object(Bucket=trail.bucket, Key=key)["Metadata"]
    assert document["digestS3Object"] == key
    if previous is not None:
        assert document["previousDigestS3Object"] == previous[0]
        assert document["previousDigestHashValue"] == previous[1]
        assert document["previousDigestSignature"] == previous[2]
    signed = "\n".join(
        (
            document["digestEndTime"],
            f"{trail.bucket}/{key}",
            hashlib.sha256(text).hexdigest(),
            document["previousDigestSignature"] or "null",
        )
    )
    (public,) = trail.aws.client("cloudtrail").list_public_keys()["PublicKeyList"]
    assert public["Fingerprint"] == document["digestPublicKeyFingerprint"]
    verifier = serialization.load_der_public_key(public["Value"])
    verifier.verify(
        bytes.fromhex(metadata["signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    return document, (key, hashlib.sha256(text).hexdigest(), metadata["signature"])


def test_lookup_finds_an_event_by_name(trail):
    queue = f"queue-{uuid.uuid4().hex[:8]}"
    trail.aws.client("sqs").create_queue(QueueName=queue)
    time.sleep(1.5)
    found = trail.aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
    )["Events"]
    assert queue in found[0]["CloudTrailEvent"]


def test_a_trail_without_leave_of_its_bucket_is_not_made(secured_aws, template):
    name = f"trail-{uuid.uuid4().hex[:8]}"
    with pytest.raises(AssertionError, match="Incorrect S3 bucket policy is detected"):
        secured_aws.deploy(template(name, f"{name}-store", f"{name}-watched", leave=False))


def test_a_template_changes_a_trail_in_place(trail, template):
    changed = template(trail.name, trail.bucket, trail.watched)
    changed["Trail"]["Properties"] |= {"IsLogging": False, "Tags": [{"Key": "owner", "Value": "you"}]}
    trail.aws.deploy(changed, stack=trail.stack)
    cloudtrail = trail.aws.client("cloudtrail")
    assert cloudtrail.get_trail_status(Name=trail.name)["IsLogging"] is False
    tags = cloudtrail.list_tags(ResourceIdList=[trail.arn])["ResourceTagList"][0]["TagsList"]
    assert tags == [{"Key": "owner", "Value": "you"}]
    trail.aws.deploy(template(trail.name, trail.bucket, trail.watched), stack=trail.stack)
    assert cloudtrail.get_trail_status(Name=trail.name)["IsLogging"] is True
    assert cloudtrail.get_trail_status(Name=trail.name)["LatestDeliveryTime"]
