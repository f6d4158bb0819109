"""Where tasks run: a new network that the platform makes, or an existing one, named by its ids."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from environments.refusal import require, require_match, require_texts, require_whole
from environments.slices import require_log_days

# AWS takes a VPC from /16 (65,536 addresses) to /28 (16 addresses).
_WIDEST_PREFIX, _NARROWEST_PREFIX = 16, 28
# Services that may have an interface endpoint; s3 and dynamodb have gateways, which are free.
INTERFACE_ENDPOINTS = (
    "athena",
    "ecr.api",
    "ecr.dkr",
    "glue",
    "kms",
    "lakeformation",
    "logs",
    "monitoring",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
)


@dataclass(frozen=True, kw_only=True)
class NewNetwork:
    """A network of our own: private subnets only, no way out, endpoints for what tasks need.

    Args:
        cidr: IPv4 range of the VPC.
        zones: Number of availability zones, taken in order from the environment's list.
        interface_endpoints: Services that get an interface endpoint; each is billed by zone and hour.
        flow_log_days: Days for which flow logs are kept.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> NewNetwork(cidr="10.40.0.0/20", zones=2, interface_endpoints=("athena",), flow_log_days=90).zones
        2
    """

    cidr: str
    zones: int
    interface_endpoints: tuple[str, ...]
    flow_log_days: int

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        require_cidr("NewNetwork.cidr", self.cidr)
        require_whole("NewNetwork.zones", self.zones, least=2, most=3, unit="availability zones")
        require(
            isinstance(self.interface_endpoints, tuple)
            and set(self.interface_endpoints) <= set(INTERFACE_ENDPOINTS)
            and len(set(self.interface_endpoints)) == len(self.interface_endpoints),
            "NewNetwork.interface_endpoints",
            self.interface_endpoints,
            allowed=f"a tuple of {', '.join(INTERFACE_ENDPOINTS)}, none twice",
            mend="take away what is not in this list (s3 and dynamodb have gateways already)",
        )
        require_log_days("NewNetwork.flow_log_days", self.flow_log_days)


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork:
    """A network that another team owns. It is named by ids, since nothing is looked up at synth.

    Args:
        vpc_id: The VPC.
        cidr: Its IPv4 range.
        availability_zones: Zones of the subnets, in the order of `subnet_ids`.
        subnet_ids: Private subnets in which tasks run.
        route_table_ids: Route tables of these subnets, in the same order.
        public_subnet_ids: Subnets with a way to the internet, in the same order; only a bastion with a public
            address stands there.

    Raises:
        InvalidEnvironment: when a value is not allowed or the lists differ in length.
    """

    vpc_id: str
    cidr: str
    availability_zones: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    route_table_ids: tuple[str, ...]
    public_subnet_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        require_match(
            "ExistingNetwork.vpc_id",
            self.vpc_id,
            r"vpc-[0-9a-f]{8,17}",
            allowed="a VPC id such as vpc-0a1b2c3d4e5f60718",
            mend="copy the id from the VPC console of the account",
        )
        require_cidr("ExistingNetwork.cidr", self.cidr)
        for field, prefix in (
            ("subnet_ids", "subnet"),
            ("route_table_ids", "rtb"),
            ("public_subnet_ids", "subnet"),
        ):
            require_texts(
                f"ExistingNetwork.{field}",
                getattr(self, field),
                rf"{prefix}-[0-9a-f]{{8,17}}",
                allowed=f"ids that start with {prefix}-",
                mend=f"name each {field[:-1].replace('_', ' ')} of the tasks' subnets once",
            )
        lengths = {len(self.availability_zones), len(self.subnet_ids), len(self.route_table_ids)}
        require(
            len(lengths) == 1 and len(self.subnet_ids) >= 1,
            "ExistingNetwork.subnet_ids",
            self.subnet_ids,
            allowed="as many subnets as availability_zones and route_table_ids, at least one",
            mend="write one zone, one subnet and one route table per position",
        )
        require(
            len(self.public_subnet_ids) in (0, len(self.availability_zones)),
            "ExistingNetwork.public_subnet_ids",
            self.public_subnet_ids,
            allowed="none, or as many as availability_zones",
            mend="write one public subnet per zone, in their order",
        )


def require_cidr(field: str, value: str) -> None:
    """Refuse anything but a private IPv4 range that AWS accepts for a VPC."""
    try:
        network = ipaddress.IPv4Network(value)
        fits = network.is_private and _WIDEST_PREFIX <= network.prefixlen <= _NARROWEST_PREFIX
    except (ValueError, TypeError):
        fits = False
    require(
        fits,
        field,
        value,
        allowed="a private IPv4 range from /16 to /28, written with its network address",
        mend='write for example "10.40.0.0/20"',
    )
