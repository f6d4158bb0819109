"""What tests of several folders share: one embedded AWS of each kind and one broker for the whole session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.local.conftest import aws, secured_aws  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.engines import kafka


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Broker]:
    """A broker that takes what the platform's clusters take, 8 MiB; a topic may take less."""
    from local.engines import kafka

    made = kafka.Broker(
        tmp_path_factory.mktemp("kafka") / "one", parameters={"message.max.bytes": str(8 << 20)}
    )
    made.start(seconds=120)
    yield made
    made.stop()
