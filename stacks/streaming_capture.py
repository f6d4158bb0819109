"""What captures the changes of a domain's databases: a connector a database of which contracts say `method: cdc`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.acknowledgement import acknowledge
from data_platform.foundation import BOOTSTRAP_QUALIFIER
from data_platform.observability import DomainAlarms, connector_rules
from data_platform.streaming import (
    CapturedDatabase,
    CapturedTable,
    CaptureLogin,
    Connector,
    ConnectPlugin,
    connector_rights,
)
from stacks.databases import OWNER
from stacks.platform_stack import removal_policy
from stacks.streaming_names import cluster_name, producer, streams_here

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from data_platform.foundation import Database, Network, UnresourcedActions
    from environments.model import DatabaseSettings, Environment

HEARTBEATS = "heartbeats"
# Written by `python -m jobs.connect_plugin`, which CI runs and uploads from before it deploys.
_DIGEST = Path(__file__).parents[1] / "jobs" / "connect_plugin" / "digest"
# One unit reads some ten thousand rows a second; a first snapshot takes longer on it, and nothing else does.
_MCU = 1


class Capture:
    """The connectors of a domain, in the stack of its cluster.

    A source that no database of the environment is named after has no connector here: somebody else runs it, with the
    role that is made all the same.

    Args:
        scope: The stack of the domain's streaming.
        environment: Where it is deployed; it says which databases there are.
        domain: The domain and its contracts.
        naming: Physical names.
        databases: The databases by name, as contracts name their source.
        network: Where connectors stand, and the groups that brokers and databases admit.
        cluster_arn: The cluster.
        registry_arns: By topic, the registry and the subject of its values.
        roles: Role by duty; `capture-<source>` may write its topics already.
        key: The domain's key.
        platform_key: Encrypts logs and dead letters.
        unresourced: Policies of actions without resources; with `connectors`.
        dead_letters: Keeps what could not be started.
        topics: Who is told, by severity.

    Attributes:
        connectors: Connector by source.

    Raises:
        ValueError: when a stream's key is not the whole primary key of its table.
    """

    connectors: Mapping[str, Connector]

    def __init__(
        self,
        scope: Construct,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        databases: Mapping[str, Database],
        network: Network,
        cluster_arn: str,
        registry_arns: Mapping[str, Sequence[str]],
        roles: Mapping[str, iam.Role],
        key: kms.IKey,
        platform_key: kms.IKey,
        unresourced: UnresourcedActions,
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        self._scope, self._environment, self._naming = scope, environment, naming
        self._network, self._cluster_arn, self._registry_arns = network, cluster_arn, registry_arns
        self._roles, self._key, self._platform_key = roles, key, platform_key
        self._unresourced, self._dead_letters, self._topics = unresourced, dead_letters, topics
        captured = {
            settings.name: (settings, streams)
            for settings in environment.databases_of(domain.name)
            if (streams := captured_streams(domain, settings.name))
        }
        if not captured:
            self.connectors = {}
            return
        plugin = self._plugin()
        logins: list[CaptureLogin] = []
        connectors = {}
        for source, (settings, streams) in captured.items():
            login = self._login(source)
            logins.append(login)
            connectors[source] = self._connector(settings, streams, databases[source], login, plugin)
        self.connectors = connectors
        self._let_owner_read(logins)

    def _plugin(self) -> ConnectPlugin:
        digest, naming = _DIGEST.read_text().strip(), self._naming
        bucket = f"cdk-{BOOTSTRAP_QUALIFIER}-assets-{naming.account}-{naming.region}"
        return ConnectPlugin(
            self._scope,
            "CapturePlugin",
            name=naming.role("capture"),
            bucket_arn=f"arn:aws:s3:::{bucket}",
            key=f"connect-plugins/{digest}.zip",
            digest=digest,
        )

    def _login(self, source: str) -> CaptureLogin:
        return CaptureLogin(
            self._scope,
            f"Login{source.title()}",
            name=self._naming.role(f"capture-{source}"),
            source=source,
            key=self._key,
            removal_policy=removal_policy(self._environment),
        )

    def _connector(
        self,
        settings: DatabaseSettings,
        streams: Sequence[tuple[Dataset, Stream]],
        database: Database,
        login: CaptureLogin,
        plugin: ConnectPlugin,
    ) -> Connector:
        environment, naming, network = self._environment, self._naming, self._network
        name, role = naming.role(f"capture-{settings.name}"), self._roles[producer(streams[0][0])]
        rights = self._rights(settings, streams, login, role, connector=name)
        groups = (network.task_security_group, network.extractor_security_group)
        made = Connector(
            self._scope,
            f"Capture{settings.name.title()}",
            name=name,
            account=naming.account,
            region=naming.region,
            database=CapturedDatabase(
                source=settings.name,
                engine=settings.engine,
                host=database.instance.attr_endpoint_address,
                port=database.instance.attr_endpoint_port,
                database=settings.database,
                schema="public" if settings.engine == "postgres" else settings.database,
                secret=name,
            ),
            tables=[captured_table(dataset, stream) for dataset, stream in streams],
            cluster_arn=self._cluster_arn,
            registry=cluster_name(naming),
            plugin=plugin,
            mcu=_MCU,
            subnet_ids=[subnet.subnet_id for subnet in network.subnets],
            security_group_ids=[group.security_group_id for group in groups],
            role=role,
            unresourced=[
                policy for policy in (self._unresourced.connectors, self._unresourced.machine) if policy
            ],
            secret_arn=login.secret.ref,
            dead_letters=self._dead_letters,
            log_key=self._platform_key,
            log_retention_days=environment.processing.log_retention_days,
            removal_policy=removal_policy(environment),
        )
        made.machine.node.add_dependency(rights)
        DomainAlarms(
            self._scope,
            f"Capture{settings.name.title()}Alarms",
            name_prefix=name,
            rules=connector_rules(
                name,
                made.machine.attr_arn,
                heartbeat=any(dataset.name == HEARTBEATS for dataset, _ in streams),
                watched=environment.recovery.watched,
            ),
            owner=environment.alarms.owner,
            topics=self._topics,
        )
        return made

    def _rights(
        self,
        settings: DatabaseSettings,
        streams: Sequence[tuple[Dataset, Stream]],
        login: CaptureLogin,
        role: iam.Role,
        *,
        connector: str,
    ) -> iam.ManagedPolicy:
        arns = dict.fromkeys(arn for _, stream in streams for arn in self._registry_arns[stream.topic])
        policy = iam.ManagedPolicy(
            self._scope,
            f"Capture{settings.name.title()}Rights",
            roles=[role],
            statements=connector_rights(
                self._cluster_arn,
                connector=connector,
                source=settings.name,
                history=settings.engine == "mysql",
                registry_arns=list(arns),
                secret_arn=login.secret.ref,
                key_arn=self._key.key_arn,
            ),
        )
        acknowledge(
            policy,
            "AwsSolutions::AwsSolutions-IAM5",
            reason="MSK Connect names its own topics and groups after the connector and an id that it makes itself; "
            "both start with the connector's name or a prefix that no topic of a contract can have.",
        )
        return policy

    def _let_owner_read(self, logins: Sequence[CaptureLogin]) -> None:
        """Whoever makes users in databases makes the connector's too, with the password that is in the secret."""
        iam.ManagedPolicy(
            self._scope,
            "CaptureLogins",
            roles=[iam.Role.from_role_arn(self._scope, "Owner", self._naming.role_arn(OWNER))],
            statements=[
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"], resources=[each.secret.ref for each in logins]
                )
            ],
        )


def captured_streams(domain: Domain, source: str) -> list[tuple[Dataset, Stream]]:
    """The datasets of a source whose changes are captured, with their streams."""
    return [
        (dataset, stream)
        for dataset, stream in streams_here(domain)
        if dataset.source.method == "cdc" and dataset.source.name == source
    ]


def captured_table(dataset: Dataset, stream: Stream) -> CapturedTable:
    """A contract's table as the connector is told of it.

    Args:
        dataset: The contract.
        stream: Its stream.

    Raises:
        ValueError: when the stream's key is not the whole primary key: a deletion tells nothing but its key.
    """
    if set(stream.key) != set(dataset.primary_key):
        raise ValueError(
            f"{dataset.domain}.{dataset.name}: the stream's key is {', '.join(stream.key)}; allowed with `cdc`: "
            f"the primary key ({', '.join(dataset.primary_key)}), since a deletion tells nothing but its key. "
            "Mend: leave `key` out."
        )
    return CapturedTable(
        table=str(dataset.source.table),
        topic=stream.topic,
        columns=tuple(column.name for column in dataset.columns),
        key=tuple(dataset.primary_key),
    )
