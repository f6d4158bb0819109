"""How DMS copies the tables of a domain's databases, where contracts choose it: `source.method: dms`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.acknowledgement import acknowledge
from data_platform.contracts.naming import REPLICATIONS
from data_platform.ingestion import DmsReplication, ReplicatedTable, ReplicationLogin
from data_platform.processing import ReplicatedParts
from stacks.databases import OWNER
from stacks.extraction import BUSY
from stacks.platform_stack import removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Database, Network
    from environments.model import DatabaseSettings, Environment

_SECONDS_A_MINUTE = 60


def replicated_datasets(domain: Domain) -> list[Dataset]:
    """The datasets of a domain whose rows DMS copies from a database."""
    return [dataset for dataset in domain.datasets if dataset.source.method == "dms"]


def login_duty(source: str) -> str:
    """The duty of DMS when it reads the login of a database.

    Example:
        >>> login_duty("shop")
        'dms-shop-login'
    """
    return f"dms-{source}-login"


def login_duties(domain: Domain) -> list[str]:
    """The duties of DMS when it reads the logins of a domain's databases."""
    return sorted({login_duty(dataset.source.name) for dataset in replicated_datasets(domain)})


class Replication:
    """The replications of a domain, one a database of which DMS copies tables.

    Args:
        scope: The stack of the domain's runs.
        environment: Where it is deployed; it says which databases there are.
        domain: The domain and its contracts.
        naming: Physical names.
        databases: The databases by name, as contracts name their source.
        network: Where DMS stands.
        ledger_arn: The run ledger.
        key: The domain's key.
        pipeline: The role of the state machine.

    Raises:
        ValueError: when contracts have both the extractor and DMS read one database, or DMS in two ways.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        databases: Mapping[str, Database],
        network: Network,
        ledger_arn: str,
        key: kms.IKey,
        pipeline: iam.Role,
    ) -> None:
        self._scope, self._environment, self._naming, self._key = scope, environment, naming, key
        self._network = network
        self.sources: list[ReplicatedParts] = []
        datasets = replicated_datasets(domain)
        logins: list[ReplicationLogin] = []
        for settings in environment.databases_of(domain.name):
            copied = [dataset for dataset in datasets if dataset.source.name == settings.name]
            if copied:
                _require_one_reader(domain, settings.name)
                _require_one_reading(copied)
                login = self._login(settings, databases[settings.name])
                logins.append(login)
                self.sources.append(self._source(settings, copied, login))
        if self.sources:
            self._let_owner_read(logins)
            _let_copy(scope, pipeline, naming, self.sources, ledger_arn)

    def _login(self, settings: DatabaseSettings, database: Database) -> ReplicationLogin:
        return ReplicationLogin(
            self._scope,
            f"Login{settings.name.title()}",
            name=self._naming.replication(settings.name),
            host=database.instance.attr_endpoint_address,
            port=database.instance.attr_endpoint_port,
            account=self._naming.account,
            region=self._naming.region,
            key=self._key,
            removal_policy=removal_policy(self._environment),
        )

    def _source(
        self, settings: DatabaseSettings, copied: Sequence[Dataset], login: ReplicationLogin
    ) -> ReplicatedParts:
        naming, name = self._naming, self._naming.replication(settings.name)
        changes = copied[0].source.read == "changes"
        tables = {dataset.name: str(dataset.source.table) for dataset in copied}
        replication = DmsReplication(
            self._scope,
            f"Replicate{settings.name.title()}",
            name=name,
            engine=settings.engine,
            database=settings.database,
            login=login,
            certificate_arn=settings.dms_certificate_arn,
            replication_type="full-load-and-cdc" if changes else "full-load",
            tables=[_table(dataset) for dataset in copied],
            bucket=naming.bucket("raw"),
            folder=f"{REPLICATIONS}source={settings.name}",
            account=naming.account,
            target_role_arn=naming.role_arn("dms"),
            subnet_ids=[subnet.subnet_id for subnet in self._network.subnets],
            security_group_ids=[self._network.extractor_security_group.security_group_id],
            key=self._key,
        )
        return ReplicatedParts(
            name=settings.name,
            engine=settings.engine,
            tables=tables,
            replication=replication.config.ref,
            alarms=[f"{naming.database_instance(settings.name)}-{rule}" for rule in BUSY],
            busy_seconds=settings.extractor.busy_minutes * _SECONDS_A_MINUTE,
            task_seconds=self._environment.processing.task_timeout_minutes * _SECONDS_A_MINUTE,
            bucket=naming.bucket("raw"),
            changes=changes,
        )

    def _let_owner_read(self, logins: Sequence[ReplicationLogin]) -> None:
        """Whoever makes users in databases makes that of DMS too, with the password that is in the secret."""
        iam.ManagedPolicy(
            self._scope,
            "ReplicationLogins",
            roles=[iam.Role.from_role_arn(self._scope, "Owner", self._naming.role_arn(OWNER))],
            statements=[
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"], resources=[each.secret.ref for each in logins]
                )
            ],
        )


def _table(dataset: Dataset) -> ReplicatedTable:
    schema, name = str(dataset.source.table).split(".", 1)
    columns = [column.name for column in dataset.columns]
    return ReplicatedTable(schema=schema, name=name, columns=columns)


def _require_one_reader(domain: Domain, source: str) -> None:
    # What streams is of no day's extraction: a connector may read the same database.
    read = {each.source.method for each in domain.datasets if each.source.name == source and not each.stream}
    if read != {"dms"}:
        raise ValueError(
            f"{domain.name}: contracts read {source} by {' and '.join(sorted(read))}; allowed: one method a database, "
            "since all its tables of a day are of one extraction. Mend: write the same source.method in each of them."
        )


def _require_one_reading(copied: Sequence[Dataset]) -> None:
    """A replication copies all its tables in one way."""
    read = sorted({dataset.source.read for dataset in copied})
    if len(read) > 1:
        first = copied[0]
        raise ValueError(
            f"{first.domain}: contracts have DMS read {first.source.name} by {' and '.join(read)}; allowed: one way a "
            "database, since one replication copies all its tables. Mend: write the same source.read in each of them."
        )


def _let_copy(
    scope: Construct,
    pipeline: iam.Role,
    naming: Naming,
    sources: Sequence[ReplicatedParts],
    ledger_arn: str,
) -> None:
    """The state machine starts, follows and stops these replications, and registers what they wrote."""
    place = f"{naming.region}:{naming.account}"
    raw = naming.database("raw")
    tables = [f"arn:aws:glue:{place}:table/{raw}/{name}" for each in sources for name in each.tables]
    policy = iam.ManagedPolicy(
        scope,
        "ReplicationPolicy",
        roles=[pipeline],
        statements=[
            iam.PolicyStatement(
                actions=[
                    "dms:DescribeReplicationTableStatistics",
                    "dms:StartReplication",
                    "dms:StopReplication",
                ],
                resources=[each.replication for each in sources],
            ),
            iam.PolicyStatement(actions=["dms:DescribeReplications"], resources=["*"]),
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[ledger_arn]),
            iam.PolicyStatement(
                actions=["cloudwatch:DescribeAlarms"],
                resources=[
                    f"arn:aws:cloudwatch:{place}:alarm:{alarm}" for each in sources for alarm in each.alarms
                ],
            ),
            iam.PolicyStatement(
                actions=["glue:CreatePartition", "glue:GetTable", "glue:UpdatePartition"],
                resources=[f"arn:aws:glue:{place}:catalog", f"arn:aws:glue:{place}:database/{raw}", *tables],
            ),
        ],
    )
    acknowledge(
        policy,
        "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
        reason="AWS knows no resource for dms:DescribeReplications; it tells states and names of replications and no "
        "row, and every other action of this policy names its replication, table or alarm.",
    )
