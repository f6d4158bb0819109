"""Who touches the evidence, the keys or the locks: events and figures that wake somebody.

Services without region (IAM) and the account's root appear on EventBridge in us-east-1 only. The trail's log group has
them wherever it stands, so there a metric filter counts them and an alarm tells.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.event_rules import EventRule
from data_platform.observability.rules import AlarmRule

if TYPE_CHECKING:
    from collections.abc import Mapping

TAMPERING = "DataPlatform/Audit"
_CALL = "AWS API Call via CloudTrail"
_NOT_DEPLOYED = {"sourceIPAddress": [{"anything-but": ["cloudformation.amazonaws.com"]}]}
_BUCKET_CHANGES = (
    "DeleteBucket",
    "DeleteBucketEncryption",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "DeleteBucketPublicAccessBlock",
    "DeleteBucketReplication",
    "PutBucketAcl",
    "PutBucketEncryption",
    "PutBucketLifecycle",
    "PutBucketLogging",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketReplication",
    "PutBucketVersioning",
)
_IDENTITY_CHANGES = (
    '{ ($.eventSource = "iam.amazonaws.com") && ($.readOnly IS FALSE) && '
    '($.sourceIPAddress != "cloudformation.amazonaws.com") }'
)
_LOST = {
    "query": "The text of a query could not be put into the store; Athena forgets it after 45 days",
    "session": "A day of the bastion's sessions could not be put into the store; its log group forgets them",
}
_ROOT_USE = (
    '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && '
    '($.eventType != "AwsServiceEvent") }'
)


def tampering_rules(prefix: str) -> tuple[EventRule, ...]:
    """Every event of tampering in a region.

    Args:
        prefix: Starts the names of the environment's buckets: `dp-dev`.

    Example:
        >>> [rule.name for rule in tampering_rules("dp-dev")]
        ['trail-stopped', 'key-disabled', 'bucket-changed', 'lock-bypass', 'lake-admin-changed']
    """
    own_bucket = {"bucketName": [{"prefix": f"{prefix}-"}]}
    return (
        EventRule(
            name="trail-stopped",
            runbook="trail-stopped",
            symptom="Somebody stopped, deleted or changed a trail, or tried to: what is done now may leave no trace",
            severity="page",
            pattern=_calls("cloudtrail", "DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"),
        ),
        EventRule(
            name="key-disabled",
            runbook="key-disabled",
            symptom="Somebody disabled a key, scheduled its deletion or changed its policy by hand, or tried to",
            severity="page",
            pattern=_calls("kms", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", only=_NOT_DEPLOYED),
        ),
        EventRule(
            name="bucket-changed",
            runbook="bucket-changed",
            symptom="Somebody changed policy, lock, lifecycle or another guard of a bucket by hand, or tried to",
            severity="page",
            pattern=_calls("s3", *_BUCKET_CHANGES, only={**_NOT_DEPLOYED, "requestParameters": own_bucket}),
        ),
        EventRule(
            name="lock-bypass",
            runbook="lock-bypass",
            symptom="Somebody tried to delete a version, or to shorten or step over a lock",
            severity="page",
            pattern=_lock_bypass(own_bucket),
        ),
        EventRule(
            name="lake-admin-changed",
            runbook="lake-admin-changed",
            symptom="Somebody changed the administrators or defaults of Lake Formation by hand, or tried to",
            severity="page",
            pattern=_calls("lakeformation", "PutDataLakeSettings", only=_NOT_DEPLOYED),
        ),
    )


def trail_filters(*, watch_root: bool) -> dict[str, str]:
    """Filter pattern by metric, for the trail's log group.

    Args:
        watch_root: Whether the account's root is nobody's daily user (on a laptop it is).

    Example:
        >>> sorted(trail_filters(watch_root=True))
        ['IdentityChanged', 'RootUsed']
    """
    return {"IdentityChanged": _IDENTITY_CHANGES} | ({"RootUsed": _ROOT_USE} if watch_root else {})


def trail_alarms(*, watch_root: bool, history_machines: Mapping[str, str]) -> tuple[AlarmRule, ...]:
    """The alarms on what the filters count, and on a history that is not kept.

    Args:
        watch_root: As for the filters.
        history_machines: The machines that keep histories, by what they keep: "query", "session".

    Example:
        >>> [rule.name for rule in trail_alarms(watch_root=False, history_machines={"query": "arn"})]
        ['identity-changed', 'query-history-lost']
    """
    root = AlarmRule(
        name="root-used",
        runbook="root-used",
        symptom="Somebody acted as the account's root, which nobody needs from day to day",
        severity="page",
        namespace=TAMPERING,
        metric="RootUsed",
    )
    identity = AlarmRule(
        name="identity-changed",
        runbook="identity-changed",
        symptom="Somebody changed a role, policy, trust or user outside of a deployment",
        severity="page",
        namespace=TAMPERING,
        metric="IdentityChanged",
    )
    histories = (
        AlarmRule(
            name=f"{what}-history-lost",
            runbook=f"{what}-history-lost",
            symptom=_LOST[what],
            severity="ticket",
            namespace="AWS/States",
            metric="ExecutionsFailed",
            dimensions={"StateMachineArn": machine},
        )
        for what, machine in history_machines.items()
    )
    return (*((root,) if watch_root else ()), identity, *histories)


def _calls(service: str, *names: str, only: dict[str, Any] | None = None) -> dict[str, Any]:
    detail = {"eventSource": [f"{service}.amazonaws.com"], "eventName": list(names), **(only or {})}
    return {"source": [f"aws.{service}"], "detail-type": [_CALL], "detail": detail}


def _lock_bypass(own_bucket: dict[str, Any]) -> dict[str, Any]:
    names = ["DeleteObject", "DeleteObjects", "PutObjectLegalHold", "PutObjectRetention"]
    refused = {"errorCode": ["AccessDenied"], "requestParameters": own_bucket}
    bypass = {"requestParameters": {**own_bucket, "x-amz-bypass-governance-retention": ["true"]}}
    detail = {"eventSource": ["s3.amazonaws.com"], "eventName": names, "$or": [refused, bypass]}
    return {"source": ["aws.s3"], "detail-type": [_CALL], "detail": detail}
