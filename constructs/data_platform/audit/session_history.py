"""The log of a bastion's sessions, and every night the day's lines put into the store, where nobody shortens them.

The host itself can only add lines to a log group; it has no right to the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.log_group import encrypted_log_group
from data_platform.logged_machine import logged_machine
from data_platform.schedule_group import ScheduleGroup
from data_platform.schedule_role import schedule_role
from data_platform.states_language import CALL_SECONDS, State, choose, jsonata, retry

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from data_platform.audit.names import AuditNames

SESSION_PREFIX = "sessions/"
SESSIONS, STARTER = "sessions", "sessions-starter"
# One o'clock UTC: an hour for lines that come late, then the day that ended is put away whole.
_NIGHTLY = "cron(0 1 * * ? *)"
_DAY_MILLISECONDS = 86_400_000
# What a state may hand on is 256 KiB; so many lines of sshd are half of it.
_LINES_A_PAGE = 500
_LONGEST_SECONDS, _MOST_TRIES = 3600, 10
_LOST: State = {"ErrorEquals": ["States.ALL"], "Output": jsonata("$states.errorOutput"), "Next": "Lost"}


class SessionHistory(Construct):
    """A log group for sessions, and the machine that keeps each day of it.

    Args:
        scope: The construct that owns them.
        construct_id: Name within its scope.
        names: Physical names.
        log_group: Name of the log group of the sessions.
        store: Where days are put; its policy lets the machine's role add.
        key: The audit's key; also encrypts both logs.
        machine_access: The policy with which a state machine logs and traces.
        dead_letters: Keeps starts that failed.
        dead_letter_key: Encrypts them.
        log_retention_days: Days for which the logs themselves are kept.
        removal_policy: Whether the log groups outlive their stack.

    Attributes:
        sessions: The log group to which the bastion writes.
        machine_arn: The machine, for alarms.
    """

    sessions: logs.CfnLogGroup
    machine_arn: str

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        log_group: str,
        store: s3.IBucket,
        key: kms.IKey,
        machine_access: iam.IManagedPolicy,
        dead_letters: sqs.IQueue,
        dead_letter_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.sessions = encrypted_log_group(
            self,
            "Sessions",
            name=log_group,
            key=key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        name = f"{names.prefix}-session-history"
        self.machine_arn = f"arn:aws:states:{names.region}:{names.account}:stateMachine:{name}"
        role, rights = self._role(names, store, key, machine_access)
        machine = logged_machine(
            self,
            name=name,
            definition=definition(names, self.sessions.ref),
            role=role,
            log_key=key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
            log_data=False,  # it is the log of sessions itself
        )
        machine.node.add_dependency(rights)
        self._schedule(names, machine, dead_letters, dead_letter_key)

    def _role(
        self, names: AuditNames, store: s3.IBucket, key: kms.IKey, machine_access: iam.IManagedPolicy
    ) -> tuple[iam.Role, iam.ManagedPolicy]:
        role = iam.Role(
            self,
            "Role",
            role_name=names.role(SESSIONS),
            description="Reads the log of sessions and puts its days into the store",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": names.account}}
            ),
            managed_policies=[machine_access],
        )
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                _allow("logs:FilterLogEvents", on=self.sessions.attr_arn),
                _allow("kms:GenerateDataKey", on=key.key_arn),
            ],
        )
        store.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SessionHistoryAdds",
                principals=[iam.ArnPrincipal(role.role_arn)],
                actions=["s3:PutObject"],
                resources=[store.arn_for_objects(f"{SESSION_PREFIX}*")],
            )
        )
        return role, policy

    def _schedule(
        self,
        names: AuditNames,
        machine: sfn.CfnStateMachine,
        dead_letters: sqs.IQueue,
        dead_letter_key: kms.IKey,
    ) -> None:
        starter, rights = schedule_role(
            self,
            "Starter",
            policy_id="StarterPolicy",
            name=names.role(STARTER),
            description="Starts the nightly keeping of sessions",
            action="states:StartExecution",
            on=[self.machine_arn],
            dead_letters=dead_letters,
            dead_letters_key=dead_letter_key,
        )
        ScheduleGroup(
            self,
            name=f"{names.prefix}-session-history",
            role=starter,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_SECONDS,
            most_tries=_MOST_TRIES,
            after=(rights, machine),
        ).schedule(
            "Nightly",
            name="nightly",
            description="01:00 UTC: put the sessions of the day that ended into the store",
            when=_NIGHTLY,
            timezone="UTC",
            target=self.machine_arn,
            given={"until": "<aws.scheduler.scheduled-time>"},
        )


def definition(names: AuditNames, log_group: str) -> State:
    """Page by page: read the lines of the day before `until`, put them away under that day.

    A day that is put away twice is the same objects again; the store keeps both versions.

    Example:
        >>> from data_platform.audit.names import AuditNames
        >>> names = AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2")
        >>> found = definition(names, "/dp-dev/bastion")
        >>> list(found["States"])
        ['Day', 'Read', 'Holds', 'Keep', 'More', 'Kept', 'Lost']
    """
    midnight = f"$floor($toMillis($states.input.until) / {_DAY_MILLISECONDS}) * {_DAY_MILLISECONDS}"
    asked = (
        f"'LogGroupName': '{log_group}', 'StartTime': $end - {_DAY_MILLISECONDS}, 'EndTime': $end - 1, "
        f"'Limit': {_LINES_A_PAGE}"
    )
    key = f"'{SESSION_PREFIX}' & $day & '/' & $formatNumber($page, '0000') & '.json'"
    day = f"$replace($substring($fromMillis({midnight} - {_DAY_MILLISECONDS}), 0, 10), '-', '/')"
    return {
        "Comment": "Puts the sessions of a day into the store",
        "QueryLanguage": "JSONata",
        "StartAt": "Day",
        "TimeoutSeconds": _LONGEST_SECONDS,
        "States": {
            "Day": {
                "Type": "Pass",
                "Assign": {"end": jsonata(midnight), "day": jsonata(day), "page": 1, "token": ""},
                "Next": "Read",
            },
            "Read": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:filterLogEvents",
                "Arguments": jsonata(f"$merge([{{{asked}}}, $token = '' ? {{}} : {{'NextToken': $token}}])"),
                "Assign": {
                    "token": jsonata("$exists($states.result.NextToken) ? $states.result.NextToken : ''")
                },
                "Output": {"lines": jsonata("[$states.result.Events]")},
                "TimeoutSeconds": CALL_SECONDS,
                "Retry": [retry("States.ALL")],
                "Catch": [_LOST],
                "Next": "Holds",
            },
            **choose("Holds", ("$count($states.input.lines) > 0", "Keep"), otherwise="More"),
            "Keep": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
                "Arguments": {
                    "Bucket": names.store,
                    "Key": jsonata(key),
                    "Body": jsonata("$states.input.lines"),
                    "ContentType": "application/json",
                    "ChecksumAlgorithm": "SHA256",  # S3 takes nothing under a default lock without a checksum
                },
                "Assign": {"page": jsonata("$page + 1")},
                "TimeoutSeconds": CALL_SECONDS,
                "Retry": [retry("States.ALL")],
                "Catch": [_LOST],
                "Next": "More",
            },
            **choose("More", ("$token != ''", "Read"), otherwise="Kept"),
            "Kept": {"Type": "Succeed"},
            "Lost": {
                "Type": "Fail",
                "Error": "SessionsNotKept",
                "Cause": jsonata("$string($states.input)"),
            },
        },
    }


def _allow(*actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[on])
