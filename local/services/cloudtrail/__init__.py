"""CloudTrail: a recorder of every API call, trails that deliver to S3, digests, events, and LookupEvents."""

from __future__ import annotations

from local.services.cloudtrail.service import install

__all__ = ["install"]
