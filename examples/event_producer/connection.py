"""How a client of MSK proves by IAM who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

if TYPE_CHECKING:
    from collections.abc import Callable

_BROKERS = "BootstrapBrokerStringSaslIam"


def iam_connection(kafka: Any, cluster_arn: str, *, certificates: str | None = None) -> dict[str, Any]:
    """The settings of a client, in librdkafka's names; it asks for the brokers, so that added ones are seen.

    Args:
        kafka: Client of MSK's API, in the role `produce-<dataset>`.
        cluster_arn: The cluster.
        certificates: A file of authorities for TLS; the system's when it is None.

    Raises:
        ValueError: when the cluster does not offer IAM.
        botocore.exceptions.ClientError: when MSK does not answer.
    """
    brokers = kafka.get_bootstrap_brokers(ClusterArn=cluster_arn).get(_BROKERS)
    if not brokers:
        raise ValueError(
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
