"""Streaming: whether there is a cluster, of which kind and size, and when a consumer that lags is told of."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from environments.refusal import require, require_match, require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

Broker = Literal["express", "standard", "serverless"]
# The most that MSK gives one broker.
MOST_STORAGE_GIB = 16_384
A_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class BrokerKind:
    """What a kind of broker can be.

    Args:
        versions: Kafka versions without ZooKeeper that MSK offers it in, the recommended one first.
        instance: Pattern of its instance types.
        usual: The instance type that is taken when none is named.
    """

    versions: tuple[str, ...]
    instance: str
    usual: str


# Express runs KRaft from 3.9 on without saying so in the version's name; of Standard's versions `.kraft` are those.
# https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html
KINDS: Mapping[str, BrokerKind] = MappingProxyType(
    {
        "express": BrokerKind(
            versions=("3.9.x",),
            instance=r"express\.m7g\.(large|\d{0,2}xlarge)",
            usual="express.m7g.large",
        ),
        "standard": BrokerKind(
            versions=("3.9.x.kraft", "4.0.x.kraft", "4.1.x.kraft"),
            instance=r"kafka\.(t3\.small|(m5|m7g)\.(large|\d{0,2}xlarge))",
            usual="kafka.m7g.large",
        ),
    }
)
SERVERLESS = "serverless"


@dataclass(frozen=True, kw_only=True)
class LoaderSettings:
    """How the functions that load topics into the lake differ between environments.

    Args:
        image_tag: Tag of the loader's image in the platform's repository, pushed by CI.
        memory_mib: Memory of a function; 1,769 MiB come with one processor.
        batch_records: Most records of a batch.
        window_seconds: Seconds for which a batch is gathered: most of how old the lake's rows are at best.
        least_pollers: Pollers that always wait, each billed by the hour.
        most_pollers: Pollers at most, when a topic is far ahead.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> LoaderSettings(image_tag="0.1.0").window_seconds
        10
    """

    image_tag: str
    memory_mib: int = 2048
    batch_records: int = 10_000
    window_seconds: int = 10
    least_pollers: int = 1
    most_pollers: int = 4

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "LoaderSettings"
        require_match(
            f"{own}.image_tag",
            self.image_tag,
            r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
            allowed="a tag of the image, such as a version or a commit",
            mend='write image_tag="0.1.0"',
        )
        require_whole(f"{own}.memory_mib", self.memory_mib, least=512, most=10_240, unit="MiB")
        require_whole(f"{own}.batch_records", self.batch_records, least=1, most=10_000, unit="records")
        require_whole(f"{own}.window_seconds", self.window_seconds, least=1, most=300, unit="seconds")
        require_whole(f"{own}.least_pollers", self.least_pollers, least=1, most=200, unit="pollers")
        require_whole(
            f"{own}.most_pollers", self.most_pollers, least=self.least_pollers, most=2000, unit="pollers"
        )


@dataclass(frozen=True, kw_only=True)
class StreamingSettings:
    """How streaming differs between environments; what a topic is like stands in its contract.

    What a kind of broker does not have stays None; what it has and nobody names is what is usual for it.

    Args:
        on: Whether a domain with streams has a cluster here; without one it costs nothing and streams nothing.
        broker: "express", "standard" or "serverless".
        kafka_version: Version of Kafka, as MSK names it.
        instance_type: Size of a broker, such as "express.m7g.large".
        brokers: Number of brokers, the same in each zone.
        storage_gib: Storage of a broker at first; Standard only, Express takes what it needs.
        most_storage_gib: Standard: most storage that a broker may grow to by itself; equal to storage_gib switches
            growth off. Express: the storage of the whole cluster from which on somebody is told.
        lag_seconds: Seconds by which a consumer may lag before somebody is woken; from a third on there is a ticket.
        lag_records: Records by which it may lag, the same.
        loader: The functions that load topics into the lake.

    Raises:
        InvalidEnvironment: when a value is not allowed, or the kind of broker does not have it.

    Example:
        >>> StreamingSettings(on=True).instance_type, StreamingSettings(on=True, broker="serverless").instance_type
        ('express.m7g.large', None)
    """

    on: bool
    broker: Broker = "express"
    kafka_version: str | None = None
    instance_type: str | None = None
    brokers: int | None = None
    storage_gib: int | None = None
    most_storage_gib: int | None = None
    lag_seconds: int = 900
    lag_records: int = 1_000_000
    loader: LoaderSettings = LoaderSettings(image_tag="0.1.0")

    def __post_init__(self) -> None:
        """Refuse what is not allowed, and fill in what is usual."""
        own = "StreamingSettings"
        require(
            isinstance(self.on, bool),
            f"{own}.on",
            self.on,
            allowed="True or False",
            mend="write on=True or on=False",
        )
        require(
            self.broker in (*KINDS, SERVERLESS),
            f"{own}.broker",
            self.broker,
            allowed='"express", "standard" or "serverless"',
            mend='write broker="express"',
        )
        if self.broker == SERVERLESS:
            self._refuse_sizes("kafka_version", "instance_type", "brokers", "storage_gib", "most_storage_gib")
        else:
            self._check_provisioned(KINDS[self.broker])
        require_whole(f"{own}.lag_seconds", self.lag_seconds, least=60, most=A_DAY_SECONDS, unit="seconds")
        require_whole(f"{own}.lag_records", self.lag_records, least=3, most=10**12, unit="records")

    @property
    def provisioned(self) -> bool:
        """Whether there are brokers of our own, which take a key, a configuration and topics as code."""
        return self.broker != SERVERLESS

    def _check_provisioned(self, kind: BrokerKind) -> None:
        own = "StreamingSettings"
        self._fill("kafka_version", kind.versions[0])
        self._fill("instance_type", kind.usual)
        self._fill("brokers", 3)
        require(
            self.kafka_version in kind.versions,
            f"{own}.kafka_version",
            self.kafka_version,
            allowed=f"{', '.join(kind.versions)} for {self.broker} brokers",
            mend=f'write kafka_version="{kind.versions[0]}"',
        )
        require_match(
            f"{own}.instance_type",
            self.instance_type,
            kind.instance,
            allowed=f'an instance type of {self.broker} brokers, such as "{kind.usual}"',
            mend=f'write instance_type="{kind.usual}"',
        )
        require_whole(f"{own}.brokers", self.brokers, least=3, most=60, unit="brokers")
        if self.broker == "express":
            self._refuse_sizes("storage_gib")
            self._fill("most_storage_gib", 1024)
            most = MOST_STORAGE_GIB * 60
            require_whole(f"{own}.most_storage_gib", self.most_storage_gib, least=1, most=most, unit="GiB")
            return
        self._fill("storage_gib", 100)
        self._fill("most_storage_gib", 1000)
        require_whole(
            f"{own}.storage_gib", self.storage_gib, least=1, most=MOST_STORAGE_GIB, unit="GiB a broker"
        )
        require_whole(
            f"{own}.most_storage_gib",
            self.most_storage_gib,
            least=self.storage_gib or 1,
            most=MOST_STORAGE_GIB,
            unit="GiB a broker",
        )

    def _refuse_sizes(self, *fields: str) -> None:
        for field in fields:
            require(
                getattr(self, field) is None,
                f"StreamingSettings.{field}",
                getattr(self, field),
                allowed=f"nothing where broker is {self.broker!r}, which has no such size",
                mend=f"leave {field} out",
            )

    def _fill(self, field: str, usual: str | int) -> None:
        if getattr(self, field) is None:
            object.__setattr__(self, field, usual)


NO_STREAMING = StreamingSettings(on=False)
