"""The contract's rules on the rows of a batch: errors make dead letters, warnings are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from stream_loader import casts
from stream_loader.poison import Poison
from stream_loader.rules import offenders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream_loader.plan import Column, Plan, Rule

_ZONED = "timestamp with time zone"


class Verdicts:
    """The rules of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._rules = plan.rules
        self._columns = {column.name: _judged_as(column) for column in plan.columns}

    def of(self, rows: pa.Table, judged: pa.Array) -> Iterator[tuple[Rule, pa.Array]]:
        """Each rule with the rows that break it, in the plan's order.

        Args:
            rows: The contract's columns in raw.
            judged: Whether a row is judged at all; a deletion has a key alone.
        """
        typed: dict[str, tuple[pa.Array, pa.Array]] = {}
        for rule in self._rules:
            column = self._columns[rule.column]
            if column.name not in typed:
                raw = _one(rows.column(column.name))
                same = column.type == column.target
                typed[column.name] = raw, raw if same else casts.typed(raw, column.type, column.target)
            broken = pc.and_(offenders(rule, column, *typed[column.name]), judged)
            if pc.any(broken).as_py():
                yield rule, broken


def violation(rule: Rule) -> Poison:
    """Why a row that breaks a rule cannot be loaded."""
    said = {"required": "is missing", "type": "is none of its type"}.get(rule.kind)
    what = said or f"breaks {rule.kind} {rule.argument!r}"
    return Poison("RuleViolation", f"{rule.id}: {rule.column} {what}; mend it in the source", rule.column)


def _judged_as(column: Column) -> Column:
    """A time with a zone lies in raw as text, and is judged as the moment that it is."""
    return replace(column, type="string") if column.type == _ZONED else column


def _one(values: pa.ChunkedArray) -> pa.Array:
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
