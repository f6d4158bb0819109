"""The settings of environments side by side, for the page that shows how they differ."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from environments.model import Environment


def settings_of(environment: Environment) -> dict[str, object]:
    """Every setting of an environment by its dotted name: `storage.object_lock_mode`."""
    return dict(_flatten("", environment))


def differences(environments: Iterable[Environment]) -> dict[str, dict[str, object]]:
    """The settings that are not the same everywhere: setting -> environment -> value.

    A setting that an environment does not have (a new network has no `network.vpc_id`) is left out there.
    """
    tables = {environment.name: settings_of(environment) for environment in environments}
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    rows = {name: {key: table[name] for key, table in tables.items() if name in table} for name in names}
    return {name: row for name, row in rows.items() if not _same(row, len(tables))}


def _same(row: Mapping[str, object], environments: int) -> bool:
    return len(row) == environments and len({repr(value) for value in row.values()}) == 1


def _flatten(prefix: str, value: object) -> Iterable[tuple[str, object]]:
    for field in fields(value):  # type: ignore[arg-type] # the callers pass dataclass instances only
        item = getattr(value, field.name)
        name = f"{prefix}{field.name}"
        if isinstance(item, tuple) and item and all(map(is_dataclass, item)):
            for each in item:
                yield from _flatten(f"{name}.{each.name}.", each)
        elif is_dataclass(item):
            yield f"{name}.kind", type(item).__name__
            yield from _flatten(f"{name}.", item)
        elif hasattr(item, "items"):
            yield name, dict(item)
        else:
            yield name, item
