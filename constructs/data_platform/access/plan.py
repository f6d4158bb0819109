"""What can be asked for, as data for the state machine: by dataset and role its tables and who approves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.contracts.lake_rights import READ, dataset_rights, filter_name
from data_platform.contracts.table_kinds import table_name, zone_of

if TYPE_CHECKING:
    from data_platform.contracts.lake_rights import NamedRight
    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming

Plan = dict[str, dict[str, dict[str, Any]]]


def access_plan(domain: Domain, naming: Naming) -> Plan:
    """For each dataset and role of the contracts: the approvers, and the tables as Lake Formation names them.

    Args:
        domain: The contracts.
        naming: Physical names.

    Returns:
        dataset -> role -> {"approvers": [...], "tables": [{"zone", "resource", "permissions"}]}.
    """
    return {
        dataset.name: {
            grant.role: {
                "approvers": sorted({name.lower() for name in grant.approvers}),
                "tables": [
                    _table(right, grant.role, naming) for right in dataset_rights(dataset, grant.role)
                ],
            }
            for grant in dataset.grants
        }
        for dataset in domain.datasets
    }


def approvers(domain: Domain) -> tuple[str, ...]:
    """Everybody whom some contract of the domain names as an approver."""
    return tuple(
        sorted(
            {
                name.lower()
                for dataset in domain.datasets
                for grant in dataset.grants
                for name in grant.approvers
            }
        )
    )


def grantable_tables(domain: Domain) -> tuple[tuple[str, str], ...]:
    """Kind and dataset of every table that some role can be given: what the machine must be able to grant."""
    return tuple(
        sorted(
            {
                (right.kind, right.dataset)
                for dataset in domain.datasets
                for grant in dataset.grants
                for right in dataset_rights(dataset, grant.role)
            }
        )
    )


def _table(right: NamedRight, role: str, naming: Naming) -> dict[str, Any]:
    """A table with all its columns, without some, or only some of its rows by the filter that the role has."""
    zone, table = zone_of(right.kind), table_name(right.dataset, right.kind)
    named = {"DatabaseName": naming.database(zone), "Name": table}
    if right.row_filter is not None:
        cells = {
            "TableCatalogId": naming.account,
            "DatabaseName": named["DatabaseName"],
            "TableName": table,
            "Name": filter_name(right, role),
        }
        return {"zone": zone, "resource": {"DataCellsFilter": cells}, "permissions": ["SELECT"]}
    if right.hidden:
        columns = {**named, "ColumnWildcard": {"ExcludedColumnNames": list(right.hidden)}}
        return {"zone": zone, "resource": {"TableWithColumns": columns}, "permissions": ["SELECT"]}
    return {"zone": zone, "resource": {"Table": named}, "permissions": list(READ)}
