"""What the laptop says to the databases of sources, in the SQL of each engine: one module an engine, alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.laptop.dialects.mysql import MySql
from operations.laptop.dialects.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from operations.laptop.dialects.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {"postgres": Postgres(), "mysql": MySql()}
