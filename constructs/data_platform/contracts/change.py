"""One change of a contract, whom it breaks, and the version that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Breaks(StrEnum):
    """For whom a change may break something."""

    CONSUMERS = "consumers"
    PRODUCERS = "producers"
    NOBODY = "nobody"


class Bump(StrEnum):
    """The part of a semantic version that must grow."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: the field, what happened to it, whom it breaks and why."""

    field: str
    what: str
    breaks: Breaks
    reason: str
    only_words: bool = False


def required_bump(changes: Iterable[Change]) -> Bump:
    """The smallest version step that the changes ask for.

    Example:
        >>> required_bump([Change(field="columns.x", what="added", breaks=Breaks.NOBODY, reason="more")])
        <Bump.MINOR: 'minor'>
        >>> required_bump([])
        <Bump.NONE: 'none'>
    """
    changes = list(changes)
    if any(change.breaks is not Breaks.NOBODY for change in changes):
        return Bump.MAJOR
    if any(not change.only_words for change in changes):
        return Bump.MINOR
    return Bump.PATCH if changes else Bump.NONE


def version_is_enough(old: str, new: str, bump: Bump) -> bool:
    """Whether the step from version `old` to `new` is at least `bump`.

    Example:
        >>> version_is_enough("1.2.3", "1.3.0", Bump.MINOR), version_is_enough("1.2.3", "1.3.0", Bump.MAJOR)
        (True, False)
    """
    before, after = (tuple(int(part) for part in version.split(".")) for version in (old, new))
    parts = {Bump.MAJOR: 1, Bump.MINOR: 2, Bump.PATCH: 3}
    if bump is Bump.NONE:
        return after >= before
    return after[: parts[bump]] > before[: parts[bump]]
