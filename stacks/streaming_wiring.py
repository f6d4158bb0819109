"""The stacks of a domain's streaming among its others: cluster, connectors, loaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.streaming import StreamingStack
from stacks.streaming_capture import StreamingCaptureStack
from stacks.streaming_load import StreamingLoadStack
from stacks.streaming_names import captured_sources, streams_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from data_platform.catalog import AthenaAccess
    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Database
    from environments.model import Environment
    from stacks.foundation import FoundationStack
    from stacks.lake import LakeStack


def add_streaming(
    stage: Construct,
    prefix: str,
    *,
    environment: Environment,
    domain: Domain,
    naming: Naming,
    lake: LakeStack,
    foundation: FoundationStack,
    databases: Mapping[str, Database],
) -> StreamingStack | None:
    """The cluster of a domain that has streams, and the connectors that write to it; None without streams.

    Args:
        stage: The stage of the environment.
        prefix: Starts the stacks' names.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        lake: The domain's key and zones, which come first.
        foundation: What domains share.
        databases: The domain's databases by name.
    """
    if not streams_here(domain):
        return None
    streaming = StreamingStack(
        stage,
        f"{prefix}Streaming",
        environment=environment,
        domain=domain,
        naming=naming,
        key=lake.key,
        platform_key=foundation.key,
        network=foundation.network,
        topics=foundation.topics,
        finding=foundation.unresourced.clusters,
    )
    streaming.add_stack_dependency(lake)
    if captured_sources(domain, environment):
        StreamingCaptureStack(
            stage,
            f"{prefix}Capture",
            environment=environment,
            domain=domain,
            naming=naming,
            databases=databases,
            streaming=streaming,
            key=lake.key,
            platform_key=foundation.key,
            network=foundation.network,
            unresourced=foundation.unresourced,
            dead_letters=foundation.dead_letters,
            topics=foundation.topics,
        )
    return streaming


def add_loaders(
    stage: Construct,
    prefix: str,
    *,
    environment: Environment,
    domain: Domain,
    naming: Naming,
    lake: LakeStack,
    foundation: FoundationStack,
    streaming: StreamingStack,
    athena_access: AthenaAccess,
) -> StreamingLoadStack:
    """The loaders of a domain that has a cluster; they come after its catalogue and its ledger.

    Args:
        stage: The stage of the environment.
        prefix: Starts the stack's name.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        lake: The domain's key.
        foundation: What domains share; it holds the loader's image.
        streaming: The cluster and its topics.
        athena_access: To ask Athena, and to commit tables.
    """
    return StreamingLoadStack(
        stage,
        f"{prefix}Load",
        environment=environment,
        domain=domain,
        naming=naming,
        streaming=streaming,
        repository=foundation.repositories["stream-loader"],
        athena_access=athena_access,
        key=lake.key,
        platform_key=foundation.key,
        network=foundation.network,
        unresourced=foundation.unresourced,
        dead_letters=foundation.dead_letters,
        topics=foundation.topics,
    )
