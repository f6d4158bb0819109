"""The Glue API as AWS answers it: who may ask, then our operations, then ministack's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_actions
from ministack.core.iam_evaluator import caller_arn
from ministack.services import glue

from local import hooks, identity
from local.services import lakeformation
from local.services.glue import (
    catalog,
    encryption,
    governance,
    iceberg_create,
    jobs,
    journal,
    optimizers,
    partitions,
    resources,
    search,
    versions,
)
from local.services.refusal import Answer, Refusal, answered

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]

OPERATIONS: dict[str, Callable[[Request], Request | None]] = {
    "BatchCreatePartition": partitions.create_batch,
    "BatchDeletePartition": partitions.delete_batch,
    "BatchDeleteTableVersion": versions.delete_batch,
    "BatchGetPartition": partitions.get_batch,
    "CreatePartition": partitions.create,
    "CreateTableOptimizer": optimizers.create,
    "DeletePartition": partitions.delete,
    "DeleteTableOptimizer": optimizers.delete,
    "DeleteTableVersion": versions.delete,
    "GetDatabases": search.databases,
    "GetDataCatalogEncryptionSettings": encryption.get,
    "GetPartition": partitions.get,
    "GetPartitions": partitions.listed,
    "GetTable": search.table,
    "GetTableOptimizer": optimizers.get,
    "GetTables": search.tables,
    "GetTableVersion": versions.get,
    "GetTableVersions": versions.listed,
    "ListTableOptimizerRuns": optimizers.runs,
    "PutDataCatalogEncryptionSettings": encryption.put,
    "SearchTables": search.search,
    "UpdatePartition": partitions.update,
    "UpdateTableOptimizer": optimizers.update,
}
_LOWERED = ("DatabaseName", "TableName")
_OK = 200


def install() -> None:
    """Takes over the Glue API; also what CloudFormation and the engines call inside the process."""
    glue._ALL_STATE.update(
        {
            "local_table_versions": versions.archive,
            "local_catalog_encryption": encryption.settings,
            "local_table_optimizers": optimizers.optimizers,
        }
    )
    catalog.install()
    journal.install()
    jobs.install()
    _check_each_resource()
    old = hooks.replace(
        glue, "_handle_request_sync", None, parameters="method path headers body query_params"
    )

    def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        if not action:
            found: Answer = old(method, path, headers, body, query)
            return found
        try:
            request = _normal(action, json.loads(body or b"{}"))
        except json.JSONDecodeError as error:
            return Refusal("SerializationException", f"The request is not JSON: {error}").answer()
        denied = _denied(action, request, headers, query)
        if denied is not None:
            return denied
        return _answer(
            action, request, lambda: old(method, path, headers, json.dumps(request).encode(), query)
        )

    glue._handle_request_sync = handle
    _keep_iceberg_rest_to_the_account()


def _keep_iceberg_rest_to_the_account() -> None:
    """Ministack does not ask Lake Formation at Glue's Iceberg REST endpoint, so that no role may use it."""
    old = hooks.replace(glue, "_handle_iceberg_rest", None, parameters="method path query_params body")

    def handle(method: str, path: str, query_params: Any, body: bytes | None = None) -> Answer:
        caller = lakeformation.principal_of(identity.session_for_access_key(identity.caller_access_key()))
        if lakeformation.is_root(caller):
            found: Answer = old(method, path, query_params, body=body)
            return found
        text = f"{caller} is refused: the embedded AWS serves Iceberg REST to the account only. Use Athena."
        return Refusal("AccessDeniedException", text, 403).answer()

    glue._handle_iceberg_rest = handle


def _answer(action: str, request: Request, stock: Callable[[], Answer]) -> Answer:
    try:
        governance.require(action, request, caller=caller_arn())
        if action == "CreateTable" and request.get("OpenTableFormatInput"):
            session = identity.session_for_access_key(identity.caller_access_key())
            iceberg_create.create(request, session=session, principal=caller_arn())
            answer: Answer = answered(lambda _: None, request)
        elif action in OPERATIONS:
            answer = answered(OPERATIONS[action], request)
        else:
            answer = stock()
    except KeyError as missing:
        return Refusal("InvalidInputException", f"{action} needs {missing.args[0]}.").answer()
    except Refusal as refusal:
        return refusal.answer()
    if answer[0] == _OK:
        _note_creator(action, request)
    return answer


def _note_creator(action: str, request: Request) -> None:
    if action == "CreateDatabase":
        lakeformation.grant_creator(caller_arn(), request["DatabaseInput"]["Name"])
    if action == "CreateTable":
        name = (request.get("TableInput") or {}).get("Name") or request["Name"]
        lakeformation.grant_creator(caller_arn(), request["DatabaseName"], name)
        glue._tables[f"{request['DatabaseName']}/{name}"]["CreatedBy"] = caller_arn()


def _normal(action: str, request: Request) -> Request:
    """Glue keeps database and table names in lower case."""
    for name in _LOWERED:
        if isinstance(request.get(name), str):
            request[name] = request[name].lower()
    named = "Table" in action or "Database" in action or "Partition" in action
    if named and isinstance(request.get("Name"), str):
        request["Name"] = request["Name"].lower()
    for inner in ("TableInput", "DatabaseInput"):
        if isinstance((request.get(inner) or {}).get("Name"), str):
            request[inner]["Name"] = request[inner]["Name"].lower()
    return request


def _check_each_resource() -> None:
    """The gateway checks one ARN of a request: hand it the first, `_denied` checks the others."""
    old = hooks.replace(iam_actions, "extract_resource_arn", None)

    def extract(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        if service != "glue" or not action:
            found: str = old(service, method, path, headers, body, *rest)
            return found
        try:
            return resources.arns(action, _normal(action, json.loads(body or b"{}")))[0]
        except (json.JSONDecodeError, AttributeError):
            return "*"

    iam_actions.extract_resource_arn = extract


def _denied(action: str, request: Request, headers: dict[str, str], query: Any) -> Answer | None:
    if not app.AUTH:
        return None
    for arn in resources.arns(action, request)[1:]:
        denied: Answer | None = app._enforce_data_plane(
            "glue", f"glue:{action}", headers, query, "", resource_arn=arn, named_resource=arn
        )
        if denied is not None:
            return denied
    return None
