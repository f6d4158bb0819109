"""What the machines of elevation may give away: each table by its name, with the option to grant it on.

The option is what keeps them from being administrators, who could grant anything to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct, IConstruct

from data_platform.contracts.lake_rights import READ
from data_platform.contracts.table_kinds import table_name, zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

    from data_platform.contracts.naming import Naming

_Permissions = lakeformation.CfnPrincipalPermissions


class GrantableTables(Construct):
    """SELECT and DESCRIBE with the grant option, table by table.

    Args:
        scope: The construct that owns the grants.
        construct_id: Name within its scope.
        role: The role of a machine.
        naming: Physical names.
        tables: Kind and dataset of each table.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: iam.IRole,
        naming: Naming,
        tables: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__(scope, construct_id)
        last: IConstruct | None = None
        for kind, dataset in tables:
            resource = _Permissions.TableResourceProperty(
                catalog_id=naming.account,
                database_name=naming.database(zone_of(kind)),
                name=table_name(dataset, kind),
            )
            made = _Permissions(
                self,
                "".join(word.title() for word in f"{kind}_{dataset}".split("_")),
                catalog=naming.account,
                principal=_Permissions.DataLakePrincipalProperty(
                    data_lake_principal_identifier=role.role_arn
                ),
                resource=_Permissions.ResourceProperty(table=resource),
                permissions=list(READ),
                permissions_with_grant_option=list(READ),
            )
            if last is not None:  # Lake Formation refuses many changes at a time
                made.node.add_dependency(last)
            last = made


class VisibleDatabases(Construct):
    """DESCRIBE on databases for whoever is elevated: a grant by attribute on a table does not show its database.

    Args:
        scope: The construct that owns the grants.
        construct_id: Name within its scope.
        role: The role of whoever is elevated.
        naming: Physical names.
        zones: Zones whose databases it finds.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, role: iam.IRole, naming: Naming, zones: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        for zone in zones:
            _Permissions(
                self,
                zone.title(),
                catalog=naming.account,
                principal=_Permissions.DataLakePrincipalProperty(
                    data_lake_principal_identifier=role.role_arn
                ),
                resource=_Permissions.ResourceProperty(
                    database=_Permissions.DatabaseResourceProperty(
                        catalog_id=naming.account, name=naming.database(zone)
                    )
                ),
                permissions=["DESCRIBE"],
                permissions_with_grant_option=[],
            )
