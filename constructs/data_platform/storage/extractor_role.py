"""The role with which extractors write to raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.contracts.naming import EXTRACTIONS

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.contracts.naming import Naming


class ExtractorRole(Construct):
    """It writes to raw, and reads nothing back but the manifests of extractions. The bucket's own policy names it.

    Args:
        scope: The construct that owns the role, in the stack of the bucket.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
        raw: The bucket of raw.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_s3 as s3
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")
        >>> extractor = ExtractorRole(stack, "Extractor", naming=names, key=kms.Key(stack, "Key"),
        ...                           raw=s3.Bucket(stack, "Raw"))
        >>> extractor.role.node.path
        'Default/Extractor/Role'
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
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role("extractor"),
            description=f"Extracts databases of {naming.domain} to raw",
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": naming.account}},
            ),
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
        self._allow(raw, "ExtractFiles", ["s3:AbortMultipartUpload", "s3:PutObject"], "*")
        self._allow(raw, "ReadOwnManifests", ["s3:GetObject"], f"{EXTRACTIONS}*")

    def _allow(self, raw: s3.IBucket, sid: str, actions: list[str], objects: str) -> None:
        raw.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ArnPrincipal(self.role.role_arn)],
                actions=actions,
                resources=[raw.arn_for_objects(objects)],
            )
        )
