"""Networks: nothing is open to the internet, and no data store has a public address."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

# A public range wider than this is the internet cut in pieces, not a partner's network.
_NARROWEST_OPEN = {4: 16, 6: 32}
_ADMINISTRATION_PORTS = (22, 3389)
# A range wider than this is no office, VPN or build farm, be it private or not.
_WIDEST_ENTRANCE = {4: 16, 6: 48}
_SSH = 22


def _range(cidr: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        return None  # what only a deployment knows


def _is_open(cidr: Any) -> bool:
    network = _range(cidr)
    return (
        network is not None
        and network.prefixlen < _NARROWEST_OPEN[network.version]
        and (network.prefixlen == 0 or not network.is_private)
    )


def _is_wide(cidr: Any) -> bool:
    network = _range(cidr)
    return network is not None and network.prefixlen < _WIDEST_ENTRANCE[network.version]


def _sources(rule: Mapping[str, Any], resource: Resource, around: Surroundings) -> Iterator[str]:
    yield from (str(rule[key]) for key in ("CidrIp", "CidrIpv6") if key in rule)
    prefix_list = around.estate.find(_prefix_list_name(rule), resource)
    if prefix_list:
        yield from (entry["Cidr"] for entry in listed(prefix_list.properties.get("Entries")))


def _prefix_list_name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("SourcePrefixListId", "")).removesuffix(".PrefixListId")


def _ingress_rules(resource: Resource) -> list[Any]:
    if resource.type == "AWS::EC2::SecurityGroup":
        return listed(resource.properties.get("SecurityGroupIngress"))
    return [resource.properties]


def _takes_ssh(rule: Mapping[str, Any]) -> bool:
    """Whether port 22 is among the rule's ports; what cannot be read counts as if it were."""
    if str(rule.get("IpProtocol", "tcp")).lower() not in ("tcp", "6", "-1"):
        return False
    try:
        low, high = int(rule.get("FromPort", -1)), int(rule.get("ToPort", -1))
    except (TypeError, ValueError):
        return True
    return -1 in (low, high) or str(rule.get("IpProtocol")) == "-1" or low <= _SSH <= high


def _ssh(resource: Resource, around: Surroundings) -> Iterator[str]:
    for rule in filter(_takes_ssh, _ingress_rules(resource)):
        for cidr in filter(_is_wide, _sources(rule, resource, around)):
            yield f"{cidr} may come to port 22"


def _ingress(resource: Resource, around: Surroundings) -> Iterator[str]:
    for rule in _ingress_rules(resource):
        ports = f"{rule.get('IpProtocol', 'tcp')} {rule.get('FromPort', 'all')}-{rule.get('ToPort', 'all')}"
        for cidr in filter(_is_open, _sources(rule, resource, around)):
            yield f"{cidr} may come in ({ports})"


def _network_acl(entry: Resource, _: Surroundings) -> Iterator[str]:
    given = entry.properties
    if str(given.get("Egress", "false")).lower() == "true" or given.get("RuleAction") != "allow":
        return
    cidr = given.get("CidrBlock", given.get("Ipv6CidrBlock"))
    ports = given.get("PortRange", {})
    low, high = int(ports.get("From", 0)), int(ports.get("To", 65_535))
    hit = [port for port in _ADMINISTRATION_PORTS if low <= port <= high]
    if _is_open(cidr) and hit:
        yield f"{cidr} may reach port {hit[0]}"


# Type -> where the address stands, and which values keep it private.
_PRIVATE: Mapping[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "AWS::DMS::ReplicationInstance": (("PubliclyAccessible",), (False,)),  # the default is public
    "AWS::EC2::Subnet": (("MapPublicIpOnLaunch",), (False, None)),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (("Scheme",), ("internal",)),  # the default is public
    "AWS::Lambda::Url": (("AuthType",), ("AWS_IAM",)),
    "AWS::MSK::Cluster": (
        ("BrokerNodeGroupInfo", "ConnectivityInfo", "PublicAccess", "Type"),
        ("DISABLED", None),
    ),
    "AWS::RDS::DBCluster": (("PubliclyAccessible",), (False, None)),
    "AWS::RDS::DBInstance": (("PubliclyAccessible",), (False,)),  # the default depends on the subnets
    "AWS::Redshift::Cluster": (("PubliclyAccessible",), (False, None)),
    "AWS::RedshiftServerless::Workgroup": (("PubliclyAccessible",), (False, None)),
}


def _public_address(resource: Resource, _: Surroundings) -> Iterator[str]:
    path, private = _PRIVATE[resource.type]
    value: Any = resource.properties
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    value = {"true": True, "false": False}.get(str(value).lower(), value)
    in_aurora = resource.type == "AWS::RDS::DBInstance" and "DBClusterIdentifier" in resource.properties
    if value not in private and not (in_aurora and value is None):
        said = "not set" if value is None else value
        allowed = [("not set" if each is None else each) for each in private]
        yield f"{'.'.join(path)} is {said}; allowed: {', '.join(map(str, allowed))}"


RULES = (
    Rule(
        id="DP-NET-INGRESS",
        title="No security group lets the internet in.",
        rationale="0.0.0.0/0 and ::/0, also cut in halves or hidden in a prefix list, is everybody.",
        fix="Name the security group or the private range that must come in.",
        types=("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
        check=_ingress,
        standards=Standards(
            ism=("1387", "1388"),
            cpg_234=("36c", "36f", "45"),
            fsbp=("EC2.13", "EC2.14", "EC2.18", "EC2.19"),
            cis=("5.2", "5.3"),
        ),
    ),
    Rule(
        id="DP-NET-SSH",
        title="SSH comes from named ranges only: of /16 (IPv6: /48) or narrower, private ones too.",
        rationale="Whoever reaches port 22 may try keys; a range that nobody could name is everybody.",
        fix="Name the ranges of offices or VPNs, name a security group, or take SSH over Session Manager.",
        types=("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
        check=_ssh,
        standards=Standards(
            ism=("1387", "1388"), cpg_234=("36c", "36f", "45"), fsbp=("EC2.13", "EC2.19"), cis=("5.2", "5.3")
        ),
    ),
    Rule(
        id="DP-NET-ACL",
        title="No network ACL lets the internet reach SSH or RDP.",
        rationale="An ACL is what is left when a security group is changed by mistake.",
        fix="Allow the private ranges that administer, or only the ports that serve.",
        types=("AWS::EC2::NetworkAclEntry",),
        check=_network_acl,
        standards=Standards(ism=("1387",), cpg_234=("36c", "36f", "45"), fsbp=("EC2.21",), cis=("5.1",)),
    ),
    Rule(
        id="DP-NET-PUBLIC",
        title="No database, cluster, subnet, load balancer or function has a public address.",
        rationale="A public address needs one weak password or one open port to be a breach.",
        fix="Say that it is private; consumers come through the network or Session Manager.",
        types=tuple(_PRIVATE),
        check=_public_address,
        standards=Standards(
            ism=("1271", "1528"),
            cpg_234=("36d", "36e", "36f", "45", "52d", "53"),
            fsbp=("DMS.1", "EC2.15", "Redshift.1", "RDS.2"),
            cis=("2.2.3",),
        ),
    ),
)
