"""The server properties of an MSK Configuration: which may be set, and what they must look like."""

from __future__ import annotations

from local.services.refusal import Refusal

# Of the Amazon MSK developer guide, "Custom Amazon MSK configurations", with those of Express brokers.
_WHOLE = frozenset(
    [
        "connections.max.idle.ms",
        "default.replication.factor",
        "group.initial.rebalance.delay.ms",
        "group.max.session.timeout.ms",
        "group.min.session.timeout.ms",
        "leader.imbalance.per.broker.percentage",
        "log.cleaner.delete.retention.ms",
        "log.flush.interval.messages",
        "log.flush.interval.ms",
        "log.local.retention.bytes",
        "log.local.retention.ms",
        "log.message.timestamp.after.max.ms",
        "log.message.timestamp.before.max.ms",
        "log.message.timestamp.difference.max.ms",
        "log.retention.bytes",
        "log.retention.hours",
        "log.retention.minutes",
        "log.retention.ms",
        "log.roll.ms",
        "log.segment.bytes",
        "max.connections",
        "max.connections.per.ip",
        "max.incremental.fetch.session.cache.slots",
        "message.max.bytes",
        "min.insync.replicas",
        "num.io.threads",
        "num.network.threads",
        "num.partitions",
        "num.recovery.threads.per.data.dir",
        "num.replica.fetchers",
        "offsets.retention.minutes",
        "offsets.topic.replication.factor",
        "remote.log.reader.threads",
        "replica.fetch.max.bytes",
        "replica.fetch.response.max.bytes",
        "replica.lag.time.max.ms",
        "replica.socket.receive.buffer.bytes",
        "socket.receive.buffer.bytes",
        "socket.request.max.bytes",
        "socket.send.buffer.bytes",
        "transaction.max.timeout.ms",
        "transaction.state.log.min.isr",
        "transaction.state.log.replication.factor",
        "transactional.id.expiration.ms",
        "zookeeper.session.timeout.ms",
    ]
)
_SWITCHES = frozenset(
    [
        "allow.everyone.if.no.acl.found",
        "auto.create.topics.enable",
        "auto.leader.rebalance.enable",
        "delete.topic.enable",
        "unclean.leader.election.enable",
    ]
)
_TEXTS = frozenset(
    [
        "compression.type",
        "log.cleaner.min.cleanable.ratio",
        "log.cleanup.policy",
        "log.message.timestamp.type",
        "replica.selector.class",
    ]
)
# One broker without ACLs, on Kafka 4: these have nothing to act on, or no longer exist.
_WITHOUT_EFFECT = frozenset(
    [
        "allow.everyone.if.no.acl.found",
        "log.message.timestamp.difference.max.ms",
        "zookeeper.session.timeout.ms",
        "remote.log.reader.threads",
        "log.local.retention.bytes",
        "log.local.retention.ms",
    ]
)


def parsed(text: str) -> dict[str, str]:
    r"""The properties of a `server.properties`.

    Raises:
        Refusal: `BadRequestException` for a line that is none, a property that MSK does not let one set, or a
            value that Kafka could not take.

    Example:
        >>> parsed("# kept for a week\nlog.retention.hours = 168\n")
        {'log.retention.hours': '168'}
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "!")):
            continue
        name, separator, value = (part.strip() for part in stripped.partition("="))
        if not separator or not value:
            raise _refused(f"line {number}, {stripped!r}, is not name=value")
        _check(name, value)
        found[name] = value
    return found


def of_the_engine(properties: dict[str, str]) -> dict[str, str]:
    """Those that the laptop's one broker takes over.

    Example:
        >>> of_the_engine({"num.partitions": "3", "zookeeper.session.timeout.ms": "18000"})
        {'num.partitions': '3'}
    """
    return {name: value for name, value in properties.items() if name not in _WITHOUT_EFFECT}


def _check(name: str, value: str) -> None:
    if name in _WHOLE:
        if not value.lstrip("-").isdigit():
            raise _refused(f"{name} must be a whole number, it is {value!r}")
    elif name in _SWITCHES:
        if value.lower() not in ("true", "false"):
            raise _refused(f"{name} must be true or false, it is {value!r}")
    elif name not in _TEXTS:
        raise _refused(f"unsupported property {name}; MSK lets one set {', '.join(allowed())}")


def allowed() -> list[str]:
    """Every property that may be set."""
    return sorted(_WHOLE | _SWITCHES | _TEXTS)


def _refused(why: str) -> Refusal:
    return Refusal("BadRequestException", f"Invalid server properties: {why}.")
