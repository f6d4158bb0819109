"""A dataset's raw files as a table.

Deliveries are whole objects, so their days are projected and no partition is ever registered. An extraction is many
files: the state machine registers its day when all are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

from data_platform.contracts.tables import RAW_PARTITION, landed_columns

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming

# No source of ours is older; a query without a day looks no further back.
FIRST_DAY = "2000-01-01"
_FORMATS = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        {"serialization.format": "1"},
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        {"field.delim": ",", "serialization.format": ","},
    ),
}


class RawTable(Construct):
    """The raw table of a dataset, partitioned by ingest_date: by partition projection, or registered if extracted.

    Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html

    Args:
        scope: The construct that owns the table.
        construct_id: Name within its scope.
        dataset: The contract.
        naming: Physical names.
        database: The raw database.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        naming: Naming,
        database: glue.CfnDatabase,
    ) -> None:
        super().__init__(scope, construct_id)
        table = glue.CfnTable(
            self,
            "Resource",
            catalog_id=naming.account,
            database_name=naming.database("raw"),
            table_input=glue.CfnTable.TableInputProperty(
                name=dataset.name,
                description=f"{dataset.id} {dataset.version}: files as delivered by {dataset.source.name}",
                table_type="EXTERNAL_TABLE",
                parameters=_parameters(dataset, naming),
                partition_keys=[
                    glue.CfnTable.ColumnProperty(name=RAW_PARTITION.name, type=RAW_PARTITION.type)
                ],
                storage_descriptor=_storage(dataset, naming),
            ),
        )
        table.add_resource_dependency(database)


def _parameters(dataset: Dataset, naming: Naming) -> dict[str, str]:
    header = {"skip.header.line.count": "1"} if dataset.source.format == "csv" else {}
    days = {} if dataset.extracted else _projected_days(dataset, naming)
    return {
        "EXTERNAL": "TRUE",
        "classification": dataset.source.format,
        "contract_id": dataset.id,
        "contract_version": dataset.version,
        **days,
        **header,
    }


def _projected_days(dataset: Dataset, naming: Naming) -> dict[str, str]:
    day = f"projection.{RAW_PARTITION.name}"
    return {
        "projection.enabled": "true",
        f"{day}.type": "date",
        f"{day}.format": "yyyy-MM-dd",
        f"{day}.range": f"{FIRST_DAY},NOW+1DAYS",
        f"{day}.interval": "1",
        f"{day}.interval.unit": "DAYS",
        "storage.location.template": naming.raw_partition(
            dataset.name, dataset.source.name, f"${{{RAW_PARTITION.name}}}"
        ),
    }


def _storage(dataset: Dataset, naming: Naming) -> glue.CfnTable.StorageDescriptorProperty:
    input_format, output_format, library, parameters = _FORMATS[dataset.source.format]
    return glue.CfnTable.StorageDescriptorProperty(
        location=naming.table_location("raw", dataset.name),
        input_format=input_format,
        output_format=output_format,
        serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=library, parameters=parameters),
        columns=[
            glue.CfnTable.ColumnProperty(name=column.name, type=column.type)
            for column in landed_columns(dataset)
        ],
    )
