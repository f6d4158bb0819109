"""The statement that keeps a view by windows: of each window that a batch touches it counts staged anew, if it is open.

The watermark is what the view itself has counted: the greatest time of an event in it, less the lateness. It moves in
the same commit as the figures, so a merge that dies and comes again sees the same one, and a backlog that is merged at
once closes no window before it was counted. What comes for a window that is closed stays in staged, and the window says
how many such rows there are (`late_rows`). Any order of events that are late by no more than the lateness, cut into any
batches, ends in the same rows.

A clock that runs ahead would close windows for everybody: an event counts for the watermark at the moment at which
Kafka took it, if that is earlier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import typed_value
from data_platform.contracts.sql_text import BATCH_TEXT, DAYS_TEXT, PATHS_TEXT, listed, quoted, relation
from data_platform.contracts.table_kinds import table_name
from data_platform.contracts.tables import LATEST, RAW_PARTITION, ROWS, RUN_ID, window_columns
from data_platform.contracts.types import trino_type
from data_platform.contracts.windows import LATE_ROWS, WINDOW_START, measure_type

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.windows import Measure, Window

_EPOCH = "TIMESTAMP '1970-01-01 00:00:00'"
_MOMENT = trino_type("timestamp")


def window_sql(dataset: Dataset, window: Window, naming: Naming) -> str:
    """MERGE of the windows that the files touch.

    Args:
        dataset: The contract.
        window: Which of its windows.
        naming: Physical names.
    """
    view = relation(naming.database("curated"), table_name(dataset.name, window.kind))
    key = (WINDOW_START, *window.by)
    figures = [measure.name for measure in window.measures]
    counted = [*figures, ROWS, LATEST]
    every = [column.name for column in window_columns(dataset, window)]
    same = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in key)
    updated = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in [*counted, LATE_ROWS, RUN_ID])
    late = f's."_all" - t.{quoted(ROWS)}'
    return (
        f"MERGE INTO {view} AS t USING ({_source(dataset, window, naming, view)}) AS s ON {same} "
        f'WHEN MATCHED AND s."_open" THEN UPDATE SET {updated} '
        f"WHEN MATCHED AND t.{quoted(LATE_ROWS)} < {late} "
        f"THEN UPDATE SET {quoted(LATE_ROWS)} = {late}, {quoted(RUN_ID)} = s.{quoted(RUN_ID)} "
        f"WHEN NOT MATCHED THEN INSERT ({listed(every)}) VALUES ({listed(every, prefix='s.')})"
    )


def _source(dataset: Dataset, window: Window, naming: Naming, view: str) -> str:
    """Each touched window as staged has it; of one that is closed no figure, and all of its rows as late."""
    size, lateness = window.size_seconds, window.lateness_seconds
    end = f"date_add('second', {size + lateness}, c.{quoted(WINDOW_START)})"
    opened = f'coalesce({end} > w."_seen", true)'
    parts = [f"c.{quoted(name)}" for name in (WINDOW_START, *window.by)]
    for measure in window.measures:
        nothing = "0" if measure.function == "count" else "NULL"
        parts.append(
            _if_open(opened, f"c.{quoted(measure.name)}", nothing, _type(dataset, measure), measure.name)
        )
    parts += [
        _if_open(opened, 'c."_all"', "0", "bigint", ROWS),
        _if_open(opened, f"c.{quoted(LATEST)}", "NULL", "timestamp", LATEST),
        _if_open(opened, "0", 'c."_all"', "bigint", LATE_ROWS),
        f"{BATCH_TEXT} AS {quoted(RUN_ID)}",
        f'{opened} AS "_open"',
        'c."_all"',
    ]
    seen = f'SELECT max({quoted(LATEST)}) AS "_seen" FROM {view}'
    return (
        f"SELECT {', '.join(parts)} FROM ({_counted(dataset, window, naming)}) AS c CROSS JOIN ({seen}) AS w"
    )


def _counted(dataset: Dataset, window: Window, naming: Naming) -> str:
    """The figures of the touched windows, from staged."""
    staged = relation(naming.database("staged"), dataset.name)
    time = f"r.{quoted(window.time)}"
    by = [f"r.{quoted(name)}" for name in window.by]
    taken = f'least({time}, coalesce(r."_committed_at", {time}))'
    figures = [f"{_figure(dataset, measure)} AS {quoted(measure.name)}" for measure in window.measures]
    selected = [
        f"b.{quoted(WINDOW_START)}",
        *by,
        *figures,
        'count(*) AS "_all"',
        f"max({taken}) AS {quoted(LATEST)}",
    ]
    return (
        f"SELECT {', '.join(selected)} FROM {staged} AS r "
        f"JOIN ({_touched(dataset, window, naming)}) AS b ON {_start(time, window)} = b.{quoted(WINDOW_START)} "
        f"GROUP BY {', '.join([f'b.{quoted(WINDOW_START)}', *by])}"
    )


def _touched(dataset: Dataset, window: Window, naming: Naming) -> str:
    raw = relation(naming.database("raw"), dataset.name)
    start = _start(typed_value(dataset.column(window.time)), window)
    files = f'{quoted(RAW_PARTITION.name)} IN ({DAYS_TEXT}) AND "$path" IN ({PATHS_TEXT})'
    return f"SELECT DISTINCT {start} AS {quoted(WINDOW_START)} FROM {raw} WHERE {files}"


def _start(time: str, window: Window) -> str:
    """Where the window of a moment starts; before 1970, too."""
    size = window.size_seconds
    seconds = f"date_diff('second', {_EPOCH}, date_trunc('second', {time}))"
    windows = f"CAST(floor(CAST({seconds} AS double) / {size}E0) AS bigint)"
    return f"CAST(date_add('second', {windows} * {size}, {_EPOCH}) AS {_MOMENT})"


def _figure(dataset: Dataset, measure: Measure) -> str:
    if measure.column is None:
        return "count(*)"
    value, kept = f"r.{quoted(measure.column)}", trino_type(_type(dataset, measure))
    if measure.function == "sum":
        return f"CAST(sum(CAST({value} AS {kept})) AS {kept})"
    if measure.function == "avg":
        # The sum is exact, whichever order the rows come in; of no value there is no average.
        exact = trino_type(measure_type(_sum_of(measure), dataset.column(measure.column)))
        return f"CAST(sum(CAST({value} AS {exact})) AS double) / nullif(count({value}), 0)"
    return f"{measure.function}({value})"


def _sum_of(measure: Measure) -> Measure:
    return type(measure)(name=measure.name, function="sum", column=measure.column)


def _type(dataset: Dataset, measure: Measure) -> str:
    return measure_type(measure, dataset.column(measure.column) if measure.column else None)


def _if_open(opened: str, value: str, otherwise: str, type_name: str, name: str) -> str:
    kept = trino_type(type_name)
    return f"CAST(CASE WHEN {opened} THEN {value} ELSE {otherwise} END AS {kept}) AS {quoted(name)}"
