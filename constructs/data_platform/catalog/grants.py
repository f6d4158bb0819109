"""Lake Formation permissions of one principal. Named resources only; no grant option, no IAMAllowedPrincipals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct, IConstruct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

    from data_platform.contracts.naming import Naming

READ = ("SELECT", "DESCRIBE")
WRITE = ("SELECT", "INSERT", "DELETE", "ALTER", "DESCRIBE")
_Permissions = lakeformation.CfnPrincipalPermissions


class LakeGrants(Construct):
    """What one role may do in the lake of a domain.

    Args:
        scope: The construct that owns the grants.
        construct_id: Name within its scope.
        role: The role that receives them; it must exist when they are made.
        naming: Physical names.
        after: What must exist before: databases, tables, registered locations.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> grants = LakeGrants(stack, "Grants", role=role, naming=names)
        >>> grants.database("curated", "DESCRIBE")
        >>> grants.table("curated", "flights", *READ)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: iam.IRole,
        naming: Naming,
        after: Sequence[IConstruct] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._role = role
        self._naming = naming
        if after:
            self.node.add_dependency(*after)

    def database(self, zone: str, *permissions: str) -> None:
        """Permissions on a zone's database: DESCRIBE, CREATE_TABLE."""
        resource = _Permissions.DatabaseResourceProperty(
            catalog_id=self._naming.account, name=self._naming.database(zone)
        )
        self._grant(f"{zone}Database", permissions, database=resource)

    def table(self, zone: str, table: str, *permissions: str) -> None:
        """Permissions on one table."""
        resource = _Permissions.TableResourceProperty(
            catalog_id=self._naming.account, database_name=self._naming.database(zone), name=table
        )
        self._grant(f"{zone}_{table}", permissions, table=resource)

    def all_tables(self, zone: str, *permissions: str) -> None:
        """Permissions on all tables of a zone, those included that dbt makes later."""
        resource = _Permissions.TableResourceProperty(
            catalog_id=self._naming.account,
            database_name=self._naming.database(zone),
            table_wildcard={},
        )
        self._grant(f"{zone}Tables", permissions, table=resource)

    def location(self, zone: str) -> None:
        """The right to create tables over the zone's bucket."""
        resource = _Permissions.DataLocationResourceProperty(
            catalog_id=self._naming.account, resource_arn=f"arn:aws:s3:::{self._naming.bucket(zone)}"
        )
        self._grant(f"{zone}Location", ("DATA_LOCATION_ACCESS",), data_location=resource)

    def _grant(self, name: str, permissions: Sequence[str], **resource: object) -> None:
        construct_id = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
        _Permissions(
            self,
            construct_id,
            catalog=self._naming.account,
            principal=_Permissions.DataLakePrincipalProperty(
                data_lake_principal_identifier=self._role.role_arn
            ),
            resource=_Permissions.ResourceProperty(**resource),  # type: ignore[arg-type] # one resource, by its kind
            permissions=list(permissions),
            permissions_with_grant_option=[],
        )
