"""The credentials of a function: of its execution role, which must trust Lambda."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Check the trust policy wherever ministack hands out a function's credentials."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    from local import hooks, trust

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        trust.require_service_may_assume(
            config.get("Role", ""), "lambda.amazonaws.com", config.get("FunctionArn")
        )
        given: dict[str, str] = old(config)
        return given

    old = hooks.replace(lambda_runtime, "execution_credentials", execution_credentials, parameters="config")
    if hasattr(lambda_svc, "execution_credentials"):
        lambda_svc.execution_credentials = execution_credentials
