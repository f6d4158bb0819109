"""Looking at and stopping runs: executions have names only when they have started, so no policy can list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge, as_reported
from data_platform.duty import OWN_RUNS

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming


class OwnRuns(Construct):
    """The policy of an environment with which a state machine follows and stops executions of itself.

    One for all domains: it names the machine by the tag of its role (`data_platform.duty`).

    Args:
        scope: The construct that owns the policy, in a stack that comes before every pipeline.
        construct_id: Name within its scope.
        naming: Names whose domain is `OWN_DOMAIN`.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.contracts.naming import Naming
        >>> from data_platform.duty import OWN_DOMAIN
        >>> own = Naming(organisation="dp", environment="dev", domain=OWN_DOMAIN, account="111111111111")
        >>> OwnRuns(cdk.Stack(), "OwnRuns", naming=own).executions
        'arn:aws:states:ap-southeast-2:111111111111:execution:dp-dev-${aws:PrincipalTag/domain}:*'
    """

    executions: str

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        self.executions = f"{naming.state_machine_arn.replace(':stateMachine:', ':execution:')}:*"
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=f"{naming.platform_prefix}-{OWN_RUNS}",
            description="Follow and stop executions of the own domain's machine",
            statements=[
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:StopExecution"], resources=[self.executions]
                )
            ],
        )
        acknowledge(
            policy,
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{as_reported(self.executions)}]",
            reason="Executions get their names when they start; they are those of one machine, which only its own "
            "role and the domain's schedules start.",
        )
