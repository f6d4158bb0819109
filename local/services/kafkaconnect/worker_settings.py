"""What a worker is started with: what MSK Connect sets itself, the worker configuration, and the laptop's own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from local.engines import connect
from local.services.kafkaconnect import mariadb, state, worker_configurations
from local.services.rds import folders

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]
_STRING = "org.apache.kafka.connect.storage.StringConverter"
_TRUST_PASSWORD = "changeit"  # noqa: S105 - Java's own default; it guards public certificates
_CLIENTS = ("", "producer.", "consumer.", "admin.")
_IAM = {
    "sasl.mechanism": "AWS_MSK_IAM",
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}
_REGISTRY = "com.amazonaws.services.schemaregistry.kafkaconnect."


def parameters(record: Record, folder: Path) -> dict[str, str]:
    """The worker's properties."""
    internal = {kind: _own(record, kind) for kind in ("configs", "offsets", "status")}
    chosen = worker_configurations.of_connector(record)
    return {
        "key.converter": _STRING,
        "value.converter": _STRING,
        "offset.flush.interval.ms": "1000",
        "offset.storage.topic": internal["offsets"],
        "offset.storage.partitions": "5",
        # What comes is told at once; while nothing comes, three readers of internal topics ask a fifth as often.
        "consumer.fetch.max.wait.ms": "2500",
        **chosen,
        **_security(record, folder),
        "bootstrap.servers": record["kafkaCluster"]["apacheKafkaCluster"]["bootstrapServers"],
        "group.id": _own(record, "cluster"),
        "config.storage.topic": internal["configs"],
        "status.storage.topic": internal["status"],
        "status.storage.partitions": "1",
        **{f"{kind}.storage.replication.factor": "1" for kind in ("config", "offset", "status")},
        "scheduled.rebalance.max.delay.ms": "0",
        "connector.client.config.override.policy": "None",
    }


def _own(record: Record, kind: str) -> str:
    """The name that MSK Connect gives an internal topic, or the group of a connector's workers (`cluster`).

    Example:
        >>> arn = "arn:aws:kafkaconnect:r:1:connector/orders/0a-1"
        >>> _own({"connectorName": "orders", "connectorArn": arn}, "offsets")
        '__amazon_msk_connect_offsets_orders_0a-1'
    """
    return f"__amazon_msk_connect_{kind}_{record['connectorName']}_{state.unique(record['connectorArn'])}"


def _security(record: Record, folder: Path) -> dict[str, str]:
    iam = record["kafkaClusterClientAuthentication"]["authenticationType"] == "IAM"
    tls = record["kafkaClusterEncryptionInTransit"]["encryptionType"] == "TLS"
    protocol = "SASL_SSL" if iam else "SSL" if tls else "PLAINTEXT"
    wanted = {"security.protocol": protocol, **(_IAM if iam else {})}
    if iam or tls:
        ca = folder / "ca.pem"  # a copy that the worker may read, whoever it has become
        shutil.copyfile(folders.certificates() / "ca.pem", ca)
        wanted |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(ca)}
    return {f"{client}{name}": value for client in _CLIENTS for name, value in wanted.items()}


def connector(record: Record) -> dict[str, str]:
    """The connector's configuration: Glue's converters are pointed at the embedded AWS, MySQL's class at MariaDB."""
    config = {name: str(value) for name, value in record["connectorConfiguration"].items()}
    for kind in ("key", "value"):
        if config.get(f"{kind}.converter", "").startswith(_REGISTRY):
            config[f"{kind}.converter.endpoint"] = _endpoint()
    return mariadb.configuration(config)


def plugins(record: Record, folder: Path) -> Path:
    """The folder of the connector's plug-ins, each in a folder of its own."""
    target = folder / "plugins"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    for one in record["plugins"]:
        arn = one["customPlugin"]["customPluginArn"]
        source = state.folder("plugins", arn)
        shutil.copytree(source, target / state.unique(arn), copy_function=_linked)
        if mariadb.stands_in(record["connectorConfiguration"]):
            for jar in connect.mariadb().glob("*.jar"):
                _linked(str(jar), str(target / state.unique(arn) / jar.name))
    return target


def _linked(source: str, target: str) -> str:
    """The same file once more, where the disk can; jars are large."""
    try:
        os.link(source, target)
    except OSError:
        return str(shutil.copy2(source, target))
    return target


def options(folder: Path) -> list[str]:
    """Options of the Java runtime: whom the AWS SDK and databases' drivers trust."""
    store = folder / "trust.p12"
    store.write_bytes(_truststore())
    return [f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={_TRUST_PASSWORD}"]


def _truststore() -> bytes:
    """Our own authority alone, as Java reads it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    ca = x509.load_pem_x509_certificate((folders.certificates() / "ca.pem").read_bytes())
    entry = pkcs12.PKCS12Certificate(ca, b"embedded-aws")
    return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(_TRUST_PASSWORD.encode()))


def environment(profile: Path) -> dict[str, str]:
    """The variables of the worker's process."""
    return {
        "AWS_CONFIG_FILE": str(profile),
        "AWS_REGION": os.environ.get("AWS_REGION", ""),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": _endpoint(),
        "LOCAL_AWS_STATE_DIR": str(folders.state()),
    }


def _endpoint() -> str:
    secured = os.environ.get("USE_SSL") == "1"
    return (
        f"{'https://localhost' if secured else 'http://127.0.0.1'}:{os.environ.get('GATEWAY_PORT', '4566')}"
    )
