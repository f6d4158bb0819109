"""What a connector runs on: the plug-in, which lies in a bucket under its digest, and the settings of its worker."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_kafkaconnect as connect
from constructs import Construct

from data_platform.streaming.connector_configuration import SECRETS

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROVIDER = "dataplatform.connect.SecretsManagerConfigProvider"
# A row that is too large for the lake must still reach its topic: there the loader says so, here the connector stops.
LARGEST_RECORD_BYTES = 4 * 1024**2
_DIGITS = 12


class ConnectPlugin(Construct):
    """A plug-in of MSK Connect.

    Its name carries the digest: another plug-in is another resource, and connectors move to it one by one. It stays
    when its stack lets go of it, since MSK Connect deletes none that a connector still uses; it costs nothing.

    Args:
        scope: The construct that owns the plug-in.
        construct_id: Name within its scope.
        name: Public name without the digest.
        bucket_arn: The bucket in which CI laid it down; nothing is built or looked up at synth.
        key: The object's key.
        digest: SHA-256 of the ZIP, in hexadecimal digits.

    Example:
        >>> stack = cdk.Stack()
        >>> plugin = ConnectPlugin(stack, "Plugin", name="dp-dev-retail-capture", bucket_arn="arn:aws:s3:::assets",
        ...                        key="connect-plugins/0a1b.zip", digest="0a1b2c3d4e5f6071")
        >>> plugin.resource.name
        'dp-dev-retail-capture-0a1b2c3d4e5f'
    """

    resource: connect.CfnCustomPlugin

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, bucket_arn: str, key: str, digest: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.resource = connect.CfnCustomPlugin(
            self,
            f"Resource{digest[:_DIGITS]}",
            name=f"{name}-{digest[:_DIGITS]}",
            description=f"Debezium, the registry's converter and the provider of secrets; SHA-256 {digest}",
            content_type="ZIP",
            location=connect.CfnCustomPlugin.CustomPluginLocationProperty(
                s3_location=connect.CfnCustomPlugin.S3LocationProperty(bucket_arn=bucket_arn, file_key=key)
            ),
        )
        self.resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN, apply_to_update_replace_policy=True)


def offsets_topic(connector: str) -> str:
    """Where a connector's place in its source is kept: by the connector's name and no id, so that it outlives it.

    A connector that is made anew under the same name, with another plug-in, reads on where the last one was.

    Source: https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-manage-connector-offsets.html

    Example:
        >>> offsets_topic("dp-dev-retail-capture-shop")
        '__amazon_msk_connect_offsets_dp-dev-retail-capture-shop'
    """
    return f"__amazon_msk_connect_offsets_{connector}"


def worker_properties(connector: str, region: str) -> dict[str, str]:
    """The settings of a connector's worker.

    Args:
        connector: Public name of the connector.
        region: Where its secrets are.
    """
    return {
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "config.providers": SECRETS,
        f"config.providers.{SECRETS}.class": _PROVIDER,
        f"config.providers.{SECRETS}.param.region": region,
        "offset.flush.interval.ms": "10000",
        "offset.storage.topic": offsets_topic(connector),
        "producer.acks": "all",
        "producer.compression.type": "zstd",
        "producer.max.request.size": str(LARGEST_RECORD_BYTES),
        # Debezium 3.2 has a part that all tasks of a connector share, and a task that ends takes it away from one that
        # has begun: the next must not begin before the last has ended.
        "task.shutdown.graceful.timeout.ms": "60000",
    }


class WorkerConfiguration(Construct):
    """The settings of a worker as MSK Connect keeps them: they never change, so that others have another name.

    Args:
        scope: The construct that owns them.
        construct_id: Name within its scope.
        name: Public name without the digest.
        properties: As in connect-distributed.properties.

    Example:
        >>> made = WorkerConfiguration(cdk.Stack(), "Worker", name="capture", properties={"a": "b"})
        >>> made.resource.name
        'capture-77e7ce77c707'
    """

    resource: connect.CfnWorkerConfiguration

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, properties: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        text = "".join(f"{key}={value}\n" for key, value in sorted(properties.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
        self.resource = connect.CfnWorkerConfiguration(
            self,
            f"Resource{digest}",
            name=f"{name}-{digest}",
            description="Secrets by reference, and where the connector's place in its source is kept",
            properties_file_content=base64.b64encode(text.encode()).decode(),
        )
        self.resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN, apply_to_update_replace_policy=True)
