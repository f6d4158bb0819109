"""Who reads a source once it may be read: our extractor, or DMS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.replicated import ReplicatedParts
from data_platform.processing.states.task import choose

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_EXTRACTOR, _DMS, _CHOICE = "RunExtractor", "BeginReplication", "ChooseReader"


def has_extractor(parts: MachineParts) -> bool:
    """Whether our extractor reads any source of the domain."""
    return any(not isinstance(source, ReplicatedParts) for source in parts.sources)


def has_replication(parts: MachineParts) -> bool:
    """Whether DMS copies any source of the domain."""
    return any(isinstance(source, ReplicatedParts) for source in parts.sources)


def reader(parts: MachineParts) -> str:
    """The state that begins to read."""
    if has_extractor(parts) and has_replication(parts):
        return _CHOICE
    return _DMS if has_replication(parts) else _EXTRACTOR


def reader_states(parts: MachineParts) -> dict[str, State]:
    """The fork, in a domain that has both."""
    if reader(parts) != _CHOICE:
        return {}
    return choose(_CHOICE, ("$source.method = 'dms'", _DMS), otherwise=_EXTRACTOR)
