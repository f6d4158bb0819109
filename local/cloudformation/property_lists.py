"""Reads `properties/*.yaml`: which template properties are acted on and which are only recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "properties"


class PropertyListError(ValueError):
    """A file under `properties/` is not written as its README says."""


@dataclass(frozen=True, kw_only=True)
class TypeList:
    """The known properties of one resource type.

    Args:
        acted: paths that the embedded AWS obeys.
        recorded: path to reason, for what is stored without effect.
        file: the YAML file that says so.
    """

    acted: frozenset[str]
    recorded: dict[str, str]
    file: str

    def covers(self, path: str, *, whole: bool) -> bool:
        """Whether `path` is listed; with `whole`, a path that only listed ones start with counts as well.

        Example:
            >>> known = TypeList(acted=frozenset({"Tags.*", "A.B", "List[].Id"}), recorded={}, file="X.yaml")
            >>> known.covers("Tags[].Key", whole=False), known.covers("A.B", whole=False)
            (True, True)
            >>> known.covers("A", whole=False), known.covers("A", whole=True)
            (False, True)
        """
        return any(_matches(path, listed, whole=whole) for listed in (*self.acted, *self.recorded))

    def unknown_part(self, path: str) -> str:
        """The shortest beginning of an unlisted `path` that nothing listed shares: what to report.

        Example:
            >>> TypeList(acted=frozenset({"A.B"}), recorded={}, file="X.yaml").unknown_part("A.C.D[].E")
            'A.C'
        """
        names = path.split(".")
        for end in range(1, len(names)):
            start = ".".join(names[:end])
            if not self.covers(start, whole=True):
                return start.removesuffix("[]")
        return path

    def reason(self, path: str) -> tuple[str, str] | None:
        """What is recorded only of `path`, and why; None when it is acted on.

        A property of which nothing is acted on is named as a whole; below `acted: Free.*` single names can be
        recorded.

        Example:
            >>> recorded = {"A.B": "no", "C.D": "no"}
            >>> known = TypeList(acted=frozenset({"C.E"}), recorded=recorded, file="X.yaml")
            >>> known.reason("A.B"), known.reason("C.D"), known.reason("C.E")
            (('A', 'no'), ('C.D', 'no'), None)
            >>> known = TypeList(acted=frozenset({"P.*"}), recorded={"P.size": "fixed"}, file="X.yaml")
            >>> known.reason("P.size"), known.reason("P.name")
            (('P.size', 'fixed'), None)
        """
        if path in self.recorded:  # an exception that is named goes before the whole that is acted on
            return self._shown(path), self.recorded[path]
        if any(_matches(path, listed, whole=False) for listed in self.acted):
            return None
        for listed, reason in self.recorded.items():
            if _matches(path, listed, whole=True):
                return self._shown(listed), reason
        return None

    def _shown(self, listed: str) -> str:
        top = listed.split(".", maxsplit=1)[0].removesuffix("[]")
        partly_acted = any(_matches(top, acted, whole=True) for acted in self.acted)
        return listed.removesuffix(".*") if partly_acted else top


@cache
def known_types() -> dict[str, TypeList]:
    """Every listed resource type.

    Raises:
        PropertyListError: a file has another shape, an empty reason, or a type that another file lists.
    """
    found: dict[str, TypeList] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for resource_type, entry in (yaml.safe_load(file.read_text()) or {}).items():
            if resource_type in found:
                raise PropertyListError(
                    f"{file.name}: {resource_type} is also in {found[resource_type].file}; keep one entry"
                )
            found[resource_type] = _type_list(file.name, resource_type, entry or {})
    return found


def _type_list(file: str, resource_type: str, entry: Any) -> TypeList:
    unknown = set(entry) - {"acted", "recorded"} if isinstance(entry, dict) else {repr(entry)}
    if unknown:
        raise PropertyListError(
            f"{file}: {resource_type} has {', '.join(sorted(unknown))}; allowed are acted, recorded"
        )
    recorded = entry.get("recorded") or {}
    acted = entry.get("acted") or []
    if not isinstance(recorded, dict) or not all(isinstance(r, str) and r.strip() for r in recorded.values()):
        raise PropertyListError(f"{file}: {resource_type}.recorded must map each path to its reason")
    if not isinstance(acted, list) or not all(isinstance(path, str) for path in acted):
        raise PropertyListError(f"{file}: {resource_type}.acted must be a list of paths")
    return TypeList(acted=frozenset(acted), recorded=dict(recorded), file=file)


def _matches(path: str, listed: str, *, whole: bool) -> bool:
    if listed.endswith(".*"):
        stem = listed.removesuffix(".*")
        if path == stem or path.startswith((f"{stem}.", f"{stem}[]")):
            return True
        listed = stem
    path, listed = path.removesuffix("[]"), listed.removesuffix("[]")
    return path == listed or (whole and listed.startswith((f"{path}.", f"{path}[]")))
