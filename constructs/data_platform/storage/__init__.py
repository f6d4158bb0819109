"""Zones that keep bytes encrypted, versioned, locked and, in time, cold."""

from data_platform.storage.domain_storage import DomainStorage
from data_platform.storage.lock import Lock
from data_platform.storage.zone import Zone

__all__ = ["DomainStorage", "Lock", "Zone"]
