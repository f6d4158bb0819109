"""Security groups decide who reaches what, by reference, by address and by port, as they are at that moment."""

from __future__ import annotations

import uuid

import pytest

from local.services import network_reach


@pytest.fixture
def group():
    """Make a security group with these rules; gone after the test."""
    from ministack.services import ec2

    made = []

    def make(*ingress, egress=()):
        name = f"sg-{uuid.uuid4().hex[:17]}"
        ec2._security_groups[name] = {
            "GroupId": name,
            "IpPermissions": list(ingress),
            "IpPermissionsEgress": list(egress),
        }
        made.append(name)
        return name

    yield make
    for name in made:
        ec2._security_groups.pop(name, None)


def _rule(first=5432, last=5432, *, groups=(), ranges=(), protocol="tcp"):
    return {
        "IpProtocol": protocol,
        "FromPort": first,
        "ToPort": last,
        "UserIdGroupPairs": [{"GroupId": name} for name in groups],
        "IpRanges": [{"CidrIp": one} for one in ranges],
    }


def test_a_group_that_is_referred_to_gets_in_and_another_one_does_not(group):
    bastion, other = group(), group()
    database = group(_rule(groups=[bastion]))
    assert network_reach.admits([database], port=5432, source_groups=[bastion])
    assert not network_reach.admits([database], port=5432, source_groups=[other])
    assert not network_reach.admits([database], port=5432)


def test_a_rule_holds_for_its_ports_only(group):
    bastion = group()
    database = group(_rule(5432, 5440, groups=[bastion]))
    assert network_reach.admits([database], port=5440, source_groups=[bastion])
    assert not network_reach.admits([database], port=5441, source_groups=[bastion])


def test_a_rule_for_udp_lets_no_connection_in(group):
    bastion = group()
    database = group(_rule(groups=[bastion], protocol="udp"))
    assert not network_reach.admits([database], port=5432, source_groups=[bastion])


def test_a_rule_for_every_protocol_lets_every_port_in(group):
    bastion = group()
    database = group({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": bastion}]})
    assert network_reach.admits([database], port=1, source_groups=[bastion])


def test_an_address_gets_in_by_the_range_that_holds_it(group):
    door = group(_rule(22, 22, ranges=["127.0.0.0/8"]))
    assert network_reach.admits([door], port=22, source_ip="127.0.0.1")
    assert not network_reach.admits([door], port=22, source_ip="10.0.0.1")
    assert not network_reach.admits([door], port=22)


def test_a_range_of_every_address_holds_a_source_without_a_known_one(group):
    assert network_reach.admits([group(_rule(22, 22, ranges=["0.0.0.0/0"]))], port=22)


def test_one_group_of_several_is_enough(group):
    bastion = group()
    assert network_reach.admits([group(), group(_rule(groups=[bastion]))], port=5432, source_groups=[bastion])


def test_a_removed_rule_counts_at_the_next_question(group):
    from ministack.services import ec2

    bastion = group()
    database = group(_rule(groups=[bastion]))
    ec2._security_groups[database]["IpPermissions"].clear()
    assert not network_reach.admits([database], port=5432, source_groups=[bastion])


def test_a_group_that_does_not_exist_lets_nothing_in_or_out(group):
    assert not network_reach.admits(["sg-none"], port=5432, source_ip="10.0.0.1")
    assert not network_reach.releases(["sg-none"], port=5432, destination_ip="10.0.0.1")


def test_egress_rules_say_where_a_source_may_connect_to(group):
    database, other = group(), group()
    bastion = group(egress=[_rule(groups=[database])])
    assert network_reach.releases([bastion], port=5432, destination_groups=[database])
    assert not network_reach.releases([bastion], port=5432, destination_groups=[other])
    assert not network_reach.releases([bastion], port=443, destination_groups=[database])


def test_egress_to_every_address_reaches_every_group(group):
    open_ = group(egress=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    assert network_reach.releases([open_], port=5432, destination_groups=["sg-any"])
