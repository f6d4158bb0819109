"""A database of its own: RDS in private subnets, under the domain's key, with TLS or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.foundation.database_engines import TRAITS, Engine, family, parameters
from data_platform.foundation.database_entrance import DatabaseEntrance
from data_platform.foundation.database_logs import DatabaseLogs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

# Nobody works as this user: it makes the others. RDS knows its password, and changes it every seven days.
MASTER = "master"
# Until 2061; a client trusts it by the bundle of AWS.
_AUTHORITY = "rds-ca-rsa2048-g1"
_MONITORING_SECONDS = 60
_PACKS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5")


class Database(Construct):
    """An RDS instance for PostgreSQL or MySQL.

    It has no password in any template: RDS makes the master user's and rotates it, in a secret under the same key.
    A read replica is not offered, since RDS makes none of an instance whose password it manages.

    Args:
        scope: The construct that owns the database.
        construct_id: Name within its scope.
        identifier: Public name of the instance.
        engine: "postgres" or "mysql".
        version: Engine version; minor upgrades are made by themselves in the maintenance window.
        database: Name of the database in the instance.
        instance_class: Size.
        storage_gib: Allocated storage.
        most_storage_gib: Most storage that it may grow to by itself.
        multi_az: Whether a standby in another zone takes over.
        max_connections: Most connections that the engine takes.
        vpc: Its network.
        subnets: Private subnets of at least two zones.
        admitted: Who reaches its port: security groups by what they are, such as `bastion`.
        key: Encrypts storage, snapshots, the master user's secret and what Performance Insights keeps.
        log_key: Encrypts the exported logs.
        log_retention_days: Days for which they are kept.
        insights_days: Days for which Performance Insights keeps what it measured.
        monitoring_role: Tells what the operating system does.
        backup_days: Days for which automated backups are kept.
        backup_window: When they are made, UTC.
        maintenance_window: When minor upgrades are made, UTC.
        removal_policy: DESTROY deletes the instance and its backups with the stack, everything else leaves a last
            snapshot; both wait until somebody has taken the protection from deletion away, as buckets wait until they
            are empty.

    Attributes:
        instance: The instance, for references to its host, port, ARN, resource id and secret.
        security_group: Its group.
        port: Its port.
        main_log: Log group of errors and failed logins, as a reference.

    Example:
        >>> from aws_cdk import aws_iam as iam
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> key, role = kms.Key(stack, "Key"), iam.Role.from_role_name(stack, "Role", "monitoring")
        >>> vpc = ec2.Vpc.from_vpc_attributes(
        ...     stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["a", "b"],
        ...     isolated_subnet_ids=["subnet-0a1b2c3d", "subnet-1a1b2c3d"])
        >>> shop = Database(
        ...     stack, "Shop", identifier="dp-dev-retail-shop", engine="postgres", version="17.6", database="shop",
        ...     instance_class="db.t4g.medium", storage_gib=20, most_storage_gib=100, multi_az=True,
        ...     max_connections=411, vpc=vpc, subnets=vpc.isolated_subnets, admitted={}, key=key, log_key=key,
        ...     log_retention_days=30, insights_days=7, monitoring_role=role, backup_days=7,
        ...     backup_window="16:00-16:30", maintenance_window="sun:17:00-sun:17:30",
        ...     removal_policy=cdk.RemovalPolicy.RETAIN)
        >>> shop.port, shop.instance.deletion_protection
        (15432, True)
    """

    instance: rds.CfnDBInstance
    security_group: ec2.ISecurityGroup
    port: int
    main_log: str

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        identifier: str,
        engine: Engine,
        version: str,
        database: str,
        instance_class: str,
        storage_gib: int,
        most_storage_gib: int,
        multi_az: bool,
        max_connections: int,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        admitted: Mapping[str, ec2.ISecurityGroup],
        key: kms.IKey,
        log_key: kms.IKey,
        log_retention_days: int,
        insights_days: int,
        monitoring_role: iam.IRole,
        backup_days: int,
        backup_window: str,
        maintenance_window: str,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        traits, kept = TRAITS[engine], removal_policy != cdk.RemovalPolicy.DESTROY
        self.port = traits.port
        self.security_group = DatabaseEntrance(
            self, "Entrance", vpc=vpc, identifier=identifier, port=traits.port, admitted=admitted
        ).security_group
        logs = DatabaseLogs(
            self,
            "Logs",
            identifier=identifier,
            engine=engine,
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        self.main_log = logs.groups[traits.main_log].ref
        self.instance = rds.CfnDBInstance(
            self,
            "Resource",
            db_instance_identifier=identifier,
            engine=engine,
            engine_version=version,
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            db_instance_class=instance_class,
            db_name=database,
            port=str(traits.port),
            allocated_storage=str(storage_gib),
            max_allocated_storage=most_storage_gib if most_storage_gib > storage_gib else None,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.key_arn,
            multi_az=multi_az,
            publicly_accessible=False,
            db_subnet_group_name=self._subnet_group(identifier, subnets),
            vpc_security_groups=[self.security_group.security_group_id],
            ca_certificate_identifier=_AUTHORITY,
            db_parameter_group_name=self._parameter_group(
                engine, version, parameters(engine, max_connections=max_connections, storage_gib=storage_gib)
            ),
            option_group_name=self._option_group(version) if engine == "mysql" else None,
            master_username=MASTER,
            manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(kms_key_id=key.key_arn),
            enable_iam_database_authentication=True,
            auto_minor_version_upgrade=True,
            preferred_maintenance_window=maintenance_window,
            preferred_backup_window=backup_window,
            backup_retention_period=backup_days,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not kept,
            deletion_protection=True,
            enable_cloudwatch_logs_exports=list(traits.logs),
            enable_performance_insights=True,
            performance_insights_kms_key_id=key.key_arn,
            performance_insights_retention_period=insights_days,
            monitoring_interval=_MONITORING_SECONDS,
            monitoring_role_arn=monitoring_role.role_arn,
        )
        self.instance.apply_removal_policy(
            cdk.RemovalPolicy.SNAPSHOT if kept else cdk.RemovalPolicy.DESTROY,
            apply_to_update_replace_policy=True,
        )
        self.instance.node.add_dependency(logs)
        if not multi_az:
            acknowledge(
                self.instance,
                "AwsSolutions::AwsSolutions-RDS3",
                *(f"{pack}::{pack}-RDSMultiAZSupport" for pack in _PACKS),
                reason="This environment says multi_az=False: an outage of a zone is one of the source here, for half "
                "the price; backups are kept, and environments that serve people say True.",
            )

    def _subnet_group(self, identifier: str, subnets: Sequence[ec2.ISubnet]) -> str:
        return rds.CfnDBSubnetGroup(
            self,
            "Subnets",
            db_subnet_group_name=identifier,
            db_subnet_group_description=f"Private subnets of {identifier}",
            subnet_ids=[subnet.subnet_id for subnet in subnets],
        ).ref

    def _parameter_group(self, engine: Engine, version: str, given: Mapping[str, str]) -> str:
        return rds.CfnDBParameterGroup(
            self,
            "Parameters",
            family=family(engine, version),
            description="TLS only, changes readable by others, logs that tell who came",
            parameters=dict(given),
        ).ref

    def _option_group(self, version: str) -> str:
        """MySQL writes no audit log of its own: who came and what structures changed, never what was asked."""
        return rds.CfnOptionGroup(
            self,
            "Options",
            engine_name="mysql",
            major_engine_version=".".join(version.split(".")[:2]),
            option_group_description="Audit of connections and of changes to structures and rights",
            option_configurations=[
                rds.CfnOptionGroup.OptionConfigurationProperty(
                    option_name="MARIADB_AUDIT_PLUGIN",
                    option_settings=[
                        rds.CfnOptionGroup.OptionSettingProperty(
                            name="SERVER_AUDIT_EVENTS", value="CONNECT,QUERY_DDL,QUERY_DCL"
                        )
                    ],
                )
            ],
        ).ref
