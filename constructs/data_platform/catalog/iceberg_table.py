"""An Iceberg table that CloudFormation creates empty; from then on Athena writes it and evolves its schema.

CloudFormation can only CREATE Iceberg tables (`MetadataOperation`); columns are added by ALTER TABLE in Athena.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

from data_platform.contracts import tables
from data_platform.contracts.sensitivity import table_columns
from data_platform.contracts.table_kinds import table_name, zone_of
from data_platform.contracts.types import iceberg_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from data_platform.contracts.model import Dataset, PartitionField
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.table_kinds import TableKind
    from data_platform.contracts.tables import TableColumn

# Iceberg numbers partition fields from 1000: https://iceberg.apache.org/spec/#partitioning
_FIRST_PARTITION_FIELD = 1000


class IcebergTable(Construct):
    """One of a dataset's Iceberg tables: candidate, quarantine, staged or curated; deleted of changes; a window's.

    Args:
        scope: The construct that owns the table.
        construct_id: Name within its scope.
        dataset: The contract.
        kind: Which table of the dataset.
        naming: Physical names.
        database: The database it is in.
        removal_policy: Whether the catalogue entry outlives its stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        kind: TableKind,
        naming: Naming,
        database: glue.CfnDatabase,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        zone = zone_of(kind)
        name = table_name(dataset.name, kind)
        columns = table_columns(dataset, kind)
        table = glue.CfnTable(
            self,
            "Resource",
            catalog_id=naming.account,
            database_name=naming.database(zone),
            name=name,
            open_table_format_input=glue.CfnTable.OpenTableFormatInputProperty(
                iceberg_input=glue.CfnTable.IcebergInputProperty(
                    metadata_operation="CREATE",
                    version="2",
                    iceberg_table_input=glue.CfnTable.IcebergTableInputProperty(
                        location=naming.table_location(zone, name).rstrip("/"),
                        schema=_schema(columns),
                        partition_spec=_partition_spec(columns, tables.partition_fields(dataset, kind)),
                        properties={
                            "contract_id": dataset.id,
                            "write.format.default": "parquet",
                            "write.parquet.compression-codec": "zstd",
                        },
                    ),
                )
            ),
        )
        table.apply_removal_policy(removal_policy)
        table.add_resource_dependency(database)


def _schema(columns: Sequence[TableColumn]) -> glue.CfnTable.IcebergSchemaProperty:
    return glue.CfnTable.IcebergSchemaProperty(
        type="struct",
        fields=[
            glue.CfnTable.IcebergStructFieldProperty(
                id=number, name=column.name, type=iceberg_type(column.type), required=column.required
            )
            for number, column in enumerate(columns, start=1)
        ],
    )


def _partition_spec(
    columns: Sequence[TableColumn], fields: Sequence[PartitionField]
) -> glue.CfnTable.IcebergPartitionSpecProperty | None:
    ids = {column.name: number for number, column in enumerate(columns, start=1)}
    if not fields:
        return None
    return glue.CfnTable.IcebergPartitionSpecProperty(
        fields=[
            glue.CfnTable.IcebergPartitionFieldProperty(
                field_id=number,
                name=_partition_name(field),
                source_id=ids[field.column],
                transform=field.transform,
            )
            for number, field in enumerate(fields, start=_FIRST_PARTITION_FIELD)
        ]
    )


def _partition_name(field: PartitionField) -> str:
    """Iceberg's own convention: `time_hour_day`; an identity field has its column's name."""
    transform = field.transform.split("[")[0]
    return field.column if transform == "identity" else f"{field.column}_{transform}"
