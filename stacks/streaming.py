"""The streaming of a domain: its schemas, and where streaming is on its cluster, topics, roles and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from data_platform.streaming import (
    MskCluster,
    SchemaRegistry,
    StreamRole,
    Topics,
    admin_rights,
    consumer_rights,
    place_rights,
    producer_rights,
    replay_rights,
)
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.streaming_names import (
    ADMIN,
    REPLAY,
    capture,
    captured_sources,
    cluster_name,
    loader,
    loader_group,
    producer,
    streams_here,
)
from stacks.streaming_schemas import subjects_of
from stacks.streaming_topics import guarded_topics, say_topics
from stacks.streaming_watch import watch_cluster, watched_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from data_platform.foundation import Network
    from environments.model import DatabaseSettings, Environment


class StreamingStack(PlatformStack):
    """The streaming of one domain that has streams.

    Where streaming is off there is the registry alone, which costs nothing: what reads old records needs it.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed; it says whether there is a cluster, and of which kind.
        domain: The domain and its contracts.
        naming: Physical names.
        key: The domain's key.
        platform_key: Encrypts logs.
        network: Where brokers stand, and the groups that reach them.
        topics: Who is told, by severity.
        finding: Policy to find a cluster by its name.

    Attributes:
        cluster: The cluster, if there is one.
        registry: The schemas.
        kafka_topics: The topics, if they are made by CloudFormation: who reads one is made after it.
        roles: Role by duty, such as `capture-shop`.
        readers: Policy to read a dataset's topic and to write its dead letters, by dataset, for its loader.

    Raises:
        UnspreadableClusterError: when the network has the wrong number of zones for the brokers.
    """

    cluster: MskCluster | None
    registry: SchemaRegistry
    kafka_topics: Topics | None
    roles: dict[str, iam.Role]
    readers: Mapping[str, iam.ManagedPolicy]

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
        topics: Mapping[str, sns.ITopic],
        finding: iam.IManagedPolicy | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{naming.domain}-streaming",
            description=f"The streaming of {naming.domain}: schemas, cluster, topics, and who reads and writes what",
            environment=environment,
        )
        self._environment, self._naming = environment, naming
        self._streams = streams_here(domain)
        self.registry = SchemaRegistry(
            self,
            "Registry",
            name=cluster_name(naming),
            description=f"Schemas of the topics of {naming.domain}",
            subjects=[subject for each in self._streams for subject in subjects_of(*each)],
        )
        self.cluster, self.kafka_topics, self.roles, self.readers = None, None, {}, {}
        if not environment.streaming.on:
            return
        self.cluster = self._cluster(key, platform_key, network)
        self.roles, self.readers = self._roles(self.cluster.arn), self._readers(self.cluster.arn)
        self.roles[REPLAY] = self._replayer(self.cluster.arn, key, finding)
        for settings, _ in captured_sources(domain, environment):
            self._keep_place(settings, self.cluster.arn)
        if environment.streaming.provisioned:
            self.kafka_topics = guarded_topics(
                self, self.cluster.arn, self._streams, environment=environment, naming=naming
            )
        else:
            say_topics(self, self._streams)
        watched = watched_cluster(domain, naming, environment)
        if watched is not None:
            watch_cluster(self, watched, environment, topics=topics)
        cdk.CfnOutput(self, "ClusterArn", value=self.cluster.arn, description=f"Kafka of {naming.domain}")

    def _cluster(self, key: kms.IKey, log_key: kms.IKey, network: Network) -> MskCluster:
        settings = self._environment.streaming
        return MskCluster(
            self,
            "Cluster",
            name=cluster_name(self._naming),
            broker=settings.broker,
            kafka_version=settings.kafka_version,
            instance_type=settings.instance_type,
            brokers=settings.brokers,
            storage_gib=settings.storage_gib,
            most_storage_gib=settings.most_storage_gib,
            vpc=network.vpc,
            subnets=network.subnets,
            admitted={"tasks": network.task_security_group},
            endpoints=network.endpoint_security_group,
            key=key,
            log_key=log_key,
            log_retention_days=self._environment.processing.log_retention_days,
            removal_policy=removal_policy(self._environment),
        )

    def _roles(self, cluster_arn: str) -> dict[str, iam.Role]:
        """One a producer, one for who looks after topics; a topic's loader has its own in the stack of loaders."""
        names = [name for _, stream in self._streams for name in (stream.topic, stream.dead_letters)]
        made = {
            ADMIN: self._role(
                ADMIN,
                "Looks at topics and consumer groups",
                self._people(),
                admin_rights(
                    cluster_arn,
                    names,
                    groups=[loader_group(stream) for _, stream in self._streams],
                    makes_topics=not self._environment.streaming.provisioned,
                ),
            )
        }
        for duty, streams in self._producers().items():
            written = [stream.topic for _, stream in streams]
            captures = streams[0][0].source.method == "cdc"
            made[duty] = self._role(
                duty,
                f"Writes {', '.join(written)}",
                self._service("kafkaconnect.amazonaws.com") if captures else self._people(),
                producer_rights(
                    cluster_arn, written, registry_arns=self.registry.arns_of(*self._subjects(streams))
                ),
            )
        return made

    def _replayer(self, cluster_arn: str, key: kms.IKey, finding: iam.IManagedPolicy | None) -> iam.Role:
        """People, who send dead letters again and mark in the ledger which."""
        naming = self._naming
        return self._role(
            REPLAY,
            f"Sends dead letters of {naming.domain} again",
            self._people(),
            replay_rights(
                cluster_arn,
                [stream for _, stream in self._streams],
                ledger_arn=f"arn:aws:dynamodb:{naming.region}:{naming.account}:table/{naming.run_ledger}",
                key_arn=key.key_arn,
                registry_arns=self.registry.arns_of(*self._subjects(self._streams)),
            ),
            shared=[finding] if finding is not None else [],
        )

    def _keep_place(self, settings: DatabaseSettings, cluster_arn: str) -> None:
        """What a connector has read it notes in topics of its own, whose names are known here, where the cluster is."""
        duty = capture(settings.name)
        iam.ManagedPolicy(
            self,
            f"Place{settings.name.title()}",
            roles=[self.roles[duty]],
            description=f"Keep how far the changes of {settings.name} are read",
            statements=[
                place_rights(cluster_arn, self._naming.role(duty), history=settings.engine == "mysql")
            ],
        )

    def _readers(self, cluster_arn: str) -> dict[str, iam.ManagedPolicy]:
        """What each topic's loader may do here, a policy: no ARN of a topic is made from another stack's output."""
        return {
            dataset.name: iam.ManagedPolicy(
                self,
                f"{''.join(word.title() for word in dataset.name.split('_'))}Reader",
                managed_policy_name=self._naming.role(loader(dataset)),
                description=f"Read {stream.topic} in the group of its loader",
                statements=consumer_rights(
                    cluster_arn,
                    [stream.topic],
                    groups=[loader_group(stream)],
                    dead_letters=[stream.dead_letters],
                    registry_arns=self.registry.arns_of(*self._subjects([(dataset, stream)])),
                ),
            )
            for dataset, stream in self._streams
        }

    def _producers(self) -> dict[str, list[tuple[Dataset, Stream]]]:
        """What each producer writes; a connector writes all topics of its source."""
        written: dict[str, list[tuple[Dataset, Stream]]] = {}
        for dataset, stream in self._streams:
            written.setdefault(producer(dataset), []).append((dataset, stream))
        return written

    def _subjects(self, streams: Sequence[tuple[Dataset, Stream]]) -> list[str]:
        return [subject.name for each in streams for subject in subjects_of(*each)]

    def _role(
        self,
        duty: str,
        description: str,
        assumed_by: iam.IPrincipal,
        rights: list[iam.PolicyStatement],
        shared: Sequence[iam.IManagedPolicy] = (),
    ) -> iam.Role:
        return StreamRole(
            self,
            "".join(word.title() for word in duty.replace("_", "-").split("-")),
            name=self._naming.role(duty),
            description=description,
            assumed_by=assumed_by,
            rights=rights,
            shared=shared,
        ).role

    def _people(self) -> iam.IPrincipal:
        principals = self._environment.catalog.consumer_principals
        return iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals))

    def _service(self, service: str) -> iam.IPrincipal:
        own = {"StringEquals": {"aws:SourceAccount": self._environment.account}}
        return iam.ServicePrincipal(service, conditions=own)
