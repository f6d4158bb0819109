"""A function in a VPC is a member of its security groups at a cluster's doors; one outside of it gets nowhere."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("group", "answer"), [("Client", "open"), ("Stranger", "closed"), (None, "closed")])
def test_the_brokers_group_decides_which_function_reaches_them(shop, images, group, answer):
    port = int(shop.bootstrap("SaslIam").rsplit(":", 1)[1])
    network = {}
    if group:
        groups = [shop.aws.resource(shop.stack, group)]
        subnets = [shop.aws.resource(shop.stack, "Subnet0")]
        network = {"VpcConfig": {"SecurityGroupIds": groups, "SubnetIds": subnets}}
    name = images.function("program.knock", **network)
    assert images.invoke(name, {"port": port}) == (None, answer)
