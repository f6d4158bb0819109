"""How the data of a domain moves: ledger, state machine, functions, dbt, schedules, alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing import (
    DatasetPlans,
    DbtTask,
    Places,
    RunLedger,
    RunMachine,
    RunPolicies,
    RunRoles,
    RunSchedules,
)
from stacks.domain_watch import watch_domain
from stacks.extraction import Extraction, extracted_datasets
from stacks.judge_functions import judge_functions
from stacks.lake_grants import grant_lake
from stacks.machine_parts import machine_parts
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.replication import Replication

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.catalog import AthenaAccess
    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Database, Network, UnresourcedActions
    from environments.model import Environment
    from stacks.recovery import RecoveryStack


class PipelineStack(PlatformStack):
    """The runs of a domain.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        key: The domain's key.
        platform_key: Encrypts logs.
        network: Where functions and tasks run.
        cluster: Runs the dbt task.
        repository: Holds the dbt image.
        dead_letters: Keeps what could not be started.
        topics: Who is told, by severity.
        unresourced: Policies of the actions for which AWS knows no resource.
        athena_access: Policies to ask Athena in a duty's own workgroup and to write its tables' entries.
        recovery: Backs up the run ledger.
        databases: The domain's databases by name.
        extractor_repository: Holds the extractor's image.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        key: kms.IKey,
        platform_key: kms.IKey,
        network: Network,
        cluster: ecs.ICluster,
        repository: ecr.IRepository,
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
        unresourced: UnresourcedActions,
        athena_access: AthenaAccess,
        recovery: RecoveryStack,
        databases: Mapping[str, Database],
        extractor_repository: ecr.IRepository,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-pipeline",
            description=f"How the data of {domain.name} moves, day by day",
            environment=environment,
        )
        self._environment, self._domain, self._naming = environment, domain.of_runs, naming
        self._logs: dict[str, Any] = {
            "log_key": platform_key,
            "log_retention_days": environment.processing.log_retention_days,
            "removal_policy": removal_policy(environment),
        }
        self._network = network
        self._deadlines = {each.name: each for each in self._domain.datasets if each.deadline}
        roles = RunRoles(
            self,
            "Roles",
            naming=naming,
            policies=_policies(athena_access, unresourced),
            extracts=bool(extracted_datasets(domain)),
        )
        ledger = RunLedger(
            self, "Ledger", name=naming.run_ledger, key=key, removal_policy=removal_policy(environment)
        )
        recovery.back_up(ledger.table, table_name=naming.run_ledger, what="ledger", naming=naming, key=key)
        plans = DatasetPlans(self, "Plans", domain=domain, naming=naming)
        dbt = self._dbt(roles, repository)
        functions = judge_functions(
            self, roles, naming=naming, network=network, dead_letters=dead_letters, logs=self._logs
        )
        extraction = self._extraction(
            roles, plans, databases=databases, repository=extractor_repository, log_key=platform_key
        )
        replication = Replication(
            self,
            environment=environment,
            domain=domain,
            naming=naming,
            databases=databases,
            network=network,
            ledger_arn=ledger.table.table_arn,
            key=key,
            pipeline=roles.pipeline,
        )
        policies = RunPolicies(
            self,
            "Policies",
            naming=naming,
            roles=roles,
            places=self._places(
                key=key,
                ledger=ledger,
                dead_letters=dead_letters,
                dead_letters_key=platform_key,
                cluster=cluster,
                dbt=dbt,
                roles=roles,
                repository=repository,
                plans=plans,
                extraction=extraction,
                extractor_repository=extractor_repository,
            ),
            log_groups={
                "drift": functions["schema-drift"].log_group.attr_arn,
                "verdict": functions["quality-verdict"].log_group.attr_arn,
                "dbt-execution": dbt.log_group.attr_arn,
            },
        )
        machine = RunMachine(
            self,
            "Machine",
            name=naming.state_machine,
            parts=machine_parts(
                environment,
                domain,
                naming,
                network=network,
                ledger=ledger,
                plans=plans,
                functions=functions,
                cluster=cluster,
                dbt=dbt,
                sources=[*(extraction.sources if extraction else ()), *replication.sources],
            ),
            role=roles.pipeline,
            **self._logs,
        )
        # Lambda and Step Functions try their rights when they are created.
        machine.node.add_dependency(policies)
        for function in functions.values():
            function.function.node.add_dependency(policies)
        grant_lake(
            self,
            roles,
            naming,
            [dataset.name for dataset in self._domain.datasets],
            [dataset.name for dataset in self._domain.datasets if dataset.extracted],
        )
        self._schedules(roles, dead_letters, machine)
        watch_domain(
            self,
            domain,
            naming,
            environment,
            topics=topics,
            state_machine_arn=machine.resource.attr_arn,
            functions=list(functions),
        )

    def _dbt(self, roles: RunRoles, repository: ecr.IRepository) -> DbtTask:
        settings = self._environment.processing
        return DbtTask(
            self,
            "Dbt",
            family=self._naming.dbt_task,
            repository=repository,
            image_tag=settings.dbt_image_tag,
            cpu=settings.dbt_cpu,
            memory_mib=settings.dbt_memory_mib,
            task_role=roles.dbt,
            execution_role=roles.dbt_execution,
            **self._logs,
        )

    def _extraction(
        self,
        roles: RunRoles,
        plans: DatasetPlans,
        *,
        databases: Mapping[str, Database],
        repository: ecr.IRepository,
        log_key: kms.IKey,
    ) -> Extraction | None:
        if roles.extractor_execution is None:
            return None
        return Extraction(
            self,
            environment=self._environment,
            domain=self._domain,
            naming=self._naming,
            databases=databases,
            plans=plans,
            repository=repository,
            execution_role=roles.extractor_execution,
            security_group=self._network.extractor_security_group,
            log_key=log_key,
        )

    def _places(
        self,
        *,
        key: kms.IKey,
        ledger: RunLedger,
        dead_letters: sqs.IQueue,
        dead_letters_key: kms.IKey,
        cluster: ecs.ICluster,
        dbt: DbtTask,
        roles: RunRoles,
        repository: ecr.IRepository,
        plans: DatasetPlans,
        extraction: Extraction | None,
        extractor_repository: ecr.IRepository,
    ) -> Places:
        execution = roles.extractor_execution
        return Places(
            key=key.key_arn,
            ledger=ledger.table.table_arn,
            dead_letters=dead_letters.queue_arn,
            dead_letters_key=dead_letters_key.key_arn,
            cluster=cluster.cluster_arn,
            task_definition=dbt.definition.task_definition_arn,
            task_role=roles.dbt.role_arn,
            execution_role=roles.dbt_execution.role_arn,
            repository=repository.repository_arn,
            plans=plans.object_arns(),
            datasets=[dataset.name for dataset in self._domain.datasets],
            extracted=[dataset.name for dataset in extracted_datasets(self._domain)],
            extractors=extraction.places if extraction else (),
            extractor_repository=extractor_repository.repository_arn,
            extractor_execution_role=execution.role_arn if execution else "",
        )

    def _schedules(self, roles: RunRoles, dead_letters: sqs.IQueue, machine: RunMachine) -> None:
        RunSchedules(
            self,
            "Schedules",
            group=self._naming.prefix,
            state_machine_arn=machine.resource.attr_arn,
            role=roles.scheduler,
            dead_letters=dead_letters,
            deadlines={name: str(each.deadline) for name, each in self._deadlines.items()},
            enabled=self._environment.processing.schedule_enabled,
        )


def _policies(
    athena: AthenaAccess, unresourced: UnresourcedActions
) -> dict[str, Sequence[iam.IManagedPolicy]]:
    """Shared policies by duty."""
    asking = [athena.policy, unresourced.data_access]
    return {
        "pipeline": [*asking, athena.commits, unresourced.machine],
        "dbt": [*asking, athena.models],
        "dbt-execution": [unresourced.registry_login],
        "extractor-execution": [unresourced.registry_login],
        "drift": [unresourced.function],
        "verdict": [unresourced.function],
    }
