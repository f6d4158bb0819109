"""Physical names of an environment's audit, in one place: stacks below and above know them without references."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AuditNames:
    """What the parts of the audit are called.

    Args:
        prefix: Starts every physical name of the environment: `dp-dev`.
        account: The 12-digit account id.
        region: The AWS region.

    Example:
        >>> names = AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2")
        >>> names.store, names.database
        ('dp-dev-audit-store-111111111111-ap-southeast-2', 'dp_dev_audit')
    """

    prefix: str
    account: str
    region: str

    @property
    def store(self) -> str:
        """The locked bucket that holds all evidence."""
        return self._bucket("audit-store")

    @property
    def store_log(self) -> str:
        """The bucket to which S3 delivers the access log of the store."""
        return self._bucket("audit-store-log")

    @property
    def access_logs(self) -> str:
        """The bucket to which S3 delivers access logs of every domain."""
        return self._bucket("access-logs")

    @property
    def results(self) -> str:
        """The bucket of what auditors' queries answered."""
        return self._bucket("audit-results")

    @property
    def settings(self) -> str:
        """The bucket of AWS Config's history of settings."""
        return self._bucket("settings")

    @property
    def trail(self) -> str:
        """The trail."""
        return f"{self.prefix}-audit"

    @property
    def trail_arn(self) -> str:
        """The ARN of the trail, which the bucket's and the key's policies name."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.trail}"

    @property
    def database(self) -> str:
        """The Glue database."""
        return f"{self.prefix}-audit".replace("-", "_")

    @property
    def workgroup(self) -> str:
        """The Athena workgroup of auditors."""
        return f"{self.prefix}-audit"

    def role(self, duty: str) -> str:
        """The role of a duty: auditor, lake, replication, trail, history."""
        return f"{self.prefix}-auditor" if duty == "auditor" else f"{self.prefix}-audit-{duty}"

    def role_arn(self, duty: str) -> str:
        """The ARN of a duty's role."""
        return f"arn:aws:iam::{self.account}:role/{self.role(duty)}"

    def table_arn(self, table: str) -> str:
        """The ARN of a table of the audit's database."""
        return f"arn:aws:glue:{self.region}:{self.account}:table/{self.database}/{table}"

    def _bucket(self, part: str) -> str:
        return f"{self.prefix}-{part}-{self.account}-{self.region}"
