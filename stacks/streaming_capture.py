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
    own_names,
)
from stacks.databases import OWNER
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.streaming_names import capture, captured_sources, cluster_name, producer

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
    from stacks.streaming import StreamingStack

HEARTBEATS = "heartbeats"
# Written by `python -m jobs.connect_plugin`, which CI runs and uploads from before it deploys.
_DIGEST = Path(__file__).parents[1] / "jobs" / "connect_plugin" / "digest"
# One unit reads some ten thousand rows a second; a first snapshot takes longer on it, and nothing else does.
_MCU = 1


class StreamingCaptureStack(PlatformStack):
    """The connectors of a domain.

    A source that no database of the environment is named after has no connector here: somebody else runs it, with the
    role that is made all the same. There is such a stack where `captured_sources` finds some.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed; it says which databases there are.
        domain: The domain and its contracts.
        naming: Physical names.
        databases: The databases by name, as contracts name their source.
        network: Where connectors stand, and the groups that brokers and databases admit.
        streaming: The cluster, the registry, and the role `capture-<source>`, which may write its topics already.
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
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        databases: Mapping[str, Database],
        streaming: StreamingStack,
        network: Network,
        key: kms.IKey,
        platform_key: kms.IKey,
        unresourced: UnresourcedActions,
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{naming.domain}-capture",
            description=f"The connectors that read the changes of the databases of {naming.domain}",
            environment=environment,
        )
        self._environment, self._naming = environment, naming
        self._network, self._streaming = network, streaming
        self._cluster_arn = streaming.cluster.arn if streaming.cluster is not None else ""
        self._key, self._platform_key = key, platform_key
        self._unresourced, self._dead_letters, self._topics = unresourced, dead_letters, topics
        plugin = self._plugin()
        logins: list[CaptureLogin] = []
        connectors = {}
        for settings, streams in captured_sources(domain, environment):
            login = self._login(settings.name)
            logins.append(login)
            connectors[settings.name] = self._connector(
                settings, streams, databases[settings.name], login, plugin
            )
        self.connectors = connectors
        self._let_owner_read(logins)

    def _plugin(self) -> ConnectPlugin:
        digest, naming = _DIGEST.read_text().strip(), self._naming
        bucket = f"cdk-{BOOTSTRAP_QUALIFIER}-assets-{naming.account}-{naming.region}"
        return ConnectPlugin(
            self,
            "CapturePlugin",
            name=naming.role("capture"),
            bucket_arn=f"arn:aws:s3:::{bucket}",
            key=f"connect-plugins/{digest}.zip",
            digest=digest,
        )

    def _login(self, source: str) -> CaptureLogin:
        return CaptureLogin(
            self,
            f"Login{source.title()}",
            name=self._naming.role(capture(source)),
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
        name, role = naming.role(capture(settings.name)), self._streaming.roles[producer(streams[0][0])]
        rights = self._rights(settings, streams, login, role, connector=name)
        groups = (network.task_security_group, network.extractor_security_group)
        made = Connector(
            self,
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
            self,
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
        naming, subjects = self._naming, [stream.topic for _, stream in streams]
        own = own_names(
            connector,
            source=settings.name,
            history=settings.engine == "mysql",
            cluster=cluster_name(naming),
            region=naming.region,
            account=naming.account,
        )
        policy = iam.ManagedPolicy(
            self,
            f"Capture{settings.name.title()}Rights",
            roles=[role],
            statements=connector_rights(
                own,
                cluster_arn=self._cluster_arn,
                registry_arns=self._streaming.registry.arns_of(*subjects),
                secret_arn=login.secret.ref,
                key_arn=self._key.key_arn,
            ),
        )
        acknowledge(
            policy,
            *(f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]" for arn in own),
            reason="AWS makes the ids of the cluster and of the connector, which nobody knows before; the names are "
            "this connector's own, behind MSK Connect's prefix, which no topic of a contract can have.",
        )
        return policy

    def _let_owner_read(self, logins: Sequence[CaptureLogin]) -> None:
        """Whoever makes users in databases makes the connector's too, with the password that is in the secret."""
        iam.ManagedPolicy(
            self,
            "CaptureLogins",
            roles=[iam.Role.from_role_arn(self, "Owner", self._naming.role_arn(OWNER))],
            statements=[
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"], resources=[each.secret.ref for each in logins]
                )
            ],
        )


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
