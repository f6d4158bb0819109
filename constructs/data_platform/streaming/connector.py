"""A Debezium connector on MSK Connect: its worker's settings, its log, and the machine that makes and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.log_group import encrypted_log_group
from data_platform.logged_machine import logged_machine
from data_platform.schedule_group import ScheduleGroup
from data_platform.schedule_role import schedule_role
from data_platform.streaming.connect_plugin import WorkerConfiguration, worker_properties
from data_platform.streaming.connector_configuration import CapturedDatabase, connector_configuration
from data_platform.streaming.connector_states import connector_definition

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from data_platform.streaming.connect_plugin import ConnectPlugin
    from data_platform.streaming.connector_configuration import CapturedTable

_SERVICE = "kafkaconnect.amazonaws.com"
CONNECT_VERSION = "3.7.x"
EVERY_MINUTES = 15
_LONGEST_TRY_SECONDS, _MOST_TRIES = 900, 3
# A connector of Debezium is one task, so one worker; more or autoscaling would stand idle.
_WORKERS = 1
# CloudFormation makes the first revision of a plug-in and of a worker configuration, and never another.
_REVISION = 1


class Connector(Construct):
    """Keeps the connector of one source running as its contracts say.

    Args:
        scope: The construct that owns it.
        construct_id: Name within its scope.
        name: Public name of the connector and of its machine.
        account: The account.
        region: The region.
        database: What it reads.
        tables: Its tables.
        cluster_arn: Where changes go.
        registry: The Glue registry of their schemas.
        plugin: What it runs.
        mcu: Size of its worker, 1, 2, 4 or 8 units of MSK Connect: 1 vCPU and 4 GiB each.
        subnet_ids: Private subnets.
        security_group_ids: Groups that the cluster and the database admit.
        role: What the connector itself may do.
        unresourced: Policies of actions that AWS binds to no resource: to make connectors, to log.
        secret_arn: The secret with the database's login.
        dead_letters: Keeps what could not be started.
        log_key: Encrypts logs, and dead letters.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether logs outlive the stack.

    Attributes:
        machine: Started every quarter of an hour, and after a deployment by whoever does not want to wait.
    """

    machine: sfn.CfnStateMachine

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        account: str,
        region: str,
        database: CapturedDatabase,
        tables: Sequence[CapturedTable],
        cluster_arn: str,
        registry: str,
        plugin: ConnectPlugin,
        mcu: int,
        subnet_ids: Sequence[str],
        security_group_ids: Sequence[str],
        role: iam.IRole,
        unresourced: Sequence[iam.IManagedPolicy],
        secret_arn: str,
        dead_letters: sqs.IQueue,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        log = encrypted_log_group(
            self,
            "WorkerLog",
            name=f"/aws/vendedlogs/kafkaconnect/{name}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        worker = WorkerConfiguration(self, "Worker", name=name, properties=worker_properties(name, region))
        creation = {
            "ConnectorName": name,
            "ConnectorDescription": f"Changes of {database.source}",
            "Capacity": {"ProvisionedCapacity": {"McuCount": mcu, "WorkerCount": _WORKERS}},
            "KafkaCluster": {
                "ApacheKafkaCluster": {
                    "Vpc": {"SecurityGroups": list(security_group_ids), "Subnets": list(subnet_ids)}
                }
            },
            "KafkaClusterClientAuthentication": {"AuthenticationType": "IAM"},
            "KafkaClusterEncryptionInTransit": {"EncryptionType": "TLS"},
            "KafkaConnectVersion": CONNECT_VERSION,
            "LogDelivery": {
                "WorkerLogDelivery": {"CloudWatchLogs": {"Enabled": True, "LogGroup": log.log_group_name}}
            },
            "Plugins": [
                {
                    "CustomPlugin": {
                        "CustomPluginArn": plugin.resource.attr_custom_plugin_arn,
                        "Revision": _REVISION,
                    }
                }
            ],
            "ServiceExecutionRoleArn": role.role_arn,
            "WorkerConfiguration": {
                "WorkerConfigurationArn": worker.resource.attr_worker_configuration_arn,
                "Revision": _REVISION,
            },
        }
        self._name, self._account, self._region = name, account, region
        runner = self._runner(role, unresourced, cluster_arn=cluster_arn, secret_arn=secret_arn)
        self.machine = logged_machine(
            self,
            name=name,
            definition=connector_definition(
                creation,
                connector_configuration(database, tables, connector=name, registry=registry, region=region),
                cluster_arn=cluster_arn,
                secret=database.secret,
                history=database.engine == "mysql",
            ),
            role=runner,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
            log_data=True,
        )
        self.machine.node.add_dependency(runner, log)
        self._schedule(dead_letters, log_key)

    @property
    def _machine_arn(self) -> str:
        return f"arn:aws:states:{self._region}:{self._account}:stateMachine:{self._name}"

    def _runner(
        self,
        role: iam.IRole,
        unresourced: Sequence[iam.IManagedPolicy],
        *,
        cluster_arn: str,
        secret_arn: str,
    ) -> iam.Role:
        """Makes, changes and deletes this connector and no other."""
        own = {"StringEquals": {"aws:SourceAccount": self._account}}
        runner = iam.Role(
            self,
            "Role",
            role_name=f"{self._name}-keeper",
            description=f"Makes and keeps the connector {self._name}",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={**own, "ArnEquals": {"aws:SourceArn": self._machine_arn}}
            ),
            managed_policies=list(unresourced),
        )
        own_connector = f"arn:aws:kafkaconnect:{self._region}:{self._account}:connector/{self._name}/*"
        linked = (
            f"arn:aws:iam::{self._account}:role/aws-service-role/{_SERVICE}/AWSServiceRoleForKafkaConnect"
        )
        statements = [
            _allow("kafka:GetBootstrapBrokers", on=[cluster_arn]),
            _allow("secretsmanager:DescribeSecret", on=[secret_arn]),
            _allow(
                *(f"kafkaconnect:{verb}Connector" for verb in ("Delete", "Describe", "Update")),
                on=[own_connector],
            ),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": _SERVICE}},
            ),
            iam.PolicyStatement(
                actions=["iam:CreateServiceLinkedRole"],
                resources=[linked],
                conditions={"StringEquals": {"iam:AWSServiceName": _SERVICE}},
            ),
        ]
        policy = iam.ManagedPolicy(self, "Policy", roles=[runner], statements=statements)
        acknowledge(
            policy,
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{own_connector}]",
            reason="MSK Connect adds an id to a connector's ARN that nobody knows before the connector is there; its "
            "name is this one's alone.",
        )
        return runner

    def _schedule(self, dead_letters: sqs.IQueue, log_key: kms.IKey) -> None:
        starter, rights = schedule_role(
            self,
            "Starter",
            policy_id="StarterPolicy",
            name=f"{self._name}-scheduler",
            description=f"Looks after the connector {self._name}",
            action="states:StartExecution",
            on=[self._machine_arn],
            dead_letters=dead_letters,
            dead_letters_key=log_key,
        )
        ScheduleGroup(
            self,
            name=self._name,
            role=starter,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
            after=(rights, self.machine),
        ).schedule(
            "Often",
            name="often",
            description=f"Every {EVERY_MINUTES} minutes: is the connector there, and as it should be",
            when=f"rate({EVERY_MINUTES} minutes)",
            target=self._machine_arn,
        )


def _allow(*actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=list(on))
