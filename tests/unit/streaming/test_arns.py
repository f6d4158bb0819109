"""Topics and groups are named inside their cluster, also one that only a deployment knows."""

from __future__ import annotations

from aws_cdk import aws_msk as msk

from data_platform.streaming import group_arn, topic_arn

CLUSTER = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/dp-dev-retail-stream/0a1b2c3d-2"


def test_a_topic_has_the_clusters_name_and_id_before_its_own():
    assert topic_arn(CLUSTER, "retail.orders.v1") == (
        "arn:aws:kafka:ap-southeast-2:111111111111:topic/dp-dev-retail-stream/0a1b2c3d-2/retail.orders.v1"
    )


def test_a_group_too():
    assert group_arn(CLUSTER, "g").endswith(":group/dp-dev-retail-stream/0a1b2c3d-2/g")


def test_of_a_cluster_in_the_same_template_the_deployment_puts_them_together(stack):
    cluster = msk.CfnServerlessCluster(
        stack,
        "Cluster",
        cluster_name="c",
        client_authentication=msk.CfnServerlessCluster.ClientAuthenticationProperty(
            sasl=msk.CfnServerlessCluster.SaslProperty(iam=msk.CfnServerlessCluster.IamProperty(enabled=True))
        ),
        vpc_configs=[msk.CfnServerlessCluster.VpcConfigProperty(subnet_ids=["subnet-0a1b2c3d"])],
    )
    parts = {"Fn::Split": [":cluster/", {"Fn::GetAtt": ["Cluster", "Arn"]}]}

    assert stack.resolve(topic_arn(cluster.attr_arn, "t")) == {
        "Fn::Join": ["", [{"Fn::Select": [0, parts]}, ":topic/", {"Fn::Select": [1, parts]}, "/t"]]
    }
