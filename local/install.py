"""The visible list of what the embedded AWS adds to ministack, in the order in which it is installed."""

from __future__ import annotations

import importlib

from local import hooks

# Order matters in two places: the types come after the services that they call, the guard comes last because
# it reads which types exist by then.
MODULES = (
    "local.scoped_stores",
    "local.service_models",
    "local.services.policy_evaluation",
    "local.services.iam",
    "local.services.request_rights",
    "local.services.sts",
    "local.services.kms",
    "local.services.s3",
    "local.services.dynamodb",
    "local.services.sqs",
    "local.services.events",
    "local.services.cloudtrail",
    "local.services.logs",
    "local.services.log_pages",
    "local.services.cloudwatch",
    "local.services.lambda_functions",
    "local.services.ec2",
    "local.services.ecs",
    "local.services.rds",
    "local.services.msk",
    "local.services.kafkaconnect",
    "local.services.lambda_functions.kafka_mappings",
    "local.services.vpc_shell",
    "local.services.scheduler",
    "local.services.stepfunctions",
    "local.services.backup",
    "local.services.detection",
    "local.services.lakeformation",
    "local.services.glue",
    "local.services.schema_registry",
    "local.services.crawler",
    "local.athena",
    "local.cloudformation.types",
    "local.cloudformation.output_changes",
    "local.cloudformation.stack_outputs",
    "local.cloudformation.guard",
)


def install() -> None:
    """Check the version, then install every module of the list.

    Raises:
        local.hooks.HookError: ministack is not the pinned version, or a hook does not fit it.
    """
    hooks.require_pinned_ministack()
    for name in MODULES:
        importlib.import_module(name).install()
