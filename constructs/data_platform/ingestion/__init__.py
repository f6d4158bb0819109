"""How rows arrive in raw: extractors of databases, and the keys and registers of the personal data among them."""

from data_platform.ingestion.dms_login import ReplicationLogin
from data_platform.ingestion.dms_mappings import ReplicatedTable
from data_platform.ingestion.dms_replication import DmsReplication
from data_platform.ingestion.erasure_register import ErasureRegister
from data_platform.ingestion.extractor_task import EXTRACTOR_CONTAINER, ExtractorTask
from data_platform.ingestion.rights import eraser_policy, token_keeper_policy, token_reader_policy
from data_platform.ingestion.token_key import TokenKey
from data_platform.ingestion.token_mapping import TokenMapping

__all__ = [
    "EXTRACTOR_CONTAINER",
    "DmsReplication",
    "ErasureRegister",
    "ExtractorTask",
    "ReplicatedTable",
    "ReplicationLogin",
    "TokenKey",
    "TokenMapping",
    "eraser_policy",
    "token_keeper_policy",
    "token_reader_policy",
]
