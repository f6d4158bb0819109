"""The Glue Schema Registry: registries, schemas, and versions that Avro's own library or buf has judged."""

from __future__ import annotations

from local.services.schema_registry.service import install

__all__ = ["install"]
