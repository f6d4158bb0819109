"""Who is told of a domain's runs, and on which screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability import DomainAlarms, DomainDashboard, Watched, domain_rules
from stacks.database_watch import watched_database
from stacks.streaming_watch import watched_cluster, watched_loaders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment


def watch_domain(
    scope: Construct,
    domain: Domain,
    naming: Naming,
    environment: Environment,
    *,
    topics: Mapping[str, sns.ITopic],
    state_machine_arn: str,
    functions: Sequence[str],
) -> None:
    """Alarms and dashboard of a domain.

    Args:
        scope: The stack of its runs.
        domain: The domain and its contracts.
        naming: Physical names.
        environment: Where it stands: whether schedules fire, and which databases and which cluster of the domain the
            dashboard shows, which have alarms of their own (`database_watch`, `streaming_watch`).
        topics: Who is told, by severity.
        state_machine_arn: What runs it.
        functions: Duties of its functions.
    """
    watched = Watched(
        environment=naming.environment,
        domain=naming.domain,
        state_machine_arn=state_machine_arn,
        ledger=naming.run_ledger,
        functions=[naming.function(duty) for duty in functions],
        deadlines={each.name: each.owner for each in domain.of_runs.datasets if each.deadline},
        scheduled=environment.processing.schedule_enabled,
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
        datasets=[dataset.name for dataset in domain.of_runs.datasets],
        region=naming.region,
        databases=[
            watched_database(each, naming, environment) for each in environment.databases_of(domain.name)
        ],
        cluster=watched_cluster(domain, naming, environment),
        loaders=watched_loaders(domain, naming, environment),
    )
