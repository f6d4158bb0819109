"""Athena's API: our operations before ministack's, each off the event loop on a thread of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from ministack.core.concurrency import run_reentrant
from ministack.core.responses import error_response_json, json_response
from ministack.services import athena

from local import hooks, identity
from local.athena import catalog_api, executions, fetching, fileio, submission, workgroups
from local.athena.errors import AthenaError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

OPERATIONS: dict[str, Callable[[Record], Record]] = {
    "StartQueryExecution": submission.start,
    "StopQueryExecution": submission.stop,
    "GetQueryResults": fetching.results,
    "GetQueryRuntimeStatistics": fetching.runtime_statistics,
    "ListQueryExecutions": fetching.listing,
    "CreateWorkGroup": workgroups.create,
    "UpdateWorkGroup": workgroups.update,
    "DeleteWorkGroup": workgroups.delete,
    "GetWorkGroup": workgroups.get,
    "GetTableMetadata": catalog_api.table_metadata,
    "ListTableMetadata": catalog_api.list_table_metadata,
    "GetDatabase": catalog_api.database,
    "ListDatabases": catalog_api.list_databases,
    "UpdateNamedQuery": catalog_api.update_named_query,
    "UpdatePreparedStatement": catalog_api.update_prepared_statement,
}


def hook() -> None:
    """Puts our operations in front of ministack's."""
    _Hooked.handle = hooks.replace(
        athena, "handle_request", handle_request, parameters="method path headers body query_params"
    )
    _Hooked.ensure = hooks.replace(
        athena, "_ensure_default_workgroup", _ensure_default_workgroup, parameters=""
    )
    _Hooked.load = hooks.replace(athena, "load_persisted_state", _load_persisted_state, parameters="data")
    _Hooked.reset = hooks.replace(athena, "reset", _reset, parameters="")


class _Hooked:
    """What was there before us."""

    handle: Callable[..., Any]
    ensure: Callable[[], None]
    load: Callable[[Any], Any]
    reset: Callable[[], None]


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Answer:
    """One request."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    operation = OPERATIONS.get(action)
    if operation is None:
        answer: Answer = await _Hooked.handle(method, path, headers, body, query_params)
        return answer
    athena._ensure_default_workgroup()
    athena._ensure_default_data_catalog()
    try:
        request = json.loads(body) if body else {}
    except ValueError:
        return _error("SerializationException", "Invalid JSON")
    return await run_reentrant(_answered, operation, request, thread_name=f"athena-{action}")  # type: ignore[no-any-return]


def _answered(operation: Callable[[Record], Record], request: Record) -> Answer:
    try:
        return json_response(operation(request))  # type: ignore[no-any-return]
    except InvalidRequest as refused:
        return _error("InvalidRequestException", str(refused), code=refused.code)
    except KeyError as missing:
        return _error("InvalidRequestException", f"{missing.args[0]} is required")
    except AthenaError as failed:
        return _error("InvalidRequestException", str(failed))
    except (identity.AccessDenied, ClientError) as denied:
        return _error("AccessDeniedException", str(denied))


def _error(kind: str, message: str, *, code: str = "") -> Answer:
    extra = {"AthenaErrorCode": code} if code else {}
    return error_response_json(kind, message, 400, extra=extra)  # type: ignore[no-any-return]


def _ensure_default_workgroup() -> None:
    _Hooked.ensure()
    workgroups.complete_primary()


def _load_persisted_state(data: Any) -> Any:
    loaded = _Hooked.load(data)
    executions.fail_interrupted()
    return loaded


def _reset() -> None:
    _Hooked.reset()
    executions.forget()
    submission.forget_tokens()
    fileio.forget()
