"""Where S3 writes who read and wrote the domain's objects.

The bucket stands in the domain's own stack: a shared one would have to name the buckets of the stacks above
it.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.storage.ageing import scratch_ageing
from data_platform.storage.zone import LEAST_TLS_VERSION

_PACKS_ON_KMS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")


class AccessLog(Construct):
    """A bucket that only S3's log delivery writes to.

    Args:
        scope: The construct that owns this bucket.
        construct_id: Name within its scope.
        name: Public name of the bucket.
        keep_days: Days for which logs are kept.
        incomplete_upload_days: Age at which unfinished uploads are deleted.
        removal_policy: Whether the bucket outlives its stack.
    """

    bucket: s3.IBucket

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        keep_days: int,
        incomplete_upload_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=LEAST_TLS_VERSION,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=scratch_ageing(
                expire_days=keep_days, shorter_prefixes={}, incomplete_upload_days=incomplete_upload_days
            ),
            removal_policy=removal_policy,
        )
        acknowledge(
            self.bucket,
            *(f"{pack}::{pack}-S3DefaultEncryptionKMS" for pack in _PACKS_ON_KMS),
            reason="S3 delivers access logs only to buckets under S3-managed keys (AES-256). They hold names "
            "of objects and callers, no data, and nobody but the log delivery service writes here.",
        )
