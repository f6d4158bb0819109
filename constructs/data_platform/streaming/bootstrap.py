"""How clients find the brokers: they ask MSK when they start, and no template holds an address.

CloudFormation tells a cluster's ARN and not its bootstrap brokers. A custom resource could ask for them, at the price
of a function of the CDK's own in every such stack, outside the network and with a role and logs that no rule of ours
holds. It is not needed: Lambda's event source mapping takes the ARN alone, and a client of our own asks once when it
starts, with the right that stands here, and so also sees brokers that were added later. Only MSK Connect must be told
addresses when a connector is made; what makes connectors asks then.
"""

from __future__ import annotations

from aws_cdk import aws_iam as iam

# The key of GetBootstrapBrokers' answer that holds the brokers for IAM over TLS, from inside the network.
ANSWER = "BootstrapBrokerStringSaslIam"


def bootstrap_right(cluster_arn: str) -> iam.PolicyStatement:
    """The right to find the brokers of one cluster.

    Args:
        cluster_arn: The cluster.

    Example:
        >>> bootstrap_right("arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b").actions
        ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers']
    """
    return iam.PolicyStatement(
        sid="FindBrokers",
        actions=["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"],
        resources=[cluster_arn],
    )
