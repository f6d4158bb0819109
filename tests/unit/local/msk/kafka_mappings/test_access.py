"""What a mapping may read is its function's role's to say, and whether it gets there the cluster's security groups'."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.msk.kafka_mappings.conftest import CLUSTER, KAFKA, NETWORK, SECONDS
from tests.waiting import until


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("ReadData", "PROBLEM: Cluster failed to authorize Lambda."),
        ("AlterGroup", "PROBLEM: Cluster failed to authorize Lambda."),
        ("Connect", "PROBLEM: SASL authentication failed."),
    ],
)
def test_a_role_without_a_right_of_kafka_reads_nothing_until_it_has_it(reads, missing, told):
    granted = tuple(action for action in KAFKA if not action.endswith(missing))
    reader = reads(actions=(*CLUSTER, *NETWORK, *granted))
    reader.produce(b"1")
    reader.read()
    reader.says(told)
    assert reader.mapping()["State"] == "Enabled"
    assert reader.events("seen") == []
    reader.allow(*CLUSTER, *NETWORK, *KAFKA)
    until(lambda: reader.offsets() == [0], seconds=SECONDS)
    reader.says("OK")


def test_a_role_that_cannot_find_the_cluster_gets_no_mapping(reads):
    reader = reads(actions=(*CLUSTER, *KAFKA))
    with pytest.raises(ClientError, match=r"ec2:CreateNetworkInterface.*actions in IAM"):
        reader.read()


def test_the_older_action_is_enough_to_describe_a_provisioned_cluster(reads):
    reader = reads(actions=("kafka:DescribeCluster", "kafka:GetBootstrapBrokers", *NETWORK, *KAFKA))
    reader.read()
    assert reader.mapping()["State"] == "Enabled"


def test_pollers_reach_a_cluster_only_while_its_group_lets_its_own_members_in(reads):
    reader = reads()
    group = reader.shop.aws.resource(reader.shop.stack, "Brokers")
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 9098,
        "ToPort": 9098,
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    ec2 = reader.shop.aws.client("ec2")
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    try:
        reader.produce(b"1")
        reader.read()
        reader.says("PROBLEM: Connection error.")
        assert reader.events("seen") == []
    finally:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    until(lambda: reader.offsets() == [0], seconds=SECONDS)
