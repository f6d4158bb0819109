"""A value in a contract together with where it stands, so that any reader can say what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.contracts.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.source_map import Document, Steps

_NAMES = ("name", "property", "role", "channel")
_SHOWN = 60  # characters of a name that a message repeats


@dataclass(frozen=True, kw_only=True)
class Place:
    """A value of a document, its steps from the root, and the findings of the file so far (shared)."""

    document: Document
    steps: Steps
    value: Any
    findings: list[Finding]

    def get(self, key: str) -> Place | None:
        """The place of a key of this mapping, or None when it is not written."""
        if not isinstance(self.value, dict) or key not in self.value:
            return None
        return self._below(key, self.value[key])

    def __getitem__(self, key: str) -> Place:
        """The place of a key that the schemas made sure of."""
        return self._below(key, self.value[key])

    def read(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        return self.value.get(key, default)

    def each(self, key: str) -> Iterator[Place]:
        """The places of the items of a list below `key` (none when the list is not written)."""
        for index, item in enumerate(self.value.get(key) or []):
            yield Place(
                document=self.document, steps=(*self.steps, key, index), value=item, findings=self.findings
            )

    def report(self, what: str, *, allowed: str = "", mend: str = "") -> None:
        """Note that something is wrong here."""
        self.findings.append(finding(self.document, self.steps, what, allowed=allowed, mend=mend))

    def _below(self, key: str, value: Any) -> Place:
        return Place(document=self.document, steps=(*self.steps, key), value=value, findings=self.findings)


def root_place(document: Document) -> Place:
    """The place of a whole document, with no findings yet."""
    return Place(document=document, steps=(), value=document.value, findings=[])


def finding(document: Document, steps: Steps, what: str, *, allowed: str = "", mend: str = "") -> Finding:
    """A finding at a place of a document."""
    return Finding(
        file=document.file,
        line=document.line(steps),
        field=field_name(document.value, steps),
        what=what,
        allowed=allowed,
        mend=mend,
    )


def field_name(root: Any, steps: Steps) -> str:
    """The steps as a reader says them, list items by their name.

    Example:
        >>> field_name({"schema": [{"name": "flights"}]}, ("schema", 0, "name"))
        'schema[flights].name'
    """
    text = ""
    value = root
    for step in steps:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
            text += f"[{_item_name(value) or step}]"
        else:
            value = value.get(step) if isinstance(value, dict) else None
            text += f".{step[:_SHOWN]}" if text else step[:_SHOWN]
    return text


def _item_name(value: Any) -> str | None:
    names = [value.get(key) for key in _NAMES] if isinstance(value, dict) else []
    return next((name[:_SHOWN] for name in names if isinstance(name, str) and name), None)
