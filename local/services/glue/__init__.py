"""AWS Glue's data catalog: versions, partitions, search, Iceberg; checked by IAM and Lake Formation."""

from __future__ import annotations

from local.services.glue.service import install

__all__ = ["install"]
