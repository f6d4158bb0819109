"""What this platform tells the guardrails: its regions, its domains' keys, and what its contracts promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.naming import Naming
from data_platform.guardrails import Expectations, Guardrails, PromisedLock
from data_platform.storage.domain_storage import ZONES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from data_platform.contracts.model import Domain
    from environments.model import Environment

# The only other region in Australia: copies of backups may lie there, and nothing anywhere else.
SECOND_REGION = "ap-southeast-4"


def platform_guardrails(environments: Iterable[Environment], domains: Sequence[Domain]) -> Guardrails:
    """The guardrails of the app, told what its environments and contracts say.

    No other account is trusted, one of another environment as little as any.

    Args:
        environments: Every environment that the app deploys.
        domains: Every domain and its contracts.
    """
    zone_keys: dict[str, str] = {}
    locks: dict[str, PromisedLock] = {}
    retention: dict[str, dict[str, int]] = {}
    regions, protected = {SECOND_REGION: None}, []
    for environment in environments:
        regions[environment.region] = None
        if environment.removal == "retain":
            protected.append(f"{environment.prefix}-*")
        for domain in domains:
            naming = Naming(
                organisation=environment.organisation,
                environment=environment.name,
                domain=domain.name,
                account=environment.account,
                region=environment.region,
            )
            zone_keys |= {naming.bucket(zone): f"alias/{naming.prefix}" for zone in ZONES}
            raw = naming.bucket("raw")
            retention[raw] = {f"{each.name}/": each.retention.days for each in domain.datasets}
            mode = environment.storage.object_lock_mode
            asked = [each.object_lock.days for each in domain.datasets if each.object_lock]
            if mode and asked:
                locks[raw] = PromisedLock(mode=mode, days=max(asked))
    return Guardrails(
        Expectations(
            regions=tuple(sorted(regions)),
            zone_keys=zone_keys,
            locks=locks,
            retention=retention,
            protected_stacks=tuple(protected),
        )
    )
