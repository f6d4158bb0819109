"""The history of Athena's queries: when one ends, its text and figures are put into the store.

CloudTrail has every StartQueryExecution, but with the text left out (`***OMITTED***`), and Athena forgets it after
45 days. So an event starts a state machine of two calls: read the execution, put it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from data_platform.audit.tables import QUERY_PREFIX
from data_platform.logged_machine import logged_machine
from data_platform.states_language import CALL_SECONDS, State, jsonata, retry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sqs as sqs

    from data_platform.audit.names import AuditNames


_LOST: State = {"ErrorEquals": ["States.ALL"], "Output": jsonata("$states.errorOutput"), "Next": "Lost"}


class QueryHistory(Construct):
    """Puts each ended query of the named workgroups into the store.

    Args:
        scope: The construct that owns the machine.
        construct_id: Name within its scope.
        names: Physical names.
        store: Where queries are put; its policy lets the machine's role add.
        key: The audit's key; also encrypts the machine's log.
        workgroups: Whose queries are kept.
        machine_access: The policy with which a state machine logs and traces.
        dead_letters: Keeps events that could not start the machine.
        log_retention_days: Days for which the machine's log is kept.
        removal_policy: Whether the log group outlives its stack.

    Attributes:
        machine_arn: The machine, for alarms.
    """

    machine_arn: str

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        store: s3.IBucket,
        key: kms.IKey,
        workgroups: Sequence[str],
        machine_access: iam.IManagedPolicy,
        dead_letters: sqs.IQueue,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{names.prefix}-query-history"
        self.machine_arn = f"arn:aws:states:{names.region}:{names.account}:stateMachine:{name}"
        role, rights = self._role(names, store, key, workgroups, machine_access)
        machine = logged_machine(
            self,
            name=name,
            definition=definition(names),
            role=role,
            log_key=key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
            log_data=False,  # it is the text of queries, and the store has it
            kind="EXPRESS",
        )
        machine.node.add_dependency(rights)
        self._rule(names, name, machine, workgroups, dead_letters)

    def _role(
        self,
        names: AuditNames,
        store: s3.IBucket,
        key: kms.IKey,
        workgroups: Sequence[str],
        machine_access: iam.IManagedPolicy,
    ) -> tuple[iam.Role, iam.ManagedPolicy]:
        role = iam.Role(
            self,
            "Role",
            role_name=names.role("history"),
            description="Reads ended queries and puts them into the store",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": names.account}}
            ),
            managed_policies=[machine_access],
        )
        athena = f"arn:aws:athena:{names.region}:{names.account}:workgroup"
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["athena:GetQueryExecution"],
                    resources=[f"{athena}/{each}" for each in workgroups],
                ),
                iam.PolicyStatement(actions=["kms:GenerateDataKey"], resources=[key.key_arn]),
            ],
        )
        store.add_to_resource_policy(
            iam.PolicyStatement(
                sid="HistoryAdds",
                principals=[iam.ArnPrincipal(role.role_arn)],
                actions=["s3:PutObject"],
                resources=[store.arn_for_objects(f"{QUERY_PREFIX}*")],
            )
        )
        return role, policy

    def _rule(
        self,
        names: AuditNames,
        name: str,
        machine: sfn.CfnStateMachine,
        workgroups: Sequence[str],
        dead_letters: sqs.IQueue,
    ) -> None:
        starter = iam.Role(
            self,
            "Starter",
            role_name=names.role("history-starter"),
            description="EventBridge starts the history's machine with it",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": names.account}}
            ),
        )
        rights = iam.ManagedPolicy(
            self,
            "StarterPolicy",
            roles=[starter],
            statements=[iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.machine_arn])],
        )
        rule = events.CfnRule(
            self,
            "Rule",
            name=name,
            description="A query of Athena ended: keep its text",
            event_pattern={
                "source": ["aws.athena"],
                "detail-type": ["Athena Query State Change"],
                "detail": {
                    "currentState": ["SUCCEEDED", "FAILED", "CANCELLED"],
                    "workgroupName": list(workgroups),
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="history",
                    arn=machine.attr_arn,
                    role_arn=starter.role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                )
            ],
        )
        rule.node.add_dependency(rights)


def definition(names: AuditNames) -> State:
    """Two calls: read the execution, put it away under its day.

    Example:
        >>> from data_platform.audit.names import AuditNames
        >>> found = definition(AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"))
        >>> list(found["States"])
        ['Read', 'Keep', 'Lost']
    """
    day = "$replace($substring($states.context.Execution.Input.time, 0, 10), '-', '/')"
    return {
        "Comment": "A query of Athena ended: keep its text and figures",
        "QueryLanguage": "JSONata",
        "StartAt": "Read",
        "TimeoutSeconds": 5 * CALL_SECONDS,
        "States": {
            "Read": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:athena:getQueryExecution",
                "Arguments": {"QueryExecutionId": jsonata("$states.input.detail.queryExecutionId")},
                "Output": jsonata("$states.result.QueryExecution"),
                "TimeoutSeconds": CALL_SECONDS,
                "Retry": [retry("States.ALL")],
                "Catch": [_LOST],
                "Next": "Keep",
            },
            "Keep": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
                "Arguments": {
                    "Bucket": names.store,
                    "Key": jsonata(
                        f"'{QUERY_PREFIX}' & {day} & '/' & $states.input.QueryExecutionId & '.json'"
                    ),
                    "Body": jsonata("$states.input"),
                    "ContentType": "application/json",
                    "ChecksumAlgorithm": "SHA256",  # S3 takes nothing under a default lock without a checksum
                },
                "TimeoutSeconds": CALL_SECONDS,
                "Retry": [retry("States.ALL")],
                "Catch": [_LOST],
                "End": True,
            },
            "Lost": {
                "Type": "Fail",
                "Error": "QueryNotKept",
                "Cause": jsonata("$string($states.input)"),
            },
        },
    }
