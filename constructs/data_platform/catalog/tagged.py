"""Which tags the databases, tables and columns of a domain carry.

A table inherits the tags of its database, which is as sensitive as anything in it; how sensitive a column is,
every column says itself. CloudFormation replaces an association that changes and would remove the old one last,
with tags that the new one just set. So an association that may change is retained when it is replaced: every
column is in exactly one of the new ones, which overwrite what the old ones said. Associations that come and go
but never change (`zone`, `rows`) are removed as usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct, IConstruct

from data_platform.contracts.lake_rights import ALL_ROWS, rows_tag
from data_platform.contracts.lake_tags import sensitivity_tags
from data_platform.contracts.sensitivity import columns_by_sensitivity, domain_sensitivity
from data_platform.contracts.table_kinds import OF_RUNS, table_name, zone_of, zone_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_cdk import aws_glue as glue

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.table_kinds import TableKind

_Association = lakeformation.CfnTagAssociation


class DatabaseTags(Construct):
    """The tags of a domain's databases, which everything in them inherits.

    Args:
        scope: The construct that owns the associations.
        construct_id: Name within its scope.
        domain: The contracts; a database is as sensitive as the most sensitive of them.
        naming: Physical names.
        databases: Database by zone.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain: Domain,
        naming: Naming,
        databases: Mapping[str, glue.CfnDatabase],
    ) -> None:
        super().__init__(scope, construct_id)
        shared = {
            "domain": domain.name,
            "rows": ALL_ROWS,
            **sensitivity_tags(domain_sensitivity(domain)),
        }
        for zone, database in databases.items():
            resource = _Association.DatabaseResourceProperty(
                catalog_id=naming.account, name=naming.database(zone)
            )
            made = _Association(
                self,
                zone.title(),
                lf_tags=_pairs(naming, {**shared, "zone": zone}),
                resource=_Association.ResourceProperty(database=resource),
            )
            made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
            made.add_resource_dependency(database)


class TableTags(Construct):
    """The tags in which one table of a dataset differs from its database, and those of its columns.

    Args:
        scope: The construct that owns the associations.
        construct_id: Name within its scope.
        dataset: The contract.
        kind: Which table of the dataset.
        naming: Physical names.
        table: The table, which must exist before it is tagged.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        kind: TableKind,
        naming: Naming,
        table: IConstruct,
    ) -> None:
        super().__init__(scope, construct_id)
        database, name = naming.database(zone_of(kind)), table_name(dataset.name, kind)
        last = table
        for construct_id_, columns, tags in _associations(dataset, kind):
            made = _Association(
                self,
                construct_id_,
                lf_tags=_pairs(naming, tags),
                resource=_resource(naming.account, database, name, columns),
            )
            if columns:
                made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
            made.node.add_dependency(last)  # one change of a table's tags at a time
            last = made


class RunTableTags(Construct):
    """Tags a table of the platform's own so that only runs read it, as they do candidates.

    Args:
        scope: The construct that owns the association.
        construct_id: Name within its scope.
        name: Physical name of the table, in the database of staged.
        naming: Physical names.
        table: The table, which must exist before it is tagged.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, naming: Naming, table: IConstruct
    ) -> None:
        super().__init__(scope, construct_id)
        made = _Association(
            self,
            "Zone",
            lf_tags=_pairs(naming, {"zone": "candidate"}),
            resource=_resource(naming.account, naming.database("staged"), name, ()),
        )
        made.node.add_dependency(table)


def _associations(dataset: Dataset, kind: TableKind) -> Iterator[tuple[str, Sequence[str], dict[str, str]]]:
    """Construct id, columns (none: the table itself) and tags of each association."""
    if (zone := zone_tag(kind)) != zone_of(kind):
        yield "Zone", (), {"zone": zone}
    if (rows := rows_tag(dataset, kind)) != ALL_ROWS:
        yield "Rows", (), {"rows": rows}
    if kind in OF_RUNS:
        return
    for found, names in columns_by_sensitivity(dataset, kind).items():
        yield f"{found.classification.title()}{'Pii' * found.pii}", names, sensitivity_tags(found)


def _pairs(naming: Naming, tags: Mapping[str, str]) -> list[_Association.LFTagPairProperty]:
    return [
        _Association.LFTagPairProperty(
            catalog_id=naming.account, tag_key=naming.lf_tag(key), tag_values=[value]
        )
        for key, value in sorted(tags.items())
    ]


def _resource(
    account: str, database: str, table: str, columns: Sequence[str]
) -> _Association.ResourceProperty:
    if columns:
        return _Association.ResourceProperty(
            table_with_columns=_Association.TableWithColumnsResourceProperty(
                catalog_id=account, database_name=database, name=table, column_names=list(columns)
            )
        )
    return _Association.ResourceProperty(
        table=_Association.TableResourceProperty(catalog_id=account, database_name=database, name=table)
    )
