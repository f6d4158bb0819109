"""What the bytes are called, and who may see which of them."""

from data_platform.catalog.crawlers import RawCrawlers
from data_platform.catalog.databases import Databases
from data_platform.catalog.grants import WRITE, LakeGrants
from data_platform.catalog.iceberg_table import IcebergTable
from data_platform.catalog.lake_tags import LakeTags
from data_platform.catalog.locations import RegisteredLocations
from data_platform.catalog.named_queries import DatasetQueries
from data_platform.catalog.own_tables import OwnTables
from data_platform.catalog.raw_table import RawTable
from data_platform.catalog.readers import AthenaAccess, ConsumerRole
from data_platform.catalog.tagged import DatabaseTags, RunTableTags, TableTags
from data_platform.catalog.workgroup import Workgroup
from data_platform.contracts.lake_rights import READ

__all__ = [
    "READ",
    "WRITE",
    "AthenaAccess",
    "ConsumerRole",
    "DatabaseTags",
    "Databases",
    "DatasetQueries",
    "IcebergTable",
    "LakeGrants",
    "LakeTags",
    "OwnTables",
    "RawCrawlers",
    "RawTable",
    "RegisteredLocations",
    "RunTableTags",
    "TableTags",
    "Workgroup",
]
