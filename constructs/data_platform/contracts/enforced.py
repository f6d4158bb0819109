"""The checks that a run makes: the contract's own, and those without which a load would not be sound.

Whatever the contract says, a value that does not fit its type, an empty required column and a second row of
one key never reach staged: each needs a check that quarantines the row, or stops the run at the first
offender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.casts import can_fail
from data_platform.contracts.model import Check, CheckKind, OnFailure, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset

ROW_KINDS = frozenset(
    {
        CheckKind.TYPE, CheckKind.NULL, CheckKind.ACCEPTED, CheckKind.RANGE,
        CheckKind.PATTERN, CheckKind.LENGTH, CheckKind.REFERENTIAL, CheckKind.UNIQUE,
    }
)  # fmt: skip


def effective_checks(dataset: Dataset) -> tuple[Check, ...]:
    """The checks of a dataset: those that had to be added first, then the contract's own in its order."""
    return (*(check for check in _needed(dataset) if not _present(check, dataset)), *dataset.checks)


def quarantines(check: Check) -> bool:
    """Whether an offending row of this check is set aside."""
    return (
        check.kind in ROW_KINDS
        and check.severity is Severity.ERROR
        and check.on_failure is not OnFailure.STOP
    )


def _needed(dataset: Dataset) -> Iterator[Check]:
    for column in dataset.columns:
        if can_fail(column.source_type, column.physical_type):
            what = f"{column.name} is a {column.physical_type}"
            yield _check(dataset, CheckKind.TYPE, (column.name,), "conformity", what)
    for column in dataset.columns:
        if column.required or column.name in dataset.primary_key:
            yield _check(
                dataset, CheckKind.NULL, (column.name,), "completeness", f"{column.name} has a value"
            )
    if dataset.primary_key:
        what = f"one row a key ({', '.join(dataset.primary_key)}) a delivery"
        yield _check(dataset, CheckKind.UNIQUE, dataset.primary_key, "uniqueness", what)


def _check(
    dataset: Dataset, kind: CheckKind, columns: tuple[str, ...], dimension: str, description: str
) -> Check:
    scope = columns if kind is not CheckKind.UNIQUE else ()
    parameters: dict[str, object] = {"columns": columns} if kind is CheckKind.UNIQUE else {}
    return Check(
        id=_free_id(dataset, ".".join((dataset.domain, dataset.name, *scope, kind.value))),
        kind=kind,
        columns=columns,
        severity=Severity.ERROR,
        on_failure=OnFailure.QUARANTINE,
        dimension=dimension,
        description=description,
        parameters=parameters,
    )


def _free_id(dataset: Dataset, wanted: str) -> str:
    return f"{wanted}.enforced" if any(check.id == wanted for check in dataset.checks) else wanted


def _present(needed: Check, dataset: Dataset) -> bool:
    return any(
        check.kind is needed.kind and set(columns_of(check)) == set(needed.columns) and _holds(check)
        for check in dataset.checks
    )


def _holds(check: Check) -> bool:
    """A stop with a limit lets some offenders pass; a quarantine never does: its limit judges the day."""
    return check.severity is Severity.ERROR and (quarantines(check) or check.limit is None)


def columns_of(check: Check) -> tuple[str, ...]:
    """The columns of this dataset that a check looks at."""
    if check.kind is CheckKind.UNIQUE and not check.columns:
        columns = check.parameters.get("columns", ())
        return tuple(str(column) for column in columns) if isinstance(columns, tuple | list) else ()
    return check.columns
