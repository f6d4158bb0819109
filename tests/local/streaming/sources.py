"""The databases that the chaos run can stream from, by the engine that CHAOS_ENGINE names: postgres unless it does.

PostgreSQL's is the laptop's own; MySQL's is deployed by an app of these tests (`mysql_app.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mysql_source import ENVIRONMENT as MYSQL
from mysql_source import ROOT, write_contracts

from environments import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from environments.model import Environment

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What differs between the engines, beside their SQL.

    Args:
        environment: The laptop's environment with this database.
        contracts: Gives the folder of the domains, which it may write below a folder of the test's.
        variables: What the CDK CLI is told beside the endpoint.
        process: The name of the engine's process.
        place: The headers of a place in its log that is before all others.
        mended: The same as an object of JSONata, of a dead letter's offset.
        retyped: The statement that gives a column another type, and leaves it as it is where it may be empty.
    """

    environment: Environment
    contracts: Callable[[Path], Path]
    process: str
    place: Headers
    mended: str
    retyped: str
    variables: Mapping[str, str] = field(default_factory=dict)


SOURCES: Mapping[str, Source] = {
    "postgres": Source(
        environment=LOCAL,
        contracts=lambda _: ROOT / "domains",
        process="postgres",
        place=(("__source_lsn", b"1"),),
        mended='"__source_lsn": $string(1000 + offset)',
        retyped="ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {column}::{kind}",
    ),
    "mysql": Source(
        environment=MYSQL,
        contracts=lambda folder: write_contracts(folder / "domains"),
        process="mariadbd",
        place=(("__source_file", b"binlog.000000"), ("__source_pos", b"1"), ("__source_row", b"0")),
        mended='"__source_file": "binlog.000000", "__source_pos": $string(1000 + offset), "__source_row": "0"',
        retyped="ALTER TABLE {table} MODIFY {column} {kind} {null}",
        variables={"CDK_APP": "python -m tests.local.streaming.mysql_app"},
    ),
}


def chosen() -> Source:
    """The source of this run."""
    name = os.environ.get("CHAOS_ENGINE") or "postgres"
    if name not in SOURCES:
        raise ValueError(f"CHAOS_ENGINE={name}: allowed: {', '.join(SOURCES)}")
    return SOURCES[name]
