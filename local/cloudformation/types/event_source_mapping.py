"""AWS::Lambda::EventSourceMapping of MSK, by the API that a client uses; those of other sources are ministack's."""

from __future__ import annotations

import time
from typing import Any

from local.cloudformation.registry import register
from local.cloudformation.typed import typed

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_TYPE = "AWS::Lambda::EventSourceMapping"
_WAIT_SECONDS = 960  # a poller finishes the invocation that it waits for
_POLL_SECONDS = 0.1
_REPLACING = (
    "AmazonManagedKafkaEventSourceConfig",
    "EventSourceArn",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
)
_OF_MSK_ONLY = (
    "AmazonManagedKafkaEventSourceConfig",
    "ProvisionedPollerConfig",
    "StartingPositionTimestamp",
    "Topics",
)
_CHANGEABLE = (
    "BatchSize",
    "Enabled",
    "FunctionName",
    "MaximumBatchingWindowInSeconds",
    "ProvisionedPollerConfig",
)
# What a property that a template no longer has goes back to.
_DEFAULTS = {"BatchSize": 100, "Enabled": True}


def install() -> None:
    """Register the type, with ministack's own handlers for all sources but MSK."""
    from ministack.services.cloudformation import provisioners

    old = provisioners._RESOURCE_HANDLERS[_TYPE]

    def create(logical_id: str, props: Properties, stack_name: str) -> Made:
        if not _is_of_msk(props):
            made: Made = old["create"](logical_id, _of_other_source(props), stack_name)
            _tag(made[0], props)
            return made
        return _create(props)

    def update(physical_id: str, before: Properties, after: Properties, stack_name: str) -> Made:
        if not _is_of_msk(before) and not _is_of_msk(after):
            made: Made = old["update"](physical_id, before, _of_other_source(after), stack_name)
            _tag(made[0], after)
            return made
        if any(before.get(name) != after.get(name) for name in _REPLACING):
            return create(physical_id, after, stack_name)
        return _update(physical_id, after)

    def delete(physical_id: str, props: Properties) -> None:
        if _is_of_msk(props):
            _delete(physical_id)
        else:
            old["delete"](physical_id, props)

    register(_TYPE, create=create, update=update, delete=delete)


def _is_of_msk(props: Properties) -> bool:
    return ":kafka:" in str(props.get("EventSourceArn") or "")


def _of_other_source(props: Properties) -> Properties:
    """Refuse what only a mapping of MSK has here.

    Raises:
        ValueError: It has such a property.
    """
    foreign = [name for name in _OF_MSK_ONLY if name in props]
    if foreign:
        raise ValueError(
            f"The embedded AWS acts on {', '.join(foreign)} of an event source mapping for MSK only; "
            f"the source is {props.get('EventSourceArn')}"
        )
    return props


def _tag(uuid: str, props: Properties) -> None:
    from ministack.services import lambda_svc

    lambda_svc._esms[uuid]["Tags"] = _tags(props)


def _tags(props: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "lambda")


def _typed(props: Properties, operation: str) -> Properties:
    shape = _client().meta.service_model.operation_model(operation).input_shape
    found: Properties = typed(props, shape)
    return found


def _create(props: Properties) -> Made:
    tags = _tags(props)
    given = {name: value for name, value in props.items() if name != "Tags"}
    request = _typed(given, "CreateEventSourceMapping")
    made = _client().create_event_source_mapping(**request, **({"Tags": tags} if tags else {}))
    return _settled(made["UUID"])


def _update(uuid: str, props: Properties) -> Made:
    given = {name: value for name, value in {**_DEFAULTS, **props}.items() if name in _CHANGEABLE}
    _client().update_event_source_mapping(UUID=uuid, **_typed(given, "UpdateEventSourceMapping"))
    _tag(uuid, props)
    return _settled(uuid)


def _settled(uuid: str) -> Made:
    """Wait as CloudFormation does, until the mapping is Enabled or Disabled.

    Raises:
        ValueError: It is not in time.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = _client().get_event_source_mapping(UUID=uuid)
        if found["State"] in ("Enabled", "Disabled"):
            return uuid, {"Id": uuid, "EventSourceMappingArn": found["EventSourceMappingArn"]}
        if time.monotonic() > deadline:
            raise ValueError(f"The event source mapping {uuid} is {found['State']} after {_WAIT_SECONDS} s")
        time.sleep(_POLL_SECONDS)


def _delete(uuid: str) -> None:
    client = _client()
    try:
        client.delete_event_source_mapping(UUID=uuid)
    except client.exceptions.ResourceNotFoundException:
        return
