"""Roles of schedules as every room makes them: one call on what is named, and nothing of another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct


def schedule_role(
    scope: Construct,
    construct_id: str,
    *,
    policy_id: str,
    name: str,
    description: str,
    action: str,
    on: Sequence[str],
    dead_letters: sqs.IQueue,
    dead_letters_key: kms.IKey,
) -> tuple[iam.Role, iam.ManagedPolicy]:
    """A role that EventBridge Scheduler takes for schedules of the stack's own account, and the policy of its rights.

    A schedule must come after the policy: until it is there, its calls are refused.

    Args:
        scope: The construct that owns both.
        construct_id: Name of the role within its scope.
        policy_id: Name of the policy within its scope.
        name: Public name of the role.
        description: What it does.
        action: The one call that schedules make, such as `states:StartExecution`.
        on: ARNs of what they call.
        dead_letters: Keeps calls that could not be made.
        dead_letters_key: Encrypts them.

    Example:
        >>> from aws_cdk import aws_kms as kms, aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> role, policy = schedule_role(
        ...     stack, "Starter", policy_id="StarterPolicy", name="dp-dev-sweep", description="Starts the sweeper",
        ...     action="states:StartExecution",
        ...     on=["arn:aws:states:ap-southeast-2:111111111111:stateMachine:dp-dev-sweep"],
        ...     dead_letters=sqs.Queue(stack, "Queue"), dead_letters_key=kms.Key(stack, "Key"))
        >>> role.node.path, policy.node.path
        ('Default/Starter', 'Default/StarterPolicy')
    """
    role = iam.Role(
        scope,
        construct_id,
        role_name=name,
        description=description,
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}},
        ),
    )
    policy = iam.ManagedPolicy(
        scope,
        policy_id,
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=[action], resources=list(on)),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[dead_letters_key.key_arn]
            ),
        ],
    )
    return role, policy
