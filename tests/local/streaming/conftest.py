"""One deployed platform whose shop streams, of these tests' own: from PostgreSQL, or as CHAOS_ENGINE says.

A platform that is prepared (PLATFORM_STATE) and streams nothing yet is copied, where its database is the one that
streams: the same deployment adds the streams to it, or makes all that there is.

STREAMING_STATE names the folder of one that runs and streams already (`make local STREAMING=1` keeps it in
`.local/aws`): it is used, and left running.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests here import their own modules

from sources import chosen
from streaming_platform import ROOT, SOURCE, StreamingPlatform

from environments import LOCAL
from local import state_copy
from operations.laptop import cdk, embedded, image, streaming

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shop(prepared: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The platform: deployed, its source prepared, its connector running."""
    source = chosen()
    contracts = source.contracts(tmp_path_factory.mktemp("contracts"))
    if running := os.environ.get("STREAMING_STATE"):
        found = StreamingPlatform(Path(running), source, contracts)
        streaming.start(found.connection, found.names, found.domain, SOURCE, on_progress=print)
        yield from resting(found)
        return
    state = tmp_path_factory.mktemp("platform") / "aws"
    if prepared is not None and source.environment is LOCAL:
        state_copy.copy(prepared, state)
    local = [sys.executable, "-m", "local"]
    subprocess.run([*local, "start", "--state-dir", str(state)], check=True, cwd=ROOT)
    try:
        made, environment = StreamingPlatform(state, source, contracts), source.environment
        image.build(prefix=environment.prefix, contracts=contracts, state=state)
        variables = embedded.variables(state) | source.variables
        regions = (environment.region, environment.recovery.copy_region)
        cdk.bootstrap(account=environment.account, regions=regions, environment=variables)
        streaming.upload_plugin(made.connection, variables)
        cdk.deploy(
            stage="local",
            environment=variables,
            on_line=print,
            output=tmp_path_factory.mktemp("assembly") / "cdk.out",
            context={"streaming": "on"},
        )
        streaming.start(made.connection, made.names, made.domain, SOURCE, on_progress=print)
        yield from resting(made)
    finally:
        subprocess.run([*local, "stop", "--state-dir", str(state)], check=True, cwd=ROOT)


def resting(platform: StreamingPlatform) -> Iterator[StreamingPlatform]:
    """The platform while the heartbeats' loader rests: its six merges a minute are half of what the platform does."""
    platform.reads("heartbeats", on=False)
    yield platform
    platform.reads("heartbeats", on=True)
