"""A consumer of a mapping: through the cluster's front, by IAM as the function's role."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from local import identity
from local.services.lambda_functions.kafka_mappings import access
from local.services.msk import state
from local.services.rds import folders

if TYPE_CHECKING:
    import boto3

Record = dict[str, Any]
_TOKEN_SECONDS = 900
_LONGEST_BATCH_MS = 86_400_000
_HELD_KIB = 16_384
_STARTS = {"TRIM_HORIZON": "earliest"}


def bootstrap(mapping: Record) -> str:
    """Where the cluster's pollers begin; empty while it has no brokers."""
    cluster = state.clusters.get(mapping["EventSourceArn"]) or {}
    port = (cluster.get("_Ports") or {}).get(access.door(cluster).name) if cluster else None
    return f"localhost:{port}" if port else ""


def settings(mapping: Record) -> dict[str, Any]:
    """The settings (librdkafka's names) of a member of the mapping's consumer group.

    A member that is busy keeps its partitions: a rebalance waits until the batch in hand has been delivered, so that
    no two invocations have records of one partition.
    """
    through = access.door(state.clusters[mapping["EventSourceArn"]])
    return {
        "bootstrap.servers": bootstrap(mapping),
        "group.id": mapping["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"],
        "client.id": f"lambda-{mapping['UUID']}",
        "auto.offset.reset": _STARTS.get(mapping["StartingPosition"], "latest"),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "max.poll.interval.ms": _LONGEST_BATCH_MS,
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 1_000,
        "topic.metadata.refresh.interval.ms": 15_000,
        "reconnect.backoff.max.ms": 1_000,
        "queued.max.messages.kbytes": _HELD_KIB,
        "log_level": 2,
        **(_tls() if through.tls else {}),
        **(_by_iam(mapping) if through.iam else {}),
    }


def _tls() -> dict[str, Any]:
    return {"security.protocol": "SSL", "ssl.ca.location": str(folders.certificates() / "ca.pem")}


def _by_iam(mapping: Record) -> dict[str, Any]:
    account, region = identity.account_id(), identity.region()

    def token_of_now(_: str) -> tuple[str, float]:
        from ministack.core.responses import request_scope

        with request_scope(account, region):
            return token(access.session(mapping), region), time.time() + _TOKEN_SECONDS

    return {"security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER", "oauth_cb": token_of_now}


def token(session: boto3.Session, region: str) -> str:
    """What proves to MSK by IAM who a client is: a signed request for kafka-cluster:Connect, in base64."""
    keys = session.get_credentials()
    if keys is None:
        raise RuntimeError("a session without credentials")
    url = f"https://kafka.{region}.amazonaws.com/?Action=kafka-cluster%3AConnect"
    request = AWSRequest("GET", url)
    SigV4QueryAuth(keys, "kafka-cluster", region, expires=_TOKEN_SECONDS).add_auth(request)
    return base64.urlsafe_b64encode(f"{request.url}&User-Agent=lambda".encode()).decode().rstrip("=")
