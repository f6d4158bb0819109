"""Zones that keep bytes encrypted, versioned, locked and, in time, cold."""

from data_platform.storage.domain_storage import DomainStorage
from data_platform.storage.extractor_role import ExtractorRole
from data_platform.storage.lake_role import LakeRole
from data_platform.storage.landing_role import LandingRole
from data_platform.storage.lock import Lock, lock_of
from data_platform.storage.replication_role import ReplicationRole
from data_platform.storage.zone import Zone

__all__ = [
    "DomainStorage",
    "ExtractorRole",
    "LakeRole",
    "LandingRole",
    "Lock",
    "ReplicationRole",
    "Zone",
    "lock_of",
]
