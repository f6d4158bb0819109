"""What the bytes are called, and who may see which of them."""

from data_platform.catalog.crawlers import RawCrawlers
from data_platform.catalog.databases import Databases
from data_platform.catalog.grants import READ, WRITE, LakeGrants
from data_platform.catalog.iceberg_table import IcebergTable, table_name
from data_platform.catalog.locations import RegisteredLocations
from data_platform.catalog.named_queries import DatasetQueries
from data_platform.catalog.raw_table import RawTable
from data_platform.catalog.readers import AthenaAccess, ConsumerRole, LandingRole
from data_platform.catalog.workgroup import Workgroup

__all__ = [
    "READ",
    "WRITE",
    "AthenaAccess",
    "ConsumerRole",
    "Databases",
    "DatasetQueries",
    "IcebergTable",
    "LakeGrants",
    "LandingRole",
    "RawCrawlers",
    "RawTable",
    "RegisteredLocations",
    "Workgroup",
    "table_name",
]
