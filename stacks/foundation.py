"""What the domains of an environment share: a key, a network, topics for alarms, a cluster for tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.foundation import (
    CustomerKey,
    ExistingNetwork,
    KeyService,
    Network,
    NewNetwork,
    SeverityTopics,
    TaskCluster,
    UnresourcedActions,
)
from data_platform.observability import FIGURES
from environments.model import NewNetwork as NewNetworkSettings
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from environments.model import Environment


class FoundationStack(PlatformStack):
    """The ground of an environment.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.

    Attributes:
        key: Encrypts what belongs to no domain: logs, topics, images.
        network: Where tasks run.
        topics: Who is told, by severity (`page`, `ticket`).
        cluster: Runs container tasks.
        repository: Holds the dbt image, pushed by CI.
        unresourced: Policies of the actions for which AWS knows no resource.
    """

    key: kms.IKey
    network: Network
    topics: Mapping[str, sns.ITopic]
    cluster: ecs.ICluster
    repository: ecr.IRepository
    unresourced: UnresourcedActions

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
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
            services=[KeyService.LOGS, KeyService.CLOUDWATCH_ALARMS, KeyService.EVENTBRIDGE],
            granting_services=["ecr"],
        ).key
        self.network = self._network(environment)
        self.topics = SeverityTopics(
            self,
            "Topics",
            name_prefix=environment.prefix,
            key=self.key,
            emails={"page": environment.alarms.page_emails, "ticket": environment.alarms.ticket_emails},
        ).by_severity
        tasks = TaskCluster(
            self,
            "Tasks",
            name=environment.prefix,
            image="dbt",
            vpc=self.network.vpc,
            key=self.key,
            removal_policy=removal,
        )
        self.cluster, self.repository = tasks.cluster, tasks.repository
        self.unresourced = UnresourcedActions(
            self,
            "Unresourced",
            name_prefix=environment.prefix,
            figures=FIGURES,
            cluster=tasks.cluster,
        )

    def _network(self, environment: Environment) -> Network:
        settings = environment.network
        if isinstance(settings, NewNetworkSettings):
            return NewNetwork(
                self,
                "Network",
                cidr=settings.cidr,
                availability_zones=environment.availability_zones[: settings.zones],
                interface_endpoints=settings.interface_endpoints,
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
        )
