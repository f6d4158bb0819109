"""Where a dataset's raw rows come from: files that are delivered, or a table of a database that is extracted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.contracts.change import Breaks, Change
from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.masking import tokenised_columns
from data_platform.contracts.model import Delivery, LoadMode, Source, Watermark
from data_platform.contracts.tables import CHANGE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.place import Place

# Keys that only a table has.
_OF_TABLES = ("table", "read", "watermark")
# What a run that reads a table can choose; a stream brings every change.
_OF_RUNS = ("read", "watermark")


def build_source(root: Place) -> Source:
    """The source of a contract whose shape is right; what does not fit together is reported at its place."""
    value = custom(root).value["source"]
    _check(custom_place(root, "source"), value, LoadMode(custom(root).value["loadMode"]))
    mark = value.get("watermark")
    return Source(
        name=value["name"],
        format=value["format"],
        delivery=Delivery(value["delivery"]),
        method=value.get("method", "delivery"),
        table=value.get("table"),
        read=value.get("read", "full"),
        watermark=Watermark(column=mark["column"], overlap_minutes=mark["overlapMinutes"]) if mark else None,
    )


def _check(place: Place, value: Mapping[str, Any], load_mode: LoadMode) -> None:
    method = value.get("method", "delivery")
    if method == "delivery":
        for key in (key for key in _OF_TABLES if key in value):
            place.report(
                f"{key} belongs to a table of a database, and files are delivered here",
                mend=f"write `method: extractor`, or remove {key}",
            )
        return
    if "table" not in value:
        place.report(
            f"method {method} reads a table, and none is named", mend="add `table: <schema>.<table>`"
        )
    if value["format"] != "parquet":
        place.report(f"method {method} writes Parquet, not {value['format']}", mend="write `format: parquet`")
    if method == "cdc":
        _check_changes(place, value, load_mode)
        return
    _check_reading(place, value, load_mode)


def _check_reading(place: Place, value: Mapping[str, Any], load_mode: LoadMode) -> None:
    """What a run reads of a table, and whether that fits with who reads it."""
    method, read = value["method"], value.get("read", "full")
    if read == "watermark" and "watermark" not in value:
        place.report(
            "read: watermark needs to know the column that tells what is new",
            mend="add `watermark: {column: changed_at, overlapMinutes: 60}`",
        )
    if read != "watermark" and "watermark" in value:
        place.report(f"a watermark stands beside read: {read}", mend="write `read: watermark`, or remove it")
    if read != "full" and load_mode is LoadMode.SNAPSHOT:
        place.report(
            f"loadMode snapshot takes a day for the whole state, and read: {read} brings what is new",
            mend="write `read: full`, or `loadMode: partition`",
        )
    if read == "watermark" and method == "dms":
        place.report(
            "method dms knows no watermark",
            allowed="read: full, read: changes",
            mend="write `method: extractor`",
        )
    if read == "changes":
        _check_log(place, method, value["delivery"])


def _check_log(place: Place, method: str, delivery: str) -> None:
    if method != "dms":
        place.report(
            f"method {method} reads tables and no log of changes",
            allowed="read: full, read: watermark",
            mend="write `read: watermark`, or `method: dms`",
        )
    if delivery != "onChange":
        place.report(
            f"read: changes brings no file on a day without a change, and delivery: {delivery} promises one",
            mend="write `delivery: onChange`",
        )


def _check_changes(place: Place, value: Mapping[str, Any], load_mode: LoadMode) -> None:
    for key in (key for key in _OF_RUNS if key in value):
        place.report(f"{key} stands beside method cdc, which brings every change", mend=f"remove {key}")
    if load_mode is LoadMode.SNAPSHOT:
        place.report(
            "loadMode snapshot takes a day for the whole state, and method cdc brings changes",
            mend="write `loadMode: partition`",
        )


def check_landing_masks(root: Place, dataset: Dataset) -> None:
    """DMS masks nothing: what is masked before it lands, our own extractor must read."""
    masked = [each.name for each in dataset.columns if each.masking and each.masking.when == "landing"]
    if dataset.source.method == "dms" and masked:
        custom_place(root, "source").report(
            f"method dms would land {', '.join(masked)} in clear, which the contract masks at landing",
            mend="write `method: extractor`, or mask when queried",
        )


def check_change_columns(root: Place, dataset: Dataset) -> None:
    """Beside each change stands what DMS tells of it, under names that no column of the contract may have."""
    taken = {column.name for column in CHANGE_COLUMNS} & {column.name for column in dataset.columns}
    if dataset.source.read == "changes" and taken:
        custom_place(root, "source").report(
            f"read: changes puts columns beside those of the contract, and {', '.join(sorted(taken))} is taken",
            mend="let the database show the table as a view with another name, or write `read: full`",
        )


def extraction(dataset: Dataset, naming: Naming) -> dict[str, Any]:
    """What an extractor must know of a dataset, for the compiled plan; the contract itself is in it, as text.

    Args:
        dataset: The contract; one whose rows are extracted.
        naming: Physical names.

    Raises:
        ValueError: when the dataset's files are delivered.
    """
    source = dataset.source
    if not dataset.extracted:
        raise ValueError(f"{dataset.domain}.{dataset.name}: its files are delivered, nothing extracts them")
    mark = source.watermark
    return {
        "source": source.name,
        "table": source.table,
        "read": source.read,
        "watermark": {"column": mark.column, "overlap_minutes": mark.overlap_minutes} if mark else None,
        "contract": Path(dataset.path).read_text(encoding="utf-8"),
        "raw_bucket": naming.bucket("raw"),
        "raw_prefix": f"{dataset.name}/source={source.name}/",
        "token_key": naming.token_key if tokenised_columns(dataset) else None,
    }


def source_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to where rows come from."""
    before, after = old.source, new.source
    if _origin(before) != _origin(after):
        what = f"{_origin(before)} -> {_origin(after)}"
        reason = "whoever delivers must deliver in another way"
        yield Change(field="source", what=what, breaks=Breaks.PRODUCERS, reason=reason)
    if (before.read, before.watermark) != (after.read, after.watermark):
        what = f"{_reading(before)} -> {_reading(after)}"
        reason = "the same rows, read in another way"
        yield Change(field="source read", what=what, breaks=Breaks.NOBODY, reason=reason)


def _origin(source: Source) -> str:
    table = f"/{source.method}/{source.table}" if source.table else ""
    return f"{source.name}/{source.format}/{source.delivery}{table}"


def _reading(source: Source) -> str:
    if source.watermark is None:
        return source.read
    return f"{source.watermark.column} with {source.watermark.overlap_minutes} minutes of overlap"
