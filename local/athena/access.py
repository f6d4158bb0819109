"""With whose credentials a table's bytes are read and written, and whether Lake Formation lets the caller.

A location that is not registered with Lake Formation is reached with the caller's own S3 rights. For a registered
one the caller needs the table permission (and lakeformation:GetDataAccess), and the registered role does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import identity
from local.athena.errors import AthenaError, insufficient_permissions

if TYPE_CHECKING:
    import boto3

    from local.services.lakeformation import Selection

SELECT, INSERT, DELETE, ALTER, DROP = "SELECT", "INSERT", "DELETE", "ALTER", "DROP"
_CHANGES = frozenset({INSERT, DELETE, ALTER})


class Access:
    """The decisions for one query.

    Args:
        session: the caller's session.
        query_id: the query, for the record of who read what.
    """

    def __init__(self, session: boto3.Session, query_id: str = "") -> None:
        self.session = session
        self._query_id = query_id
        self._recorded: set[tuple[str, str, frozenset[str]]] = set()
        self._principal = ""
        self._may_get_data = False

    def session_for(self, *, database: str, table: str, location: str, needs: set[str]) -> boto3.Session:
        """The session that reads or writes the table's location.

        Raises:
            AthenaError: Lake Formation does not grant what the statement needs, or it would change a table that the
                caller sees through a filter. Trino, on which Athena rests, refuses that as well: changes need every
                row and column.
        """
        lake = _lake_formation()
        if needs & _CHANGES:
            self._require_whole(lake, database, table)
        if not location or lake.registered_role(location) is None:
            return self.session
        missing = sorted(needs - lake.permissions_for(self.principal, database, table))
        if missing:
            refused = _refused(missing, table)
            self._record(database, table, needs, str(refused))
            raise refused
        self._record(database, table, needs)
        return self._registered(lake, location)

    def session_to_create(self, *, database: str, location: str) -> boto3.Session:
        """The session that writes a new table's location.

        Raises:
            AthenaError: the caller may not create tables there.
        """
        lake = _lake_formation()
        if not location or lake.registered_role(location) is None:
            return self.session
        if "CREATE_TABLE" not in lake.permissions_for(self.principal, database, None):
            raise insufficient_permissions(
                f"Insufficient Lake Formation permission(s): Required Create Table on {database}"
            )
        if not lake.has_data_location(self.principal, location, database=database):
            raise insufficient_permissions(
                f"Insufficient Lake Formation permission(s): Required Data Location Access on {location}"
            )
        return self._registered(lake, location)

    def selection(self, *, database: str, table: str, location: str) -> Selection | None:
        """The cells that the caller may see; None means all, as does a location that IAM alone guards."""
        lake = _lake_formation()
        if not location or lake.registered_role(location) is None:
            return None
        found: Selection | None = lake.selection_for(self.principal, database, table)
        return found

    def require_unrestricted(self, *, database: str, table: str, location: str) -> None:
        """Refuses what cannot be shown in part to a caller who sees some columns or rows only.

        Raises:
            AthenaError: the caller does.
        """
        if self.selection(database=database, table=table, location=location) is not None:
            raise _refused([SELECT], table, "all columns and rows")

    @property
    def account(self) -> str:
        """The account whose catalogue the query reads."""
        return identity.account_id()

    @property
    def principal(self) -> str:
        """The ARN of the caller."""
        lake = _lake_formation()
        if not self._principal:
            self._principal = lake.principal_of(self.session)
        return self._principal

    def _record(self, database: str, table: str, needs: set[str], refusal: str = "") -> None:
        """Once a query, table and need: a table may be bound several times."""
        from local.services.cloudtrail.data_access import record_access

        asked = (database, table, frozenset(needs))
        if asked not in self._recorded:
            self._recorded.add(asked)
            record_access(
                self.session,
                database=database,
                table=table,
                permissions=needs,
                query_id=self._query_id,
                refusal=refusal,
            )

    def _require_whole(self, lake: Any, database: str, table: str) -> None:
        selection = lake.selection_for(self.principal, database, table)
        if selection is not None and selection.columns:
            raise _refused([SELECT], table, "all columns and rows, to change it")

    def _registered(self, lake: Any, location: str) -> boto3.Session:
        try:
            if not self._may_get_data:
                lake.require_get_data_access(self.session)
                self._may_get_data = True
            session: boto3.Session = lake.location_session(location, principal=self.principal)
        except identity.AccessDenied as denied:
            raise insufficient_permissions(str(denied)) from denied
        return session


def _refused(missing: list[str], table: str, extent: str = "") -> AthenaError:
    wanted = ", ".join(name.capitalize() for name in missing)
    suffix = f" ({extent})" if extent else ""
    return insufficient_permissions(
        f"Insufficient Lake Formation permission(s): Required {wanted} on {table}{suffix}"
    )


def _lake_formation() -> Any:
    from local.services import lakeformation

    return lakeformation
