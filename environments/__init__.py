"""WHERE the platform runs: one file an environment. Importable without the CDK."""

from __future__ import annotations

from environments.dev import DEV
from environments.differences import differences, settings_of
from environments.local import LOCAL
from environments.model import Environment, InvalidEnvironment
from environments.prod import PROD
from environments.staging import STAGING
from environments.streaming_switch import switched

ENVIRONMENTS: tuple[Environment, ...] = (DEV, STAGING, PROD, LOCAL)

__all__ = [
    "DEV",
    "ENVIRONMENTS",
    "LOCAL",
    "PROD",
    "STAGING",
    "Environment",
    "InvalidEnvironment",
    "differences",
    "settings_of",
    "switched",
]
