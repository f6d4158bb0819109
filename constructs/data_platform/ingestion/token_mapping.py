"""Old tokens and what replaces them, while an upgrade runs: a table over one file that the token keeper writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class TokenMapping(Construct):
    """An external table in staged with the columns `old` and `new`; its file is there only during an upgrade.

    Args:
        scope: The construct that owns the table.
        construct_id: Name within its scope.
        naming: Physical names; staged's database must exist.
    """

    table: glue.CfnTable

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        self.table = glue.CfnTable(
            self,
            "Resource",
            catalog_id=naming.account,
            database_name=naming.database("staged"),
            table_input=glue.CfnTable.TableInputProperty(
                name=naming.token_mapping,
                description="Tokens of an earlier version and what they become, while dp tokens upgrade runs",
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "parquet"},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=naming.table_location("staged", naming.token_mapping),
                    input_format=f"{_PARQUET}.MapredParquetInputFormat",
                    output_format=f"{_PARQUET}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe",
                        parameters={"serialization.format": "1"},
                    ),
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type="string") for name in ("old", "new")
                    ],
                ),
            ),
        )
