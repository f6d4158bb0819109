"""One environment: where the platform runs and how it differs there. Pure Python, for any tool to read."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from environments.access import AccessSettings
from environments.audit import AuditSettings
from environments.databases import BastionSettings, DatabaseSettings, ExtractorSettings
from environments.detection import DetectionSettings
from environments.network import ExistingNetwork, NewNetwork
from environments.recovery import RecoverySettings
from environments.refusal import InvalidEnvironment, require, require_match, require_texts
from environments.slices import AlarmSettings, CatalogSettings, ProcessingSettings, StorageSettings
from environments.streaming import NO_STREAMING, LoaderSettings, StreamingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AccessSettings",
    "AlarmSettings",
    "AuditSettings",
    "BastionSettings",
    "CatalogSettings",
    "DatabaseSettings",
    "DetectionSettings",
    "Environment",
    "ExistingNetwork",
    "ExtractorSettings",
    "InvalidEnvironment",
    "LoaderSettings",
    "NewNetwork",
    "ProcessingSettings",
    "RecoverySettings",
    "StorageSettings",
    "StreamingSettings",
]

# The account of the embedded AWS; no AWS account has this id.
EMBEDDED_ACCOUNT = "000000000000"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Everything that is decided per environment. The stage hands each stack its slice.

    Args:
        name: Short name; it is part of every physical name.
        account: The 12-digit account id, as text.
        region: The AWS region.
        availability_zones: Zones by name, since nothing is looked up at synth.
        removal: What happens to data when its stack goes: "retain" keeps it, "destroy" deletes it.
        termination_protection: Whether stacks refuse to be deleted.
        storage: How zone buckets differ.
        network: A new network, or an existing one by ids.
        catalog: Who governs the catalogue.
        processing: Sizes, concurrency and time limits.
        alarms: Who is told.
        audit: Whose trail records, and how long evidence is kept and locked.
        access: Access for a time, and the regions that are open at all.
        recovery: Copies of what cannot be made again.
        detection: What looks for trouble by itself.
        databases: Databases that the platform runs as sources.
        bastion: How people reach them; None lets nobody in.
        streaming: The cluster of domains that have streams, or none.
        tags: Put on every resource.
        organisation: Short name that starts every physical name.

    Raises:
        InvalidEnvironment: when a value is not allowed; it names the file, the line and the field.
    """

    name: str
    account: str
    availability_zones: tuple[str, ...]
    removal: Literal["retain", "destroy"]
    termination_protection: bool
    storage: StorageSettings
    network: NewNetwork | ExistingNetwork
    catalog: CatalogSettings
    processing: ProcessingSettings
    alarms: AlarmSettings
    access: AccessSettings
    audit: AuditSettings
    recovery: RecoverySettings
    detection: DetectionSettings
    tags: Mapping[str, str]
    databases: tuple[DatabaseSettings, ...] = ()
    bastion: BastionSettings | None = None
    streaming: StreamingSettings = NO_STREAMING
    region: str = "ap-southeast-2"
    organisation: str = "dp"

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        _check_place(self)
        _check_removal(self)
        _check_databases(self)
        _check_streaming(self)
        require(
            all(isinstance(text, str) and text for pair in self.tags.items() for text in pair),
            "Environment.tags",
            dict(self.tags),
            allowed="a mapping of texts to texts, none empty",
            mend='write for example {"cost-centre": "data"}',
        )
        require(
            self.access.identity_provider == "existing" or self.account == EMBEDDED_ACCOUNT,
            "AccessSettings.identity_provider",
            self.access.identity_provider,
            allowed=f'"existing" in every account but {EMBEDDED_ACCOUNT}, as the stand-in believes whoever it is told',
            mend='write identity_provider="existing"',
        )
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))

    def databases_of(self, domain: str) -> tuple[DatabaseSettings, ...]:
        """The databases of a domain."""
        return tuple(database for database in self.databases if database.domain == domain)

    @property
    def prefix(self) -> str:
        """Starts the name of everything that domains share: `dp-dev`."""
        return f"{self.organisation}-{self.name}"


def _check_place(environment: Environment) -> None:
    own = "Environment"
    for field in ("name", "organisation"):
        require_match(
            f"{own}.{field}",
            getattr(environment, field),
            r"[a-z][a-z0-9]{1,7}",
            allowed="2 to 8 small letters and digits, a letter first (bucket names end at 63 characters)",
            mend='write for example "dev"',
        )
    require_match(
        f"{own}.account",
        environment.account,
        r"\d{12}",
        allowed="12 digits as text",
        mend='write the account id in quotes, such as "111111111111"',
    )
    require_match(
        f"{own}.region",
        environment.region,
        r"[a-z]{2}-[a-z]+-\d",
        allowed="a region name",
        mend='write for example "ap-southeast-2"',
    )
    require_texts(
        f"{own}.availability_zones",
        environment.availability_zones,
        rf"{environment.region}[a-f]",
        allowed=f"zone names of {environment.region}",
        mend=f'write for example ("{environment.region}a", "{environment.region}b", "{environment.region}c")',
    )
    network = environment.network
    require(
        isinstance(network, ExistingNetwork) or network.zones <= len(environment.availability_zones),
        f"{own}.availability_zones",
        environment.availability_zones,
        allowed="at least as many zones as network.zones",
        mend="add a zone or make network.zones smaller",
    )
    require(
        not isinstance(network, ExistingNetwork)
        or set(network.availability_zones) <= set(environment.availability_zones),
        "ExistingNetwork.availability_zones",
        getattr(network, "availability_zones", ()),
        allowed=f"zones of Environment.availability_zones: {', '.join(environment.availability_zones)}",
        mend="add the zone to Environment.availability_zones or correct it here",
    )


def _check_databases(environment: Environment) -> None:
    names = [database.name for database in environment.databases]
    require(
        len(set(names)) == len(names),
        "Environment.databases",
        names,
        allowed="databases of different names, as contracts name their source by it",
        mend="rename one of the two",
    )
    bastion, network = environment.bastion, environment.network
    require(
        not environment.databases or isinstance(network, NewNetwork) or len(network.subnet_ids) > 1,
        "ExistingNetwork.subnet_ids",
        getattr(network, "subnet_ids", ()),
        allowed="subnets in two zones or more where there are databases, as RDS asks for them",
        mend="name a subnet of another zone, or no databases",
    )
    require(
        bastion is None
        or bastion.mode == "ssm"
        or isinstance(network, NewNetwork)
        or bool(network.public_subnet_ids),
        "BastionSettings.mode",
        getattr(bastion, "mode", None),
        allowed='"ssm" in an existing network that names no public_subnet_ids',
        mend='write mode="ssm", or name the public subnets in ExistingNetwork.public_subnet_ids',
    )


def _check_streaming(environment: Environment) -> None:
    require(
        environment.streaming.provisioned or not environment.termination_protection,
        "StreamingSettings.broker",
        environment.streaming.broker,
        allowed='"express" or "standard" where termination_protection is True, as Serverless has no key of ours',
        mend='write broker="express"',
    )


def _check_removal(environment: Environment) -> None:
    require(
        environment.removal in ("retain", "destroy"),
        "Environment.removal",
        environment.removal,
        allowed='"retain" or "destroy"',
        mend='write "retain" wherever data is not a copy',
    )
    # Two keys to destroy data: the word "destroy", and an environment that protects nothing.
    require(
        environment.removal == "retain" or not environment.termination_protection,
        "Environment.removal",
        environment.removal,
        allowed='"retain" where termination_protection is True',
        mend='write removal="retain", or give up termination_protection on purpose',
    )
    require(
        environment.removal == "retain" or environment.storage.object_lock_mode != "COMPLIANCE",
        "Environment.removal",
        environment.removal,
        allowed='"retain" where storage.object_lock_mode is "COMPLIANCE", as nobody can delete its objects',
        mend='write removal="retain", or object_lock_mode="GOVERNANCE"',
    )
    require(
        environment.removal == "retain" or environment.recovery.vault_lock is None,
        "Environment.removal",
        environment.removal,
        allowed='"retain" where recovery.vault_lock is set, as a locked vault cannot be emptied',
        mend='write removal="retain", or vault_lock=None',
    )
