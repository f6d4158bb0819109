"""How the tables of a domain's databases are read: an extractor for each, who it is, and what a run knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam

from data_platform.ingestion import EXTRACTOR_CONTAINER, ExtractorTask
from data_platform.processing import ExtractorPlaces, SourceParts
from stacks.platform_stack import removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Database
    from data_platform.processing import DatasetPlans
    from environments.model import DatabaseSettings, Environment

# The user that contracts' tables are granted to; it logs in by IAM.
USER = "extractor"
# Alarms that say that a database has enough to do already; each is `<instance>-<rule>`.
BUSY = ("cpu-high", "connections-high")
_SECONDS_A_MINUTE = 60


def extracted_datasets(domain: Domain) -> list[Dataset]:
    """The datasets of a domain whose rows are read from a database by our extractor."""
    return [dataset for dataset in domain.datasets if dataset.source.method == "extractor"]


class Extraction:
    """The extractors of a domain, one a database that its contracts name.

    Args:
        scope: The stack of the domain's runs.
        environment: Where it is deployed; it says which databases there are.
        domain: The domain and its contracts.
        naming: Physical names.
        databases: The databases by name, as contracts name their source.
        plans: What is done with each dataset, compiled.
        repository: Holds the extractor's image.
        execution_role: Starts the tasks.
        security_group: Group of the tasks, which databases admit.
        log_key: Encrypts logs.

    Raises:
        ValueError: when a contract names a database that the environment does not have.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        databases: Mapping[str, Database],
        plans: DatasetPlans,
        repository: ecr.IRepository,
        execution_role: iam.Role,
        security_group: ec2.ISecurityGroup,
        log_key: kms.IKey,
    ) -> None:
        self._environment, self._naming = environment, naming
        self._security_group = security_group
        _require_databases(domain, environment)
        role = iam.Role.from_role_arn(scope, "Extractor", naming.role_arn("extractor"))
        self.sources: list[SourceParts] = []
        self.places: list[ExtractorPlaces] = []
        self.log_groups: list[str] = []
        datasets = extracted_datasets(domain)
        for settings in environment.databases_of(domain.name):
            read = [dataset for dataset in datasets if dataset.source.name == settings.name]
            if read:
                task = ExtractorTask(
                    scope,
                    f"Extract{settings.name.title()}",
                    family=naming.extractor_task(settings.name),
                    repository=repository,
                    image_tag=settings.extractor.image_tag,
                    cpu=settings.extractor.cpu,
                    memory_mib=settings.extractor.memory_mib,
                    task_role=role,
                    execution_role=execution_role,
                    log_key=log_key,
                    log_retention_days=environment.processing.log_retention_days,
                    removal_policy=removal_policy(environment),
                )
                self._add(settings, read, task, databases[settings.name])
        _let_read(
            scope,
            role,
            naming,
            databases=[databases[source.name] for source in self.sources],
            plans=[plans.object_arn(dataset.name) for dataset in datasets],
        )

    def _add(
        self, settings: DatabaseSettings, read: Sequence[Dataset], task: ExtractorTask, database: Database
    ) -> None:
        naming, reading = self._naming, settings.extractor
        instance = naming.database_instance(settings.name)
        alarms = [f"{instance}-{rule}" for rule in BUSY]
        self.sources.append(
            SourceParts(
                name=settings.name,
                datasets=[dataset.name for dataset in read],
                watermarked=[dataset.name for dataset in read if dataset.source.read == "watermark"],
                task_definition_arn=task.definition.task_definition_arn,
                container=EXTRACTOR_CONTAINER,
                log_group=f"/{naming.extractor_task(settings.name)}",
                log_prefix=EXTRACTOR_CONTAINER,
                security_group_ids=[self._security_group.security_group_id],
                workers=reading.workers,
                concurrency=reading.concurrency,
                alarms=alarms,
                busy_seconds=reading.busy_minutes * _SECONDS_A_MINUTE,
                task_seconds=self._environment.processing.task_timeout_minutes * _SECONDS_A_MINUTE,
                bucket=naming.bucket("raw"),
                environment=_environment(settings, database, naming),
            )
        )
        self.places.append(
            ExtractorPlaces(
                task_definition=task.definition.task_definition_arn,
                task_role=naming.role_arn("extractor"),
                log_group=task.log_group.attr_arn,
                alarms=[
                    f"arn:aws:cloudwatch:{naming.region}:{naming.account}:alarm:{alarm}" for alarm in alarms
                ],
            )
        )
        self.log_groups.append(task.log_group.attr_arn)


def _require_databases(domain: Domain, environment: Environment) -> None:
    known = [settings.name for settings in environment.databases_of(domain.name)]
    for dataset in extracted_datasets(domain):
        if dataset.source.name not in known:
            raise ValueError(
                f"{dataset.path}: source.name {dataset.source.name!r} is no database of {domain.name} in environment "
                f"{environment.name}. Allowed: {', '.join(known) or 'none is there'}. Mend: add "
                f"DatabaseSettings(name={dataset.source.name!r}, domain={domain.name!r}, ...) to "
                f"environments/{environment.name}.py, or correct the contract."
            )


def _environment(settings: DatabaseSettings, database: Database, naming: Naming) -> dict[str, Any]:
    reading = settings.extractor
    return {
        "AWS_REGION": naming.region,
        "SOURCE_NAME": settings.name,
        "SOURCE_ENGINE": settings.engine,
        "SOURCE_HOST": database.instance.attr_endpoint_address,
        "SOURCE_PORT": database.instance.attr_endpoint_port,
        "SOURCE_DATABASE": settings.database,
        "SOURCE_USER": USER,
        "SOURCE_AUTH": "iam",
        "SOURCE_STATEMENT_SECONDS": str(reading.statement_seconds),
        "SOURCE_CONNECTIONS": str(reading.connections),
        "SOURCE_ROWS_PER_SECOND": str(reading.rows_per_second),
    }


def _let_read(
    scope: Construct, role: iam.IRole, naming: Naming, *, databases: Sequence[Database], plans: Sequence[str]
) -> None:
    """The extractor logs in as its user and as no other, without a password, and reads what to do."""
    users = f"arn:aws:rds-db:{naming.region}:{naming.account}:dbuser:"
    iam.ManagedPolicy(
        scope,
        "ExtractorPolicy",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=["rds-db:connect"],
                resources=[f"{users}{each.instance.attr_dbi_resource_id}/{USER}" for each in databases],
            ),
            iam.PolicyStatement(actions=["s3:GetObject"], resources=list(plans)),
        ],
    )
