"""How each Trino expression is said to DuckDB, one module a family; `RULES` by node type, `NAMED` by function name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.athena.rules import collections, texts, times, values

if TYPE_CHECKING:
    from local.athena.rules.rule import Rule

RULES: dict[type, Rule] = {**times.RULES, **texts.RULES, **collections.RULES, **values.RULES}
NAMED: dict[str, Rule] = {**times.NAMED, **texts.NAMED, **collections.NAMED, **values.NAMED}
