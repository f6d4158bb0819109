"""A topic belongs to a contract; how its cluster is reached is tested with the cluster's own tests."""

from __future__ import annotations

import pytest

from operations.exit_codes import CommandFailed
from operations.streams.target import target


def test_a_topic_that_no_contract_has_is_a_wrong_call():
    with pytest.raises(CommandFailed, match=r"'retail\.none\.v1' is no topic") as refused:
        target("retail.none.v1")
    assert refused.value.code == 2
