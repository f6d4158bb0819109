"""How a client of the cluster proves by IAM who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

if TYPE_CHECKING:
    from collections.abc import Callable

_BROKERS = "BootstrapBrokerStringSaslIam"


class NoBrokers(Exception):
    """The cluster tells no address at which clients prove by IAM who they are."""


def settings(kafka: Any, cluster_arn: str, certificates: str | None) -> dict[str, Any]:
    """The settings of a client, in librdkafka's names.

    Brokers are asked for each time, so that those are seen that were added.

    Args:
        kafka: Client of MSK's API.
        cluster_arn: The cluster.
        certificates: A file of authorities for TLS; the system's when it is None.

    Raises:
        NoBrokers: when the cluster does not offer IAM.
        botocore.exceptions.ClientError: when MSK does not answer.
    """
    brokers = kafka.get_bootstrap_brokers(ClusterArn=cluster_arn).get(_BROKERS)
    if not brokers:
        raise NoBrokers(
            f"{cluster_arn}: GetBootstrapBrokers tells no {_BROKERS}; switch IAM on in the cluster"
        )
    made = {
        "bootstrap.servers": brokers,
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "oauth_cb": _token_of(cluster_arn.split(":")[3]),
    }
    return made | ({"ssl.ca.location": certificates} if certificates else {})


def _token_of(region: str) -> Callable[[str], tuple[str, float]]:
    def token(_: str) -> tuple[str, float]:
        signed, expires_ms = MSKAuthTokenProvider.generate_auth_token(region)
        return signed, expires_ms / 1000

    return token
