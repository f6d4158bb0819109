from __future__ import annotations

import dataclasses

import pytest

from environments import ENVIRONMENTS, PROD, InvalidEnvironment


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trail", "none"),
        ("lock_mode", None),
        ("lock_days", 0),
        ("keep_days", PROD.audit.lock_days - 1),
        ("log_group_days", 2),
        ("original_days", 0),
        ("watch_root", "yes"),
        ("auditor_principals", ("somebody",)),
        ("regions", ("Sydney",)),
        ("organization_id", "my-organisation"),
    ],
)
def test_a_wrong_setting_of_the_audit_is_refused_with_its_field_and_a_mend(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"test_audit\.py:\d+: AuditSettings\.{field} is .*Mend: "):
        dataclasses.replace(PROD.audit, **{field: value})


def test_production_keeps_evidence_against_everybody_for_seven_years():
    assert (PROD.audit.lock_mode, PROD.audit.lock_days) == ("COMPLIANCE", 2557)


def test_every_environment_keeps_evidence_at_least_until_the_lock_ends():
    assert [each.name for each in ENVIRONMENTS if each.audit.keep_days < each.audit.lock_days] == []
