"""The quality gate: one SELECT that answers every check of a dataset about one run's candidate rows.

All row-level and whole-dataset measures come from one scan; each uniqueness and each reference adds one
query. Counts are of raw rows: a row that goes to quarantine is an offender like any other. How the awkward
cases are meant, once for all checks:

- A measure of nothing (percent, mean or freshness of an empty delivery) is NULL and breaks no limit:
  whether a delivery may be empty is the volume check's business alone.
- Freshness is the age of the newest value at the end of the ingest date (UTC), so that a late or repeated
  load of an old day is judged as on its day.
- A parent that was never loaded stops the run: otherwise every row of the day would be called an orphan.
- `reconciliation` always runs and stops: the candidate holds exactly the raw rows of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import offends, typed_rows
from data_platform.contracts.enforced import ROW_KINDS, columns_of, effective_checks, quarantines
from data_platform.contracts.limits import limit_text, within
from data_platform.contracts.measures_sql import measure
from data_platform.contracts.model import CheckKind
from data_platform.contracts.raw_rows import raw_day
from data_platform.contracts.references_sql import orphan, parent_join, parent_keys
from data_platform.contracts.sql_text import DAY, RUN, quoted, relation, text
from data_platform.contracts.tables import INGEST_DATE, RUN_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Check, Dataset, Domain
    from data_platform.contracts.naming import Naming


@dataclass(frozen=True, kw_only=True)
class GateCheck:
    """One row of the gate's answer, as far as it is known before it runs."""

    id: str
    kind: str
    severity: str
    on_failure: str | None
    dimension: str
    description: str
    limit_text: str


def gate_checks(dataset: Dataset) -> tuple[GateCheck, ...]:
    """Every check of the gate in the order of its rows; the last is always the reconciliation."""
    own = tuple(
        GateCheck(
            id=check.id,
            kind=check.kind.value,
            severity=check.severity.value,
            on_failure=check.on_failure.value if check.on_failure else None,
            dimension=check.dimension,
            description=check.description,
            limit_text=limit_text(check),
        )
        for check in effective_checks(dataset)
    )
    return (*own, *(_loaded(dataset, name) for name in _parents(dataset)), _reconciliation(dataset))


def _parents(dataset: Dataset) -> tuple[str, ...]:
    """The other datasets of the domain to which a row must refer, or be quarantined."""
    named = (
        str(check.parameters["dataset"])
        for check in effective_checks(dataset)
        if check.kind is CheckKind.REFERENTIAL
        and quarantines(check)
        and check.parameters.get("domain", dataset.domain) == dataset.domain
    )
    return tuple(name for name in dict.fromkeys(named) if name != dataset.name)


def _loaded(dataset: Dataset, parent: str) -> GateCheck:
    return GateCheck(
        id=f"{dataset.domain}.{dataset.name}.parent.{parent}",
        kind="referential",
        severity="error",
        on_failure="stop",
        dimension="consistency",
        description=f"{parent} was loaded before, so that references to it can be judged: run {parent} first",
        limit_text="not empty",
    )


def _reconciliation(dataset: Dataset) -> GateCheck:
    return GateCheck(
        id=f"{dataset.domain}.{dataset.name}.reconciliation",
        kind="reconciliation",
        severity="error",
        on_failure="stop",
        dimension="completeness",
        description="every raw row of the day was judged, none twice",
        limit_text="== 0 rows",
    )


def gate_sql(dataset: Dataset, domain: Domain, naming: Naming) -> str:
    """SELECT of check_id, kind, severity, on_failure, observed, offending, total, limit_text and passed."""
    checks = effective_checks(dataset)
    candidate = relation(naming.database("staged"), f"{dataset.name}_candidate")
    run = f"{candidate} WHERE {quoted(INGEST_DATE)} = {DAY} AND {quoted(RUN_ID)} = {RUN}"
    raw = f'SELECT count(*) AS "_raw" FROM {raw_day(dataset, naming)}'
    branches = [
        _scan(checks, dataset, run, raw),
        *(
            _unique(at, check, dataset, run)
            for at, check in enumerate(checks)
            if check.kind is CheckKind.UNIQUE
        ),
        *(
            _referential(at, check, dataset, run, domain, naming)
            for at, check in enumerate(checks)
            if check.kind is CheckKind.REFERENTIAL
        ),
        *(
            _empty(at, relation(naming.database("staged"), name))
            for at, name in enumerate(_parents(dataset), start=len(checks))
        ),
    ]
    # Only a query of the contract's author reads the rows by name: engines may keep a shared WITH in memory.
    shared = any(check.kind is CheckKind.SQL for check in checks)
    rows = f'"_rows" AS ({typed_rows(dataset, run)}), ' if shared else ""
    return (
        f'WITH {rows}"_measured" AS ({" UNION ALL ".join(branches)}), '
        f'"_checks" ("at", "check_id", "kind", "severity", "on_failure", "limit_text") AS '
        f"(VALUES {_metadata(gate_checks(dataset))}) "
        'SELECT c."check_id", c."kind", c."severity", c."on_failure", '
        f'm."observed", m."offending", m."total", c."limit_text", {_passed(checks)} AS "passed" '
        'FROM "_checks" AS c JOIN "_measured" AS m ON m."at" = c."at" ORDER BY c."at"'
    )


def _metadata(checks: Sequence[GateCheck]) -> str:
    rows = []
    for at, check in enumerate(checks):
        known = (check.id, check.kind, check.severity, check.on_failure, check.limit_text)
        values = (text(value) if value is not None else "CAST(NULL AS varchar)" for value in known)
        rows.append(f"({at}, {', '.join(values)})")
    return ", ".join(rows)


def _scan(checks: Sequence[Check], dataset: Dataset, run: str, raw: str) -> str:
    """One pass over the rows for all checks that need no grouping and no other table."""
    sums, arms = [], []
    for at, check in enumerate(checks):
        if check.kind in (CheckKind.UNIQUE, CheckKind.REFERENTIAL):
            continue
        name = quoted(f"_m{at}")
        if check.kind in ROW_KINDS:
            sums.append(f"{_count_where(offends(check, dataset))} AS {name}")
        elif check.kind is CheckKind.SQL:
            name = measure(check, dataset)
        else:
            sums.append(f"{measure(check, dataset)} AS {name}")
        arms.append((at, *_observed_and_offending(check, name)))
    arms.append(
        (len(checks) + len(_parents(dataset)), 'CAST(abs("_n" - "_raw") AS double)', 'abs("_n" - "_raw")')
    )
    places = ", ".join(f"({at})" for at, _, _ in arms)
    observed = " ".join(f"WHEN {at} THEN {value}" for at, value, _ in arms)
    offending = " ".join(f"WHEN {at} THEN {value}" for at, _, value in arms if value != "0")
    totals = ", ".join(['count(*) AS "_n"', *sums])
    return (
        f'SELECT "at", CASE "at" {observed} END AS "observed", '
        f'CAST(CASE "at" {offending} ELSE 0 END AS bigint) AS "offending", "_n" AS "total" '
        f"FROM (SELECT {totals} FROM ({typed_rows(dataset, run)}) AS r) AS s CROSS JOIN ({raw}) AS d "
        f'CROSS JOIN (VALUES {places}) AS v("at")'
    )


def _unique(at: int, check: Check, dataset: Dataset, run: str) -> str:
    """Rows beyond the first of their key; grouped, since counting distinct keys approximately is no proof."""
    names = columns_of(check)
    keys = ", ".join(quoted(name) for name in names)
    complete = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
    groups = f'SELECT CASE WHEN {complete} THEN count(*) - 1 ELSE 0 END AS "_over", count(*) AS "_size"'
    inner = f"{groups} FROM ({typed_rows(dataset, run, only=names)}) AS r GROUP BY {keys}"
    sums = 'COALESCE(sum("_over"), 0) AS "_over", COALESCE(sum("_size"), 0) AS "_n"'
    return _branch(at, check, '"_over"', f"SELECT {sums} FROM ({inner}) AS g")


def _referential(  # noqa: PLR0917 - as its siblings
    at: int, check: Check, dataset: Dataset, run: str, domain: Domain, naming: Naming
) -> str:
    parent = quoted("_p")
    keys = parent_keys(check, dataset, domain, naming, own_rows=f"({typed_rows(dataset, run)}) AS o")
    rows = typed_rows(dataset, run, only=check.columns)
    joined = f"({rows}) AS r LEFT JOIN ({keys}) AS {parent} ON {parent_join(check, parent)}"
    orphans = _count_where(orphan(check, parent, domain, naming))
    return _branch(at, check, '"_orphans"', f'SELECT {orphans} AS "_orphans", count(*) AS "_n" FROM {joined}')


def _empty(at: int, parent: str) -> str:
    empty = 'CASE WHEN count(*) = 0 THEN 1 ELSE 0 END AS "_empty"'
    measured = 'CAST("_empty" AS double), CAST("_empty" AS bigint), CAST(1 AS bigint)'
    return f"SELECT {at}, {measured} FROM (SELECT {empty} FROM {parent}) AS s"


def _branch(at: int, check: Check, name: str, inner: str) -> str:
    observed, offending = _observed_and_offending(check, name)
    return f'SELECT {at}, {observed}, CAST({offending} AS bigint), CAST("_n" AS bigint) FROM ({inner}) AS s'


def _count_where(condition: str) -> str:
    return f"COALESCE(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _observed_and_offending(check: Check, name: str) -> tuple[str, str]:
    """What is compared with the limit, and how many raw rows offend (0 for a measure of the delivery)."""
    unit = check.limit.unit if check.limit else None
    if check.kind in ROW_KINDS:
        percent = f'1E2 * {name} / NULLIF("_n", 0)'
        return (percent if unit == "percent" else f"CAST({name} AS double)"), name
    if check.kind is CheckKind.SQL and unit == "rows":
        return name, f"CAST({name} AS bigint)"
    return name, "0"


def _passed(checks: Sequence[Check]) -> str:
    arms = "".join(
        f' WHEN c."at" = {at} THEN ' + within(check.limit, 'm."observed"')
        for at, check in enumerate(checks)
        if check.limit is not None
    )
    return f'CASE WHEN m."observed" IS NULL THEN true{arms} ELSE m."offending" = 0 END'
