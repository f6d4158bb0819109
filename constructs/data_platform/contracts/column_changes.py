"""Changes of columns, keys, partitions and how rows arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change
from data_platform.contracts.model import CLASSIFICATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Column, Dataset

# Types that every value of the left fits into without loss, as Iceberg may widen a column in place.
_WIDER = {("int", "bigint"), ("float", "double")}


def column_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to the columns, the key, the partition spec and the load mode."""
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    for name in [one for one in before if one not in after]:
        yield _change(name, "removed", Breaks.CONSUMERS, "queries that name it fail")
    streams = old.stream is not None and new.stream is not None
    for name in [one for one in after if one not in before]:
        yield _added(after[name], streams=streams)
    for name in [one for one in before if one in after]:
        yield from _one_column(before[name], after[name], streams=streams)
    yield from _whole(old, new)


def _added(column: Column, *, streams: bool) -> Change:
    if not streams:
        # The drift check refuses a delivery that lacks any column of the contract, required or not.
        return _change(column.name, "added", Breaks.PRODUCERS, "deliveries without it are refused as drift")
    if column.required:
        return _change(column.name, "added", Breaks.PRODUCERS, "what is sent today has no value for it")
    return _change(column.name, "added", Breaks.NOBODY, "it is empty in what is sent today")


def _one_column(old: Column, new: Column, *, streams: bool) -> Iterator[Change]:
    name = new.name
    if old.physical_type != new.physical_type:
        what = f"type {old.physical_type} -> {new.physical_type}"
        if (old.physical_type, new.physical_type) in _WIDER:
            yield _change(name, what, Breaks.NOBODY, "every value fits the wider type")
        else:
            yield _change(name, what, Breaks.CONSUMERS, "queries and the Iceberg table expect the old type")
    elif old.logical_type != new.logical_type:
        what = f"logical type {old.logical_type} -> {new.logical_type}"
        yield _change(name, what, Breaks.CONSUMERS, "values mean something else")
    if old.source_type != new.source_type:
        what = f"source type {old.source_type} -> {new.source_type}"
        if streams and (old.source_type, new.source_type) in _WIDER:
            yield _change(
                name, what, Breaks.NOBODY, "the schemas say whether old and new records can be read"
            )
        else:
            yield _change(name, what, Breaks.PRODUCERS, "deliveries in the old type are refused as drift")
    if old.required and not new.required:
        yield _change(
            name, "may be empty now", Breaks.CONSUMERS, "queries that count on a value meet nothing"
        )
    if old.unique and not new.unique:
        yield _change(name, "may repeat now", Breaks.CONSUMERS, "joins on it may multiply rows")
    yield from _privacy(old, new)
    if old.description != new.description:
        yield _words(f"columns.{name}")


def _privacy(old: Column, new: Column) -> Iterator[Change]:
    if old.classification != new.classification:
        ranks = [CLASSIFICATIONS.index(one) for one in (old.classification, new.classification)]
        stricter = ranks[1] > ranks[0]
        what = f"classification {old.classification} -> {new.classification}"
        breaks = Breaks.CONSUMERS if stricter else Breaks.NOBODY
        yield _change(new.name, what, breaks, "fewer may read it" if stricter else "nobody loses access")
    if old.masking != new.masking:
        what = f"masking {_masking(old)} -> {_masking(new)}"
        yield _change(new.name, what, Breaks.CONSUMERS, "the values that consumers see change")
    if old.masked_name and new.masked_name and old.masked_name != new.masked_name:
        what = f"masked column {old.masked_name} -> {new.masked_name}"
        yield _change(new.name, what, Breaks.CONSUMERS, "queries that name it fail")
    if old.pii != new.pii:
        yield _change(new.name, f"pii {old.pii} -> {new.pii}", Breaks.NOBODY, "a mark for people and audits")


def _masking(column: Column) -> str:
    return f"{column.masking.method} at {column.masking.when}" if column.masking else "none"


def _whole(old: Dataset, new: Dataset) -> Iterator[Change]:
    if old.primary_key != new.primary_key:
        what = f"({', '.join(old.primary_key)}) -> ({', '.join(new.primary_key)})"
        reason = "one row stands for something else, joins multiply or lose rows"
        yield Change(field="primary key", what=what, breaks=Breaks.CONSUMERS, reason=reason)
    if old.load_mode != new.load_mode:
        what = f"{old.load_mode} -> {new.load_mode}"
        reason = "a delivery replaces the whole state instead of a day, or the reverse"
        yield Change(field="load mode", what=what, breaks=Breaks.PRODUCERS, reason=reason)
    if old.partition_spec != new.partition_spec:
        reason = "answers stay the same, only what they scan changes"
        yield Change(field="partition spec", what="changed", breaks=Breaks.NOBODY, reason=reason)
    if [column.name for column in old.columns] != [column.name for column in new.columns] and {
        column.name for column in old.columns
    } == {column.name for column in new.columns}:
        reason = "columns are read by name"
        yield Change(field="columns", what="order changed", breaks=Breaks.NOBODY, reason=reason)


def _change(column: str, what: str, breaks: Breaks, reason: str) -> Change:
    return Change(field=f"columns.{column}", what=what, breaks=breaks, reason=reason)


def _words(field: str) -> Change:
    what, reason = "description changed", "words for people"
    return Change(field=field, what=what, breaks=Breaks.NOBODY, reason=reason, only_words=True)
