"""The masked copy of a source's files: looked at first, then read in batches and written beside as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from data_platform.contracts.sql_text import quoted, text
from jobs.landing import columns
from jobs.landing.masking import landed_sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.tokens import TokenKeys

MEMORY_LIMIT = "512MB"
_SEPARATED = "a comma, a quote or a line break stands in"


class Refused(Exception):
    """The files may not land; the message says why, and nothing was written."""


class MaskedFile:
    """One file with the masked rows of several.

    Args:
        dataset: The contract.
        sources: The files, in the contract's format.
        folder: Where to write, and to spill what does not fit into memory.

    Raises:
        Refused: when a file cannot be read or its columns are not the contract's.
    """

    def __init__(self, dataset: Dataset, sources: Sequence[Path], folder: Path) -> None:
        self._dataset, self._sources = dataset, sources
        self._database = _database(folder)
        self._others = _require_columns(self._database, dataset, sources)
        self.path = folder / f"masked.{dataset.source.format}"

    def write(self, keys: TokenKeys | None) -> int:
        """Mask and write; the number of rows.

        Args:
            keys: The token keys, if the contract tokenises.

        Raises:
            Refused: when a file is damaged inside, or a value cannot stand in its format.
        """
        return _write(
            self._database,
            self._dataset,
            sources=self._sources,
            others=self._others,
            keys=keys,
            output=self.path,
        )


def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET temp_directory = '{folder}'")
    database.execute("SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
    return database


def _source(dataset: Dataset) -> str:
    if dataset.source.format == "csv":
        return "read_csv($files, header = true, all_varchar = true, union_by_name = true, hive_partitioning = false)"
    return "read_parquet($files, union_by_name = true, hive_partitioning = false)"


def _require_columns(
    database: duckdb.DuckDBPyConnection, dataset: Dataset, files: Sequence[Path]
) -> list[str]:
    """Refuse what is not the contract's; the names of columns that it does not know and that land as they are."""
    found, others = [], []
    known = {column.name for column in dataset.columns}
    for file in files:  # each by itself: what one has and another lacks would be filled with NULL
        try:
            database.execute(f"DESCRIBE SELECT * FROM {_source(dataset)}", {"files": [str(file)]})
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise Refused(f"{file}: is no {dataset.source.format} file that can be read: {reason}") from None
        types = {row[0]: row[1] for row in database.fetchall()}
        found += [f"{file}: {finding}" for finding in columns.findings(dataset, types)]
        others += [name for name in types if name not in known]
    if found:
        found.append(f"Mend the source, or the contract {dataset.path}; nothing landed.")
        raise Refused("\n".join(found))
    return list(dict.fromkeys(others))


def _write(
    database: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    *,
    sources: Sequence[Path],
    others: Sequence[str],
    keys: TokenKeys | None,
    output: Path,
) -> int:
    """Write the masked rows into one file, batch by batch, and return their number."""
    parameters: dict[str, Any] = {"files": [str(file) for file in sources]}
    values = {name: quoted(name) for name in others}
    for column in dataset.columns:
        values[column.name], more = landed_sql(dataset, column, keys)
        parameters |= more
    ordered = [*(column.name for column in dataset.columns), *others]
    if dataset.source.format == "csv":
        values = {name: _one_field(value, name) for name, value in values.items()}
    listed = ", ".join(f"{values[name]} AS {quoted(name)}" for name in ordered)
    how = "FORMAT csv, HEADER" if dataset.source.format == "csv" else "FORMAT parquet, COMPRESSION zstd"
    sql = f"COPY (SELECT {listed} FROM {_source(dataset)}) TO '{output}' ({how})"
    try:
        ((rows,),) = database.execute(sql, parameters).fetchall()
    except duckdb.Error as error:
        _, mark, ours = str(error).partition(_SEPARATED)
        # DuckDB's own words may hold a value of the file.
        reason = f"{mark}{ours}" if mark else f"cannot be read to the end ({type(error).__name__})"
        raise Refused(f"{', '.join(map(str, sources))}: {reason}") from None
    return int(rows)


def _one_field(value: str, name: str) -> str:
    """A CSV value; the raw table splits lines at every comma and knows no quotes, so such a value would be cut."""
    plain = f"CAST({value} AS VARCHAR)"
    complaint = text(f"{_SEPARATED} column {name!r}: deliver Parquet, or have the source write it otherwise")
    return f"CASE WHEN regexp_matches({plain}, '[,\"\\r\\n]') THEN error({complaint}) ELSE {plain} END"
