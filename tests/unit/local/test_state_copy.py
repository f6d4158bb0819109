"""A stopped embedded AWS is copied, and both run side by side on ports of their own."""

from __future__ import annotations

import boto3
import pytest

from local import process, state_copy
from local.checkpoints import TornCheckpointError


@pytest.fixture
def source(tmp_path):
    """A server with a table and a queue, stopped."""
    folder = tmp_path / "source"
    found = process.start(folder, auth=False)
    try:
        client(found, "dynamodb").create_table(
            TableName="kept",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client(found, "s3").create_bucket(
            Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
        )
        client(found, "s3").put_object(Bucket="kept", Key="object", Body=b"content")
    finally:
        process.stop(folder)
    return folder


def client(found, service):
    return boto3.client(
        service,
        endpoint_url=found.plain_endpoint,
        region_name=found.region,
        aws_access_key_id=found.account,
        aws_secret_access_key="test",
    )


def test_a_copy_runs_beside_its_source_and_what_is_done_to_one_is_not_done_to_the_other(source, tmp_path):
    state_copy.copy(source, tmp_path / "copy")
    servers = [process.start(folder, auth=False) for folder in (source, tmp_path / "copy")]
    try:
        client(servers[1], "s3").put_object(Bucket="kept", Key="object", Body=b"of the copy")
        bodies = [
            client(each, "s3").get_object(Bucket="kept", Key="object")["Body"].read() for each in servers
        ]
        tables = [client(each, "dynamodb").list_tables()["TableNames"] for each in servers]
    finally:
        for folder in (source, tmp_path / "copy"):
            process.stop(folder)
    assert servers[0].plain_endpoint != servers[1].plain_endpoint
    assert bodies == [b"content", b"of the copy"]
    assert tables == [["kept"], ["kept"]]


def test_one_that_runs_is_not_copied(source, tmp_path):
    process.start(source, auth=False)
    try:
        with pytest.raises(process.EmbeddedAwsError, match="Mend: python -m local stop"):
            state_copy.copy(source, tmp_path / "copy")
    finally:
        process.stop(source)
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_is_there_is_not_written_over(source, tmp_path):
    (tmp_path / "copy").mkdir()
    with pytest.raises(process.EmbeddedAwsError, match="is there already"):
        state_copy.copy(source, tmp_path / "copy")


def test_what_a_crash_left_is_not_copied(source, tmp_path):
    process.start(source, auth=False)
    process.kill(source)
    for manifest in (source / "state" / "checkpoints").glob("manifest-*.json"):
        manifest.write_text(manifest.read_text().replace('"clean": true', '"clean": false'))
    with pytest.raises(TornCheckpointError, match="graceful end"):
        state_copy.copy(source, tmp_path / "copy")
