"""What the state machine is wired to: names and ARNs, decided by the construct that builds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.processing.replicated import ReplicatedParts
    from data_platform.processing.sources import SourceParts


@dataclass(frozen=True, kw_only=True)
class MachineParts:
    """Everything outside of the definition that its states name.

    Args:
        organisation: Starts the source of events.
        environment: Dimension of figures.
        domain: Name of the domain.
        workgroup: Athena workgroup of the domain.
        ledger: Name of the run ledger.
        plan_bucket: Bucket of the compiled plans.
        plans: Object key of the plan by dataset.
        waves: Datasets in groups that can load side by side.
        ancestors: Datasets that a dataset refers to, directly or not.
        drift_function: ARN of the schema-drift function.
        verdict_function: ARN of the quality-verdict function.
        cluster_arn: Cluster of the dbt task.
        task_definition_arn: Revision of the dbt task.
        container: Name of the task's container.
        dbt_log_group: Where that container logs.
        dbt_environment: Variables of that container.
        subnet_ids: Subnets of the dbt task.
        security_group_ids: Security groups of the dbt task.
        max_concurrency: Datasets of one wave that load side by side.
        query_seconds: Longest time of one query or task.
        function_seconds: Longest time of one function call.
        run_seconds: Longest time of a whole run.
        sources: Databases of which tables are extracted.
    """

    organisation: str
    environment: str
    domain: str
    workgroup: str
    ledger: str
    plan_bucket: str
    plans: Mapping[str, str]
    waves: Sequence[Sequence[str]]
    ancestors: Mapping[str, Sequence[str]]
    drift_function: str
    verdict_function: str
    cluster_arn: str
    task_definition_arn: str
    container: str
    dbt_log_group: str
    dbt_environment: Sequence[tuple[str, str]]
    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]
    max_concurrency: int
    query_seconds: int
    function_seconds: int
    run_seconds: int
    sources: Sequence[SourceParts | ReplicatedParts] = ()
