"""What the function is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    "plan_bucket": "STREAM_PLAN_BUCKET",
    "plan_key": "STREAM_PLAN_KEY",
    "cluster_arn": "CLUSTER_ARN",
    "ledger_table": "LEDGER_TABLE",
    "workgroup": "WORKGROUP",
}


class MissingSetting(ValueError):
    """A variable that the function needs is not set."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The function's environment.

    Args:
        plan_bucket: `STREAM_PLAN_BUCKET`: where the stream plan lies.
        plan_key: `STREAM_PLAN_KEY`: its object key.
        cluster_arn: `CLUSTER_ARN`: the MSK cluster.
        ledger_table: `LEDGER_TABLE`: the DynamoDB table of the run ledger.
        workgroup: `WORKGROUP`: Athena's workgroup for the merges.
        certificates: `AWS_CA_BUNDLE`: authorities for TLS, Kafka's too; the system's where it is not set.
        function: `AWS_LAMBDA_FUNCTION_NAME` and `AWS_LAMBDA_FUNCTION_VERSION`, for dead letters.
    """

    plan_bucket: str
    plan_key: str
    cluster_arn: str
    ledger_table: str
    workgroup: str
    certificates: str | None = None
    function: str = "stream_loader"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in an environment.

        Raises:
            MissingSetting: when a variable is missing or empty.

        Example:
            >>> Settings.of({})
            Traceback (most recent call last):
            stream_loader.settings.MissingSetting: STREAM_PLAN_BUCKET, STREAM_PLAN_KEY, CLUSTER_ARN, LEDGER_TABLE, \
WORKGROUP: not set; the function's environment must name them
        """
        missing = [name for name in _NAMES.values() if not environment.get(name)]
        if missing:
            raise MissingSetting(f"{', '.join(missing)}: not set; the function's environment must name them")
        version = environment.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        return cls(
            **{field: environment[name] for field, name in _NAMES.items()},
            certificates=environment.get("AWS_CA_BUNDLE") or None,
            function=f"{environment.get('AWS_LAMBDA_FUNCTION_NAME', 'stream_loader')}:{version}",
        )
