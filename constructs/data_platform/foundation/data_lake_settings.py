"""Lake Formation's settings of an account: who administers, and that nobody has rights by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from data_platform.foundation.deployment import deployment_role_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

CROSS_ACCOUNT_VERSION = "4"


class DataLakeSettings(Construct):
    """The one settings object of an account and region.

    Without empty default permissions, Lake Formation gives `IAMAllowedPrincipals` all rights on each new
    table and every grant is cosmetic. The role with which CloudFormation deploys must be an administrator,
    else it may make no database. Deploying this replaces the list of administrators.

    Args:
        scope: The construct that owns the settings.
        construct_id: Name within its scope.
        admin_role_arns: Administrators besides the deployment role.
    """

    def __init__(self, scope: Construct, construct_id: str, *, admin_role_arns: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        admins = [deployment_role_arn(account=stack.account, region=stack.region), *admin_role_arns]
        lakeformation.CfnDataLakeSettings(
            self,
            "Resource",
            admins=[
                lakeformation.CfnDataLakeSettings.DataLakePrincipalProperty(
                    data_lake_principal_identifier=arn
                )
                for arn in admins
            ],
            create_database_default_permissions=[],
            create_table_default_permissions=[],
            mutation_type="REPLACE",
            # Grants to principals by an attribute of their session need version 2 or later.
            parameters={"CROSS_ACCOUNT_VERSION": CROSS_ACCOUNT_VERSION},
        )
