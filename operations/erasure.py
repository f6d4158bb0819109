"""Erase one person's data: plan, register, change table by table, expire what was, count again, sign off.

Each step can be repeated: whoever was killed half way calls it again. The register comes first, so that no load in
between brings anything back.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data_platform.contracts.erasure import REGISTER, subject_hash, subject_name
from data_platform.contracts.sql_text import quoted, relation, text
from data_platform.contracts.tables import INGEST_DATE
from operations.erasure_targets import ERASER, contract_targets, model_targets, raw_conditions
from operations.exit_codes import CommandFailed
from operations.queries import ask
from operations.raw_versions import RawVersion, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.erasure_targets import Person, Target

_NOW = "CAST(current_timestamp AS timestamp(6))"
# Athena's own default, to which a table returns after the erasure.
_SNAPSHOT_AGE_SECONDS = 432_000
_SETTLED_SECONDS = 1.1  # a snapshot must be older than the one second that VACUUM is told to keep


@dataclass(frozen=True, kw_only=True)
class Affected:
    """A table, what happens to it, the rows that it happens to, and their days."""

    target: Target
    rows: int
    days: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an erasure would do. `days` are those of raw files by dataset, those of an earlier attempt included."""

    subject: str
    value_hash: str
    affected: tuple[Affected, ...]
    raw: tuple[RawVersion, ...]
    days: dict[str, list[str]] = field(default_factory=dict)

    @property
    def to_change(self) -> tuple[Affected, ...]:
        """The tables that change."""
        return tuple(one for one in self.affected if one.rows and one.target.action != "keep")


def plan(connection: Connection, naming: Naming, whose: Person) -> Plan:
    """Look, and change nothing.

    Args:
        connection: As the eraser.
        naming: Physical names.
        whose: The person.
    """
    targets = [*contract_targets(whose, naming), *model_targets(connection, whose, naming)]
    affected = tuple(_affected(connection, naming, target) for target in targets)
    registered = _registered_days(connection, naming, whose)
    days: dict[str, list[str]] = {}
    for name in raw_conditions(whose, naming):
        seen = {day for one in affected if one.target.dataset == name for day in one.days}
        days[name] = sorted(seen | set(registered.get(name, ())))
    return Plan(
        subject=subject_name(whose.dataset),
        value_hash=subject_hash(whose.dataset, whose.value),
        affected=affected,
        raw=tuple(versions(connection, naming, whose, days)),
        days=days,
    )


def execute(
    connection: Connection,
    naming: Naming,
    whose: Person,
    planned: Plan,
    *,
    requested_by: str,
    on_step: Callable[[str], None],
) -> Plan:
    """Do it, and return what a new look finds; nothing is left to change when it succeeded.

    Args:
        connection: As the eraser.
        naming: Physical names.
        whose: The person.
        planned: What `plan` found.
        requested_by: Who asked, for the register.
        on_step: Is told what is being done.

    Raises:
        CommandFailed: when Athena refuses a statement; what was done stays done, and it can be called again.
    """
    on_step("registering")
    _register(connection, naming, planned, requested_by)
    for one in planned.to_change:
        on_step(one.target.table)
        ask(connection, one.target.statement, workgroup=naming.workgroup_of(ERASER))
    time.sleep(_SETTLED_SECONDS)
    for table in _expiring(planned):
        on_step(f"expiring old snapshots of {table}")
        _expire(connection, naming, table)
    on_step("counting again")
    left = plan(connection, naming, whose)
    if not left.to_change:
        _sign_off(connection, naming, planned)
    return left


def _affected(connection: Connection, naming: Naming, target: Target) -> Affected:
    day = f"CAST({quoted(INGEST_DATE)} AS varchar)" if target.has_days else "'-'"
    sql = f"SELECT {day}, count(*) FROM {target.table} WHERE {target.condition} GROUP BY 1 ORDER BY 1"
    rows = ask(connection, sql, workgroup=naming.workgroup_of(ERASER)).rows
    days = tuple(str(day) for day, _ in rows if day not in (None, "-"))
    return Affected(target=target, rows=sum(int(count or 0) for _, count in rows), days=days)


def _expiring(planned: Plan) -> Iterable[str]:
    """Every table that an erasure may have changed, now or before it was killed."""
    return [one.target.table for one in planned.affected if one.target.action != "keep"]


def _expire(connection: Connection, naming: Naming, table: str) -> None:
    """Let old snapshots go now, not in days: until then time travel shows what was erased."""
    backticked = table.replace('"', "`")
    for age in (1, _SNAPSHOT_AGE_SECONDS):
        ask(
            connection,
            f"ALTER TABLE {backticked} SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '{age}')",
            workgroup=naming.workgroup_of(ERASER),
        )
        if age == 1:
            ask(connection, f"VACUUM {table}", workgroup=naming.workgroup_of(ERASER))


def _entry(planned: Plan) -> str:
    return f'"subject" = {text(planned.subject)} AND "value_hash" = {text(planned.value_hash)}'


def _register(connection: Connection, naming: Naming, planned: Plan, requested_by: str) -> None:
    register = relation(naming.database("staged"), REGISTER)
    days = text(json.dumps(planned.days, sort_keys=True))
    row = (
        f'SELECT {text(planned.subject)} AS "subject", {text(planned.value_hash)} AS "value_hash", '
        f'{_NOW} AS "at", {text(requested_by)} AS "by", {days} AS "days"'
    )
    ask(
        connection,
        f'MERGE INTO {register} AS t USING ({row}) AS s ON t."subject" = s."subject" '
        'AND t."value_hash" = s."value_hash" '
        'WHEN MATCHED THEN UPDATE SET "days" = s."days" '
        'WHEN NOT MATCHED THEN INSERT ("subject", "value_hash", "requested_at", "requested_by", "days") '
        'VALUES (s."subject", s."value_hash", s."at", s."by", s."days")',
        workgroup=naming.workgroup_of(ERASER),
    )


def _sign_off(connection: Connection, naming: Naming, planned: Plan) -> None:
    register = relation(naming.database("staged"), REGISTER)
    ask(
        connection,
        f'UPDATE {register} SET "finished_at" = {_NOW} WHERE {_entry(planned)} AND "finished_at" IS NULL',
        workgroup=naming.workgroup_of(ERASER),
    )


def _registered_days(connection: Connection, naming: Naming, whose: Person) -> dict[str, list[str]]:
    register = relation(naming.database("staged"), REGISTER)
    hashed = text(subject_hash(whose.dataset, whose.value))
    sql = (
        f'SELECT "days" FROM {register} WHERE "subject" = {text(subject_name(whose.dataset))} '
        f'AND "value_hash" = {hashed}'
    )
    found: dict[str, list[str]] = {}
    for (days,) in ask(connection, sql, workgroup=naming.workgroup_of(ERASER)).rows:
        try:
            for name, listed in json.loads(days or "{}").items():
                found[name] = sorted({*found.get(name, []), *listed})
        except (ValueError, AttributeError) as error:
            raise CommandFailed(
                f"{register} holds days that are no JSON object: mend the row first"
            ) from error
    return found
