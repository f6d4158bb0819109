"""From the values of one writer's schema to the contract's raw columns, by the columns' names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from jobs.raw.arrow_types import arrow_type
from stream_loader import keys
from stream_loader.columns import UNAVAILABLE, convert, converter
from stream_loader.poison import Poison

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream_loader.avro_values import Decoded
    from stream_loader.columns import Convert
    from stream_loader.plan import Column
    from stream_loader.poison import Poisons
    from stream_loader.writer_types import WriterType


class Reader(Protocol):
    """Decodes what was written by one schema."""

    types: dict[str, WriterType | None]

    def read(self, bodies: Sequence[bytes]) -> Decoded:
        """Decode a group of records."""


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The contract's columns in raw."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in columns])


class WriterMapping:
    """How one writer's values become the contract's columns.

    Args:
        reader: Decodes the values.
        columns: The contract's.

    Raises:
        Poison: `SchemaMismatch` when a column is missing that must be filled in, or has another type.
    """

    def __init__(self, reader: Reader, columns: Sequence[Column]) -> None:
        self._reader, self._columns = reader, columns
        self._converters: dict[str, Convert] = {}
        for column in columns:
            if column.name in reader.types:
                self._converters[column.name] = converter(column, reader.types[column.name])
            elif column.required:
                raise Poison(
                    "SchemaMismatch",
                    "the writer's schema has no such column, and the contract requires it; bring it back, or make a "
                    "new major version of the contract",
                    column.name,
                )

    def rows(self, bodies: Sequence[bytes], places: Sequence[int], poisons: Poisons) -> pa.Table:
        """The rows of a group of values.

        Args:
            bodies: The values without their frames.
            places: Of each in the batch.
            poisons: Takes what is wrong with single records; their rows are to be left out.
        """
        decoded = self._reader.read(bodies)
        for at, poison in decoded.broken.items():
            poisons.add(places[at], poison)
        arrays = []
        for column in self._columns:
            how = self._converters.get(column.name)
            if how is None:
                arrays.append(pa.nulls(len(bodies), arrow_type(column.type)))
                continue
            array, bad = convert(decoded.columns[column.name], how, column)
            for at, poison in (bad | _unavailable(array, column)).items():
                poisons.add(places[at], poison)
            arrays.append(array)
        return pa.Table.from_arrays(arrays, schema=schema_of(self._columns))


def deletions(
    found: Sequence[Mapping[str, Any]],
    places: Sequence[int],
    columns: Sequence[Column],
    types: Mapping[str, WriterType | None],
    poisons: Poisons,
) -> pa.Table:
    """The rows of deletions: their keys, all else NULL.

    Args:
        found: The keys' values as JSON has them.
        places: Of each in the batch.
        columns: The contract's.
        types: What the newest schema says of the columns; empty where there is none yet.
        poisons: Takes what is wrong with single records; their rows are to be left out.

    Raises:
        Poison: `SchemaMismatch` when a key column's type is none of the contract's.
    """
    names = set().union(*found) if found else set()
    arrays = []
    for column in columns:
        if column.name not in names:
            arrays.append(pa.nulls(len(found), arrow_type(column.type)))
            continue
        writer = types.get(column.name) or keys.assumed(column)
        values = []
        for place, key in zip(places, found, strict=True):
            try:
                values.append(keys.decoded(key[column.name], writer, column))
            except Poison as poison:
                poisons.add(place, poison)
                values.append(None)
        array, bad = convert(values, converter(column, writer), column)
        for at, misfit in bad.items():
            poisons.add(places[at], misfit)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema_of(columns))


def _unavailable(array: pa.Array, column: Column) -> dict[int, Poison]:
    """Where the connector did not know an unchanged large value."""
    if pa.types.is_string(array.type):
        same = pc.equal(array, UNAVAILABLE)
    elif pa.types.is_binary(array.type):
        same = pc.equal(array, UNAVAILABLE.encode())
    else:
        return {}
    if not pc.any(same).as_py():
        return {}
    poison = Poison(
        "UnavailableValue",
        "the source did not log the unchanged value; set REPLICA IDENTITY FULL on the table and send the row again",
        column.name,
    )
    return dict.fromkeys(pc.indices_nonzero(same).to_pylist(), poison)
