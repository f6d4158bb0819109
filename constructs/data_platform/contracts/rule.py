"""What every kind of rule shares: id, severity, what an error acts upon, bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.contracts.model import Check, CheckKind, Limit, OnFailure, Operator, Severity, Unit

if TYPE_CHECKING:
    from data_platform.contracts.place import Place

ROW_KINDS = frozenset(
    {
        CheckKind.TYPE,
        CheckKind.NULL,
        CheckKind.UNIQUE,
        CheckKind.ACCEPTED,
        CheckKind.RANGE,
        CheckKind.PATTERN,
        CheckKind.LENGTH,
        CheckKind.REFERENTIAL,
    }
)
_DIMENSIONS = {
    CheckKind.NULL: "completeness",
    CheckKind.UNIQUE: "uniqueness",
    CheckKind.REFERENTIAL: "consistency",
    CheckKind.VOLUME: "coverage",
    CheckKind.DISTRIBUTION: "accuracy",
    CheckKind.RANGE: "accuracy",
    CheckKind.FRESHNESS: "timeliness",
}
_OPERATORS: dict[str, Operator] = {
    "mustBe": "==",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
}
_WHOLE = 100  # percent


def build_check(
    place: Place,
    *,
    owner: str,
    kind: CheckKind,
    columns: tuple[str, ...],
    description: str,
    severity: str = "error",
    on_failure: str | None = None,
    dimension: str | None = None,
    name: str | None = None,
    column: str | None = None,
    limit: Limit | None = None,
    parameters: dict[str, object] | None = None,
) -> Check:
    """A check with its stable id; what does not fit together is reported at `place`.

    Args:
        place: Where the rule stands.
        owner: `<domain>.<dataset>`, the start of the id.
        kind: What is checked.
        columns: The columns that are looked at.
        description: For people.
        severity: "error" or "warning".
        on_failure: "quarantine" or "stop"; by default the mildest that the kind can do.
        dimension: ODCS dimension; by default the kind's.
        name: Tells apart rules of one kind on one column.
        column: The column in the id.
        limit: Bounds the offenders or the measured value.
        parameters: As `Check` documents them by kind.
    """
    return Check(
        id=".".join(part for part in (owner, column, kind.value, name) if part),
        kind=kind,
        columns=columns,
        severity=Severity(severity),
        on_failure=_on_failure(place, kind, severity, on_failure, limit),
        dimension=dimension or _DIMENSIONS.get(kind, "conformity"),
        description=" ".join(description.split()),
        limit=limit,
        parameters=parameters or {},
    )


def _on_failure(
    place: Place, kind: CheckKind, severity: str, wanted: str | None, limit: Limit | None
) -> OnFailure | None:
    if severity == Severity.WARNING:
        if wanted:
            place.report(
                f"onFailure {wanted!r} stands with severity warning, which only measures",
                mend="write `severity: error` or remove onFailure",
            )
        return None
    if kind not in ROW_KINDS:
        if wanted == OnFailure.QUARANTINE:
            place.report(
                f"a {kind} rule is about the whole dataset and cannot quarantine rows",
                allowed="stop",
                mend="write onFailure stop, or severity warning",
            )
        return OnFailure.STOP
    if wanted != OnFailure.STOP and limit is not None:
        place.report(
            "a rule that quarantines every offending row has no use for a limit",
            mend="write `mustBe: 0`, or onFailure stop, or severity warning",
        )
    return OnFailure(wanted or "quarantine")


def read_limit(place: Place, unit: Unit) -> Limit | None:
    """The bound that a `mustBe...` operator says; None, and reported, when it is not a number."""
    if "mustBeBetween" in place.value:
        lower, upper = place.value["mustBeBetween"]
        if lower >= upper:
            place["mustBeBetween"].report(
                f"{lower} is not below {upper}", mend="write the smaller number first"
            )
        return Limit(operator="between", value=lower, upper=upper, unit=unit)
    for key, operator in _OPERATORS.items():
        if key not in place.value:
            continue
        value: Any = place.value[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            place[key].report(
                f"{value!r} is not a number", allowed="a number", mend="write for example `mustBe: 0`"
            )
            return None
        return Limit(operator=operator, value=value, unit=unit)
    place.report(
        "has no comparison", allowed=f"{', '.join(_OPERATORS)}, mustBeBetween", mend="add `mustBe: 0`"
    )
    return None


def offender_limit(place: Place, unit: Unit) -> Limit | None:
    """The bound on offending rows; None means that none is allowed (`mustBe: 0`)."""
    limit = read_limit(place, unit)
    if limit is None or (limit.operator in ("==", "<=") and limit.value == 0):
        return None
    highest = limit.upper if limit.upper is not None else limit.value
    if limit.value < 0 or (unit == "percent" and highest > _WHOLE):
        place.report(
            f"{highest:g} {unit} cannot be a number of offenders",
            allowed="0 to 100" if unit == "percent" else "0 or more",
        )
    return limit
