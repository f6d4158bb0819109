"""`FOR TIMESTAMP AS OF` and `FOR VERSION AS OF`: which snapshot of an Iceberg table a query reads."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import duckdb

from local.athena import duck, functions, translate
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from sqlglot import exp


def snapshot_id(version: exp.Version | None, table: Table) -> int | None:
    """The snapshot that the clause names; None means the current one.

    Raises:
        AthenaError: the table has no such snapshot.
    """
    if version is None:
        return None
    value = _value(version.expression)
    if str(version.args["this"]).upper() == "TIMESTAMP":
        return _as_of(value, table)
    if isinstance(value, str):
        reference = table.metadata.refs.get(value)
        if reference is None:
            raise AthenaError("INVALID_ARGUMENTS", f"Cannot find snapshot with reference name: {value}")
        return int(reference.snapshot_id)
    if table.snapshot_by_id(int(value)) is None:
        raise AthenaError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {value}")
    return int(value)


def _as_of(value: Any, table: Table) -> int:
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    found = table.snapshot_as_of_timestamp(int(moment.timestamp() * 1000))
    if found is None:
        raise AthenaError(
            "INVALID_ARGUMENTS", f"No version history table {table.name()[-1]} at or before {moment}"
        )
    return int(found.snapshot_id)


def _value(expression: exp.Expression) -> Any:
    connection = duck.connect()
    sql = f"SELECT {translate.to_duckdb(expression.copy())}"
    functions.define_used(connection, sql)
    try:
        # To the end: a connection that is given back with an unfinished result fails the next query.
        [row] = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        connection.close()
        raise duck.as_athena(error, lambda _: "") from error
    duck.give_back(connection)
    return row[0]
