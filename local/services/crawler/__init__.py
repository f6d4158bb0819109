"""AWS Glue crawlers: they really read S3 and write the catalog, with the rights of their role."""

from __future__ import annotations

from local.services.crawler.service import install

__all__ = ["install"]
