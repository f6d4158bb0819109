"""`python -m local.retail`: write what the retailer delivers, one Parquet file a dataset and day."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from local.retail.calendar import days_between
from local.retail.retailer import Retailer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.retail.retailer import Slice

FAILED = 1


def main(arguments: list[str] | None = None) -> int:
    """Write the files.

    Returns:
        0 done; 1 it failed, with the reason on stderr. Wrong arguments end 2.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        retailer = Retailer(customers=given.customers, orders=given.orders, seed=given.seed, days=given.days)
    except ValueError as problem:
        parser.error(str(problem))
    try:
        rows = write(retailer.deliveries(), given.out, on_rows=_quiet if given.json else _progress)
    except OSError as problem:
        print(f"--out {given.out}: {problem}", file=sys.stderr)
        return FAILED
    _show(rows, time.monotonic() - started, as_json=given.json)
    return 0


def write(slices: Iterator[Slice], out: Path, *, on_rows: Any) -> dict[str, int]:
    """Write slices into `<out>/<dataset>/ingest_date=<day>/<name>.parquet`, each a row group.

    A file appears when it is whole: it is written beside and renamed.

    Args:
        slices: The rows, those of one day together.
        out: Folder.
        on_rows: Told the rows written so far, after each slice.

    Returns:
        The rows by file, relative to `out`.
    """
    rows: Counter[str] = Counter()
    open_day = None
    with ExitStack() as stack:
        writers: dict[Path, Any] = {}
        for part in slices:
            if part.day != open_day:
                _finish(stack, writers)
                open_day = part.day
            path = out / part.dataset / f"ingest_date={part.day}" / f"{part.name}.parquet"
            if path not in writers:
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = pq.ParquetWriter(_beside(path), part.table.schema, compression="zstd")
                writers[path] = stack.enter_context(writer)
            writers[path].write_table(part.table)
            rows[path.relative_to(out).as_posix()] += part.table.num_rows
            on_rows(rows.total())
        _finish(stack, writers)
    return dict(sorted(rows.items()))


def _finish(stack: ExitStack, writers: dict[Path, Any]) -> None:
    stack.close()
    for path in writers:
        _beside(path).replace(path)
    writers.clear()


def _beside(path: Path) -> Path:
    return path.with_suffix(".parquet.new")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.retail", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the files")
    parser.add_argument("--customers", type=int, default=1_000, help="customers at the end (%(default)s)")
    parser.add_argument("--orders", type=int, default=3_000, help="orders in all days (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another retailer (%(default)s)")
    parser.add_argument(
        "--days", type=_days, default="2026-01-05..2026-01-07", help="first..last (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the rows by file as JSON")
    return parser


def _days(text: str) -> tuple[date, ...]:
    first, _, last = text.partition("..")
    try:
        return days_between(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no range of days, write YYYY-MM-DD..YYYY-MM-DD: {problem}"
        ) from None


def _progress(rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{rows:,} rows", end="", file=sys.stderr, flush=True)


def _quiet(_rows: int) -> None:
    pass


def _show(rows: dict[str, int], seconds: float, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"rows": rows, "seconds": round(seconds, 1)}, indent=2))
        return
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for file, count in rows.items():
        print(f"{count:>12,}  {file}")
    print(f"{sum(rows.values()):>12,}  rows in {len(rows)} files, {seconds:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
