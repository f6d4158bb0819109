"""MERGE, UPDATE and DELETE said as one SELECT of changes.

Each row of it is a change: the target row's file and position (NULL for a new row), whether a row with new values
takes its place, and those values in the table's column order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.access import DELETE, INSERT, SELECT
from local.athena.errors import AthenaError
from local.athena.sources.iceberg import FILE, POSITION

if TYPE_CHECKING:
    from collections.abc import Iterable

KEEPS = "athena_keeps"
_ACTION = "athena_action"


def value_name(index: int) -> str:
    """The name of the column with the new value of the table's column number `index`."""
    return f"athena_value_{index}"


def permissions(tree: exp.Merge) -> frozenset[str]:
    """The table permissions that a MERGE needs, by what its clauses do."""
    needs = {SELECT}
    for when in tree.args["whens"].expressions:
        needs |= {INSERT} if isinstance(when.args["then"], exp.Insert) else {DELETE}
        needs |= {INSERT} if isinstance(when.args["then"], exp.Update) else set()
    return frozenset(needs)


def delete(tree: exp.Delete, target: exp.Expression, columns: list[str]) -> exp.Expression:
    """The changes of a DELETE."""
    nothing = [exp.alias_(exp.Null(), value_name(i)) for i in range(len(columns))]
    select = exp.select(*_identity(target), exp.alias_(exp.false(), KEEPS), *nothing).from_(target)
    return _where(select, tree.args.get("where"))


def update(tree: exp.Update, target: exp.Expression, columns: list[str]) -> exp.Expression:
    """The changes of an UPDATE."""
    assigned = _assignments(tree.expressions, columns)
    values = [
        exp.alias_(assigned[name].copy() if name in assigned else _of_target(target, name), value_name(i))
        for i, name in enumerate(columns)
    ]
    select = exp.select(*_identity(target), exp.alias_(exp.true(), KEEPS), *values).from_(target)
    return _where(select, tree.args.get("where"))


def merge(tree: exp.Merge, target: exp.Expression, columns: list[str]) -> exp.Expression:
    """The changes of a MERGE: the first clause whose condition holds decides what happens to a pair of rows."""
    whens = tree.args["whens"].expressions
    matched = exp.Not(this=exp.Is(this=_of_target(target, POSITION), expression=exp.Null()))
    conditions = [_condition(when, matched) for when in whens]
    action = exp.Case(ifs=[exp.If(this=c, true=exp.Literal.number(i)) for i, c in enumerate(conditions)])
    kept = _by_action([exp.Boolean(this=not _is_delete(when)) for when in whens], exp.false())
    clauses = [_new_values(when.args["then"], target, columns) for when in whens]
    values = [
        exp.alias_(_by_action([clause[name] for clause in clauses], _null_of(target, name)), value_name(i))
        for i, name in enumerate(columns)
    ]
    # DuckDB lets a column refer to one before it, so the conditions are said once, in the action.
    changes = exp.select(
        exp.alias_(action, _ACTION), *_identity(target), exp.alias_(kept, KEEPS), *values, copy=False
    ).from_(tree.args["using"].copy(), copy=False)
    only_matched = all(when.args.get("matched") for when in whens)
    kind = "inner" if only_matched else "left"
    changes = changes.join(target, on=tree.args["on"].copy(), join_type=kind, copy=False)
    return changes.where(f"{_ACTION} IS NOT NULL", copy=False)


def _by_action(values: list[exp.Expression], default: exp.Expression) -> exp.Case:
    ifs = [exp.If(this=exp.Literal.number(i), true=value) for i, value in enumerate(values)]
    return exp.Case(this=exp.column(_ACTION), ifs=ifs, default=default)


def _new_values(
    then: exp.Expression, target: exp.Expression, columns: list[str]
) -> dict[str, exp.Expression]:
    """What one clause makes of each column."""
    if isinstance(then, exp.Update):
        assigned = _assignments(then.expressions, columns)
        return {name: assigned.get(name) or _of_target(target, name) for name in columns}
    if isinstance(then, exp.Insert):
        inserted = _inserted(then, columns)
        return {name: inserted.get(name) or exp.Null() for name in columns}
    return {name: exp.Null() for name in columns}


def _condition(when: exp.When, matched: exp.Expression) -> exp.Expression:
    side = matched.copy() if when.args.get("matched") else exp.Not(this=matched.copy())
    side = exp.Paren(this=side)
    extra = when.args.get("condition")
    return exp.And(this=side, expression=exp.Paren(this=extra.copy())) if extra is not None else side


def _inserted(then: exp.Insert, columns: list[str]) -> dict[str, exp.Expression]:
    listed = [column.name.lower() for column in then.this.expressions] if then.this is not None else columns
    values = then.expression.expressions if isinstance(then.expression, exp.Tuple) else [then.expression]
    if len(listed) != len(values):
        raise AthenaError(
            "SYNTAX_ERROR", f"Insert column list has {len(listed)} columns, but {len(values)} values"
        )
    _require_known(listed, columns)
    return {name: value.copy() for name, value in zip(listed, values, strict=True)}


def _assignments(items: Iterable[exp.Expression], columns: list[str]) -> dict[str, exp.Expression]:
    found = {item.this.name.lower(): item.expression.copy() for item in items}
    _require_known(list(found), columns)
    return found


def _require_known(names: list[str], columns: list[str]) -> None:
    for name in names:
        if name not in columns:
            raise AthenaError("COLUMN_NOT_FOUND", f"line 1:1: The target table has no column '{name}'")
        if names.count(name) > 1:
            raise AthenaError(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Column '{name}' is specified more than once"
            )


def _identity(target: exp.Expression) -> list[exp.Expression]:
    return [exp.alias_(_of_target(target, FILE), FILE), exp.alias_(_of_target(target, POSITION), POSITION)]


def _of_target(target: exp.Expression, name: str) -> exp.Expression:
    return exp.column(
        exp.to_identifier(name, quoted=True), table=exp.to_identifier(target.alias, quoted=True)
    )


def _null_of(target: exp.Expression, name: str) -> exp.Expression:
    """NULL in the column's type, so that the whole CASE has it."""
    return exp.Nullif(this=_of_target(target, name), expression=_of_target(target, name))


def _is_delete(when: exp.When) -> bool:
    return not isinstance(when.args["then"], exp.Insert | exp.Update)


def _where(select: exp.Select, where: exp.Where | None) -> exp.Select:
    return select.where(where.this.copy()) if where is not None else select
