"""Which permissions exist for which kind of resource, and what ALL stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.services.lakeformation.resources import Resource

CATALOG = frozenset({"CREATE_DATABASE", "CREATE_CATALOG", "CREATE_LF_TAG", "CREATE_LF_TAG_EXPRESSION"})
DATABASE = frozenset({"CREATE_TABLE", "ALTER", "DROP", "DESCRIBE"})
TABLE = frozenset({"SELECT", "INSERT", "DELETE", "ALTER", "DROP", "DESCRIBE"})

_ALLOWED = {
    "Catalog": CATALOG,
    "Database": DATABASE,
    "Table": TABLE,
    "TableWithColumns": frozenset({"SELECT"}),
    "DataLocation": frozenset({"DATA_LOCATION_ACCESS"}),
    "DataCellsFilter": frozenset({"SELECT", "DESCRIBE", "DROP"}),
    "LFTag": frozenset({"DESCRIBE", "ASSOCIATE", "DROP", "ALTER", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "LFTagExpression": frozenset({"DESCRIBE", "DROP", "ALTER", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "LFTagPolicy": DATABASE | TABLE,
}


def expanded(kind: str, permissions: Iterable[str]) -> set[str]:
    """The single permissions that a list amounts to on that kind of resource.

    Example:
        >>> sorted(expanded("Database", ["ALL"]))
        ['ALTER', 'CREATE_TABLE', 'DESCRIBE', 'DROP']
    """
    wanted = set(permissions)
    return set(_ALLOWED[kind]) if wanted & {"ALL", "SUPER", "SUPER_USER"} else wanted


def require_valid(resource: Resource, permissions: Iterable[str]) -> None:
    """Refuses a permission that this kind of resource does not have.

    Raises:
        Refusal: naming the permissions at fault and those that are allowed.
    """
    allowed = _ALLOWED[resource.kind] | {"ALL", "SUPER_USER"}
    wrong = sorted(set(permissions) - allowed)
    if wrong or not set(permissions):
        raise Refusal(
            "InvalidInputException",
            f"Permissions modification is invalid. {', '.join(wrong) or 'No permission'} on {resource.kind}; "
            f"allowed are {', '.join(sorted(allowed))}.",
        )
