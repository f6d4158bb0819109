"""The names of a domain's streaming: what stacks below and above its own must know without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from environments.model import DatabaseSettings, Environment

# Looks at topics and groups, and makes topics where CloudFormation cannot.
ADMIN = "streams-admin"
# In whose workgroup all loaders of a domain merge.
LOAD = "load"
# Who sends dead letters again.
REPLAY = "replay"


def streams_here(domain: Domain) -> tuple[tuple[Dataset, Stream], ...]:
    """The datasets of a domain that have a stream, with it."""
    return tuple((each, each.stream) for each in domain.datasets if each.stream is not None)


def cluster_name(naming: Naming) -> str:
    """The cluster of a domain, its configuration and its registry of schemas."""
    return naming.stream


def loader_group(stream: Stream) -> str:
    """The consumer group that loads a topic into the lake; another version of the topic has another."""
    return f"{stream.topic}.loader"


def loader(dataset: Dataset) -> str:
    """The duty that loads a dataset's stream into the lake."""
    return f"load-{dataset.name}"


def capture(source: str) -> str:
    """The duty of the connector that reads a source's changes."""
    return f"capture-{source}"


def producer(dataset: Dataset) -> str:
    """The duty that writes a dataset's stream: the connector of its source, or whoever sends its events."""
    if dataset.source.method == "cdc":
        return capture(dataset.source.name)
    return f"produce-{dataset.name}"


def captured_sources(
    domain: Domain, environment: Environment
) -> list[tuple[DatabaseSettings, list[tuple[Dataset, Stream]]]]:
    """The databases of which changes are captured here, each with the datasets that arrive so; none where it is off."""
    if not environment.streaming.on:
        return []
    by_source = {
        settings: [
            (dataset, stream)
            for dataset, stream in streams_here(domain)
            if dataset.source.method == "cdc" and dataset.source.name == settings.name
        ]
        for settings in environment.databases_of(domain.name)
    }
    return [(settings, streams) for settings, streams in by_source.items() if streams]


def capturing_duties(domain: Domain) -> tuple[str, ...]:
    """The duties of connectors that read a database's changes: each reads the secret of its login."""
    captured = {producer(dataset) for dataset, _ in streams_here(domain) if dataset.source.method == "cdc"}
    return tuple(sorted(captured))


def loading_duties(domain: Domain, environment: Environment) -> tuple[str, ...]:
    """The duties that load streams into the lake here, one a dataset; none where streaming is off."""
    return tuple(loader(dataset) for dataset, _ in streams_here(domain)) if environment.streaming.on else ()


def calling_duties(domain: Domain, environment: Environment) -> tuple[str, ...]:
    """Loaders and the clock that calls them: whose failed calls are kept among the platform's dead letters.

    Example:
        >>> from environments import ENVIRONMENTS
        >>> from operations.scope import domains
        >>> prod = next(each for each in ENVIRONMENTS if each.name == "prod")
        >>> calling_duties(next(each for each in domains() if each.name == "retail"), prod)[-1]
        'load-scheduler'
    """
    loaders = loading_duties(domain, environment)
    return (*loaders, f"{LOAD}-scheduler") if loaders else ()


def merging_duties(domain: Domain, environment: Environment) -> tuple[str, ...]:
    """The duty in whose workgroup loaders merge; nobody's where nothing is loaded."""
    return (LOAD,) if loading_duties(domain, environment) else ()


def replaying_duties(domain: Domain, environment: Environment) -> tuple[str, ...]:
    """The duty that sends dead letters again and marks in the ledger which; nobody's where nothing is loaded."""
    return (REPLAY,) if loading_duties(domain, environment) else ()
