"""What a mapping of MSK may ask for: checked, in Lambda's words, and what nobody acts on here refused by its name."""

from __future__ import annotations

import re
import time
from typing import Any

from local.services.refusal import Refusal

Request = dict[str, Any]
BATCH_SIZE = 100
_GROUP = re.compile(r"[a-zA-Z0-9-/*:_+=.@]{1,200}")
_POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
_RANGES = {"BatchSize": (1, 10_000), "MaximumBatchingWindowInSeconds": (0, 300)}
_POLLERS = {"MinimumPollers": (1, 200), "MaximumPollers": (1, 2000)}
_OF_OTHER_SOURCES = ("ParallelizationFactor", "Queues", "ScalingConfig", "TumblingWindowInSeconds")
# What is refused, with the values that change nothing.
_NOT_ACTED_ON: dict[str, tuple[Any, ...]] = {
    "BisectBatchOnFunctionError": (False,),
    "DestinationConfig": ({}, {"OnFailure": {}}),
    "FilterCriteria": ({}, {"Filters": []}),
    "FunctionResponseTypes": ([],),
    "KMSKeyArn": ("",),
    "LoggingConfig": ({},),
    "MaximumRecordAgeInSeconds": (-1,),
    "MaximumRetryAttempts": (-1,),
    "MetricsConfig": ({}, {"Metrics": []}),
    "SourceAccessConfigurations": ([],),
}


def check_new(request: Request) -> None:
    """Refuse a new mapping that Lambda would not make, or that would not do here what it says.

    Raises:
        Refusal: `InvalidParameterValueException`.
    """
    topics = request.get("Topics") or []
    if len(topics) != 1:
        raise _refused(f"Topics must name one topic, it is {topics}.")
    position = request.get("StartingPosition")
    if position not in _POSITIONS:
        raise _refused(f"StartingPosition must be one of {', '.join(_POSITIONS)}, it is {position}.")
    moment = request.get("StartingPositionTimestamp")
    if (position == "AT_TIMESTAMP") != (moment is not None):
        raise _refused(
            "StartingPositionTimestamp is given with StartingPosition AT_TIMESTAMP, and only then."
        )
    if moment is not None and float(moment) > time.time():
        raise _refused("StartingPositionTimestamp must not be in the future.")
    config = request.get("AmazonManagedKafkaEventSourceConfig") or {}
    if config.get("SchemaRegistryConfig"):
        raise _absent("AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig")
    group = config.get("ConsumerGroupId")
    if group is not None and not _GROUP.fullmatch(str(group)):
        raise _refused(f"ConsumerGroupId must match {_GROUP.pattern}, it is {group!r}.")
    check(request)


def check(request: Request) -> None:
    """Refuse settings that a new mapping and an update can have.

    Raises:
        Refusal: `InvalidParameterValueException`.
    """
    for name in _OF_OTHER_SOURCES:
        if request.get(name):
            raise _refused(f"{name} is not supported for Amazon MSK event sources.")
    for name, harmless in _NOT_ACTED_ON.items():
        if request.get(name) is not None and request[name] not in harmless:
            raise _absent(name)
    _in_range(request, _RANGES)
    pollers = request.get("ProvisionedPollerConfig") or {}
    if pollers.get("PollerGroupName"):
        raise _absent("ProvisionedPollerConfig.PollerGroupName")
    _in_range(pollers, _POLLERS)
    if int(pollers.get("MinimumPollers") or 1) > int(pollers.get("MaximumPollers") or 200):
        raise _refused("MinimumPollers must not be greater than MaximumPollers.")


def record(request: Request) -> Request:
    """What a new mapping keeps of its request."""
    config = dict(request.get("AmazonManagedKafkaEventSourceConfig") or {})
    config.setdefault("ConsumerGroupId", request["UUID"])
    kept = {
        name: request[name]
        for name in ("StartingPosition", "StartingPositionTimestamp", *_CHANGEABLE)
        if request.get(name) is not None
    }
    return {
        "UUID": request["UUID"],
        "EventSourceArn": request["EventSourceArn"],
        "Topics": list(request["Topics"]),
        "AmazonManagedKafkaEventSourceConfig": config,
        "BatchSize": BATCH_SIZE,
        "DestinationConfig": {"OnFailure": {}},
        **kept,
        "StateTransitionReason": "USER_INITIATED",
        "LastProcessingResult": "No records processed",
        "LastModified": time.time(),
    }


def changed(request: Request) -> Request:
    """What an update sets."""
    return {name: request[name] for name in _CHANGEABLE if request.get(name) is not None}


_CHANGEABLE = ("BatchSize", "MaximumBatchingWindowInSeconds", "ProvisionedPollerConfig")


def _in_range(given: Request, ranges: dict[str, tuple[int, int]]) -> None:
    for name, (least, most) in ranges.items():
        value = given.get(name)
        if value is not None and not least <= int(value) <= most:
            raise _refused(f"{name} must be {least} to {most}, it is {value}.")


def _refused(why: str) -> Refusal:
    return Refusal("InvalidParameterValueException", why)


def _absent(name: str) -> Refusal:
    return _refused(
        f"{name} is not acted on by the embedded AWS for Amazon MSK event sources: "
        "a batch that fails is tried again for ever, in order."
    )
