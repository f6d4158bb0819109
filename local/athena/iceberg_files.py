"""Rows of an Iceberg table as data files, one or more a partition.

pyiceberg's own writer needs a Rust extension for every transform but identity; here the transforms run in Python,
once for each distinct value.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import bin_pack_arrow_table, pyarrow_to_schema, write_file
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey, _to_partition_representation
from pyiceberg.table import WriteTask
from pyiceberg.transforms import IdentityTransform

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from pyiceberg.io import FileIO
    from pyiceberg.manifest import DataFile
    from pyiceberg.partitioning import PartitionField
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata

TARGET_FILE_BYTES = 512 * 1024 * 1024


def write(metadata: TableMetadata, rows: pa.Table, file_io: FileIO, write_uuid: uuid.UUID) -> list[DataFile]:
    """Writes `rows` (in the table's exact schema) and answers the data files to commit."""
    schema = pyarrow_to_schema(
        rows.schema, name_mapping=metadata.schema().name_mapping, format_version=metadata.format_version
    )
    counter = itertools.count()
    tasks = (
        WriteTask(
            write_uuid=write_uuid,
            task_id=next(counter),
            record_batches=batches,
            partition_key=key,
            schema=schema,
        )
        for key, part in _partitions(metadata, rows)
        for batches in bin_pack_arrow_table(part, TARGET_FILE_BYTES)
    )
    return list(write_file(io=file_io, table_metadata=metadata, tasks=tasks))


def _partitions(metadata: TableMetadata, rows: pa.Table) -> Iterator[tuple[PartitionKey | None, pa.Table]]:
    spec, schema = metadata.spec(), metadata.schema()
    if spec.is_unpartitioned():
        yield None, rows
        return
    names = [f"athena_partition_{index}" for index in range(len(spec.fields))]
    keyed = rows
    for name, field in zip(names, spec.fields, strict=True):
        keyed = keyed.append_column(name, _transformed(field, schema, rows))
    numbered = keyed.select(names).append_column("athena_row", pa.array(range(rows.num_rows), pa.int64()))
    groups = numbered.group_by(names, use_threads=False).aggregate([("athena_row", "list")])
    for group in groups.to_pylist():
        values = [
            PartitionFieldValue(field=f, value=group[n]) for n, f in zip(names, spec.fields, strict=True)
        ]
        key = PartitionKey(field_values=values, partition_spec=spec, schema=schema)
        yield key, rows.take(pa.array(group["athena_row_list"], pa.int64()))


def _transformed(field: PartitionField, schema: Schema, rows: pa.Table) -> pa.ChunkedArray | pa.Array:
    column = rows.column(str(schema.find_column_name(field.source_id)))
    if isinstance(field.transform, IdentityTransform):
        return column
    kind = schema.find_field(field.source_id).field_type
    transform = field.transform.transform(kind)
    encoded = column.combine_chunks().dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    results: list[Any] = [
        transform(_to_partition_representation(kind, v)) for v in encoded.dictionary.to_pylist()
    ]
    return pc.take(pa.array(results), encoded.indices)
