"""Guardrails: what can never be deployed, refused at synthesis with construct path and mend.

Any CDK app can use them:

    from data_platform.guardrails import Expectations, Guardrails

    Validations.of(app).add_plugins(Guardrails(Expectations(regions=("ap-southeast-2",))))
"""

from data_platform.guardrails.estate import Estate, Resource, Stack, read_estate
from data_platform.guardrails.expectations import Expectations, PromisedLock
from data_platform.guardrails.plugin import Guardrails
from data_platform.guardrails.rule import Finding, Rule, Standards
from data_platform.guardrails.rules import RULES

__all__ = [
    "RULES",
    "Estate",
    "Expectations",
    "Finding",
    "Guardrails",
    "PromisedLock",
    "Resource",
    "Rule",
    "Stack",
    "Standards",
    "read_estate",
]
