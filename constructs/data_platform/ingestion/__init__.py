"""Personal data on its way in and out: the key of tokens, the register of erasures, and who works with them."""

from data_platform.ingestion.erasure_register import ErasureRegister
from data_platform.ingestion.rights import eraser_policy, token_keeper_policy, token_reader_policy
from data_platform.ingestion.token_key import TokenKey
from data_platform.ingestion.token_mapping import TokenMapping

__all__ = [
    "ErasureRegister",
    "TokenKey",
    "TokenMapping",
    "eraser_policy",
    "token_keeper_policy",
    "token_reader_policy",
]
