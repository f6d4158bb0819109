"""Who is told of a domain's runs, and on which screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability import DomainAlarms, DomainDashboard, Watched, domain_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.observability import WatchedDatabase


def watch_domain(
    scope: Construct,
    domain: Domain,
    naming: Naming,
    *,
    topics: Mapping[str, sns.ITopic],
    state_machine_arn: str,
    functions: Sequence[str],
    scheduled: bool,
    databases: Sequence[WatchedDatabase] = (),
) -> None:
    """Alarms and dashboard of a domain.

    Args:
        scope: The stack of its runs.
        domain: The domain and its contracts.
        naming: Physical names.
        topics: Who is told, by severity.
        state_machine_arn: What runs it.
        functions: Duties of its functions.
        scheduled: Whether schedules fire.
        databases: The databases of the domain, which have alarms of their own (`database_watch`).
    """
    watched = Watched(
        environment=naming.environment,
        domain=naming.domain,
        state_machine_arn=state_machine_arn,
        ledger=naming.run_ledger,
        functions=[naming.function(duty) for duty in functions],
        deadlines={each.name: each.owner for each in domain.datasets if each.deadline},
        scheduled=scheduled,
    )
    DomainAlarms(
        scope,
        "Alarms",
        name_prefix=naming.prefix,
        rules=domain_rules(watched),
        owner=", ".join(sorted({dataset.owner for dataset in domain.datasets})),
        topics=topics,
    )
    DomainDashboard(
        scope,
        "Dashboard",
        name=naming.prefix,
        environment=naming.environment,
        domain=naming.domain,
        datasets=[dataset.name for dataset in domain.datasets],
        region=naming.region,
        databases=databases,
    )
