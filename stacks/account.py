"""What an account has only once, whatever the number of domains: Lake Formation's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.foundation import DataLakeSettings
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from constructs import Construct

    from environments.model import Environment


class AccountStack(PlatformStack):
    """Settings of the account. Left out where another stack owns them (`lake_formation="existing"`).

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            part="account",
            description="What the account has only once: Lake Formation's settings",
            environment=environment,
        )
        DataLakeSettings(self, "DataLakeSettings", admin_role_arns=environment.catalog.admin_role_arns)
