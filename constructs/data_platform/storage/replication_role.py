"""The role with which DMS writes to raw, into a place of its own, and who takes its files from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.contracts.naming import EXTRACTIONS, REPLICATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.contracts.naming import Naming


class ReplicationRole(Construct):
    """DMS writes below `_dms/` and reaches nothing else; the state machine copies from there to the datasets.

    Args:
        scope: The construct that owns the role, in the stack of the bucket.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
        raw: The bucket of raw.
        datasets: Names of the datasets that DMS copies.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_s3 as s3
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")
        >>> replication = ReplicationRole(stack, "Replication", naming=names, key=kms.Key(stack, "Key"),
        ...                               raw=s3.Bucket(stack, "Raw"), datasets=["orders"])
        >>> replication.role.node.path
        'Default/Replication/Role'
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
        datasets: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._raw = raw
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role("dms"),
            description=f"DMS copies databases of {naming.domain} to raw",
            assumed_by=iam.ServicePrincipal(
                "dms.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": naming.account}},
            ),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
                iam.PolicyStatement(
                    actions=["s3:ListBucket"], resources=[f"arn:aws:s3:::{naming.bucket('raw')}"]
                ),
            ],
        )
        own = iam.ArnPrincipal(self.role.role_arn)
        # DMS tries whether it can write and delete before each copy; deleting leaves the version.
        self._allow("ReplicateFiles", own, ["s3:DeleteObject", "s3:PutObject"], [f"{REPLICATIONS}*"])
        machine = {"ArnEquals": {"aws:PrincipalArn": naming.role_arn("pipeline")}}
        self._allow(
            "TakeReplicatedFiles", iam.AccountRootPrincipal(), ["s3:GetObject"], [f"{REPLICATIONS}*"], machine
        )
        self._allow(
            "RegisterReplicatedFiles",
            iam.AccountRootPrincipal(),
            ["s3:PutObject"],
            [f"{EXTRACTIONS}*", *(f"{name}/source=*" for name in datasets)],
            machine,
        )

    def _allow(
        self,
        sid: str,
        who: iam.PrincipalBase,
        actions: list[str],
        objects: list[str],
        only: Mapping[str, object] | None = None,
    ) -> None:
        self._raw.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[who],
                actions=actions,
                resources=[self._raw.arn_for_objects(each) for each in objects],
                conditions=only,
            )
        )
