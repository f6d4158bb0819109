"""Table optimizers: kept and answered. Nothing compacts by itself here; use OPTIMIZE and VACUUM."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import glue

from local.services.refusal import Refusal

Request = dict[str, Any]

optimizers: Any = AccountRegionScopedDict()  # "database/table/type" -> TableOptimizerConfiguration


def create(request: Request) -> None:
    """Keeps an optimizer.

    Raises:
        Refusal: when the table is no Iceberg table, or has this optimizer already.
    """
    table = glue._tables.get(f"{request['DatabaseName']}/{request['TableName']}")
    if table is None:
        raise Refusal("EntityNotFoundException", f"Table {request['TableName']} not found.")
    if str((table.get("Parameters") or {}).get("table_type", "")).upper() != "ICEBERG":
        raise Refusal("InvalidInputException", f"Table {request['TableName']} is no Iceberg table.")
    if _key(request) in optimizers:
        raise Refusal(
            "AlreadyExistsException", f"Optimizer {request['Type']} already exists on {request['TableName']}."
        )
    optimizers[_key(request)] = request["TableOptimizerConfiguration"]


def update(request: Request) -> None:
    """Changes an optimizer.

    Raises:
        Refusal: when it does not exist.
    """
    get(request)
    optimizers[_key(request)] = request["TableOptimizerConfiguration"]


def get(request: Request) -> Request:
    """One optimizer.

    Raises:
        Refusal: when it does not exist.
    """
    found = optimizers.get(_key(request))
    if found is None:
        raise Refusal("EntityNotFoundException", f"Table optimizer {request['Type']} not found.")
    named = {name: request[name] for name in ("DatabaseName", "TableName")}
    return {**named, "TableOptimizer": {"type": request["Type"], "configuration": found}}


def delete(request: Request) -> None:
    """Removes an optimizer.

    Raises:
        Refusal: when it does not exist.
    """
    get(request)
    del optimizers[_key(request)]


def runs(request: Request) -> Request:
    """Always empty: no optimizer runs here."""
    get(request)
    return {"TableOptimizerRuns": []}


def _key(request: Request) -> str:
    return f"{request['DatabaseName']}/{request['TableName']}/{request['Type']}"
