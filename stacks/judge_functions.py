"""The two functions that judge in a domain's runs: what arrived, and what the gate measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing import JudgeFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from data_platform.foundation import Network
    from data_platform.processing import RunRoles

# Calls of one function at a time: every dataset of a wave, and as many days that are run by hand.
FUNCTION_CONCURRENCY = 10


def judge_functions(
    scope: Construct,
    roles: RunRoles,
    *,
    naming: Naming,
    network: Network,
    dead_letters: sqs.IQueue,
    logs: Mapping[str, Any],
) -> dict[str, JudgeFunction]:
    """The functions by duty.

    Args:
        scope: The stack of the domain's runs.
        roles: Who they are.
        naming: Physical names.
        network: Where they run.
        dead_letters: Keeps calls that did not arrive.
        logs: Key, retention and removal of their logs.
    """
    shared: dict[str, Any] = {
        "vpc": network.vpc,
        "subnets": network.subnets,
        "security_group": network.task_security_group,
        "dead_letters": dead_letters,
        "concurrency": FUNCTION_CONCURRENCY,
        **logs,
    }
    return {
        "schema-drift": JudgeFunction(
            scope,
            "SchemaDrift",
            name=naming.function("schema-drift"),
            folder="schema_drift",
            description="Compares what a crawler found with what the contract promises",
            role=roles.drift,
            **shared,
        ),
        "quality-verdict": JudgeFunction(
            scope,
            "QualityVerdict",
            name=naming.function("quality-verdict"),
            folder="quality_verdict",
            description="Says from what the quality gate measured whether a run may publish",
            role=roles.verdict,
            **shared,
        ),
    }
