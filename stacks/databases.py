"""The databases of a domain: instances, who reaches them, their copies, and who is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from data_platform.foundation import Database, DatabaseOwner, MonitoringRole
from data_platform.observability import max_connections
from stacks.database_watch import watch_database
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Network
    from environments.model import DatabaseSettings, Environment
    from stacks.recovery import RecoveryStack

OWNER, MONITORING = "database-owner", "database-monitoring"


class DatabasesStack(PlatformStack):
    """The databases of one domain, under the domain's key.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed; it says which databases the domain has.
        naming: Physical names.
        key: The domain's key.
        platform_key: Encrypts logs.
        network: Where the databases stand, and the groups that reach them.
        recovery: The environment's vault and plan.
        topics: Who is told, by severity.

    Attributes:
        databases: Database by name, as contracts name their source.
    """

    databases: Mapping[str, Database]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        naming: Naming,
        key: kms.IKey,
        platform_key: kms.IKey,
        network: Network,
        recovery: RecoveryStack,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{naming.domain}-databases",
            description=f"The databases of {naming.domain}, who reaches them, and their copies",
            environment=environment,
        )
        self._environment, self._naming, self._network = environment, naming, network
        self._monitoring = MonitoringRole(self, "Monitoring", name=naming.role(MONITORING)).role
        settings = environment.databases_of(naming.domain)
        self.databases = {each.name: self._database(each, key, platform_key) for each in settings}
        recovery.back_up_databases(
            {naming.database_instance(name): each.instance for name, each in self.databases.items()},
            naming=naming,
            key=key,
        )
        for each in settings:
            watch_database(
                self,
                each,
                naming,
                environment,
                topics=topics,
                log_group=self.databases[each.name].main_log,
            )
        DatabaseOwner(
            self,
            "Owner",
            name=naming.role(OWNER),
            principals=environment.catalog.consumer_principals,
            secret_arns=[
                each.instance.attr_master_user_secret_secret_arn for each in self.databases.values()
            ],
            key=key,
        )

    def _database(self, settings: DatabaseSettings, key: kms.IKey, log_key: kms.IKey) -> Database:
        environment, part = self._environment, settings.name.title()
        made = Database(
            self,
            part,
            identifier=self._naming.database_instance(settings.name),
            engine=settings.engine,
            version=settings.version,
            database=settings.database,
            instance_class=settings.instance_class,
            storage_gib=settings.storage_gib,
            most_storage_gib=settings.most_storage_gib,
            multi_az=settings.multi_az,
            max_connections=max_connections(settings.engine, settings.instance_class),
            vpc=self._network.vpc,
            subnets=self._network.subnets,
            admitted=self._admitted(),
            key=key,
            log_key=log_key,
            log_retention_days=environment.processing.log_retention_days,
            insights_days=settings.insights_days,
            monitoring_role=self._monitoring,
            backup_days=settings.backup_days,
            backup_window=settings.backup_window,
            maintenance_window=settings.maintenance_window,
            removal_policy=removal_policy(environment),
        )
        for name, value in (
            ("Host", made.instance.attr_endpoint_address),
            ("Port", made.instance.attr_endpoint_port),
            ("SecretArn", made.instance.attr_master_user_secret_secret_arn),
        ):
            cdk.CfnOutput(self, f"{part}{name}", value=value, description=f"{name} of {settings.name}")
        return made

    def _admitted(self) -> dict[str, ec2.ISecurityGroup]:
        """Extractors, and the bastion where there is one."""
        network = self._network
        bastion = {} if self._environment.bastion is None else {"bastion": network.bastion_security_group}
        return {**bastion, "extractor": network.extractor_security_group}
