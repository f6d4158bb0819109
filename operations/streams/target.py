"""The stream that a command means: its contract, its cluster and how a client logs in there by IAM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed, ExitCode
from operations.scope import domains, naming, unknown
from operations.streams.records import Records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from operations.connection import Connection

REPLAYER = "replay"
# An operator at the brokers' public door, if there is one; else from inside the VPC.
_DOORS = ("BootstrapBrokerStringPublicSaslIam", "BootstrapBrokerStringSaslIam")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A dataset that arrives over a topic."""

    dataset: Dataset
    stream: Stream

    @property
    def group(self) -> str:
        """The group that a replay reads in; nothing is committed in it."""
        return f"{self.stream.topic}.replay"


def targets(domain: str | None = None, known: Sequence[Domain] | None = None) -> list[Target]:
    """Every stream of a domain, or of all.

    Raises:
        CommandFailed: when there is no such domain.
    """
    every = list(domains() if known is None else known)
    names = [each.name for each in every]
    if domain is not None and domain not in names:
        raise CommandFailed(unknown("domain", domain, names), ExitCode.USAGE)
    return [
        Target(dataset=dataset, stream=dataset.stream)
        for each in every
        if domain in (None, each.name)
        for dataset in each.datasets
        if dataset.stream is not None
    ]


def target(topic: str, known: Sequence[Domain] | None = None) -> Target:
    """The stream of a topic.

    Raises:
        CommandFailed: when no contract has it; it says which one was probably meant.
    """
    every = {each.stream.topic: each for each in targets(known=known)}
    if topic not in every:
        if not every:
            raise CommandFailed(f"{topic!r} is no topic: no contract has a stream", ExitCode.USAGE)
        raise CommandFailed(unknown("topic", topic, list(every)), ExitCode.USAGE)
    return every[topic]


class Reach:
    """A domain's cluster, and how it is reached.

    Args:
        connection: The environment, as the role that logs in.
        names: Physical names of the domain.
    """

    def __init__(self, connection: Connection, names: Naming) -> None:
        self.connection, self.names = connection, names
        self._brokers: str | None = None

    def settings(self) -> dict[str, Any]:
        """The settings of a client, in librdkafka's names.

        Raises:
            CommandFailed: when there is no cluster, or it does not offer IAM.
        """
        made: dict[str, Any] = {
            "bootstrap.servers": self._found(),
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "OAUTHBEARER",
            "oauth_cb": self._token,
            "log_level": 2,
        }
        return made | ({"ssl.ca.location": self.connection.verify} if self.connection.verify else {})

    def records(self, topic: str, group: str) -> Records:
        """A topic of the cluster, to be read."""
        return Records(self.settings, topic=topic, group=group)

    def _found(self) -> str:
        if self._brokers is None:
            kafka = self.connection.client("kafka")
            clusters = kafka.list_clusters_v2(ClusterNameFilter=self.names.stream)["ClusterInfoList"]
            arns = [each["ClusterArn"] for each in clusters if each["ClusterName"] == self.names.stream]
            if not arns:
                raise CommandFailed(
                    f"{self.connection.environment.name} has no cluster {self.names.stream}: streaming is off "
                    "there, or not deployed. Mend: switch it on in environments/ and deploy",
                    ExitCode.UNREACHABLE,
                )
            told = kafka.get_bootstrap_brokers(ClusterArn=arns[0])
            self._brokers = next((told[door] for door in _DOORS if told.get(door)), None)
        if self._brokers is None:
            raise CommandFailed(
                f"{self.names.stream}: the cluster offers no login by IAM", ExitCode.UNREACHABLE
            )
        return self._brokers

    def _token(self, _: str) -> tuple[str, float]:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

        session = self.connection.session
        signed, expires_ms = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            self.connection.environment.region, _provider(session.get_credentials())
        )
        return str(signed), expires_ms / 1000


def reach(connection: Connection, domain: str) -> Reach:
    """A domain's cluster as the role that replays.

    Args:
        connection: The environment, as the caller.
        domain: Name of the domain.

    Raises:
        CommandFailed: when the role may not be assumed.
    """
    names = naming(domain, connection.environment)
    return Reach(connection.assume(names.role_arn(REPLAYER)), names)


def _provider(found: Any) -> Any:
    """The session's credentials as the signer asks for them."""
    from botocore.credentials import CredentialProvider

    class Provider(CredentialProvider):  # type: ignore[misc, unused-ignore] # botocore has no types for it
        def load(self) -> Any:
            return found

    return Provider()
