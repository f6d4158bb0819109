"""Copies that outlive mistakes: vaults that keep what they hold, plans, what is backed up, and rows' end of life."""

from data_platform.recovery.database_backups import DatabaseBackups
from data_platform.recovery.plan import CopyTarget, DailyBackups, Keep
from data_platform.recovery.retention_machine import RetentionMachine
from data_platform.recovery.table_backups import TableBackups
from data_platform.recovery.vault import KeptVault, VaultLock

__all__ = [
    "CopyTarget",
    "DailyBackups",
    "DatabaseBackups",
    "Keep",
    "KeptVault",
    "RetentionMachine",
    "TableBackups",
    "VaultLock",
]
