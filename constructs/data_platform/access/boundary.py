"""The permissions boundary: the most that any role of the platform can ever do, whatever its policies say.

A role can do what both its policies and the boundary allow. The boundary therefore names every action that some
duty uses, and no other; a new duty that needs a new action needs a reviewed line here. Which resources a role
reaches stays with its own policies: the boundary is about actions and regions.
Source: docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.access.duties import CAPTURING, DUTIES, NEVER, REPLICATION, STREAMING
from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from collections.abc import Sequence

# A managed policy may have so many characters; white space does not count.
MOST_CHARACTERS = 6144


class BoundaryTooLargeError(ValueError):
    """The duties need more actions than one managed policy can name."""


def boundary_name(prefix: str) -> str:
    """The boundary's public name in an environment.

    Example:
        >>> boundary_name("dp-dev")
        'dp-dev-boundary'
    """
    return f"{prefix}-boundary"


def boundary_statements(
    regions: Sequence[str], *, replicates: bool = False, streams: bool = False
) -> list[iam.PolicyStatement]:
    """What the boundary says: duties are allowed, a few things are denied for ever, other regions are closed.

    Args:
        regions: The regions in which the platform may act.
        replicates: Whether DMS copies a database.
        streams: Whether a domain has a cluster.

    Example:
        >>> [statement.sid for statement in boundary_statements(["ap-southeast-2"])]
        ['WhatDutiesUse', 'WhatNoDutyDoes', 'NowhereElse']
    """
    used = DUTIES | (REPLICATION if replicates else set()) | (STREAMING | CAPTURING if streams else set())
    return [
        iam.PolicyStatement(sid="WhatDutiesUse", actions=sorted(used), resources=["*"]),
        iam.PolicyStatement(
            sid="WhatNoDutyDoes", effect=iam.Effect.DENY, actions=sorted(NEVER), resources=["*"]
        ),
        iam.PolicyStatement(
            sid="NowhereElse",
            effect=iam.Effect.DENY,
            actions=["*"],
            resources=["*"],
            conditions={"StringNotEquals": {"aws:RequestedRegion": sorted(regions)}},
        ),
    ]


class RoleBoundary(Construct):
    """The boundary of an environment as a managed policy.

    Args:
        scope: The construct that owns the policy.
        construct_id: Name within its scope.
        prefix: Starts its name, such as `dp-dev`.
        regions: The regions in which the platform may act.
        replicates: Whether DMS copies a database.
        streams: Whether a domain has a cluster.

    Attributes:
        policy: The policy by its name: naming it in a role makes no reference between stacks.

    Raises:
        BoundaryTooLargeError: when it has more characters than IAM takes.

    Example:
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> RoleBoundary(stack, "Boundary", prefix="dp-dev", regions=["ap-southeast-2"]).policy.managed_policy_arn
        'arn:aws:iam::111111111111:policy/dp-dev-boundary'
    """

    policy: iam.IManagedPolicy

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        regions: Sequence[str],
        replicates: bool = False,
        streams: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        statements = boundary_statements(regions, replicates=replicates, streams=streams)
        _check_size(statements)
        made = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=boundary_name(prefix),
            description="The most that a role of the platform can do, whatever its policies say",
            statements=statements,
        )
        acknowledge(
            made,
            "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="A boundary grants nothing: it names every action that duties use, none by wildcard; each role's "
            "own policies name the resources. A boundary that named them too could not hold the roles of all domains.",
        )
        arn = f"arn:aws:iam::{cdk.Stack.of(self).account}:policy/{boundary_name(prefix)}"
        self.policy = iam.ManagedPolicy.from_managed_policy_arn(self, "ByName", arn)


def _check_size(statements: Sequence[iam.PolicyStatement]) -> None:
    document = {"Version": "2012-10-17", "Statement": [statement.to_json() for statement in statements]}
    size = len(json.dumps(document, separators=(",", ":")))
    if size > MOST_CHARACTERS:
        raise BoundaryTooLargeError(
            f"access/duties.py: the boundary has {size:,} characters; IAM takes {MOST_CHARACTERS:,}. Mend: take out "
            "actions that no duty uses any more; tests/unit/access/test_boundary.py names them."
        )
