"""YAML read strictly, with the line of every value.

Contracts use plain YAML: mappings, lists and scalars. Anchors, tags, duplicate keys, several documents and
scalars that YAML 1.1 and 1.2 read differently (16:00, no, 2026-11-20) are refused, because a reader sees one
value there and a program another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from data_platform.contracts.errors import ContractError, Finding
from data_platform.contracts.scalars import ScalarTrap, read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Steps = tuple[str | int, ...]

# Far above any real contract (flights is 20 kB, 8 levels); keeps hostile files cheap.
_LARGEST_BYTES = 2_000_000
_DEEPEST = 40
# libyaml when PyYAML was built with it: five times faster, same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a value stands in the file. `raw` is the text of a plain (unquoted) scalar, else None."""

    line: int
    key_line: int
    raw: str | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed file: its value, and the origin of each value by its steps from the root."""

    file: str
    value: dict[str, Any]
    origins: dict[Steps, Origin]

    def line(self, steps: Steps) -> int:
        """The line of the value at `steps`, or of the nearest thing above it that exists."""
        while steps and steps not in self.origins:
            steps = steps[:-1]
        origin = self.origins[steps]
        return origin.key_line if steps and isinstance(steps[-1], str) else origin.line

    def raw(self, steps: Steps) -> str | None:
        """The text of a plain scalar as it was written."""
        return self.origins[steps].raw if steps in self.origins else None


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        ContractError: when the file cannot be read, is no UTF-8 text, no plain YAML, or no mapping.
    """
    return document_of(str(path), content_of(path))


def content_of(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ContractError: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        mend = "give the path of a readable file"
        raise _refusal(path, 1, f"cannot be read: {error.strerror or error}", mend) from None


def document_of(path: str, content: bytes) -> Document:
    """The document in the bytes of a file.

    Raises:
        ContractError: when they are no UTF-8 text, no plain YAML, or no mapping.
    """
    if len(content) > _LARGEST_BYTES:
        mend = "split it: one dataset a file"
        raise _refusal(path, 1, f"is {len(content)} bytes, the limit is {_LARGEST_BYTES}", mend)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(path, line, "is not UTF-8 text", "save the file as UTF-8") from None
    return _Composer(path).compose(text)


def _refusal(path: Path | str, line: int, what: str, mend: str) -> ContractError:
    return ContractError([Finding(file=str(path), line=line, field="", what=what, mend=mend)])


class _Composer:
    """Builds values from YAML events, noting origins and refusing what is not plain."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._findings: list[Finding] = []
        self._origins: dict[Steps, Origin] = {}
        self._events: Iterator[Any] = iter(())

    def compose(self, text: str) -> Document:
        try:
            self._events = iter(yaml.parse(text, Loader=_LOADER))
            value = self._document()
        except yaml.MarkedYAMLError as error:
            mark: Any = error.problem_mark or error.context_mark
            raise _refusal(
                self._file,
                mark.line + 1 if mark else 1,
                f"is not YAML: {error.problem or error.context}",
                "indent with spaces only, close every quote and bracket, write one space after each colon",
            ) from None
        except yaml.YAMLError as error:
            first = str(error).splitlines()[0]
            raise _refusal(self._file, 1, f"is not YAML: {first}", "save it as plain text") from None
        if self._findings:
            raise ContractError(self._findings)
        if not isinstance(value, dict):
            what = "is empty" if value is None else f"holds a {kind_of(value)}, not a mapping"
            mend = "begin with `apiVersion: v3.1.0` and `kind: DataContract`"
            raise _refusal(self._file, 1, what, mend)
        return Document(file=self._file, value=value, origins=self._origins)

    def _document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self._events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    mend = "keep one contract a file: remove the `---`"
                    raise _refusal(self._file, line, "holds a second document", mend)
                value = self._value(next(self._events), (), line)
        return value

    def _value(self, event: Any, steps: Steps, key_line: int) -> Any:
        line = event.start_mark.line + 1
        self._refuse_fancy(event, steps, line)
        self._origins[steps] = Origin(line=line, key_line=key_line)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(steps)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(steps)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, steps, line, key_line)
        return None

    def _mapping(self, steps: Steps) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                mend = "write a plain word before the colon"
                raise _refusal(self._file, line, "a key is not a word", mend)
            self._refuse_fancy(event, steps, line)
            key = event.value
            if key in value:
                first = self._origins[(*steps, key)].key_line
                self._note(
                    line, (*steps, key), f"stands here twice, first on line {first}", "keep one of them"
                )
            item = self._value(next(self._events), (*steps, key), line)
            value.setdefault(key, item)
        return value

    def _sequence(self, steps: Steps) -> list[Any]:
        value: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            value.append(self._value(event, (*steps, len(value)), event.start_mark.line + 1))
        return value

    def _scalar(self, event: Any, steps: Steps, line: int, key_line: int) -> Any:
        if not event.implicit[0]:  # quoted or block: always text
            return event.value
        self._origins[steps] = Origin(line=line, key_line=key_line, raw=event.value)
        try:
            return read_scalar(event.value)
        except ScalarTrap as trap:
            self._note(line, steps, trap.what, trap.mend)
            return event.value

    def _refuse_fancy(self, event: Any, steps: Steps, line: int) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(self._file, line, f"uses the anchor {event.anchor!r}", "write the value out")
        if getattr(event, "tag", None):
            raise _refusal(self._file, line, f"uses the tag {event.tag!r}", "remove it and quote the value")
        if len(steps) > _DEEPEST:
            raise _refusal(self._file, line, f"is nested deeper than {_DEEPEST} levels", "flatten it")

    def _note(self, line: int, steps: Steps, what: str, mend: str) -> None:
        field = ".".join(str(step) for step in steps)
        self._findings.append(Finding(file=self._file, line=line, field=field, what=what, mend=mend))


def kind_of(value: object) -> str:
    """How a contract author calls the type of a value: text, whole number, list ...

    Example:
        >>> kind_of(1), kind_of({}), kind_of(None)
        ('whole number', 'mapping', 'nothing')
    """
    names: tuple[tuple[type, str], ...] = (
        (bool, "true/false"),
        (int, "whole number"),
        (float, "number"),
        (str, "text"),
        (list, "list"),
        (dict, "mapping"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "nothing")
