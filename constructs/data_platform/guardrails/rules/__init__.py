"""Every guardrail, one file a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.guardrails.rules import (
    bucket_lifecycle,
    bucket_protection,
    functions,
    keys,
    lake_formation,
    network,
    observability,
    permissions,
    regions,
    resource_policies,
    secrets,
    state_machines,
    transport,
    trust,
)

if TYPE_CHECKING:
    from data_platform.guardrails.rule import Rule

FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Buckets", bucket_protection.RULES),
    ("Lifecycle", bucket_lifecycle.RULES),
    ("Keys", keys.RULES),
    ("Trust", trust.RULES),
    ("Permissions", permissions.RULES),
    ("Resource policies", resource_policies.RULES),
    ("Lake Formation", lake_formation.RULES),
    ("Networks", network.RULES),
    ("Transport", transport.RULES),
    ("Logs, alarms and detectors", observability.RULES),
    ("State machines", state_machines.RULES),
    ("Functions", functions.RULES),
    ("Secrets", secrets.RULES),
    ("Regions", regions.RULES),
)
RULES: tuple[Rule, ...] = tuple(rule for _, rules in FAMILIES for rule in rules)

__all__ = ["FAMILIES", "RULES"]
