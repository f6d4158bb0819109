"""What a domain's state machine is wired to, from its stack's parts and its environment's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing import CONTAINER, TIMEOUT_SECONDS, MachineParts, ancestors, dbt_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ecs as ecs

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Network
    from data_platform.processing import (
        DatasetPlans,
        DbtTask,
        JudgeFunction,
        ReplicatedParts,
        RunLedger,
        SourceParts,
    )
    from environments.model import Environment

SECONDS_A_MINUTE = 60


def machine_parts(
    environment: Environment,
    domain: Domain,
    naming: Naming,
    *,
    network: Network,
    ledger: RunLedger,
    plans: DatasetPlans,
    functions: Mapping[str, JudgeFunction],
    cluster: ecs.ICluster,
    dbt: DbtTask,
    sources: Sequence[SourceParts | ReplicatedParts],
) -> MachineParts:
    """The wiring of a domain's state machine.

    Args:
        environment: Limits of time and of what runs side by side.
        domain: The domain and its contracts.
        naming: Physical names.
        network: Where tasks run.
        ledger: Where runs are claimed and recorded.
        plans: What is done with each dataset, compiled.
        functions: The functions by duty.
        cluster: Runs the tasks.
        dbt: The task that builds models.
        sources: Databases of which tables are read.
    """
    settings = environment.processing
    return MachineParts(
        organisation=naming.organisation,
        environment=naming.environment,
        domain=naming.domain,
        workgroup=naming.workgroup,
        ledger=ledger.table.table_name,
        plan_bucket=plans.bucket,
        plans=plans.keys,
        waves=[[dataset.name for dataset in wave] for wave in domain.of_runs.waves()],
        ancestors=ancestors(domain),
        drift_function=functions["schema-drift"].function.function_arn,
        verdict_function=functions["quality-verdict"].function.function_arn,
        cluster_arn=cluster.cluster_arn,
        task_definition_arn=dbt.definition.task_definition_arn,
        container=CONTAINER,
        dbt_log_group=f"/{naming.dbt_task}",
        dbt_environment=dbt_environment(naming),
        subnet_ids=[subnet.subnet_id for subnet in network.subnets],
        security_group_ids=[network.task_security_group.security_group_id],
        max_concurrency=settings.max_concurrency,
        query_seconds=settings.task_timeout_minutes * SECONDS_A_MINUTE,
        function_seconds=TIMEOUT_SECONDS + 5,
        run_seconds=settings.run_timeout_minutes * SECONDS_A_MINUTE,
        sources=sources,
    )
