"""One crawl: list, read, write; everything with the crawler role's rights."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from local import identity
from local.services import lakeformation
from local.services.crawler import file_schema, layout, listing
from local.services.crawler.catalog_writer import CatalogWriter, Changes
from local.services.crawler.descriptors import columns_of
from local.services.crawler.found_schema import UNKNOWN, FoundSchema, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import boto3

    from local.services.crawler.layout import Folder, FoundTable

_READERS = 4
_SIMILAR = 0.7


class Stopped(Exception):
    """StopCrawler was called."""


def crawl(
    crawler: Mapping[str, Any],
    session: boto3.Session,
    *,
    stopping: Callable[[], bool],
    log: Callable[[str], None],
) -> Changes:
    """Crawls every S3 target of a crawler.

    Args:
        crawler: Its definition, as GetCrawler answers it.
        session: The crawler role's session.
        stopping: Whether to stop; asked between folders.
        log: Takes the lines of the crawler's log.

    Raises:
        Stopped: when it was stopped.
        botocore.exceptions.ClientError: when S3, KMS or Glue refuse the role.
        AccessDenied: when Lake Formation does.
    """
    changes = Changes()
    writer = CatalogWriter(glue=identity.client(session, "glue"), crawler=crawler, changes=changes)
    for described in (crawler.get("Targets") or {}).get("S3Targets") or []:
        target = listing.target(described)
        s3 = _s3(crawler, session, target.uri)
        objects = listing.objects(s3, target)
        log(f"INFO : {len(objects)} objects in {target.uri}")
        seen = set()
        for found in layout.tables(target, objects, table_level=_table_level(crawler)):
            _crawl_table(writer, s3, found, target.sample_size, stopping=stopping, log=log)
            seen.add(found.location)
        _follow_deletions(writer, target, seen)
    return changes


def _crawl_table(
    writer: CatalogWriter,
    s3: Any,
    found: FoundTable,
    sample: int | None,
    *,
    stopping: Callable[[], bool],
    log: Callable[[str], None],
) -> None:
    table = writer.existing(found)
    held = writer.partitions(table["Name"]) if table and found.keys else {}
    only_new = _recrawl(writer.crawler) == "CRAWL_NEW_FOLDERS_ONLY" and table is not None
    folders = [folder for folder in found.folders if not only_new or folder.values not in held]
    if only_new and not found.keys:
        return
    schemas = []
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        for folder, schema in pool.map(lambda folder: (folder, _read(s3, folder, sample)), folders):
            if stopping():
                raise Stopped
            if schema.reason:
                log(f"WARN : cannot infer a schema: {schema.reason}")
            schemas.append((folder, schema))
    if only_new:
        schemas = [entry for entry in schemas if _fits(entry[1], table or {}, log)]
    if schemas:
        writer.write(found, schemas, table=table, held=held)
    present = {folder.values for folder in found.folders}
    if table is not None and not only_new:
        writer.delete_gone(table["Name"], [values for values in held if values not in present], whole=False)


def _read(s3: Any, folder: Folder, sample: int | None) -> FoundSchema:
    chosen: Sequence[listing.S3Object] = folder.objects[:sample] if sample else folder.objects
    return merged(file_schema.of_object(s3, found) for found in chosen)


def _fits(schema: FoundSchema, table: dict[str, Any], log: Callable[[str], None]) -> bool:
    """Whether a new folder belongs into the known table: crawling new folders never changes its schema."""
    if schema.classification == UNKNOWN:
        return True
    known = {name for name, _ in columns_of(table)}
    shared = sum(name in known for name, _ in schema.columns)
    fits = shared >= _SIMILAR * max(1, min(len(known), len(schema.columns)))
    if not fits:
        log(f"WARN : a new folder shares only {shared} columns with {table['Name']}; it is left out")
    return fits


def _follow_deletions(writer: CatalogWriter, target: listing.Target, seen: set[str]) -> None:
    """Tables that this crawler made below the target and that hold no objects any more."""
    logged = (writer.crawler.get("SchemaChangePolicy") or {}).get("DeleteBehavior") == "LOG"
    if logged or _recrawl(writer.crawler) != "CRAWL_EVERYTHING":
        return
    pages = writer.glue.get_paginator("get_tables").paginate(DatabaseName=writer.crawler["DatabaseName"])
    for table in (table for page in pages for table in page["TableList"]):
        location = (table.get("StorageDescriptor") or {}).get("Location", "")
        own = (table.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == writer.crawler["Name"]
        if own and location.startswith(target.uri) and location not in seen:
            gone = list(writer.partitions(table["Name"])) if table.get("PartitionKeys") else []
            writer.delete_gone(table["Name"], gone, whole=True)


def _s3(crawler: Mapping[str, Any], session: boto3.Session, location: str) -> Any:
    """The S3 client: the role's own, or Lake Formation's for the location when the crawler asks for that."""
    if (
        str((crawler.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials")).lower()
        != "true"
    ):
        return identity.client(session, "s3")
    lakeformation.require_get_data_access(session)
    principal = lakeformation.principal_of(session)
    if not lakeformation.has_data_location(principal, location):
        raise identity.AccessDenied(
            f"Insufficient Lake Formation permission(s): Required Data Location Access on {location}"
        )
    vended = lakeformation.location_session(location, principal=principal)
    if vended is None:
        raise identity.AccessDenied(f"{location} is not registered with Lake Formation")
    return identity.client(vended, "s3")


def _recrawl(crawler: Mapping[str, Any]) -> str:
    return str((crawler.get("RecrawlPolicy") or {}).get("RecrawlBehavior") or "CRAWL_EVERYTHING")


def _table_level(crawler: Mapping[str, Any]) -> int | None:
    configuration = json.loads(crawler.get("Configuration") or "{}")
    level = configuration.get("Grouping", {}).get("TableLevelConfiguration")
    return int(level) if level else None
