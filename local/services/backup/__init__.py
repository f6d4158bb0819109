"""AWS Backup: vaults with locks, plans that run, and copies of DynamoDB tables that can really be restored."""

from __future__ import annotations

from local.services.backup.service import install

__all__ = ["install"]
