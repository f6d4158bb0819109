"""The role with which Lake Formation reaches the zones of a domain for whom it grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.contracts.naming import Naming

GOVERNED_ZONES = ("raw", "staged", "curated")


class LakeRole(Construct):
    """A role of ours, not the service-linked one: bucket policies and the key policy can name it.

    What it may do with objects stands in the buckets' own policies, which name this role and nobody else: one place
    says who reaches the objects of a zone.

    Args:
        scope: The construct that owns the role, in the stack of the buckets.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
        buckets: Bucket by zone; sandbox is not governed.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_s3 as s3
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> zones = {zone: s3.Bucket(stack, zone) for zone in GOVERNED_ZONES}
        >>> LakeRole(stack, "Lake", naming=names, key=kms.Key(stack, "Key"), buckets=zones).role.node.path
        'Default/Lake/Role'
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        key: kms.IKey,
        buckets: Mapping[str, s3.IBucket],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role("lake"),
            description=f"Lake Formation reads and writes the zones of {naming.domain} with it",
            assumed_by=iam.ServicePrincipal(
                "lakeformation.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": naming.account}},
            ),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], resources=[key.key_arn]
                )
            ],
        )
        for zone in GOVERNED_ZONES:
            self._reach(buckets[zone])

    def _reach(self, bucket: s3.IBucket) -> None:
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ReachObjectsForLakeFormation",
                principals=[iam.ArnPrincipal(self.role.role_arn)],
                actions=[
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                resources=[bucket.arn_for_objects("*")],
            )
        )
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ListForLakeFormation",
                principals=[iam.ArnPrincipal(self.role.role_arn)],
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[bucket.bucket_arn],
            )
        )
