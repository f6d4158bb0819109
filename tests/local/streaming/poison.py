"""Records that no loader can load, one of each kind, and what must become of each: one dead letter, byte for byte."""

from __future__ import annotations

import io
import json
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fastavro

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sources import Headers

# No contract allows it and no source has it: what is poisoned never hides a row of the shop.
LOCATION = "XXX-00"
Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A record as it is sent, and the error class that it must get."""

    error: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def of_every_kind(version: str, schema: dict[str, Any], *, first: int, place: Headers) -> list[Poison]:
    """One record of each kind.

    Args:
        version: Id of a schema version of the topic's subject.
        schema: That schema.
        first: Number of the first article; each kind has its own, so that no two records are the same.
        place: The headers of a place in the source's log.
    """
    frame = bytes([3, 0]) + uuid.UUID(version).bytes

    def row(number: int, **values: Any) -> bytes:
        given = {
            "sku": _sku(number), "location": LOCATION, "quantity": 1, "reorder_point": None, "unit_cost": b"\x01",
            "counted_at": None, "changed_at": "2026-01-05T00:00:00.000000Z", "note": None,
        }  # fmt: skip
        body = io.BytesIO()
        fastavro.schemaless_writer(body, fastavro.parse_schema(_plain(schema)), given | values)
        return frame + body.getvalue()

    kinds: list[tuple[str, Any]] = [
        ("BadMagic", lambda at: b"\x07" + row(at)[1:]),
        ("UnknownSchema", lambda at: bytes([3, 0]) + uuid.uuid4().bytes + row(at)[18:]),
        ("TruncatedValue", lambda at: row(at)[:-9]),
        ("RuleViolation", lambda at: row(at, quantity=2_000_000)),
        ("RecordTooLarge", lambda at: frame + bytes(2 << 20)),
        ("UnavailableValue", lambda at: row(at, location="VIC-01", note="__debezium_unavailable_value")),
        ("MissingKey", row),
        ("MissingPosition", lambda _: None),
    ]
    made = []
    for at, (error, value) in enumerate(kinds, start=first):
        key = json.dumps({"sku": _sku(at), "location": LOCATION}).encode()
        made.append(
            Poison(
                error=error,
                key=None if error == "MissingKey" else key,
                value=value(at),
                headers=() if error == "MissingPosition" else _headers("c", place),
            )
        )
    return made


def mistakes(sent: Mapping[Place, Poison], letters: Iterable[Any]) -> list[str]:
    """What is wrong with a topic of dead letters; nothing when each poison is there once, and nothing else.

    Args:
        sent: The poison, by partition and offset where it lies.
        letters: The dead letters.
    """
    found: Counter[Place] = Counter()
    wrong: list[str] = []
    for letter in letters:
        headers = {name: value or b"" for name, value in letter.headers() or []}
        place = int(headers["dp.partition"]), int(headers["dp.offset"])
        found[place] += 1
        poison = sent.get(place)
        if poison is None:
            wrong.append(
                f"{place} is no poison: {headers['dp.error.class']!r} {headers['dp.error.reason']!r}"
            )
            continue
        if headers["dp.error.class"].decode() != poison.error or not headers["dp.error.reason"]:
            wrong.append(f"{place} is {poison.error}, and was called {headers['dp.error.class']!r}")
        own = tuple(each for each in letter.headers() or [] if not each[0].startswith("dp."))
        if (letter.key(), letter.value(), own) != (poison.key, poison.value, poison.headers):
            wrong.append(f"{place} ({poison.error}) has other bytes than were sent")
    wrong += [f"{place} stands {count} times" for place, count in found.items() if count > 1]
    return wrong + [
        f"{place} ({poison.error}) is lost" for place, poison in sent.items() if place not in found
    ]


def mend(place: str) -> str:
    """The `--fix` that makes a deletion of every poison: of a row that is nowhere, at a place of its own in the log.

    The key is given as bytes, since one of them has none that says how keys are written.

    Args:
        place: That place, as `Source.mended` writes it.
    """
    key = (
        '"{\\"sku\\":\\"SKU-" & $substring($string(100000 + offset), 1) & "\\",\\"location\\":\\"'
        + LOCATION
        + '\\"}"'
    )
    return (
        '{"key": {"base64": $base64encode(' + key + ')}, "value": null,'
        ' "headers": {"__op": "d", ' + place + ', "__source_ts_ms": $string(timestamp)}}'
    )


def _headers(operation: str, place: Headers) -> tuple[tuple[str, bytes | None], ...]:
    when = ("__source_ts_ms", b"1767571200000")
    return (("__op", operation.encode()), *place, when, ("__source_snapshot", None))


def _sku(number: int) -> str:
    return f"SKU-{number:05d}"


def _plain(schema: Any) -> Any:
    """The schema without logical types, so that bytes are written as they are given."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if isinstance(schema, dict):
        kept = {name: value for name, value in schema.items() if name not in ("logicalType", "default")}
        return {name: _plain(value) if name in ("type", "fields") else value for name, value in kept.items()}
    return schema
