"""The large stores of a service fall into pieces, so that a checkpoint copies and writes only those that changed.

Log streams and executions are appended to and then never touched again: what they hold is known by its length. Stacks,
the largest store of all, change by requests to CloudFormation and while one is being deployed, and else stay.
A service whose state is not split here is saved whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.quick_copy import deepcopy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One part of a service's state.

    Attributes:
        name: unique within the service, the same at every checkpoint.
        version: equal to that of an earlier checkpoint when the content is; None when nobody can tell.
        content: the live object, picklable.
    """

    name: str
    version: Hashable
    content: Any


@dataclass(frozen=True, kw_only=True)
class Split:
    """How the state of one service falls into pieces and comes together again.

    Attributes:
        take: the rest, which is saved whole, and the pieces.
        join: the state as the service loads it, from the rest and the contents of the pieces by name.
    """

    take: Callable[[], tuple[Any, list[Piece]]]
    join: Callable[[Any, Mapping[str, Any]], Any]


def _take_logs() -> tuple[Any, list[Piece]]:
    from ministack.services import cloudwatch_logs

    groups, pieces = {}, []
    for key, group in list(cloudwatch_logs._log_groups._data.items()):
        streams = list(group["streams"].items())
        groups[key] = {**group, "streams": [name for name, _ in streams]}
        for name, stream in streams:
            version = (len(stream["events"]), *(v for k, v in sorted(stream.items()) if k != "events"))
            pieces.append(Piece(name=_name(key, name), version=version, content=stream))
    stores = ("destinations", "resource_policies", "log_group_policies", "metric_filters", "queries")
    deliveries = ("delivery_sources", "delivery_destinations", "deliveries")
    rest = {name: deepcopy(getattr(cloudwatch_logs, f"_{name}")) for name in (*stores, *deliveries)}
    return {"log_groups": groups, **rest}, pieces


def _join_logs(rest: Any, pieces: Mapping[str, Any]) -> Any:
    """The groups with their streams; the records that pointers lead to are the events once more."""
    from ministack.services import cloudwatch_logs

    groups, records = type(cloudwatch_logs._log_groups)(), type(cloudwatch_logs._log_records)()
    for key, group in rest["log_groups"].items():
        streams = {name: pieces[_name(key, name)] for name in group["streams"]}
        groups._data[key] = {**group, "streams": streams}
        for name, stream in streams.items():
            for event in (one for one in stream["events"] if "eventId" in one):  # not every writer gives one
                records._data[*key[:2], event["eventId"]] = cloudwatch_logs._build_log_record(
                    ptr=event["eventId"],
                    timestamp_ms=event["timestamp"],
                    message=event["message"],
                    log_group=key[2],
                    log_stream=name,
                )
    return {**rest, "log_groups": groups, "log_records": records}


def _take_executions() -> tuple[Any, list[Piece]]:
    from ministack.services import stepfunctions

    keys, pieces = [], []
    for key, execution in list(stepfunctions._executions._data.items()):
        keys.append(key)
        over = execution.get("status") != "RUNNING"
        version = (execution["status"], execution.get("stopDate"), len(execution["events"])) if over else None
        pieces.append(Piece(name=_name(key), version=version, content=execution))
    others = ("state_machines", "tags", "activities", "state_machine_versions", "state_machine_aliases")
    rest = {name: deepcopy(getattr(stepfunctions, f"_{name}")) for name in (*others, "map_runs")}
    return {**rest, "executions": keys}, pieces


def _join_executions(rest: Any, pieces: Mapping[str, Any]) -> Any:
    from ministack.services import stepfunctions

    executions = type(stepfunctions._executions)()
    executions._data.update({key: pieces[_name(key)] for key in rest["executions"]})
    return {**rest, "executions": executions}


_STACKS = "stacks"
_stack_requests = 0  # that CloudFormation has answered


def install() -> None:
    """Count the requests to CloudFormation."""
    from ministack.services import cloudformation

    from local import hooks

    parameters = "method path headers body query_params"
    old = hooks.replace(cloudformation, "handle_request", None, parameters=parameters)

    async def handle_request(*request: Any) -> Any:
        global _stack_requests  # noqa: PLW0603 - one count for the process
        try:
            return await old(*request)
        finally:
            _stack_requests += 1

    cloudformation.handle_request = handle_request


def _take_stacks() -> tuple[Any, list[Piece]]:
    """All stacks as one piece, whose version is unknown while one of them is being deployed."""
    from ministack.services import cloudformation

    asked = _stack_requests
    stores = {name: store() for store, name in cloudformation._PERSISTED_STORES}
    statuses = [str(stack.get("StackStatus")) for stack in list(stores["stacks"]._data.values())]
    events = sum(map(len, list(stores["stack_events"]._data.values())))
    moves = any(status.endswith("_IN_PROGRESS") for status in statuses)
    return {}, [Piece(name=_STACKS, version=None if moves else (asked, events), content=stores)]


def _join_stacks(_: Any, pieces: Mapping[str, Any]) -> Any:
    return pieces[_STACKS]


def _name(key: tuple[str, ...], *more: str) -> str:
    return "/".join((*key, *more))


# By ministack's name for the service's state.
SPLITS: dict[str, Split] = {
    "cloudformation": Split(take=_take_stacks, join=_join_stacks),
    "cloudwatch_logs": Split(take=_take_logs, join=_join_logs),
    "stepfunctions": Split(take=_take_executions, join=_join_executions),
}
