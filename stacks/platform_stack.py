"""What every stack of an environment has in common: its name, place, tags and protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct

    from environments.model import Environment


class PlatformStack(cdk.Stack):
    """A stack named `<organisation>-<environment>-<part>`, protected and tagged as its environment says.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        part: Ends the stack's public name.
        description: What the stack holds, shown by CloudFormation.
        environment: Where it is deployed.
        region: Another region than the environment's own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        part: str,
        description: str,
        environment: Environment,
        region: str | None = None,
    ) -> None:
        self._zones = list(environment.availability_zones)
        super().__init__(
            scope,
            construct_id,
            stack_name=f"{environment.prefix}-{part}",
            description=description,
            env=cdk.Environment(account=environment.account, region=region or environment.region),
            termination_protection=environment.termination_protection,
            tags=dict(environment.tags),
        )

    @property
    def availability_zones(self) -> list[str]:
        """Zones by name; CDK's own property would look them up in an account."""
        return self._zones


def removal_policy(environment: Environment) -> cdk.RemovalPolicy:
    """What happens to what holds data when its stack goes, in CDK's word."""
    return cdk.RemovalPolicy.DESTROY if environment.removal == "destroy" else cdk.RemovalPolicy.RETAIN
