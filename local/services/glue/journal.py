"""Glue's tables are on disk before the request that changed them is answered: Iceberg's commits outlive a `kill -9`."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue

from local import hooks, journal

KIND = "glue.table"
Request = dict[str, Any]


def install() -> None:
    """Note every table that is made, changed or deleted."""
    for name, touched in {
        "_create_table": lambda data: [data["TableInput"]["Name"]],
        "_update_table": lambda data: [data["TableInput"]["Name"]],
        "_delete_table": lambda data: [data["Name"]],
        "_batch_delete_table": lambda data: data.get("TablesToDelete") or [],
    }.items():
        _wrap(name, touched)
    journal.register(KIND, _apply)


def _wrap(name: str, touched: Any) -> None:
    old = hooks.replace(glue, name, None, parameters="data")

    def changed(data: Request) -> Any:
        answer = old(data)
        if answer[0] == 200:  # noqa: PLR2004 - HTTP
            for table in touched(data):
                key = f"{data['DatabaseName']}/{table}"
                journal.note(KIND, (get_account_id(), get_region(), key), glue._tables.get(key))
        return answer

    setattr(glue, name, changed)


def _apply(key: tuple[str, str, str], table: Request | None) -> None:
    account, region, name = key
    if table is None:
        glue._tables.pop_scoped(account, region, name, None)
    elif glue._databases.get_scoped(account, region, name.partition("/")[0]) is not None:
        glue._tables.set_scoped(account, region, name, table)
