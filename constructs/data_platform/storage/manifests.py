"""Who reads the manifests of extractions in raw: the state machine, which is made long after the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.contracts.naming import EXTRACTIONS

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3


def let_read_manifests(raw: s3.IBucket, role_arn: str) -> None:
    """Let a role read what extractions committed, and none of their rows.

    Args:
        raw: The bucket of raw.
        role_arn: The role, by its name: a policy cannot name a role that does not exist yet, a condition can.
    """
    raw.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ReadManifests",
            principals=[iam.AccountRootPrincipal()],
            actions=["s3:GetObject"],
            resources=[raw.arn_for_objects(f"{EXTRACTIONS}*")],
            conditions={"ArnEquals": {"aws:PrincipalArn": role_arn}},
        )
    )
