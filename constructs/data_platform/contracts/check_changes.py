"""Changes of quality rules: a stricter one may refuse a producer's rows, a looser one shows new values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change
from data_platform.contracts.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Check, Dataset


def check_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to the rules, matched by their stable ids."""
    # The rules of a column that comes or goes come or go with it: the column's own change says enough.
    kept = {column.name for column in old.columns} & {column.name for column in new.columns}
    before = {check.id: check for check in old.checks if kept.issuperset(check.columns)}
    after = {check.id: check for check in new.checks if kept.issuperset(check.columns)}
    for name in sorted(before.keys() - after.keys()):
        yield _gone(before[name])
    for name in sorted(after.keys() - before.keys()):
        yield _new(after[name])
    for name in sorted(before.keys() & after.keys()):
        yield from _one(before[name], after[name])


def _gone(check: Check) -> Change:
    if check.severity is Severity.WARNING:
        return _change(check, "warning removed", Breaks.NOBODY, "it only measured")
    return _change(check, "rule removed", Breaks.CONSUMERS, "rows that it kept out now reach consumers")


def _new(check: Check) -> Change:
    if check.severity is Severity.WARNING:
        return _change(check, "warning added", Breaks.NOBODY, "it only measures")
    return _change(check, "rule added", Breaks.PRODUCERS, "rows or deliveries that passed may be refused")


def _one(old: Check, new: Check) -> Iterator[Change]:
    if old.severity != new.severity:
        stricter = new.severity is Severity.ERROR
        breaks = Breaks.PRODUCERS if stricter else Breaks.CONSUMERS
        reason = "what was measured is refused" if stricter else "what was refused reaches consumers"
        yield _change(new, f"severity {old.severity} -> {new.severity}", breaks, reason)
        return
    if (old.limit, old.parameters, old.columns) != (new.limit, new.parameters, new.columns):
        if new.severity is Severity.WARNING:
            yield _change(new, "measures otherwise", Breaks.NOBODY, "it only measures")
        else:
            yield from _otherwise(old, new)
    if old.on_failure != new.on_failure:
        what = f"onFailure {old.on_failure} -> {new.on_failure}"
        yield _change(new, what, Breaks.PRODUCERS, "a bad row is treated otherwise")
    if (old.description, old.dimension) != (new.description, new.dimension):
        yield Change(
            field=new.id,
            what="described otherwise",
            breaks=Breaks.NOBODY,
            reason="words for people",
            only_words=True,
        )


def _otherwise(old: Check, new: Check) -> Iterator[Change]:
    looser, stricter = _bounds_moved(old, new)
    if stricter or not looser:
        yield _change(new, "rule stricter or other", Breaks.PRODUCERS, "values that passed may be refused")
    if looser or not stricter:
        yield _change(new, "rule looser or other", Breaks.CONSUMERS, "values that never came may come")


def _bounds_moved(old: Check, new: Check) -> tuple[bool, bool]:
    """Whether bounds or accepted values moved outwards, and whether inwards; (False, False) when unclear."""
    before, after = dict(old.parameters), dict(new.parameters)
    if "values" in before and "values" in after:
        had, has = (set(_tuple(side["values"])) for side in (before, after))
        return bool(has - had), bool(had - has)
    if not set(before) | set(after) <= {"minimum", "maximum"} or old.limit != new.limit:
        return False, False
    looser = stricter = False
    for bound, sign in (("minimum", 1), ("maximum", -1)):
        left, right = before.get(bound), after.get(bound)
        if left == right:
            continue
        if left is None or right is None:
            looser, stricter = looser or right is None, stricter or left is None
        elif isinstance(left, (int, float)) and isinstance(right, (int, float)):
            looser, stricter = looser or sign * right < sign * left, stricter or sign * right > sign * left
        else:
            return False, False
    return looser, stricter


def _tuple(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else ()


def _change(check: Check, what: str, breaks: Breaks, reason: str) -> Change:
    return Change(field=check.id, what=what, breaks=breaks, reason=reason)
