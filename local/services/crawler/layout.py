"""Which folders become tables and which become partitions."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.services.crawler.listing import S3Object, Target


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A leaf folder: the table itself, or one of its partitions.

    Args:
        location: Its s3:// address, ending in a slash.
        values: The values of the table's partition keys, in order; empty when the table has none.
        objects: Its data objects.
    """

    location: str
    values: tuple[str, ...]
    objects: tuple[S3Object, ...]


@dataclass(frozen=True, kw_only=True)
class FoundTable:
    """A table as the folders suggest it."""

    name: str
    location: str
    keys: tuple[str, ...]
    folders: tuple[Folder, ...]


def tables(
    target: Target, objects: Sequence[S3Object], *, table_level: int | None = None
) -> list[FoundTable]:
    """Groups a target's objects into tables.

    A table's root is the target; when there are plain folders below it, each first one is a table. From the
    first `key=value` folder on, folders are partitions; plain folders between become `partition_0` and so on.

    Args:
        target: The target.
        objects: Its objects.
        table_level: The absolute level of the tables, counted from the bucket as 1 (TableLevelConfiguration).
    """
    grouped: dict[tuple[str, ...], list[S3Object]] = defaultdict(list)
    for found in objects:
        grouped[found.folders[: _root_depth(target, found, table_level)]].append(found)
    return [_table(target, root, held) for root, held in sorted(grouped.items())]


def _root_depth(target: Target, found: S3Object, table_level: int | None) -> int:
    if table_level is not None:
        above = 1 + len([part for part in target.prefix.split("/") if part])
        return max(0, min(table_level - above, len(found.folders)))
    return 1 if found.folders and "=" not in found.folders[0] else 0


def _table(target: Target, root: tuple[str, ...], held: list[S3Object]) -> FoundTable:
    location = target.uri + "".join(f"{part}/" for part in root)
    leaves: dict[tuple[str, ...], list[S3Object]] = defaultdict(list)
    for found in held:
        leaves[found.folders[len(root) :]].append(found)
    deepest = max((len(path) for path in leaves), default=0)
    keys = _keys(max(leaves, key=len, default=()))
    folders = [
        Folder(
            location=location + "".join(f"{part}/" for part in path),
            values=tuple(part.split("=", 1)[-1] for part in path),
            objects=tuple(files),
        )
        for path, files in sorted(leaves.items())
        if len(path) == deepest
    ]
    return FoundTable(name=_name(location), location=location, keys=keys, folders=tuple(folders))


def _keys(path: tuple[str, ...]) -> tuple[str, ...]:
    plain = iter(range(len(path)))
    return tuple(
        part.split("=", 1)[0].lower() if "=" in part else f"partition_{next(plain)}" for part in path
    )


def _name(location: str) -> str:
    """The last folder's name as Glue writes it.

    Example:
        >>> _name("s3://lake/raw/Flight-Data/")
        'flight_data'
    """
    return re.sub(r"[^a-z0-9_]", "_", location.rstrip("/").rsplit("/", 1)[-1].lower())
