"""What a container is started with: its command line, its environment, its secrets and its credentials."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import identity
from local.services import image_environments, images
from local.services.rds import folders

PRINCIPAL = "ecs-tasks.amazonaws.com"
_PASSED_ON = (
    "LANG", "LC_ALL", "OPENBLAS_NUM_THREADS",
    "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
)  # fmt: skip


class CannotStart(RuntimeError):
    """The task cannot start; the text is ECS's stopped reason."""


class CannotPull(CannotStart):
    """The image of a container cannot be had; the text is ECS's stopped reason."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A process to start.

    Args:
        command: Command line.
        environment: The whole environment.
        workdir: Working directory, None for the task's own folder.
        stop_timeout: Seconds between SIGTERM and SIGKILL when the task is stopped.
        preload: Python file that the command's interpreter runs once for all containers, which are forks of it.
    """

    command: list[str]
    environment: dict[str, str]
    workdir: str | None
    stop_timeout: float
    preload: str | None = None


def session(task: dict[str, Any], role_arn: str, *, what: str) -> Any:
    """A session of a role of the task.

    Raises:
        CannotStart: ECS may not assume the role.
    """
    try:
        return identity.session_for_role(
            role_arn,
            service_principal=PRINCIPAL,
            session_name=task["taskArn"].rsplit("/", 1)[-1],
            source_arn=task["taskArn"],
        )
    except identity.AccessDenied as error:
        raise CannotStart(
            f"ResourceInitializationError: ECS was unable to assume the {what} '{role_arn}': {error}"
        ) from error


def prepare(
    task: dict[str, Any], definition: dict[str, Any], container: dict[str, Any], override: dict[str, Any]
) -> Launch:
    """Make everything that a container's process needs.

    Args:
        task: ministack's record of the task.
        definition: Its task definition.
        container: The container's definition.
        override: The containerOverrides entry of RunTask for it.

    Raises:
        CannotStart: A role, a secret or the command line is missing.
        CannotPull: The image is unknown here.
    """
    image = _pulled(container.get("image", ""))
    require_pull(task, definition, container.get("image", ""))
    try:
        command = image.command_line(
            container.get("entryPoint"), override.get("command") or container.get("command")
        )
    except ValueError as error:
        raise CannotStart(f"CannotStartContainerError: {error}") from error
    environment = {
        **_machine(image),
        **image.env,
        **{e["name"]: e["value"] for e in container.get("environment", [])},
        **_secrets(task, definition, container),
        **{e["name"]: e["value"] for e in override.get("environment", [])},
        **_credentials(task, definition),
        "RDS_CA_BUNDLE": str(folders.certificates() / "ca.pem"),
    }
    return Launch(
        command=command,
        environment={key: str(value) for key, value in environment.items()},
        workdir=container.get("workingDirectory")
        if _exists(container.get("workingDirectory"))
        else image.workdir,
        stop_timeout=float(container.get("stopTimeout", 30)),
        preload=image.preload if command[0] == image.python else None,
    )


def _pulled(name: str) -> images.Image:
    try:
        image = images.find(name)
        image_environments.ensure(image)
    except images.NoImageError as error:
        raise CannotPull(f"CannotPullContainerError: {error}") from error
    return image


def _exists(folder: str | None) -> bool:
    """A folder of the container that is also one of this machine; others are the image's own."""
    return bool(folder) and Path(str(folder)).is_dir()


def _machine(image: images.Image) -> dict[str, str]:
    path = os.environ.get("PATH", "/usr/bin:/bin")
    if image.python:
        path = f"{Path(image.python).parent}{os.pathsep}{path}"
    secured = os.environ.get("USE_SSL") == "1"
    port = os.environ.get("GATEWAY_PORT", "4566")
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
        "AWS_ENDPOINT_URL": f"{'https://localhost' if secured else 'http://127.0.0.1'}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _credentials(task: dict[str, Any], definition: dict[str, Any]) -> dict[str, str]:
    region = identity.region()
    environment = {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_ECS_{task.get('launchType', 'FARGATE')}",
    }
    role = (task.get("overrides") or {}).get("taskRoleArn") or definition.get("taskRoleArn")
    if not role:
        return environment  # as on AWS: a task without a role has no credentials
    keys = session(task, role, what="task role").get_credentials()
    return {
        **environment,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token or "",
    }


def execution_role(task: dict[str, Any], definition: dict[str, Any]) -> str | None:
    """The role that pulls images, reads secrets and writes logs."""
    return (task.get("overrides") or {}).get("executionRoleArn") or definition.get("executionRoleArn") or None


def require_pull(task: dict[str, Any], definition: dict[str, Any], image: str) -> None:
    """Check that the execution role may pull an image of the account's own registry.

    Raises:
        CannotStart: The registry refuses the role.
        CannotPull: The repository does not exist.
    """
    import botocore.exceptions

    role = execution_role(task, definition)
    if ".dkr.ecr." not in image:
        return
    if role is None:
        raise CannotStart("ResourceInitializationError: pulling from ECR needs an executionRoleArn")
    ecr = identity.client(session(task, role, what="execution role"), "ecr")
    try:
        ecr.get_authorization_token()
        tag = image.rsplit(":", 1)[-1] if ":" in image.rsplit("/", 1)[-1] else "latest"
        ecr.batch_get_image(repositoryName=images.repository(image), imageIds=[{"imageTag": tag}])
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "RepositoryNotFoundException":
            raise CannotPull(f"CannotPullContainerError: {image}: not found: {error}") from error
        raise CannotStart(
            f"ResourceInitializationError: unable to pull secrets or registry auth: {error}"
        ) from error


def _secrets(task: dict[str, Any], definition: dict[str, Any], container: dict[str, Any]) -> dict[str, str]:
    wanted = container.get("secrets", [])
    if not wanted:
        return {}
    role = execution_role(task, definition)
    if role is None:
        raise CannotStart("ResourceInitializationError: secrets need an executionRoleArn")
    from_role = session(task, role, what="execution role")
    try:
        return {secret["name"]: _secret(from_role, secret["valueFrom"]) for secret in wanted}
    except Exception as error:
        raise CannotStart(
            f"ResourceInitializationError: unable to pull secrets or registry auth: {error}"
        ) from error


def _secret(from_role: Any, reference: str) -> str:
    """The value of `valueFrom`: a secret's ARN, maybe with `:json-key:stage:version`, or a parameter."""
    if ":secretsmanager:" not in reference:
        name = reference.split(":parameter", 1)[-1] if reference.startswith("arn:") else reference
        ssm = identity.client(from_role, "ssm")
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    parts = reference.split(":")
    arn, key = ":".join(parts[:7]), parts[7] if len(parts) > 7 else ""  # noqa: PLR2004
    value = identity.client(from_role, "secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return str(json.loads(value)[key]) if key else str(value)
