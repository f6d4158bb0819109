"""Create-, Update- and DeleteEventSourceMapping of MSK; Get and List are ministack's, over the same records."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from local import hooks, persistence
from local.services.lambda_functions.kafka_mappings import access, pollers, settings
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
_EXISTS = "An event source mapping with the topic {topic} of {source} and function {function} already exists"


def install() -> None:
    """Serve the mappings whose source is a cluster of MSK; all others stay with ministack."""
    from ministack.services import lambda_svc

    def creates(data: Record) -> Any:
        if not is_of_msk(data):
            return old_create(data)
        return _answered(lambda: create(data), 202)

    def updates(esm_id: str, data: Record) -> Any:
        record = lambda_svc._esms.get(esm_id)
        if record is None or not is_of_msk(record):
            return old_update(esm_id, data)
        return _answered(lambda: update(record, data), 202)

    def deletes(esm_id: str) -> Any:
        record = lambda_svc._esms.get(esm_id)
        if record is None or not is_of_msk(record):
            return old_delete(esm_id)
        return _answered(lambda: delete(record), 202)

    old_create = hooks.replace(lambda_svc, "_create_esm", creates, parameters="data")
    old_update = hooks.replace(lambda_svc, "_update_esm", updates, parameters="esm_id data")
    old_delete = hooks.replace(lambda_svc, "_delete_esm", deletes, parameters="esm_id")


def is_of_msk(given: Record) -> bool:
    """Whether a mapping's source is a cluster of MSK.

    Example:
        >>> is_of_msk({"EventSourceArn": "arn:aws:kafka:r:1:cluster/shop/0a-1"})
        True
        >>> is_of_msk({"EventSourceArn": "arn:aws:sqs:r:1:queue"})
        False
    """
    return ":kafka:" in str(given.get("EventSourceArn") or "")


def create(request: Record) -> Record:
    """Make a mapping; it is Enabled once its pollers run.

    Raises:
        Refusal: as Lambda refuses.
    """
    from ministack.services import lambda_svc

    settings.check_new(request)
    function = _function(request["FunctionName"])
    record = settings.record({**request, "UUID": lambda_svc.new_uuid()}) | function
    record["Enabled"] = _enabled(request)
    _require_new(record)
    access.require(record)
    if request.get("Tags"):
        record["Tags"] = dict(request["Tags"])
    record["State"] = "Creating"
    lambda_svc._esms[record["UUID"]] = record
    answer = dict(record)
    pollers.apply(record)
    return answer


def update(record: Record, request: Record) -> Record:
    """Change a mapping; its pollers finish what they do, and start again with the new settings.

    Raises:
        Refusal: as Lambda refuses.
    """
    settings.check(request)
    changes = settings.changed(request)
    if request.get("FunctionName"):
        changes |= _function(request["FunctionName"])
    if request.get("Enabled") is not None:
        changes["Enabled"] = _enabled(request)
    access.require({**record, **changes})
    record.update(changes)
    record["LastModified"] = time.time()
    record["State"] = "Updating" if record["Enabled"] else "Disabling"
    answer = dict(record)
    pollers.apply(record)
    return answer


def delete(record: Record) -> Record:
    """Delete a mapping: its pollers end; what its group has read stays in Kafka, as with AWS."""
    from ministack.services import lambda_svc

    record["State"] = "Deleting"
    lambda_svc._esms.pop(record["UUID"], None)
    pollers.remove(record)
    return record


def _enabled(request: Record) -> bool:
    given = request.get("Enabled")
    return given is None or str(given).lower() == "true"


def _function(reference: str) -> Record:
    from ministack.services import lambda_svc

    name, qualifier, refused = lambda_svc._resolve_existing_esm_function(reference)
    if refused:
        raise Refusal("ResourceNotFoundException", f"Function not found: {reference}", 404)
    arn = lambda_svc._func_arn(name) + (f":{qualifier}" if qualifier else "")
    return {"FunctionName": name, "Qualifier": qualifier, "FunctionArn": arn}


def _require_new(record: Record) -> None:
    from ministack.services import lambda_svc

    def reads(other: Record) -> tuple[Any, ...]:
        return other.get("EventSourceArn"), other.get("FunctionArn"), tuple(other.get("Topics") or ())

    for other in lambda_svc._esms.values():
        if reads(other) == reads(record):
            text = _EXISTS.format(
                topic=record["Topics"][0], source=record["EventSourceArn"], function=record["FunctionName"]
            )
            raise Refusal(
                "ResourceConflictException",
                f"{text}. Please update or delete the existing mapping with UUID {other['UUID']}",
                409,
            )


def _answered(work: Callable[[], Record], status: int) -> Any:
    from ministack.services import lambda_svc

    try:
        made = work()
    except Refusal as refusal:
        return lambda_svc.error_response_json(refusal.code, refusal.message, refusal.status)
    persistence.touch()
    return lambda_svc.json_response(lambda_svc._esm_response(made), status)
