"""What the domains of an environment share: a key, a network, topics for alarms, a cluster for tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.foundation import (
    CustomerKey,
    DeadLetters,
    ExistingNetwork,
    KeyService,
    Network,
    NewNetwork,
    SeverityTopics,
    TaskCluster,
    UnresourcedActions,
)
from data_platform.observability import FIGURES, DomainAlarms, dead_letter_rule
from environments.model import NewNetwork as NewNetworkSettings
from stacks.bastion import STOPPER, TUNNELER
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from environments.model import Environment

# Services that a private network must reach for what the environment runs, beside those that it names.
SESSION_ENDPOINTS, EXTRACTION_ENDPOINTS = ("ssm", "ssmmessages"), ("secretsmanager",)
# Clients ask Kafka's control plane for the brokers, and Glue for schemas; the pollers of event source mappings take a
# role and call a function. Loaders ask Athena.
STREAM_ENDPOINTS = ("athena", "glue", "kafka", "lambda", "sts")
# Express brokers stand in three zones, no more and no fewer.
EXPRESS_ZONES = 3
# What container tasks run; the first has been there longest.
IMAGES = ("dbt", "extractor", "stream-loader")
# Those of them that Lambda pulls.
FUNCTION_IMAGES = ("stream-loader",)
# Whose starts and asynchronous calls may fail to arrive.
LETTER_DUTIES = ("drift", "elevation-schedule", "retention-scheduler", "scheduler", "verdict")


class FoundationStack(PlatformStack):
    """The ground of an environment.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domains: Physical names of the domains, whose roles may leave dead letters.
        streams: Whether a domain has a cluster in the network.
        loaders: ARNs of the roles that load streams.

    Attributes:
        key: Encrypts what belongs to no domain: logs, topics, images.
        network: Where tasks run.
        dead_letters: Keeps what schedules, functions and topics could not deliver.
        topics: Who is told, by severity (`page`, `ticket`).
        cluster: Runs container tasks.
        repositories: Holds the images of dbt, extractors and loaders of streams, pushed by CI, by name.
        unresourced: Policies of the actions for which AWS knows no resource.
    """

    key: kms.IKey
    network: Network
    dead_letters: sqs.IQueue
    topics: Mapping[str, sns.ITopic]
    cluster: ecs.ICluster
    repositories: Mapping[str, ecr.IRepository]
    unresourced: UnresourcedActions

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domains: Sequence[Naming],
        streams: bool = False,
        loaders: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="foundation",
            description="What domains share: key, network, topics for alarms, cluster and image of dbt",
            environment=environment,
        )
        removal = removal_policy(environment)
        self.key = CustomerKey(
            self,
            "Key",
            alias=f"{environment.prefix}-platform",
            description="Logs, alarm messages and images of the platform",
            removal_policy=removal,
            service_users={"sqs": [*_letter_writers(domains, environment, streams=streams), *loaders]},
            services=[
                KeyService.LOGS,
                KeyService.CLOUDWATCH_ALARMS,
                KeyService.EVENTBRIDGE,
                KeyService.NOTIFICATIONS,
            ],
            granting_services=["ecr"],
            resource_services={"ec2": [_role_arn(TUNNELER, environment)]} if environment.bastion else None,
        ).key
        self.network = self._network(environment, streams=streams)
        self.dead_letters = DeadLetters(
            self, "DeadLetters", name=f"{environment.prefix}-dead-letters", key=self.key
        ).queue
        self.topics = SeverityTopics(
            self,
            "Topics",
            name_prefix=environment.prefix,
            key=self.key,
            emails={"page": environment.alarms.page_emails, "ticket": environment.alarms.ticket_emails},
            dead_letters=self.dead_letters,
        ).by_severity
        DomainAlarms(
            self,
            "Alarms",
            name_prefix=environment.prefix,
            rules=[dead_letter_rule(self.dead_letters.queue_name)],
            owner=environment.alarms.owner,
            topics=self.topics,
        )
        tasks = TaskCluster(
            self,
            "Tasks",
            name=environment.prefix,
            images=IMAGES,
            function_images=FUNCTION_IMAGES,
            vpc=self.network.vpc,
            key=self.key,
            removal_policy=removal,
        )
        self.cluster, self.repositories = tasks.cluster, tasks.repositories
        self.unresourced = UnresourcedActions(
            self,
            "Unresourced",
            name_prefix=environment.prefix,
            figures=FIGURES,
            cluster=tasks.cluster,
            streams=streams,
        )

    def _network(self, environment: Environment, *, streams: bool) -> Network:
        settings = environment.network
        if isinstance(settings, NewNetworkSettings):
            return NewNetwork(
                self,
                "Network",
                cidr=settings.cidr,
                availability_zones=environment.availability_zones[
                    : _zones(settings, environment, streams=streams)
                ],
                interface_endpoints=_interface_endpoints(settings, environment, streams=streams),
                entrance_cidrs=_entrance_cidrs(environment),
                key=self.key,
                flow_log_group=f"/{environment.prefix}/flow-log",
                flow_log_days=settings.flow_log_days,
                removal_policy=removal_policy(environment),
            )
        return ExistingNetwork(
            self,
            "Network",
            vpc_id=settings.vpc_id,
            cidr=settings.cidr,
            availability_zones=settings.availability_zones,
            subnet_ids=settings.subnet_ids,
            route_table_ids=settings.route_table_ids,
            public_subnet_ids=settings.public_subnet_ids,
            entrance_cidrs=_entrance_cidrs(environment),
        )


def _role_arn(duty: str, environment: Environment) -> str:
    """A role that domains share, by its name: it stands in a stack above the key."""
    return f"arn:aws:iam::{environment.account}:role/{environment.prefix}-{duty}"


def _letter_writers(domains: Sequence[Naming], environment: Environment, *, streams: bool) -> list[str]:
    captures = [f"capture-{each.name}-scheduler" for each in environment.databases] if streams else []
    writers = [each.role_arn(duty) for each in domains for duty in (*LETTER_DUTIES, *captures)]
    if environment.bastion is None:
        return writers
    duties = ("audit-sessions-starter", *((STOPPER,) if environment.bastion.stop_at else ()))
    return [*writers, *(_role_arn(duty, environment) for duty in duties)]


def _entrance_cidrs(environment: Environment) -> Sequence[str]:
    """Ranges from which SSH comes to a public address; none over Session Manager."""
    return environment.bastion.allowed_cidrs if environment.bastion else ()


def _zones(settings: NewNetworkSettings, environment: Environment, *, streams: bool) -> int:
    """As many as the environment names, and as its brokers stand in."""
    needed = EXPRESS_ZONES if streams and environment.streaming.broker == "express" else 0
    return max(settings.zones, needed)


def _interface_endpoints(
    settings: NewNetworkSettings, environment: Environment, *, streams: bool
) -> list[str]:
    """What the environment names, and what its bastion, its extractors and its streams cannot do without."""
    sessions = environment.bastion is not None and environment.bastion.mode == "ssm"
    needed = [
        *settings.interface_endpoints,
        *(SESSION_ENDPOINTS if sessions else ()),
        *(EXTRACTION_ENDPOINTS if environment.databases else ()),
        *(STREAM_ENDPOINTS if streams else ()),
    ]
    return list(dict.fromkeys(needed))
