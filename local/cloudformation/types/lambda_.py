"""AWS::Lambda::Function: the network, key, concurrency and dead-letter settings, code and image that must exist."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import extend
from local.services.lambda_functions import image_functions


def install() -> None:
    """Complete the function's handler."""
    extend("AWS::Lambda::Function", _complete)


def _complete(name: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import lambda_svc

    function = lambda_svc._functions[name]
    config = function["config"]
    _require_code(name, function, props)
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(props.get("VpcConfig"))
    config["KMSKeyArn"] = props.get("KmsKeyArn", "")
    config["TracingConfig"] = props.get("TracingConfig", {"Mode": "PassThrough"})
    config["LoggingConfig"] = _logging(name, props.get("LoggingConfig") or {})
    reserved = props.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    if props.get("DeadLetterConfig"):
        config["DeadLetterConfig"] = props["DeadLetterConfig"]
    else:
        config.pop("DeadLetterConfig", None)
    if "RecursiveLoop" in props:
        config["RecursiveLoop"] = props["RecursiveLoop"]
    lambda_svc.invalidate_worker(name)


def _require_code(name: str, function: dict[str, Any], props: dict[str, Any]) -> None:
    """A function whose code was not found must not deploy: ministack would answer with a mock."""
    code = props.get("Code", {})
    if code.get("ImageUri"):
        image_functions.require(code["ImageUri"], props.get("ImageConfig"))
        if not props.get("ImageConfig"):  # an update that takes the command away means the image's own
            function["config"].pop("ImageConfigResponse", None)
        return
    if function.get("code_zip"):
        return
    where = f"s3://{code.get('S3Bucket')}/{code.get('S3Key')}" if code.get("S3Key") else "the template"
    raise ValueError(f"Error occurred while GetObject. The code of function {name} was not found in {where}")


def _logging(name: str, given: dict[str, Any]) -> dict[str, Any]:
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **given}
    if config["LogFormat"] == "JSON":
        config.setdefault("ApplicationLogLevel", "INFO")
        config.setdefault("SystemLogLevel", "INFO")
    return config
