"""What brokers do by themselves: nothing that a contract did not ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_msk as msk
from constructs import Construct

from data_platform.streaming.brokers import IN_SYNC, REPLICAS, TRAITS

if TYPE_CHECKING:
    from data_platform.streaming.brokers import Broker

# A topic that nobody declared would have no retention, no schema and no owner.
_EVERYWHERE = {"auto.create.topics.enable": "false"}
# Express fixes all of these to just these values and refuses a configuration that names them.
# https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-only.html
_WHERE_DISKS_ARE_OURS = {
    "default.replication.factor": str(REPLICAS),
    "min.insync.replicas": str(IN_SYNC),
    "offsets.topic.replication.factor": str(REPLICAS),
    "transaction.state.log.min.isr": str(IN_SYNC),
    "transaction.state.log.replication.factor": str(REPLICAS),
    # A replica that lags may not lead: records that were acknowledged would be gone.
    "unclean.leader.election.enable": "false",
}


def server_properties(broker: Broker) -> str:
    """The properties of brokers, a line each.

    Args:
        broker: Kind of broker; Express takes fewer, as the rest is fixed there.

    Example:
        >>> print(server_properties("express"), end="")
        auto.create.topics.enable=false
    """
    given = _EVERYWHERE | (_WHERE_DISKS_ARE_OURS if TRAITS[broker].disks else {})
    return "".join(f"{name}={value}\n" for name, value in sorted(given.items()))


class BrokerConfiguration(Construct):
    """The configuration of a cluster's brokers; a change makes a new revision, which the cluster then takes.

    It names no Kafka versions: that list cannot be changed, so that an upgrade would replace the configuration under
    its own name, which fails.

    Args:
        scope: The construct that owns the configuration.
        construct_id: Name within its scope.
        name: Public name.
        broker: Kind of broker.

    Example:
        >>> import aws_cdk as cdk
        >>> made = BrokerConfiguration(cdk.Stack(), "Configuration", name="dp-dev-retail-stream", broker="express")
        >>> made.resource.node.path
        'Default/Configuration/Resource'
    """

    resource: msk.CfnConfiguration

    def __init__(self, scope: Construct, construct_id: str, *, name: str, broker: Broker) -> None:
        super().__init__(scope, construct_id)
        self.resource = msk.CfnConfiguration(
            self,
            "Resource",
            name=name,
            description="No topics but declared ones, no record lost for a faster election",
            server_properties=server_properties(broker),
        )
