"""AWS Backup copies tables under the role's rights, keeps what is locked, and restores what it copied."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

ACCOUNT, REGION, OTHER = "000000000000", "ap-southeast-2", "ap-southeast-4"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:6]}"


@contextlib.contextmanager
def _later(aws, days):
    """The server's clock stands days ahead."""
    file = Path(aws.endpoint.state_dir) / "clock-offset"
    file.write_text(str(days * 86_400))
    try:
        yield
    finally:
        file.unlink()


def _in(aws, region, service="backup"):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=aws.endpoint.endpoint,
        verify=aws.endpoint.ca or False,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
    )


def _table(aws, items=3, **extra):
    name = _name("ledger")
    keys = [("dataset", "HASH"), ("ingest_date", "RANGE")]
    client = aws.client("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
        **extra,
    )
    for day in range(items):
        client.put_item(TableName=name, Item=_item(day))
    return name, f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _item(day):
    return {"dataset": {"S": "flights"}, "ingest_date": {"S": f"2013-01-0{day + 1}"}, "rows": {"N": str(day)}}


def _vault(aws, region=REGION, **lock):
    name = _name("vault")
    client = _in(aws, region)
    arn = client.create_backup_vault(BackupVaultName=name)["BackupVaultArn"]
    if lock:
        client.put_backup_vault_lock_configuration(BackupVaultName=name, **lock)
    return name, arn


def _ended(read, field):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        job = read()
        if job[field] in ("COMPLETED", "FAILED"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def _backed_up(aws, vault, arn, role, days=7):
    client = aws.client("backup")
    job = client.start_backup_job(
        BackupVaultName=vault, ResourceArn=arn, IamRoleArn=role, Lifecycle={"DeleteAfterDays": days}
    )["BackupJobId"]
    return _ended(lambda: client.describe_backup_job(BackupJobId=job), "State")


def _restored(aws, point, role, name, region=REGION):
    client = _in(aws, region)
    job = client.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=role, Metadata={"targetTableName": name}, ResourceType="DynamoDB"
    )["RestoreJobId"]
    return _ended(lambda: client.describe_restore_job(RestoreJobId=job), "Status")


def _items(aws, name, region=REGION):
    found = _in(aws, region, "dynamodb").scan(TableName=name)["Items"]
    return sorted(found, key=lambda item: item["ingest_date"]["S"])


@pytest.fixture
def role(aws):
    return aws.role(ALLOW, service="backup.amazonaws.com")


def test_a_restored_table_has_the_items_of_the_moment_of_the_backup(aws, role):
    name, arn = _table(aws)
    vault, _ = _vault(aws)
    point = _backed_up(aws, vault, arn, role)["RecoveryPointArn"]
    aws.client("dynamodb").put_item(TableName=name, Item=_item(7))

    job = _restored(aws, point, role, f"{name}-drill")

    assert job["Status"] == "COMPLETED"
    assert job["CreatedResourceArn"] == f"{arn}-drill"
    assert _items(aws, f"{name}-drill") == [_item(day) for day in range(3)]


def test_a_table_that_exists_is_never_restored_over(aws, role):
    name, arn = _table(aws)
    vault, _ = _vault(aws)
    point = _backed_up(aws, vault, arn, role)["RecoveryPointArn"]

    job = _restored(aws, point, role, name)

    assert (job["Status"], "already exists" in job["StatusMessage"]) == ("FAILED", True)


def test_a_copy_can_be_restored_in_the_other_region(aws, role):
    name, arn = _table(aws)
    vault, _ = _vault(aws)
    far, far_arn = _vault(aws, OTHER)
    point = _backed_up(aws, vault, arn, role)["RecoveryPointArn"]
    client = aws.client("backup")
    job = client.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName=vault,
        DestinationBackupVaultArn=far_arn,
        IamRoleArn=role,
    )["CopyJobId"]
    copied = _ended(lambda: client.describe_copy_job(CopyJobId=job)["CopyJob"], "State")

    assert copied["State"] == "COMPLETED"
    (there,) = _in(aws, OTHER).list_recovery_points_by_backup_vault(BackupVaultName=far)["RecoveryPoints"]
    assert there["ResourceArn"] == arn
    _restored(aws, there["RecoveryPointArn"], role, name, OTHER)
    assert _items(aws, name, OTHER) == [_item(day) for day in range(3)]


def test_what_is_locked_cannot_be_deleted_before_its_time(aws, role):
    _, arn = _table(aws)
    vault, _ = _vault(aws, MinRetentionDays=7, MaxRetentionDays=30)
    point = _backed_up(aws, vault, arn, role)["RecoveryPointArn"]

    with pytest.raises(ClientError, match="is locked"):
        aws.client("backup").delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
    with pytest.raises(ClientError, match="is locked"):
        aws.client("backup").update_recovery_point_lifecycle(
            BackupVaultName=vault, RecoveryPointArn=point, Lifecycle={"DeleteAfterDays": 1}
        )


def test_a_vault_with_recovery_points_is_not_deleted(aws, role):
    _, arn = _table(aws)
    vault, _ = _vault(aws)
    _backed_up(aws, vault, arn, role)

    with pytest.raises(ClientError, match="contains recovery points"):
        aws.client("backup").delete_backup_vault(BackupVaultName=vault)


@pytest.mark.parametrize("days", [1, 60])
def test_a_retention_outside_of_the_lock_fails_the_job(aws, role, days):
    _, arn = _table(aws)
    vault, _ = _vault(aws, MinRetentionDays=7, MaxRetentionDays=30)

    job = _backed_up(aws, vault, arn, role, days=days)

    assert (job["State"], "lock" in job["StatusMessage"]) == ("FAILED", True)


def test_a_governance_lock_can_be_lifted_and_a_closed_compliance_lock_cannot(aws):
    client = aws.client("backup")
    governed, _ = _vault(aws, MinRetentionDays=7)
    closed, _ = _vault(aws, MinRetentionDays=7, ChangeableForDays=3)
    client.put_backup_vault_lock_configuration(
        BackupVaultName=closed, MinRetentionDays=8, ChangeableForDays=3
    )
    with _later(aws, 4):
        client.delete_backup_vault_lock_configuration(BackupVaultName=governed)
        with pytest.raises(ClientError, match="compliance mode"):
            client.put_backup_vault_lock_configuration(BackupVaultName=closed, MinRetentionDays=1)
        with pytest.raises(ClientError, match="compliance mode"):
            client.delete_backup_vault_lock_configuration(BackupVaultName=closed)

    assert client.describe_backup_vault(BackupVaultName=governed)["Locked"] is False
    assert client.describe_backup_vault(BackupVaultName=closed)["MinRetentionDays"] == 8


def test_a_grace_time_below_three_days_is_refused(aws):
    with pytest.raises(ClientError, match="at least 3"):
        _vault(aws, MinRetentionDays=7, ChangeableForDays=2)


def test_a_plan_of_a_template_runs_by_the_clock_copies_and_expires(aws, role):
    _, arn = _table(aws)
    far, far_arn = _vault(aws, OTHER)
    vault = _name("vault")
    rule = {
        "RuleName": "daily",
        "TargetBackupVault": {"Ref": "Vault"},
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Australia/Melbourne",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 120,
        "Lifecycle": {"DeleteAfterDays": 2},
        "CopyActions": [{"DestinationBackupVaultArn": far_arn, "Lifecycle": {"DeleteAfterDays": 9}}],
    }
    selection = {"SelectionName": "ledger", "IamRoleArn": role, "Resources": [arn]}
    stack = aws.deploy(
        {
            "Vault": {
                "Type": "AWS::Backup::BackupVault",
                "Properties": {"BackupVaultName": vault, "BackupVaultTags": {"a": "b"}},
            },
            "Plan": {
                "Type": "AWS::Backup::BackupPlan",
                "Properties": {
                    "BackupPlan": {"BackupPlanName": "plan", "BackupPlanRule": [rule]},
                    "BackupPlanTags": {"c": "d"},
                },
            },
            "Selection": {
                "Type": "AWS::Backup::BackupSelection",
                "Properties": {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": selection},
            },
        }
    )
    client = aws.client("backup")
    plan = client.get_backup_plan(BackupPlanId=aws.resource(stack, "Plan"))
    assert client.list_tags(ResourceArn=plan["BackupPlanArn"])["Tags"]["c"] == "d"
    assert plan["BackupPlan"]["Rules"][0]["StartWindowMinutes"] == 60
    time.sleep(6)  # one sweep sees the rule
    with _later(aws, 1):
        near = _until(lambda: client.list_recovery_points_by_backup_vault(BackupVaultName=vault))
        there = _until(lambda: _in(aws, OTHER).list_recovery_points_by_backup_vault(BackupVaultName=far))
    assert [point["ResourceArn"] for point in near] == [arn]
    assert there[0]["Lifecycle"] == {"DeleteAfterDays": 9}
    with _later(aws, 4):
        _until_gone(lambda: client.list_recovery_points_by_backup_vault(BackupVaultName=vault), near[0])


def _until_gone(read, point):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if point["RecoveryPointArn"] not in {found["RecoveryPointArn"] for found in read()["RecoveryPoints"]}:
            return
        time.sleep(0.3)
    raise AssertionError("the recovery point outlived its retention")


def _until(read, wanted=1):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = read()["RecoveryPoints"]
        if len(found) >= wanted:
            return found
        time.sleep(0.3)
    raise AssertionError("no recovery point")


def test_a_template_changes_policy_and_lock_and_deletes_the_vault(aws):
    name = _name("vault")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}

    def resources(**guard):
        properties = {"BackupVaultName": name, **guard}
        return {"Vault": {"Type": "AWS::Backup::BackupVault", "Properties": properties}}

    policy = {"Version": "2012-10-17", "Statement": [deny]}
    stack = aws.deploy(resources(AccessPolicy=policy, LockConfiguration={"MinRetentionDays": 7}))
    client = aws.client("backup")
    assert json.loads(client.get_backup_vault_access_policy(BackupVaultName=name)["Policy"]) == policy
    assert client.describe_backup_vault(BackupVaultName=name)["Locked"] is True

    aws.deploy(resources(), stack=stack)

    assert client.describe_backup_vault(BackupVaultName=name)["Locked"] is False
    with pytest.raises(ClientError, match="no access policy"):
        client.get_backup_vault_access_policy(BackupVaultName=name)
    aws.delete(stack)
    with pytest.raises(ClientError, match="not found"):
        client.describe_backup_vault(BackupVaultName=name)


def test_a_role_without_the_right_fails_the_job_and_the_event_says_so(secured_aws):
    aws = secured_aws
    _, arn = _table(aws)
    vault, _ = _vault(aws)
    weak = aws.role({**ALLOW, "Action": "dynamodb:DescribeTable"}, service="backup.amazonaws.com")
    queue = _queue_for(aws, {"source": ["aws.backup"], "detail-type": ["Backup Job State Change"]})

    job = _backed_up(aws, vault, arn, weak)

    assert job["State"] == "FAILED"
    assert "not authorized to perform: dynamodb:StartAwsBackupJob" in job["StatusMessage"]
    detail = json.loads(_received(aws, queue)["Body"])["detail"]
    assert (detail["backupJobId"], detail["state"]) == (job["BackupJobId"], "FAILED")


def test_a_role_that_does_not_trust_backup_fails_the_job(secured_aws):
    _, arn = _table(secured_aws)
    vault, _ = _vault(secured_aws)

    job = _backed_up(secured_aws, vault, arn, secured_aws.role(ALLOW))

    assert "cannot be assumed" in job["StatusMessage"]


def test_the_table_s_key_must_let_the_role_in(secured_aws):
    aws = secured_aws
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    closed = [{"Effect": "Allow", "Principal": root, "Action": "kms:PutKeyPolicy", "Resource": "*"}]
    key = aws.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": closed}))
    encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyMetadata"]["Arn"]}
    _, arn = _table(aws, items=0, SSESpecification=encrypted)
    vault, _ = _vault(aws)

    job = _backed_up(aws, vault, arn, aws.role(ALLOW, service="backup.amazonaws.com"))

    assert "not authorized to perform: kms:Decrypt" in job["StatusMessage"]


def test_a_vault_s_policy_stops_even_who_may_do_everything(secured_aws):
    aws = secured_aws
    _, arn = _table(aws)
    vault, _ = _vault(aws)
    point = _backed_up(aws, vault, arn, aws.role(ALLOW, service="backup.amazonaws.com"))["RecoveryPointArn"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    aws.client("backup").put_backup_vault_access_policy(BackupVaultName=vault, Policy=policy)
    admin = aws.client_as(aws.role(ALLOW), "backup")

    with pytest.raises(ClientError, match="not authorized to perform: backup:DeleteRecoveryPoint"):
        admin.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
    assert (
        admin.describe_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)["Status"] == "COMPLETED"
    )


def _queue_for(aws, pattern):
    name, client = _name("q"), aws.client("sqs")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Statement": [{**allow, "Resource": arn}]})
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    targets = [{"Id": "t", "Arn": arn}]
    properties = {"EventPattern": pattern, "Targets": targets}
    aws.deploy({"R": {"Type": "AWS::Events::Rule", "Properties": properties}})
    return url


def _received(aws, url):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = aws.client("sqs").receive_message(QueueUrl=url).get("Messages")
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no message")
