"""Databases that the platform runs as sources, how they are read, and the bastion through which people reach them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_match, require_texts, require_whole
from environments.slices import FARGATE_MEMORY_MIB

# What the constructs know: parameters, log exports and alarms are made for these versions.
VERSIONS = {"postgres": ("17.6", "17.7"), "mysql": ("8.4.5", "8.4.6")}
# A wider range than this is not an office, a VPN or a build farm.
WIDEST_ENTRANCE = 16
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_CERTIFICATE = r"arn:aws:dms:[a-z0-9-]+:\d{12}:cert:[A-Za-z0-9-]+"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"


@dataclass(frozen=True, kw_only=True)
class ExtractorSettings:
    """How a database is copied without hurting it.

    Args:
        image_tag: Tag of the extractor's image in the platform's repository, pushed by CI.
        cpu: CPU units of the task (1024 is one vCPU).
        memory_mib: Memory of the task in MiB.
        workers: Ranges of one table that are read side by side.
        connections: Most connections that one extraction opens.
        concurrency: Extractions of this database at the same time.
        statement_seconds: Time after which the database ends a statement of the extractor.
        rows_per_second: Most rows a second of one extraction; 0 sets no limit.
        busy_minutes: Longest wait for a database that is busy, before the run gives up.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> ExtractorSettings(image_tag="0.1.0", cpu=1024, memory_mib=2048).workers
        2
    """

    image_tag: str
    cpu: int
    memory_mib: int
    workers: int = 2
    connections: int = 6
    concurrency: int = 1
    statement_seconds: int = 3600
    rows_per_second: int = 0
    busy_minutes: int = 30

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "ExtractorSettings"
        require_match(
            f"{own}.image_tag",
            self.image_tag,
            r"(?!latest$)[A-Za-z0-9_][\w.-]{0,127}",
            allowed="an image tag other than latest, which would change under a running schedule",
            mend='write the tag that CI pushed, such as "0.1.0"',
        )
        require(
            self.memory_mib in FARGATE_MEMORY_MIB.get(self.cpu, ()),
            f"{own}.cpu and {own}.memory_mib",
            (self.cpu, self.memory_mib),
            allowed="a pair that Fargate offers, such as 512 with 1024 to 4096, or 1024 with 2048 to 8192",
            mend="write for example cpu=1024, memory_mib=2048",
        )
        require_whole(f"{own}.workers", self.workers, least=1, most=16, unit="workers")
        require_whole(
            f"{own}.connections", self.connections, least=self.workers + 1, most=64, unit="connections"
        )
        require_whole(f"{own}.concurrency", self.concurrency, least=1, most=8, unit="extractions")
        require_whole(
            f"{own}.statement_seconds", self.statement_seconds, least=1, most=86_400, unit="seconds"
        )
        require_whole(f"{own}.rows_per_second", self.rows_per_second, least=0, most=10**9, unit="rows")
        require_whole(f"{own}.busy_minutes", self.busy_minutes, least=1, most=720, unit="minutes")


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """One RDS instance: whose it is, its engine, size, copies and windows.

    Args:
        name: The source's name in contracts (`source.name`), and part of the instance's name.
        domain: The domain whose key encrypts it and whose contracts read it.
        engine: "postgres" or "mysql".
        version: Engine version.
        database: Name of the database in the instance.
        instance_class: Size, such as "db.t4g.medium".
        storage_gib: Allocated storage.
        most_storage_gib: Most storage that it may grow to by itself; equal to storage_gib switches growth off.
        multi_az: Whether a standby in another zone takes over.
        backup_days: Days for which automated backups are kept.
        backup_window: When they are made, UTC.
        maintenance_window: When minor upgrades are made, UTC.
        insights_days: Days for which Performance Insights keeps what it measured.
        dms_certificate_arn: A DMS certificate that holds the authorities of RDS, by which DMS verifies the server where
            contracts choose `method: dms`. MySQL cannot do without; PostgreSQL is encrypted and not verified then.
        extractor: How it is read.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> DatabaseSettings(
        ...     name="shop", domain="retail", engine="postgres", version="17.6", database="shop",
        ...     instance_class="db.t4g.medium", storage_gib=20, most_storage_gib=100, multi_az=False,
        ...     backup_days=7, extractor=ExtractorSettings(image_tag="0.1.0", cpu=1024, memory_mib=2048),
        ... ).insights_days
        7
    """

    name: str
    domain: str
    engine: Literal["postgres", "mysql"]
    version: str
    database: str
    instance_class: str
    storage_gib: int
    most_storage_gib: int
    multi_az: bool
    backup_days: int
    extractor: ExtractorSettings
    backup_window: str = "16:00-16:30"  # 02:00 or 03:00 in Melbourne
    maintenance_window: str = "sun:17:00-sun:17:30"
    insights_days: int = 7
    dms_certificate_arn: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "DatabaseSettings"
        for field in ("name", "domain", "database"):
            require_match(
                f"{own}.{field}",
                getattr(self, field),
                r"[a-z][a-z0-9]{0,14}",
                allowed="1 to 15 small letters and digits, a letter first",
                mend='write for example "shop"',
            )
        require(
            self.version in VERSIONS.get(self.engine, ()),
            f"{own}.engine and {own}.version",
            (self.engine, self.version),
            allowed="; ".join(f"{engine} {', '.join(known)}" for engine, known in VERSIONS.items()),
            mend='write for example engine="postgres", version="17.6"',
        )
        require_match(
            f"{own}.instance_class",
            self.instance_class,
            r"db\.[a-z0-9]+\.(micro|small|medium|large|\d{0,2}xlarge)",
            allowed='an RDS instance class such as "db.t4g.medium"',
            mend='write for example "db.m7g.large"',
        )
        require_whole(f"{own}.storage_gib", self.storage_gib, least=20, most=65_536, unit="GiB")
        require_whole(
            f"{own}.most_storage_gib", self.most_storage_gib, least=self.storage_gib, most=65_536, unit="GiB"
        )
        require(
            isinstance(self.multi_az, bool),
            f"{own}.multi_az",
            self.multi_az,
            allowed="True or False",
            mend="write multi_az=True where an outage of a zone may not be one of the source",
        )
        require_whole(f"{own}.backup_days", self.backup_days, least=1, most=35, unit="days")
        require(
            self.insights_days == 7  # noqa: PLR2004 - the free period
            or (self.insights_days % 31 == 0 and 31 <= self.insights_days <= 23 * 31)  # noqa: PLR2004 - months
            or self.insights_days == 731,  # noqa: PLR2004 - two years
            f"{own}.insights_days",
            self.insights_days,
            allowed="7, 31 times 1 to 23, or 731 days (what Performance Insights offers)",
            mend="write insights_days=7",
        )
        require_match(
            f"{own}.backup_window",
            self.backup_window,
            f"{_TIME}-{_TIME}",
            allowed="a window of UTC such as 16:00-16:30",
            mend='write for example "16:00-16:30"',
        )
        require_match(
            f"{own}.maintenance_window",
            self.maintenance_window,
            f"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
            allowed="a window of UTC such as sun:17:00-sun:17:30",
            mend='write for example "sun:17:00-sun:17:30"',
        )
        require(
            self.dms_certificate_arn is None
            or bool(re.fullmatch(_CERTIFICATE, str(self.dms_certificate_arn))),
            f"{own}.dms_certificate_arn",
            self.dms_certificate_arn,
            allowed="None, or the ARN of a DMS certificate: arn:aws:dms:<region>:<account>:cert:<id>",
            mend="write what `aws dms import-certificate` answered (docs/databases.md#dms)",
        )


@dataclass(frozen=True, kw_only=True)
class BastionSettings:
    """The host through which people reach databases, and nothing else.

    Args:
        mode: "ssm" stands in a private subnet and takes SSH over Session Manager; "ssh" has a public address
            and takes port 22 from `allowed_cidrs`.
        allowed_cidrs: IPv4 ranges that may come to port 22; only for "ssh".
        instance_class: Size, an ARM one.
        idle_minutes: Minutes without a session after which it stops.
        key_version: Which key pair: another number makes a new pair and a new host, and the old key opens nothing.
        stop_at: Time of day (HH:MM, Australia/Melbourne) at which it stops in any case; None leaves it to idleness.

    Raises:
        InvalidEnvironment: when a value is not allowed, such as a range that is open to the internet.

    Example:
        >>> BastionSettings(mode="ssm").idle_minutes
        60
    """

    mode: Literal["ssm", "ssh"]
    allowed_cidrs: tuple[str, ...] = ()
    instance_class: str = "t4g.nano"
    idle_minutes: int = 60
    key_version: int = 1
    stop_at: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "BastionSettings"
        require(
            self.mode in ("ssm", "ssh"),
            f"{own}.mode",
            self.mode,
            allowed='"ssm" or "ssh"',
            mend='write mode="ssm" unless people cannot use Session Manager',
        )
        require_texts(
            f"{own}.allowed_cidrs",
            self.allowed_cidrs,
            r"[0-9./]+",
            allowed="IPv4 ranges",
            mend='write for example ("203.0.113.0/24",)',
        )
        require(
            bool(self.allowed_cidrs) == (self.mode == "ssh"),
            f"{own}.allowed_cidrs",
            self.allowed_cidrs,
            allowed='at least one range in mode "ssh", none in mode "ssm", which nobody can reach from outside',
            mend='name the ranges of your office or VPN, or write mode="ssm" without any',
        )
        for cidr in self.allowed_cidrs:
            require(
                _is_entrance(cidr),
                f"{own}.allowed_cidrs",
                cidr,
                allowed=f"IPv4 ranges of /{WIDEST_ENTRANCE} or narrower, written with their network address",
                mend='name the range from which people come, such as "203.0.113.0/24"; never 0.0.0.0/0',
            )
        require_match(
            f"{own}.instance_class",
            self.instance_class,
            r"[a-z]\d+g[a-z]?\.(nano|micro|small|medium)",
            allowed="a small instance with an ARM processor, such as t4g.nano",
            mend='write "t4g.nano"',
        )
        require_whole(f"{own}.key_version", self.key_version, least=1, most=9999, unit="versions")
        require_whole(f"{own}.idle_minutes", self.idle_minutes, least=5, most=1440, unit="minutes")
        require(
            self.stop_at is None or bool(re.fullmatch(_TIME, str(self.stop_at))),
            f"{own}.stop_at",
            self.stop_at,
            allowed="a time of day such as 19:00, or None",
            mend='write for example stop_at="19:00"',
        )


def _is_entrance(cidr: str) -> bool:
    try:
        return ipaddress.IPv4Network(cidr).prefixlen >= WIDEST_ENTRANCE
    except ValueError:
        return False
