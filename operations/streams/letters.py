"""Dead letters and what becomes of one: looked at, chosen, mended, and made the record that is sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.streams.avro_json import Misfit
from operations.streams.expressions import ExpressionFailed
from operations.streams.marks import Place

if TYPE_CHECKING:
    from operations.streams.expressions import Expression
    from operations.streams.records import Record
    from operations.streams.values import Values

OURS = "dp."
REPLAY_OF = "dp.replay.of"
_EDITABLE = ("key", "value", "headers")


@dataclass(frozen=True, kw_only=True)
class Resent:
    """A record that is sent again.

    Args:
        place: Where it was read.
        partition: Of the topic; None when the key changed, so that the key decides.
        key: Its key.
        value: Its value.
        headers: Its own headers, and `dp.replay.of`.
        before: What an expression saw of it.
        after: What the fix made of that; the same without a fix.
    """

    place: Place
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A record that is not sent again, and why; `failed` when an expression could not judge or mend it."""

    place: Place
    why: str
    failed: bool


class Mending:
    """Chooses and mends the records of one topic.

    Args:
        values: Decodes and encodes.
        topic: The topic; also the subject of its values.
        chosen: Of `--filter`.
        fix: Of `--fix`.
    """

    def __init__(
        self, values: Values, *, topic: str, chosen: Expression | None, fix: Expression | None
    ) -> None:
        self._values, self._topic, self._chosen, self._fix = values, topic, chosen, fix

    def of(self, record: Record, source: str) -> Resent | Skipped:
        """What is sent again for a record.

        Raises:
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        place = Place(record.partition, record.offset, source)
        plain = tuple((name, value) for name, value in record.headers if not name.startswith(OURS))
        marked = ((REPLAY_OF, str(place).encode()),)
        home = record.header("dp.partition") if source == "dlq" else str(record.partition)
        partition = int(home) if home.isdecimal() else None
        if self._chosen is None and self._fix is None:
            return Resent(
                place=place,
                partition=partition,
                key=record.key,
                value=record.value,
                headers=plain + marked,
                before={},
                after={},
            )
        key, value = self._values.read(record.key), self._values.read(record.value)
        before = {
            "key": key.view,
            "value": value.view,
            "headers": {name: _text(content) for name, content in plain},
            "error": {
                name: record.header(f"dp.error.{name}") or None for name in ("class", "reason", "column")
            },
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
        }
        try:
            if self._chosen is not None and not self._chosen.chooses(before):
                return Skipped(place=place, why="not chosen by --filter", failed=False)
            after = before if self._fix is None else before | self._mended(before)
            new_key = self._values.write(
                after["key"], before=record.key, seen=key, subject=f"{self._topic}.key"
            )
            new_value = self._values.write(
                after["value"], before=record.value, seen=value, subject=self._topic
            )
        except (ExpressionFailed, Misfit) as error:
            return Skipped(place=place, why=str(error), failed=True)
        return Resent(
            place=place,
            partition=partition if new_key == record.key else None,
            key=new_key,
            value=new_value,
            headers=_headers(plain, before["headers"], after["headers"]) + marked,
            before={name: before[name] for name in _EDITABLE},
            after={name: after[name] for name in _EDITABLE},
        )

    def _mended(self, before: dict[str, Any]) -> dict[str, Any]:
        assert self._fix is not None  # noqa: S101 - who calls has looked
        made = self._fix.of(before)
        if not isinstance(made, dict) or not set(made) & set(_EDITABLE):
            raise ExpressionFailed(
                "--fix: the result must be an object with key, value or headers, such as "
                '{"value": $merge([value, {"price": 0}])}; it is '
                f"{'nothing' if made is None else type(made).__name__}"
            )
        found = {name: made[name] for name in _EDITABLE if name in made}
        if not isinstance(found.get("headers", {}), dict):
            raise ExpressionFailed("--fix: headers must be an object of texts")
        return found


def _headers(
    plain: tuple[tuple[str, bytes | None], ...], before: dict[str, Any], after: dict[str, Any]
) -> tuple[tuple[str, bytes | None], ...]:
    """The headers after a fix: those that it left alone keep their bytes."""
    kept = [(name, content) for name, content in plain if name in after and after[name] == before[name]]
    new = [
        (name, None if text is None else str(text).encode())
        for name, text in after.items()
        if not name.startswith(OURS) and (name not in before or before[name] != text)
    ]
    return tuple(kept + new)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="replace")
