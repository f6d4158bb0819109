"""Lake Formation permissions of one principal: by tag, or by name. No grant option, no IAMAllowedPrincipals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct, IConstruct

from data_platform.contracts.lake_rights import ALL_ROWS, READ, filter_name
from data_platform.contracts.table_kinds import table_name, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aws_cdk import aws_iam as iam

    from data_platform.contracts.lake_rights import ConsumerRights, NamedRight
    from data_platform.contracts.naming import Naming

WRITE = ("SELECT", "INSERT", "DELETE", "ALTER", "DESCRIBE")
_Permissions = lakeformation.CfnPrincipalPermissions
_Filter = lakeformation.CfnDataCellsFilter


class LakeGrants(Construct):
    """What one role may do in the lake of a domain. Each grant is made after the one before it.

    Several grants by tag at once have failed on AWS, so hand the grants of another role of the stack to `after`.

    Args:
        scope: The construct that owns the grants.
        construct_id: Name within its scope.
        role: The role that receives them; it must exist when they are made.
        naming: Physical names.
        after: What must exist before: databases, tables, registered locations, grants of other roles.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        >>> grants = LakeGrants(stack, "Grants", role=role, naming=names)
        >>> grants.databases(["curated"], "DESCRIBE")
        >>> grants.tables(["curated"], *READ, classifications=["public", "internal"])
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
        self._last: IConstruct | None = None
        if after:
            self.node.add_dependency(*after)

    def databases(self, zones: Iterable[str], *permissions: str) -> None:
        """Permissions on the databases of zones, by tag: DESCRIBE, CREATE_TABLE."""
        named = list(zones)
        resource = self._expression("DATABASE", {"zone": named})
        self._grant(f"{'_'.join(named)}Database", permissions, lf_tag_policy=resource)

    def tables(
        self, kinds: Iterable[str], *permissions: str, classifications: Sequence[str] | None = None
    ) -> None:
        """Permissions on all tables of some kinds, by tag.

        Args:
            kinds: Of which kinds: raw, candidate, quarantine, staged, curated, discovered.
            permissions: What is permitted on them.
            classifications: Those of the columns that are reached, and of tables with all rows only; every
                column of every table when None.
        """
        named = list(kinds)
        terms: dict[str, Sequence[str]] = {"zone": named}
        if classifications is not None:
            terms |= {"classification": classifications, "rows": [ALL_ROWS]}
        resource = self._expression("TABLE", terms)
        self._grant(f"{'_'.join(named)}Tables", permissions, lf_tag_policy=resource)

    def table(self, kind: str, dataset: str, *permissions: str) -> None:
        """Permissions on one table of a dataset, by name."""
        resource = _Permissions.TableResourceProperty(
            catalog_id=self._naming.account,
            database_name=self._naming.database(zone_of(kind)),
            name=table_name(dataset, kind),
        )
        self._grant(f"{kind}_{dataset}", permissions, table=resource)

    def location(self, zone: str) -> None:
        """The right to create tables over the zone's bucket."""
        resource = _Permissions.DataLocationResourceProperty(
            catalog_id=self._naming.account, resource_arn=f"arn:aws:s3:::{self._naming.bucket(zone)}"
        )
        self._grant(f"{zone}Location", ("DATA_LOCATION_ACCESS",), data_location=resource)

    def consumer(self, rights: ConsumerRights) -> None:
        """All that the contracts of the domain let a consumer role read."""
        self.databases(rights.zones, "DESCRIBE")
        for tagged in rights.tagged:
            self.tables(tagged.kinds, *READ, classifications=tagged.classifications)
        for named in rights.named:
            if named.hidden or named.row_filter is not None:
                self._cells(named, rights.role)
            else:
                self.table(named.kind, named.dataset, *READ)

    def _cells(self, right: NamedRight, duty: str) -> None:
        """SELECT on some cells of a table: without its hidden columns, of the rows that the filter lets through.

        A filter cannot be changed, CloudFormation makes a new one first: so its name holds a digest of its content.
        """
        database = self._naming.database(zone_of(right.kind))
        table = table_name(right.dataset, right.kind)
        name = filter_name(right, duty)
        rows = (
            _Filter.RowFilterProperty(all_rows_wildcard={})
            if right.row_filter is None
            else _Filter.RowFilterProperty(filter_expression=right.row_filter)
        )
        cells = _Filter(
            self,
            _construct_id(f"{right.kind}_{right.dataset}Cells"),
            table_catalog_id=self._naming.account,
            database_name=database,
            table_name=table,
            name=name,
            row_filter=rows,
            column_wildcard=_Filter.ColumnWildcardProperty(excluded_column_names=list(right.hidden)),
        )
        resource = _Permissions.DataCellsFilterResourceProperty(
            table_catalog_id=self._naming.account, database_name=database, table_name=table, name=name
        )
        self._grant(f"{right.kind}_{right.dataset}", ("SELECT",), data_cells_filter=resource, after=cells)

    def _expression(
        self, resource_type: str, terms: Mapping[str, Sequence[str]]
    ) -> _Permissions.LFTagPolicyResourceProperty:
        """A tag expression within the domain: every key must have one of its values."""
        return _Permissions.LFTagPolicyResourceProperty(
            catalog_id=self._naming.account,
            resource_type=resource_type,
            expression=[
                _Permissions.LFTagProperty(tag_key=self._naming.lf_tag(key), tag_values=list(values))
                for key, values in sorted({"domain": [self._naming.domain], **terms}.items())
            ],
        )

    def _grant(
        self, name: str, permissions: Sequence[str], *, after: IConstruct | None = None, **resource: object
    ) -> None:
        made = _Permissions(
            self,
            _construct_id(name),
            catalog=self._naming.account,
            principal=_Permissions.DataLakePrincipalProperty(
                data_lake_principal_identifier=self._role.role_arn
            ),
            resource=_Permissions.ResourceProperty(**resource),  # type: ignore[arg-type] # one resource, by its kind
            permissions=list(permissions),
            permissions_with_grant_option=[],
        )
        made.node.add_dependency(*(one for one in (self._last, after) if one))
        self._last = made


def _construct_id(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
