"""What loads a domain's streams into the lake: a function a topic, the records that it is handed, and its rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge, as_reported
from data_platform.catalog import READ, WRITE, LakeGrants
from data_platform.contracts.table_kinds import kinds_of, zone_of
from data_platform.duty import tag_dataset, tag_duty
from data_platform.observability import DomainAlarms, loader_rules
from data_platform.streaming import (
    LetterWatch,
    LoaderPlaces,
    StreamLoader,
    StreamPlans,
    change_file_rights,
    loader_rights,
)
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.streaming_names import LOAD, loader, loader_group, streams_here
from stacks.streaming_watch import watched_loaders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from data_platform.catalog import AthenaAccess
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from data_platform.foundation import Network, UnresourcedActions
    from environments.model import Environment
    from stacks.streaming import StreamingStack

# The most that Lambda gives; a merge that meets others' commits is sent again within it.
_TIMEOUT_SECONDS = 900


class StreamingLoadStack(PlatformStack):
    """The loaders of a domain whose streams have a cluster.

    It stands after the cluster, the catalogue and the ledger, so that a deployment of the catalogue never waits for
    brokers.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        streaming: The cluster, its topics, and the policies to read them.
        repository: Holds the loader's image.
        athena_access: To ask Athena, and to commit tables.
        key: The domain's key.
        platform_key: Encrypts logs and dead letters.
        network: Where functions run.
        unresourced: Policies of actions without resources; with `pollers`.
        dead_letters: Keeps calls that did not arrive.
        topics: Who is told, by severity.

    Attributes:
        loaders: Function and mapping by dataset.
    """

    loaders: Mapping[str, StreamLoader]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        streaming: StreamingStack,
        repository: ecr.IRepository,
        athena_access: AthenaAccess,
        key: kms.IKey,
        platform_key: kms.IKey,
        network: Network,
        unresourced: UnresourcedActions,
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{naming.domain}-load",
            description=f"What loads the streams of {naming.domain} into the lake",
            environment=environment,
        )
        self._environment, self._naming, self._network = environment, naming, network
        self._streaming, self._repository = streaming, repository
        self._cluster_arn = streaming.cluster.arn if streaming.cluster is not None else ""
        self._key, self._platform_key, self._dead_letters = key, platform_key, dead_letters
        self._shared = [
            policy
            for policy in (
                athena_access.policy,
                athena_access.commits,
                unresourced.data_access,
                unresourced.function,
                unresourced.pollers,
            )
            if policy is not None
        ]
        streams = streams_here(domain)
        self._plans = StreamPlans(self, "Plans", datasets=[dataset for dataset, _ in streams], naming=naming)
        self._granted: LakeGrants | None = None
        self._files, self._scope = self._change_files(), Construct(self, "Loaders")
        acknowledge(
            self._scope,
            "Serverless::Serverless-LambdaEventSourceMappingDestination",
            reason="With a destination Lambda gives a batch up after ten failures and goes on behind it: rows would be "
            "missing and later changes overtake them. Here it tries without end, alarms tell of it, and a record that "
            "cannot be loaded the function writes to the topic of dead letters by itself, in full.",
        )
        self.loaders = {dataset.name: self._loader(dataset, stream) for dataset, stream in streams}
        LetterWatch(
            self,
            "Letters",
            name=f"{naming.prefix}-load",
            functions={dataset: made.function for dataset, made in self.loaders.items()},
            dead_letters=dead_letters,
            dead_letters_key=platform_key,
        )
        DomainAlarms(
            self,
            "Alarms",
            name_prefix=f"{naming.prefix}-load",
            rules=[
                rule
                for watched in watched_loaders(domain, naming, environment)
                for rule in loader_rules(
                    watched,
                    stale_seconds=environment.streaming.lag_seconds,
                    watched=environment.recovery.watched,
                )
            ],
            owner=environment.alarms.owner,
            topics=topics,
        )

    def _loader(self, dataset: Dataset, stream: Stream) -> StreamLoader:
        environment, naming = self._environment, self._naming
        settings, part = environment.streaming.loader, _part(dataset)
        role = self._role(dataset, stream)
        made = StreamLoader(
            self._scope,
            part,
            name=naming.function(loader(dataset)),
            topic=stream.topic,
            group=loader_group(stream),
            cluster_arn=self._cluster_arn,
            repository=self._repository,
            image_tag=settings.image_tag,
            variables={
                "STREAM_PLAN_BUCKET": self._plans.bucket,
                "STREAM_PLAN_KEY": self._plans.keys[dataset.name],
                "LEDGER_TABLE": naming.run_ledger,
                "WORKGROUP": naming.workgroup_of(LOAD),
            },
            role=role,
            vpc=self._network.vpc,
            subnets=self._network.subnets,
            security_group=self._network.task_security_group,
            dead_letters=self._dead_letters,
            memory_mib=settings.memory_mib,
            timeout_seconds=_TIMEOUT_SECONDS,
            concurrency=stream.partitions + 1,  # one looks at dead letters
            batch_records=settings.batch_records,
            window_seconds=settings.window_seconds,
            pollers=(settings.least_pollers, settings.most_pollers),
            log_key=self._platform_key,
            log_retention_days=environment.processing.log_retention_days,
            removal_policy=removal_policy(environment),
        )
        rights = self._rights(dataset, stream, role, made)
        grants = self._grants(dataset, role)
        # Lambda tries its rights when function and mapping are created, and the first batch needs the grants.
        made.function.node.add_dependency(rights, self._files)
        made.mapping.node.add_dependency(rights, grants)
        if self._streaming.kafka_topics is not None:
            for name in (stream.topic, stream.dead_letters):
                made.mapping.node.add_dependency(self._streaming.kafka_topics.by_name[name])
        return made

    def _role(self, dataset: Dataset, stream: Stream) -> iam.Role:
        """Who reads the topic in the group of its loader; Lambda passes no source account when it takes a role."""
        role = iam.Role(
            self,
            f"{_part(dataset)}Role",
            role_name=self._naming.role(loader(dataset)),
            description=f"Loads {stream.topic} into the lake",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[self._streaming.readers[dataset.name], self._files, *self._shared],
        )
        tag_duty(role, LOAD, self._naming)
        tag_dataset(role, dataset.name)
        return role

    def _rights(
        self, dataset: Dataset, stream: Stream, role: iam.Role, made: StreamLoader
    ) -> iam.ManagedPolicy:
        naming = self._naming
        return iam.ManagedPolicy(
            self,
            f"{_part(dataset)}Rights",
            roles=[role],
            description=f"Load {stream.topic} into the lake",
            statements=loader_rights(
                LoaderPlaces(
                    plan=self._plans.object_arn(dataset.name),
                    ledger=f"arn:aws:dynamodb:{naming.region}:{naming.account}:table/{naming.run_ledger}",
                    topic=stream.topic,
                    key=self._key.key_arn,
                    log_group=made.log_group.attr_arn,
                    dead_letters=self._dead_letters.queue_arn,
                    dead_letters_key=self._platform_key.key_arn,
                )
            ),
        )

    def _change_files(self) -> iam.ManagedPolicy:
        """One policy for all loaders: a role's tag says which dataset's files are its own."""
        raw = f"arn:aws:s3:::{self._naming.bucket('raw')}"
        statement = change_file_rights(raw)
        policy = iam.ManagedPolicy(
            self,
            "ChangeFiles",
            description=f"Write the files of one's own dataset to raw of {self._naming.domain}",
            statements=[statement],
        )
        acknowledge(
            policy,
            *(
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{as_reported(arn)}]"
                for arn in statement.resources
            ),
            reason="A file of changes is called by the day and the offset of its first record, which nobody knows "
            "before; the prefix is the role's own dataset, and old versions and locks keep what was there.",
        )
        return policy

    def _grants(self, dataset: Dataset, role: iam.IRole) -> LakeGrants:
        """Its own tables by name, and the databases that they are in; what others load it does not see."""
        grants = LakeGrants(
            self,
            f"{_part(dataset)}Grants",
            role=role,
            naming=self._naming,
            after=[self._granted] if self._granted else [],
        )
        grants.databases(sorted({zone_of(kind) for kind in kinds_of(dataset)}), "DESCRIBE")
        for kind in kinds_of(dataset):
            grants.table(kind, dataset.name, *(READ if kind == "raw" else WRITE))
        self._granted = grants
        return grants


def _part(dataset: Dataset) -> str:
    return "".join(word.title() for word in dataset.name.replace("-", "_").split("_"))
