"""The register of erasures: whom no load may bring back, by hash, and when they were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

from data_platform.contracts.erasure import REGISTER, REGISTER_COLUMNS
from data_platform.contracts.types import iceberg_type

if TYPE_CHECKING:
    import aws_cdk as cdk

    from data_platform.contracts.naming import Naming


class ErasureRegister(Construct):
    """An Iceberg table in staged, made empty; `dp erase` writes it, every load of the domain reads it.

    Args:
        scope: The construct that owns the register.
        construct_id: Name within its scope.
        naming: Physical names; staged's database must exist.
        removal_policy: Whether the catalogue entry outlives its stack.
    """

    table: glue.CfnTable

    def __init__(
        self, scope: Construct, construct_id: str, *, naming: Naming, removal_policy: cdk.RemovalPolicy
    ) -> None:
        super().__init__(scope, construct_id)
        fields = [
            glue.CfnTable.IcebergStructFieldProperty(
                id=number, name=column.name, type=iceberg_type(column.type), required=column.required
            )
            for number, column in enumerate(REGISTER_COLUMNS, start=1)
        ]
        self.table = glue.CfnTable(
            self,
            "Resource",
            catalog_id=naming.account,
            database_name=naming.database("staged"),
            name=REGISTER,
            open_table_format_input=glue.CfnTable.OpenTableFormatInputProperty(
                iceberg_input=glue.CfnTable.IcebergInputProperty(
                    metadata_operation="CREATE",
                    version="2",
                    iceberg_table_input=glue.CfnTable.IcebergTableInputProperty(
                        location=naming.table_location("staged", REGISTER).rstrip("/"),
                        schema=glue.CfnTable.IcebergSchemaProperty(type="struct", fields=fields),
                        properties={
                            "write.format.default": "parquet",
                            "write.parquet.compression-codec": "zstd",
                        },
                    ),
                )
            ),
        )
        self.table.apply_removal_policy(removal_policy)
