"""The access log of the store: every request on evidence, refused ones and the ends that lifecycle rules make too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from data_platform.audit.refusals import removal_refusal, weakening_refusal

if TYPE_CHECKING:
    from data_platform.audit.names import AuditNames

LEAST_TLS_VERSION = 1.2


class StoreLog(Construct):
    """The bucket that receives the store's access log and nothing else. It comes before the store.

    S3 delivers to no bucket that has Object Lock or a customer key, so its policy is what keeps the log: nobody removes
    an object. It is not copied into the store, as every copy would be logged, copied and logged again, without end.

    Args:
        scope: The construct that owns the bucket.
        construct_id: Name within its scope.
        names: Physical names.
        days: Days for which the log is kept, as long as evidence.
        deployment_role_arn: The only role that may change the bucket's configuration.

    Example:
        >>> from data_platform.audit.names import AuditNames
        >>> log = StoreLog(cdk.Stack(), "Log", days=30,
        ...     names=AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"),
        ...     deployment_role_arn="arn:aws:iam::111111111111:role/deploy")
        >>> log.bucket.node.path
        'Default/Log/Bucket'
    """

    bucket: s3.Bucket

    def __init__(
        self, scope: Construct, construct_id: str, *, names: AuditNames, days: int, deployment_role_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.store_log,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=LEAST_TLS_VERSION,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="log",
                    expiration=cdk.Duration.days(days),
                    noncurrent_version_expiration=cdk.Duration.days(1),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.bucket.add_to_resource_policy(removal_refusal(self.bucket))
        self.bucket.add_to_resource_policy(weakening_refusal(self.bucket, deployment_role_arn))
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogDelivery",
                actions=["s3:PutObject"],
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                resources=[self.bucket.arn_for_objects("*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": names.account},
                    "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{names.store}"},
                },
            )
        )
