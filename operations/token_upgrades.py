"""Rotate a domain's token key, and turn stored tokens into those of the newest key.

Tokens are chained (`data_platform.contracts.tokens`): what is stored becomes new without the values, by whoever
holds the keys. The keys stay in this process; Athena sees old and new tokens only, in a table over one file.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.contracts.masking import tokenised_columns
from data_platform.contracts.sql_text import quoted, relation
from data_platform.contracts.table_kinds import is_window, kinds_of, table_name, zone_of
from data_platform.contracts.tokens import TokenKeys, UnusableTokenKeyError
from operations.curated_models import models_with
from operations.exit_codes import CommandFailed
from operations.queries import answers, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

KEEPER = "token-keeper"
_BATCH = 100_000  # tokens in memory at a time


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    """A column of a table and its rows that had tokens of an earlier version; none are left."""

    table: str
    column: str
    rows: int


def rotate(connection: Connection, naming: Naming) -> int:
    """Add a random key, which new tokens use from now on, and return its version.

    Raises:
        CommandFailed: when the secret holds no keys, or somebody else rotates at the same moment.
    """
    client = connection.client("secretsmanager")
    found = client.get_secret_value(SecretId=naming.token_key)
    keys = _parsed(found["SecretString"]).rotated()
    # Named after the version that it replaces: of two rotations at once, AWS takes one.
    token = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{naming.token_key} {found['VersionId']}"))
    try:
        client.put_secret_value(
            SecretId=naming.token_key, SecretString=keys.secret(), ClientRequestToken=token
        )
    except client.exceptions.ResourceExistsException as error:
        raise CommandFailed(
            f"{naming.token_key} is being rotated by somebody else at this moment. Look again: dp tokens upgrade "
            f"--domain {naming.domain}"
        ) from error
    return keys.current


def upgrade(
    connection: Connection, naming: Naming, domain: Domain, *, on_step: Callable[[str], None]
) -> list[Upgraded]:
    """Bring every stored token of the domain to the newest key.

    It can be stopped and called again at any moment: a table is changed in one commit, and what is new already
    is passed over.

    Raises:
        CommandFailed: when a column of tokens holds something else; no table was changed then.
    """
    keys = _read(connection, naming)
    old = {
        (table, column): rows
        for table, column in _columns(connection, naming, domain)
        if (rows := _count_old(connection, naming, table, column, keys))
    }
    if not old:
        return []
    on_step("computing new tokens")
    _write_mapping(connection, naming, keys, list(old))
    mapping = relation(naming.database("staged"), naming.token_mapping)
    for table, column in old:
        on_step(table)
        name = quoted(column)
        ask(
            connection,
            f'MERGE INTO {table} AS t USING {mapping} AS m ON t.{name} = m."old" '
            f'WHEN MATCHED THEN UPDATE SET {name} = m."new"',
            workgroup=naming.workgroup_of(KEEPER),
        )
    connection.client("s3").delete_object(Bucket=naming.bucket("staged"), Key=_mapping_key(naming))
    for table, column in old:
        if left := _count_old(connection, naming, table, column, keys):
            raise CommandFailed(
                f"{table}.{column} still has {left} old tokens: a load wrote them meanwhile. Call it again."
            )
    return [Upgraded(table=table, column=column, rows=rows) for (table, column), rows in old.items()]


def _read(connection: Connection, naming: Naming) -> TokenKeys:
    secret = connection.client("secretsmanager").get_secret_value(SecretId=naming.token_key)
    return _parsed(secret["SecretString"])


def _parsed(secret: str) -> TokenKeys:
    try:
        return TokenKeys.parse(secret)
    except UnusableTokenKeyError as error:
        raise CommandFailed(str(error)) from error


def _kinds(dataset: Dataset, column: str) -> Iterator[str]:
    """The tables that hold the column; of deleted rows the key is kept alone, of windows figures."""
    for kind in kinds_of(dataset):
        if kind != "raw" and not is_window(kind) and (kind != "deleted" or column in dataset.primary_key):
            yield kind


def _columns(connection: Connection, naming: Naming, domain: Domain) -> Iterator[tuple[str, str]]:
    """Every column of tokens: of the datasets' tables, and of what dbt derived from them."""
    for dataset in domain.datasets:
        for column in tokenised_columns(dataset):
            for kind in _kinds(dataset, column.name):
                yield (
                    relation(naming.database(zone_of(kind)), table_name(dataset.name, kind)),
                    column.name,
                )
    names = {column.name for dataset in domain.datasets for column in tokenised_columns(dataset)}
    for model, columns in models_with(connection, naming, domain, names, duty=KEEPER).items():
        for name in sorted(names & columns):
            yield relation(naming.database("curated"), model), name


def _old(column: str, keys: TokenKeys) -> str:
    return f"{quoted(column)} IS NOT NULL AND substr({quoted(column)}, 1, {len(_prefix(keys))}) <> '{_prefix(keys)}'"


def _prefix(keys: TokenKeys) -> str:
    return f"t{keys.current}_"


def _count_old(connection: Connection, naming: Naming, table: str, column: str, keys: TokenKeys) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {_old(column, keys)}"
    return int(ask(connection, sql, workgroup=naming.workgroup_of(KEEPER)).rows[0][0] or 0)


def _write_mapping(
    connection: Connection, naming: Naming, keys: TokenKeys, places: list[tuple[str, str]]
) -> None:
    """Write old and new tokens into the mapping's one file, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("old", pa.string()), ("new", pa.string())])
    selects = (f"SELECT {quoted(column)} FROM {table} WHERE {_old(column, keys)}" for table, column in places)
    found = answers(connection, " UNION ".join(selects), workgroup=naming.workgroup_of(KEEPER))
    with tempfile.TemporaryDirectory(prefix="tokens-") as folder:
        file = Path(folder) / "mapping.parquet"
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in _batches(found):
                new = [_upgraded(keys, token, places) for token in batch]
                writer.write_table(pa.table({"old": batch, "new": new}, schema=schema))
        with file.open("rb") as body:
            connection.client("s3").put_object(
                Bucket=naming.bucket("staged"), Key=_mapping_key(naming), Body=body
            )


def _upgraded(keys: TokenKeys, token: str, places: list[tuple[str, str]]) -> str:
    try:
        return keys.upgraded(token)
    except ValueError as error:
        columns = ", ".join(sorted({f"{table}.{column}" for table, column in places}))
        raise CommandFailed(f"one of {columns}: {error}. Nothing was changed.") from error


def _batches(found: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for token in found:
        batch.append(token)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _mapping_key(naming: Naming) -> str:
    return f"{naming.token_mapping}/mapping.parquet"
