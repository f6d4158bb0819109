"""One zone of a domain: an encrypted, versioned bucket that only TLS and the domain's key can reach.

A zone is one construct used once per stage of the data's life, so that a rule about encryption or ageing is
written once and not copied per zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from data_platform.legal_hold import allow_legal_holds
from data_platform.storage.refusals import lock_bypass_refusal, wrong_key_refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from data_platform.storage.lock import Lock

LEAST_TLS_VERSION = 1.2


class Zone(Construct):
    """A bucket that holds one stage of the data's life.

    Args:
        scope: The construct that owns this zone.
        construct_id: Name of the zone within its scope.
        name: Public name of the bucket.
        key: Encrypts every object; uploads under another key are refused.
        access_logs: Name of the bucket that receives the access log; its policy lets S3 deliver there.
        access_log_prefix: Under which the log lies there, by account, region, bucket and day.
        ageing: Lifecycle rules.
        removal_policy: Whether the bucket outlives its stack.
        lock: Default write-once lock, if any; without one single objects can be put under a legal hold. S3 cannot
            switch Object Lock off again.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> zone = Zone(stack, "Raw", name="dp-dev-aviation-raw", key=kms.Key(stack, "Key"),
        ...             access_logs="dp-dev-access-logs", access_log_prefix="logs/", ageing=[],
        ...             removal_policy=cdk.RemovalPolicy.RETAIN)
        >>> zone.bucket.node.path
        'Default/Raw/Bucket'
    """

    bucket: s3.IBucket

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        access_logs: str,
        access_log_prefix: str,
        ageing: Sequence[s3.LifecycleRule],
        removal_policy: cdk.RemovalPolicy,
        lock: Lock | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=LEAST_TLS_VERSION,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=list(ageing),
            object_lock_default_retention=lock.retention if lock else None,
            removal_policy=removal_policy,
        )
        _log_and_send_events(bucket, access_logs, access_log_prefix)
        for statement in wrong_key_refusals(bucket, key):
            bucket.add_to_resource_policy(statement)
        if lock:
            bucket.add_to_resource_policy(lock_bypass_refusal(bucket))
        else:
            allow_legal_holds(bucket)
        self.bucket = bucket


def _log_and_send_events(bucket: s3.Bucket, access_logs: str, prefix: str) -> None:
    # `event_bridge_enabled=True` of the L2 would add a helper Lambda with rights on every bucket, and its access logs
    # go only to a bucket whose policy it may write.
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):
        Bucket = s3.CfnBucket  # noqa: N806 - a class by a shorter name
        resource.logging_configuration = Bucket.LoggingConfigurationProperty(
            destination_bucket_name=access_logs,
            log_file_prefix=prefix,
            target_object_key_format=Bucket.TargetObjectKeyFormatProperty(
                partitioned_prefix=Bucket.PartitionedPrefixProperty(partition_date_source="EventTime")
            ),
        )
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )
