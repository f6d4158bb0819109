"""Findings of AWS's own detectives as a table: which of them wake somebody, and which wait for the morning."""

from __future__ import annotations

from data_platform.observability.event_rules import EventRule

# Products whose findings have a rule of their own here; Security Hub repeats them.
_OWN_RULES = ("GuardDuty", "IAM Access Analyzer", "Macie", "Config")
# GuardDuty's scale: 7 and more is high or critical, 4 to 6.9 is medium.
_HIGH, _MEDIUM = 7, 4


def finding_rules() -> tuple[EventRule, ...]:
    """Every rule about findings.

    Example:
        >>> [rule.name for rule in finding_rules() if rule.severity == "page"]
        ['threat-high', 'control-high', 'sensitive-data-high', 'external-access']
    """
    return (*_threats(), *_controls(), *_sensitive_data(), *_access(), _drift())


def _threats() -> tuple[EventRule, ...]:
    return (
        EventRule(
            name="threat-high",
            runbook="threat-found",
            symptom="GuardDuty found behaviour of high or critical severity: an intruder, until shown otherwise",
            severity="page",
            pattern=_pattern("guardduty", "GuardDuty Finding", severity=[{"numeric": [">=", _HIGH]}]),
        ),
        EventRule(
            name="threat-medium",
            runbook="threat-found",
            symptom="GuardDuty found behaviour of medium severity",
            severity="ticket",
            pattern=_pattern(
                "guardduty", "GuardDuty Finding", severity=[{"numeric": [">=", _MEDIUM, "<", _HIGH]}]
            ),
        ),
    )


def _controls() -> tuple[EventRule, ...]:
    return (
        _control("high", "page", ["CRITICAL", "HIGH"]),
        _control("medium", "ticket", ["MEDIUM"]),
    )


def _control(level: str, severity: str, labels: list[str]) -> EventRule:
    new = {
        "Severity": {"Label": labels},
        "RecordState": ["ACTIVE"],
        "Workflow": {"Status": ["NEW"]},
        "ProductName": [{"anything-but": list(_OWN_RULES)}],
        # A passed control is imported, too.
        "Compliance": {"Status": [{"exists": False}, {"anything-but": ["PASSED", "NOT_AVAILABLE"]}]},
    }
    return EventRule(
        name=f"control-{level}",
        runbook="control-failed",
        symptom=f"Security Hub has a new finding of {level} severity or above"
        if level == "high"
        else "Security Hub has a new finding of medium severity",
        severity=severity,  # type: ignore[arg-type] # one of the two
        pattern=_pattern("securityhub", "Security Hub Findings - Imported", findings=new),
    )


def _sensitive_data() -> tuple[EventRule, ...]:
    return (
        EventRule(
            name="sensitive-data-high",
            runbook="sensitive-data-found",
            symptom="Macie found much personal data in a raw file, or a bucket that is open",
            severity="page",
            pattern=_pattern("macie", "Macie Finding", severity={"description": ["High"]}),
        ),
        EventRule(
            name="sensitive-data-medium",
            runbook="sensitive-data-found",
            symptom="Macie found personal data in a raw file",
            severity="ticket",
            pattern=_pattern("macie", "Macie Finding", severity={"description": ["Medium"]}),
        ),
    )


def _access() -> tuple[EventRule, ...]:
    return (
        EventRule(
            name="external-access",
            runbook="access-open",
            symptom="A resource can be reached from outside the account",
            severity="page",
            pattern=_pattern("access-analyzer", "Access Analyzer Finding", status=["ACTIVE"]),
        ),
        EventRule(
            name="unused-access",
            runbook="access-open",
            symptom="A role, a key or a right has not been used for a quarter",
            severity="ticket",
            pattern=_pattern("access-analyzer", "Unused Access Finding for IAM entities", status=["ACTIVE"]),
        ),
    )


def _drift() -> EventRule:
    return EventRule(
        name="setting-changed",
        runbook="setting-changed",
        symptom="A resource no longer meets a rule that its template met",
        severity="ticket",
        pattern=_pattern(
            "config",
            "Config Rules Compliance Change",
            newEvaluationResult={"complianceType": ["NON_COMPLIANT"]},
        ),
    )


def _pattern(service: str, detail_type: str, **detail: object) -> dict[str, object]:
    return {"source": [f"aws.{service}"], "detail-type": [detail_type], "detail": detail}
