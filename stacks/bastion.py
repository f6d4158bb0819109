"""How people reach the databases of an environment: the bastion, when it stops, and the role that opens tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from data_platform.foundation import Bastion, BastionStop, TunnelerRole
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.foundation import Database, Network, UnresourcedActions
    from environments.model import BastionSettings, Environment

TUNNELER, STOPPER = "tunneler", "bastion-stop"


class BastionStack(PlatformStack):
    """The one bastion of an environment, in front of the databases of all domains.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        settings: What kind of bastion it is.
        databases: Everything that it forwards to.
        platform_key: Encrypts its disk, and dead letters.
        network: Where it stands.
        unresourced: Policies of the actions for which AWS knows no resource.
        dead_letters: Keeps what could not be stopped.
        sessions: Log group of its sessions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        settings: BastionSettings,
        databases: Sequence[Database],
        platform_key: kms.IKey,
        network: Network,
        unresourced: UnresourcedActions,
        dead_letters: sqs.IQueue,
        sessions: logs.CfnLogGroup,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="bastion",
            description="The host in front of the databases, and the role of people who open tunnels",
            environment=environment,
        )
        public = settings.mode == "ssh"
        bastion = Bastion(
            self,
            "Bastion",
            name=f"{environment.prefix}-bastion",
            instance_class=settings.instance_class,
            subnet_id=network.entrance_subnet_ids[0] if public else network.subnets[0].subnet_id,
            security_group=network.bastion_security_group,
            public_address=public,
            forwards=[
                (each.instance.attr_endpoint_address, each.instance.attr_endpoint_port) for each in databases
            ],
            idle_minutes=settings.idle_minutes,
            session_policies=[] if public else [unresourced.session_host],
            key=platform_key,
            sessions=sessions,
            key_version=settings.key_version,
        )
        if settings.stop_at is not None:
            BastionStop(
                self,
                "Stop",
                name=f"{environment.prefix}-{STOPPER}",
                instance=bastion.instance,
                at=settings.stop_at,
                dead_letters=dead_letters,
                key=platform_key,
            )
        TunnelerRole(
            self,
            "Tunneler",
            name=f"{environment.prefix}-{TUNNELER}",
            principals=environment.catalog.consumer_principals,
            instance=bastion.instance,
            key_pair=bastion.key_pair,
            key=platform_key,
            database_arns=[each.instance.attr_db_instance_arn for each in databases],
            over_session_manager=not public,
            descriptions=unresourced.tunnel,
        )
        cdk.CfnOutput(self, "InstanceId", value=bastion.instance.ref, description="The bastion")
        cdk.CfnOutput(
            self, "KeyPairId", value=bastion.key_pair.attr_key_pair_id, description="Ends its key's parameter"
        )
