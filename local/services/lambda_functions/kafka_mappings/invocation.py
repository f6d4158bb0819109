"""A batch on its way to the function: whether it was taken."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("local.lambda.kafka")

Record = dict[str, Any]
_SHOWN = 500


def invoke(mapping: Record, event: dict[str, Any]) -> bool:
    """Invoke the mapping's function with a batch and wait; True when it ended without an error.

    Logs, metrics, limits and concurrency are those of any invocation. Must be called in the mapping's account and
    region, never on the event loop.
    """
    from ministack.services import lambda_svc

    name = mapping["FunctionName"]
    record, config = lambda_svc._get_func_record_for_qualifier(name, mapping.get("Qualifier"))
    if record is None or config is None:
        logger.warning("%s: there is no function %s", mapping["UUID"], name)
        return False
    execution = lambda_svc._execution_record_for_config(record, config)
    result = lambda_svc._execute_function_with_config_scope(execution, event)
    if result.get("error"):
        logger.warning(
            "%s: %s did not take a batch: %s", mapping["UUID"], name, str(result.get("body"))[:_SHOWN]
        )
        return False
    return True
