"""The role with which files are delivered to raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.contracts.naming import Naming


class LandingRole(Construct):
    """It writes to raw, and reads nothing back. The bucket's own policy names it.

    Args:
        scope: The construct that owns the role, in the stack of the bucket.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
        raw: The bucket of raw.
        principals: ARNs of who may take the role.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_s3 as s3
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> landing = LandingRole(stack, "Landing", naming=names, key=kms.Key(stack, "Key"),
        ...                       raw=s3.Bucket(stack, "Raw"), principals=["arn:aws:iam::111111111111:root"])
        >>> landing.role.node.path
        'Default/Landing/Role'
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        key: kms.IKey,
        raw: s3.IBucket,
        principals: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role("landing"),
            description=f"Delivers files to raw of {naming.domain}",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                # Decrypt: S3 needs it to complete multipart uploads.
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
            ],
        )
        raw.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LandFiles",
                principals=[iam.ArnPrincipal(self.role.role_arn)],
                actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                resources=[raw.arn_for_objects("*")],
            )
        )
