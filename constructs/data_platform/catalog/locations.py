"""Zone buckets registered with Lake Formation, which then reads and writes them for whom it grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming

ZONES = ("raw", "staged", "curated")


class RegisteredLocations(Construct):
    """The zones that Lake Formation governs, and the role with which it reaches them.

    A role of ours, not the service-linked one: the key policy can name it.

    Args:
        scope: The construct that owns the locations.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
    """

    role: iam.IRole

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming, key: kms.IKey) -> None:
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
        policy = iam.ManagedPolicy(self, "Policy", roles=[self.role], statements=_statements(naming, key))
        acknowledge(
            policy,
            *(
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]"
                for arn in (f"arn:aws:s3:::{naming.bucket(zone)}/*" for zone in ZONES)
            ),
            reason="Lake Formation reaches every object of the zones that it governs; who sees which table is "
            "decided by its grants, and only the service may assume the role",
        )
        for zone in ZONES:
            location = lakeformation.CfnResource(
                self,
                zone.title(),
                resource_arn=f"arn:aws:s3:::{naming.bucket(zone)}",
                role_arn=self.role.role_arn,
                use_service_linked_role=False,
                hybrid_access_enabled=False,
            )
            location.node.add_dependency(policy)


def _statements(naming: Naming, key: kms.IKey) -> list[iam.PolicyStatement]:
    buckets = [f"arn:aws:s3:::{naming.bucket(zone)}" for zone in ZONES]
    return [
        iam.PolicyStatement(
            actions=[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=[f"{bucket}/*" for bucket in buckets],
        ),
        iam.PolicyStatement(
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=buckets,
        ),
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], resources=[key.key_arn]
        ),
    ]
