"""The Lake Formation API: each operation by its name, with the caller where the answer depends on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core.concurrency import run_reentrant
from ministack.core.iam_evaluator import caller_arn

from local.services.lakeformation import (
    cells,
    credentials,
    grants,
    locations,
    settings,
    tag_expressions,
    tagged,
    tags,
)
from local.services.refusal import Answer, Refusal, answered

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = dict[str, Any]

OPERATIONS: dict[str, Callable[[Entry], Entry | None]] = {
    "AddLFTagsToResource": tagged.attach,
    "BatchGrantPermissions": lambda r: grants.batch(r["Entries"], grants.grant, by=caller_arn()),
    "BatchRevokePermissions": lambda r: grants.batch(r["Entries"], grants.revoke, by=caller_arn()),
    "CreateDataCellsFilter": cells.create,
    "CreateLFTag": tags.create,
    "CreateLFTagExpression": tag_expressions.create,
    "DeleteDataCellsFilter": cells.delete,
    "DeleteLFTag": tags.delete,
    "DeleteLFTagExpression": tag_expressions.delete,
    "DeregisterResource": locations.deregister,
    "DescribeResource": locations.describe,
    "GetDataCellsFilter": cells.get,
    "GetDataLakePrincipal": lambda _: {"Identity": caller_arn()},
    "GetDataLakeSettings": lambda _: {"DataLakeSettings": settings.current()},
    "GetEffectivePermissionsForPath": grants.effective_for_path,
    "GetLFTag": tags.get,
    "GetLFTagExpression": tag_expressions.get,
    "GetResourceLFTags": tagged.of_resource,
    "GetTemporaryGlueTableCredentials": lambda r: credentials.temporary_table_credentials(
        r, caller=caller_arn()
    ),
    "GrantPermissions": lambda r: grants.grant(r, by=caller_arn()),
    "ListDataCellsFilter": cells.listed,
    "ListLFTagExpressions": tag_expressions.listed,
    "ListLFTags": tags.listed,
    "ListPermissions": grants.listed,
    "ListResources": locations.listed,
    "PutDataLakeSettings": lambda r: settings.put(r["DataLakeSettings"]),
    "RegisterResource": locations.register,
    "RemoveLFTagsFromResource": tagged.detach,
    "RevokePermissions": lambda r: grants.revoke(r, by=caller_arn()),
    "UpdateDataCellsFilter": cells.update,
    "UpdateLFTag": tags.update,
    "UpdateLFTagExpression": tag_expressions.update,
    "UpdateResource": locations.update,
}


def answer(path: str, body: bytes) -> Answer:
    """The answer to `POST /<Operation>`; an operation that is not built is refused by name."""
    operation = path.strip("/")
    handler = OPERATIONS.get(operation)
    if handler is None:
        text = f"The embedded AWS has no lakeformation:{operation}; it has {', '.join(sorted(OPERATIONS))}."
        return Refusal("OperationNotSupportedException", text, 501).answer()
    try:
        request = json.loads(body or b"{}")
    except json.JSONDecodeError as error:
        return Refusal("SerializationException", f"The request is not JSON: {error}").answer()
    try:
        return answered(handler, request)
    except KeyError as missing:
        return Refusal("InvalidInputException", f"{operation} needs {missing.args[0]}.").answer()


async def handle_request(_method: str, path: str, _headers: Any, body: bytes, _query: Any) -> Answer:
    """The service handler that the gateway calls; on a thread of its own, as its work can re-enter."""
    found: Answer = await run_reentrant(answer, path, body, thread_name="local-lakeformation")
    return found
