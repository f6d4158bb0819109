"""The most that any role of an environment can do; every other stack comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from data_platform.access import RoleBoundary
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from constructs import Construct

    from environments.model import Environment


class BoundaryStack(PlatformStack):
    """The permissions boundary of an environment.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        replicates: Whether DMS copies a database.
        streams: Whether a domain has a cluster.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        replicates: bool,
        streams: bool,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="boundary",
            description="The most that any role of the platform can do",
            environment=environment,
        )
        self._policy = RoleBoundary(
            self,
            "Boundary",
            prefix=environment.prefix,
            regions=environment.access.regions,
            replicates=replicates,
            streams=streams,
        ).policy

    def bind(self, stage: cdk.Stage) -> None:
        """Put the boundary on every role of the stage's stacks, which are deployed after this one."""
        iam.PermissionsBoundary.of(stage).apply(self._policy)
        for stack in stage.node.children:
            if isinstance(stack, cdk.Stack) and stack is not self:
                stack.add_stack_dependency(self)
