"""The audit, end to end: nobody takes evidence back, tampering wakes somebody, and "who read this column" has an answer."""

from __future__ import annotations

import json
import time
import uuid

import botocore.exceptions
import pytest

pytestmark = pytest.mark.local

ACCOUNT, REGION = "000000000000", "ap-southeast-2"
STORE = f"dp-local-audit-store-{ACCOUNT}-{REGION}"
TRAIL = "dp-local-audit"
REFUSED = ("AccessDenied", "BucketNotEmpty")


@pytest.fixture(scope="module")
def pages(platform):
    """What the page topic sends from now on; call it with a text to wait for."""
    sqs, sns = platform.client("sqs"), platform.client("sns")
    name = f"pages-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:dp-local-page"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    seen = []

    def wait(text, seconds=240):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            seen.extend(
                message["Body"]
                for message in sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
                ).get("Messages", [])
            )
            found = [body for body in seen if text in body]
            if found:
                return found[0]
        raise AssertionError(f"nobody was paged about {text} within {seconds} s")

    yield wait
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def evidence(platform):
    """One delivered file of the trail: its key and version."""
    s3 = platform.client("s3")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        listed = s3.list_object_versions(Bucket=STORE, Prefix=f"AWSLogs/{ACCOUNT}/CloudTrail/")
        if listed.get("Versions"):
            return listed["Versions"][0]["Key"], listed["Versions"][0]["VersionId"]
        time.sleep(1)
    pytest.fail("the trail delivered nothing within 30 s")


@pytest.fixture(scope="module")
def roles(platform):
    """A session of every role of the platform and of the CDK."""
    found = {}
    for page in platform.client("iam").get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(("dp-local-", "cdk-")):
                found[role["RoleName"]] = _session(platform, role)
    assert len(found) > 15
    return found


def _session(platform, role):
    """A session of a role; one that only a service may take trusts this test for a moment."""
    try:
        return platform.session(role["Arn"])
    except botocore.exceptions.ClientError:
        iam, name = platform.client("iam"), role["RoleName"]
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
        opened = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=opened)
        try:
            return platform.session(role["Arn"])
        finally:
            closed = json.dumps(role["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=closed)


def _outcome(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def test_no_role_deletes_or_shortens_evidence(platform, roles, evidence):
    key, version = evidence
    past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    place = {"Bucket": STORE, "Key": key}
    allowed = {}
    for name, session in roles.items():
        s3 = platform.client("s3", session)
        outcomes = {
            "delete version": _outcome(s3.delete_object, **place, VersionId=version),
            "delete version, bypassing": _outcome(
                s3.delete_object, **place, VersionId=version, BypassGovernanceRetention=True
            ),
            "delete": _outcome(s3.delete_object, **place),
            "shorten": _outcome(
                s3.put_object_retention,
                **place,
                VersionId=version,
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": past},
                BypassGovernanceRetention=True,
            ),
            "unhold": _outcome(s3.put_object_legal_hold, **place, LegalHold={"Status": "OFF"}),
        }
        allowed |= {f"{name}: {what}": code for what, code in outcomes.items() if code not in REFUSED}
    assert allowed == {}


def test_not_even_root_deletes_evidence_under_lock(platform, evidence):
    key, version = evidence
    s3 = platform.client("s3")
    assert (
        _outcome(s3.delete_object, Bucket=STORE, Key=key, VersionId=version, BypassGovernanceRetention=True)
        == "AccessDenied"
    )


def test_no_role_but_the_one_that_deploys_weakens_the_store(platform, roles):
    allowed = {}
    for name, session in roles.items():
        if "cfn-exec" in name:
            continue  # it deploys reviewed templates
        s3 = platform.client("s3", session)
        public = {"BlockPublicAcls": False}
        outcomes = {
            "policy": _outcome(s3.delete_bucket_policy, Bucket=STORE),
            "lifecycle": _outcome(s3.delete_bucket_lifecycle, Bucket=STORE),
            "versioning": _outcome(
                s3.put_bucket_versioning, Bucket=STORE, VersioningConfiguration={"Status": "Suspended"}
            ),
            "public": _outcome(
                s3.put_public_access_block, Bucket=STORE, PublicAccessBlockConfiguration=public
            ),
        }
        allowed |= {f"{name}: {what}": code for what, code in outcomes.items() if code != "AccessDenied"}
    assert allowed == {}


def test_no_role_deletes_the_bucket_of_the_trail(platform, roles):
    outcomes = {
        name: _outcome(platform.client("s3", session).delete_bucket, Bucket=STORE)
        for name, session in roles.items()
    }
    assert {name: code for name, code in outcomes.items() if code not in REFUSED} == {}


def test_no_role_deletes_a_locked_version_of_raw(platform, roles):
    key = platform.deliver("airlines", "2013-01-02", platform.table("airlines", "2013-01-01"))
    bucket = platform.names.bucket("raw")
    head = platform.client("s3").head_object(Bucket=bucket, Key=key)
    assert head["ObjectLockMode"] == "GOVERNANCE"
    outcomes = {
        name: _outcome(
            platform.client("s3", session).delete_object,
            Bucket=bucket,
            Key=key,
            VersionId=head["VersionId"],
            BypassGovernanceRetention=True,
        )
        for name, session in roles.items()
    }
    assert {name: code for name, code in outcomes.items() if code not in REFUSED} == {}


def test_stopping_the_trail_wakes_somebody(platform, pages):
    cloudtrail = platform.client("cloudtrail")
    cloudtrail.stop_logging(Name=TRAIL)
    try:
        event = json.loads(json.loads(pages('\\"StopLogging\\"'))["Message"])
    finally:
        cloudtrail.start_logging(Name=TRAIL)
    assert event["detail"]["userIdentity"]["type"] == "Root"
    assert event["detail"]["requestParameters"]["name"] == TRAIL


def test_an_attempt_to_step_over_a_lock_wakes_somebody(platform, pages, roles, evidence):
    key, version = evidence
    s3 = platform.client("s3", roles["dp-local-auditor"])
    assert _outcome(s3.delete_object, Bucket=STORE, Key=key, VersionId=version) == "AccessDenied"
    assert "DeleteObject" in pages("assumed-role/dp-local-auditor/")


def test_a_key_that_somebody_disables_wakes_somebody(platform, pages):
    kms = platform.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert key in pages('\\"ScheduleKeyDeletion\\"')


def test_a_bucket_that_is_changed_by_hand_wakes_somebody(platform, pages):
    s3, bucket = platform.client("s3"), platform.names.bucket("sandbox")
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert bucket in pages('\\"PutBucketPolicy\\"')


def test_a_role_that_is_changed_by_hand_raises_the_alarm(platform):
    iam, name = platform.client("iam"), f"by-hand-{uuid.uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    iam.delete_role(RoleName=name)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (alarm,) = platform.client("cloudwatch").describe_alarms(AlarmNames=["dp-local-identity-changed"])[
            "MetricAlarms"
        ]
        if alarm["StateValue"] == "ALARM":
            break
        time.sleep(1)
    assert alarm["StateValue"] == "ALARM"
    assert alarm["AlarmActions"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:dp-local-page"]
    assert "docs/runbooks/identity-changed.md" in alarm["AlarmDescription"]


def test_who_read_a_column_is_answered_and_who_read_another_is_not(platform, roles):
    database, analyst = platform.names.database("curated"), platform.as_role("analyst")
    (row,) = platform.query(f'SELECT count("carrier") FROM "{database}"."airlines"', analyst)
    assert row
    readers = _readers(platform, roles["dp-local-auditor"], "carrier", f"{database}/airlines")
    assert any(reader.endswith("-analyst") for reader in readers)
    others = _readers(platform, roles["dp-local-auditor"], "name", f"{database}/airlines", seconds=0)
    assert not any(reader.endswith("-analyst") for reader in others)


def _readers(platform, auditor, column, table, *, seconds=120):
    """Who read a column last week, by the saved query, as the auditor asks it; waits for an analyst to be told."""
    athena = platform.client("athena", auditor)
    saved = (
        athena.get_named_query(NamedQueryId=identifier)["NamedQuery"]
        for identifier in athena.list_named_queries(WorkGroup="dp-local-audit")["NamedQueryIds"]
    )
    sql = next(query["QueryString"] for query in saved if query["Name"].endswith("who-read-column"))
    deadline = time.monotonic() + seconds
    while True:
        found = {row[1] for row in _ask(athena, sql, [f"'{text}'" for text in (column, column, table)])}
        if any(reader.endswith("-analyst") for reader in found) or time.monotonic() > deadline:
            return found
        time.sleep(2)


def _ask(athena, sql, parameters):
    identifier = athena.start_query_execution(
        QueryString=sql, WorkGroup="dp-local-audit", ExecutionParameters=parameters
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            rows = athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
            return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]
        if status["State"] == "FAILED":
            raise RuntimeError(status["StateChangeReason"])
        time.sleep(0.1)
