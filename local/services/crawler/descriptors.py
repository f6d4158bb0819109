"""Table and partition definitions as AWS's crawlers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.services.crawler.found_schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.services.crawler.found_schema import FoundSchema
    from local.services.crawler.layout import Folder

_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_FORMATS = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "csv": (*_TEXT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
}
# Statistics: they change with every crawl without the schema having changed.
COUNTS = frozenset({"averageRecordSize", "objectCount", "recordCount", "sizeKey"})


def parameters(schema: FoundSchema, folders: Iterable[Folder]) -> dict[str, str]:
    """Classification and counts under AWS's names; of an unreadable folder nothing but UNKNOWN."""
    if schema.classification == UNKNOWN:
        return {"classification": UNKNOWN}
    objects = [found for folder in folders for found in folder.objects]
    size = sum(found.size for found in objects)
    told = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "averageRecordSize": str(size // schema.records if schema.records else 0),
        "classification": schema.classification,
        "compressionType": schema.compression,
        "objectCount": str(len(objects)),
        "recordCount": str(schema.records),
        "sizeKey": str(size),
        "typeOfData": "file",
    }
    if schema.classification == "csv":
        told |= {"areColumnsQuoted": "false", "columnsOrdered": "true", "delimiter": schema.delimiter or ","}
        told |= {"skip.header.line.count": "1"} if schema.header else {}
    return told


def storage(location: str, schema: FoundSchema, told: dict[str, str]) -> dict[str, Any]:
    """The storage descriptor: where, which columns, and what reads it."""
    columns = [{"Name": name, "Type": kind} for name, kind in schema.columns]
    described: dict[str, Any] = {
        "Columns": columns,
        "Location": location,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "BucketColumns": [],
        "SortColumns": [],
        "StoredAsSubDirectories": False,
        "Parameters": told,
    }
    if schema.classification in _FORMATS:
        source, sink, serde = _FORMATS[schema.classification]
        described |= {
            "InputFormat": source,
            "OutputFormat": sink,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": _serde_parameters(schema)},
        }
    return described


def _serde_parameters(schema: FoundSchema) -> dict[str, str]:
    if schema.classification == "csv":
        return {"field.delim": schema.delimiter or ","}
    if schema.classification == "json":
        return {"paths": ",".join(name for name, _ in schema.columns)}
    return {"serialization.format": "1"}


def columns_of(described: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and type of the columns of a table or partition."""
    found = (described.get("StorageDescriptor") or {}).get("Columns") or []
    return tuple((column["Name"], column["Type"]) for column in found)
