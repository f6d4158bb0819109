"""A role that writes to or reads from topics, with a policy of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence


class StreamRole(Construct):
    """A role and what it may do on one cluster.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        name: Public name of the role.
        description: What it does.
        assumed_by: Who may take it.
        rights: What it may do, from `producer_rights`, `replay_rights` or `admin_rights`.
        shared: Policies of actions without resources.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.streaming.rights import admin_rights
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> made = StreamRole(cdk.Stack(), "Admin", name="dp-dev-retail-streams-admin", description="Looks at topics",
        ...                   assumed_by=iam.AccountRootPrincipal(),
        ...                   rights=admin_rights(arn, ["t"], groups=["t.loader"], makes_topics=False))
        >>> made.role.node.path
        'Default/Admin/Role'
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        assumed_by: iam.IPrincipal,
        rights: Sequence[iam.PolicyStatement],
        shared: Sequence[iam.IManagedPolicy] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=description,
            assumed_by=assumed_by,
            managed_policies=list(shared),
        )
        iam.ManagedPolicy(self, "Policy", roles=[self.role], statements=list(rights))
