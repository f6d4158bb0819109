"""The slices of an environment that stacks take apart: storage, catalog, processing, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_match, require_texts, require_whole

# The retention periods that CloudWatch Logs accepts, up to ten years.
LOG_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
# Fargate takes only these pairs of CPU units and memory in MiB.
FARGATE_MEMORY_MIB = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
}
# Athena refuses a limit below 10 MB.
LEAST_BYTES_SCANNED = 10_000_000
TEN_YEARS_DAYS = 3653


@dataclass(frozen=True, kw_only=True)
class StorageSettings:
    """How zone buckets differ between environments; what a dataset needs stands in its contract.

    Args:
        object_lock_mode: Mode in which contracts that ask for a lock get one; None locks nothing here.
        noncurrent_days: Most days that overwritten versions are kept, whatever the contract asks.
        sandbox_expire_days: Age at which sandbox objects are deleted.
        athena_results_expire_days: Age at which query results are deleted.
        incomplete_upload_days: Age at which unfinished uploads are deleted.

    Raises:
        InvalidEnvironment: when a value is not allowed.
    """

    object_lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] | None
    noncurrent_days: int
    sandbox_expire_days: int
    athena_results_expire_days: int
    incomplete_upload_days: int = 7

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        require(
            self.object_lock_mode in ("GOVERNANCE", "COMPLIANCE", None),
            "StorageSettings.object_lock_mode",
            self.object_lock_mode,
            allowed='"GOVERNANCE", "COMPLIANCE" or None',
            mend="choose GOVERNANCE unless a regulator asks for COMPLIANCE, which nobody can undo",
        )
        for field in (
            "noncurrent_days",
            "sandbox_expire_days",
            "athena_results_expire_days",
            "incomplete_upload_days",
        ):
            require_whole(
                f"StorageSettings.{field}", getattr(self, field), least=1, most=TEN_YEARS_DAYS, unit="days"
            )


@dataclass(frozen=True, kw_only=True)
class CatalogSettings:
    """Who governs the catalogue and how much one query may read.

    Args:
        lake_formation: "create" lets the account stack own Lake Formation's settings (one owner an account
            and region); "existing" leaves them to another stack.
        admin_role_arns: Lake Formation administrators besides the CDK execution role.
        consumer_principals: ARNs that may assume the consumer roles (analyst, engineer, steward).
        bytes_scanned_cutoff: Bytes after which a query of the domain's workgroup is stopped.

    Raises:
        InvalidEnvironment: when a value is not allowed.
    """

    lake_formation: Literal["create", "existing"]
    admin_role_arns: tuple[str, ...]
    consumer_principals: tuple[str, ...]
    bytes_scanned_cutoff: int

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        require(
            self.lake_formation in ("create", "existing"),
            "CatalogSettings.lake_formation",
            self.lake_formation,
            allowed='"create" or "existing"',
            mend='write "existing" when another environment or stack of the account owns the settings',
        )
        for field in ("admin_role_arns", "consumer_principals"):
            require_texts(
                f"CatalogSettings.{field}",
                getattr(self, field),
                r"arn:aws:iam::\d{12}:(root|role/[\w+=,.@/-]+|user/[\w+=,.@/-]+)",
                allowed="IAM ARNs (roles, users or an account root)",
                mend='write for example ("arn:aws:iam::111111111111:role/data-governance",)',
            )
        require_whole(
            "CatalogSettings.bytes_scanned_cutoff",
            self.bytes_scanned_cutoff,
            least=LEAST_BYTES_SCANNED,
            most=10**15,
            unit="bytes",
        )


@dataclass(frozen=True, kw_only=True)
class ProcessingSettings:
    """How much runs side by side, how long it may take and on what size.

    Args:
        schedule_enabled: Whether the daily run is scheduled (local runs are started by hand).
        max_concurrency: Datasets of one wave that load side by side.
        dbt_cpu: CPU units of the dbt task (1024 is one vCPU).
        dbt_memory_mib: Memory of the dbt task in MiB.
        dbt_image_tag: Tag of the dbt image in the platform's repository, pushed by CI.
        task_timeout_minutes: Longest time of one query or task.
        run_timeout_minutes: Longest time of a whole run.
        log_retention_days: Days for which logs of runs and tasks are kept.

    Raises:
        InvalidEnvironment: when a value is not allowed.
    """

    schedule_enabled: bool
    max_concurrency: int
    dbt_cpu: int
    dbt_memory_mib: int
    dbt_image_tag: str
    task_timeout_minutes: int
    run_timeout_minutes: int
    log_retention_days: int

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "ProcessingSettings"
        require(
            isinstance(self.schedule_enabled, bool),
            f"{own}.schedule_enabled",
            self.schedule_enabled,
            allowed="True or False",
            mend="write schedule_enabled=True or schedule_enabled=False",
        )
        require_whole(f"{own}.max_concurrency", self.max_concurrency, least=1, most=40, unit="datasets")
        require(
            self.dbt_memory_mib in FARGATE_MEMORY_MIB.get(self.dbt_cpu, ()),
            f"{own}.dbt_cpu and {own}.dbt_memory_mib",
            (self.dbt_cpu, self.dbt_memory_mib),
            allowed="a pair that Fargate offers, such as 512 with 1024 to 4096, or 1024 with 2048 to 8192",
            mend="write for example dbt_cpu=512, dbt_memory_mib=2048",
        )
        require_match(
            f"{own}.dbt_image_tag",
            self.dbt_image_tag,
            r"(?!latest$)[A-Za-z0-9_][\w.-]{0,127}",
            allowed="an image tag other than latest, which would change under a running schedule",
            mend='write the tag that CI pushed, such as "0.1.0"',
        )
        require_whole(
            f"{own}.task_timeout_minutes", self.task_timeout_minutes, least=1, most=720, unit="minutes"
        )
        require_whole(
            f"{own}.run_timeout_minutes",
            self.run_timeout_minutes,
            least=self.task_timeout_minutes,
            most=1440,
            unit="minutes",
        )
        require_log_days(f"{own}.log_retention_days", self.log_retention_days)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Who is told, by severity: a page wakes somebody, a ticket waits for the morning.

    Args:
        page_emails: Addresses for alarms that cannot wait.
        ticket_emails: Addresses for alarms that can.
        owner: Who mends what domains share.

    Raises:
        InvalidEnvironment: when a value is no mail address, or nobody is named.
    """

    page_emails: tuple[str, ...]
    ticket_emails: tuple[str, ...]
    owner: str = "data-platform"

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        require_match(
            "AlarmSettings.owner",
            self.owner,
            r"\S.*",
            allowed="a team's name",
            mend='write for example "data-platform"',
        )
        for field in ("page_emails", "ticket_emails"):
            require_texts(
                f"AlarmSettings.{field}",
                getattr(self, field),
                r"[^@\s]+@[^@\s]+\.[^@\s]+",
                allowed="mail addresses",
                mend='write for example ("data-on-call@example.com",), or () for nobody',
            )


def require_log_days(field: str, value: object) -> None:
    """Refuse a retention that CloudWatch Logs does not offer."""
    require(
        value in LOG_DAYS and not isinstance(value, bool),
        field,
        value,
        allowed=f"days that CloudWatch Logs offers: {', '.join(map(str, LOG_DAYS))}",
        mend="take the next longer period of this list",
    )
