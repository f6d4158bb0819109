"""How `dp` reaches an environment: the embedded AWS by its endpoint file, AWS by the ordinary credentials."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from environments import Environment

STATE = Path(os.environ.get("DP_LOCAL_STATE", ".local/aws"))


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A session in one environment, with the endpoint that its clients use (None is AWS itself)."""

    environment: Environment
    session: boto3.Session
    endpoint: str | None
    verify: str | None
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """The boto3 client of the service, in the environment's region unless another is named.

        It is made once: making one reads the service's model, 20 to 500 ms.
        """
        if (service, region) not in self._clients:
            self._clients[service, region] = self._made(service, region)
        return self._clients[service, region]

    def _made(self, service: str, region: str | None) -> Any:
        from botocore.config import Config

        return self.session.client(  # type: ignore[call-overload] # the service's name is a variable
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            verify=self.verify,
            config=Config(retries={"max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"})
            if self.endpoint
            else None,
        )

    def assume(
        self, role_arn: str, *, person: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Connection:
        """The same environment as another role.

        Args:
            role_arn: The role to take.
            person: Source identity to take it with; it also names the session.
            tags: Session tags.

        Raises:
            CommandFailed: when the role may not be assumed.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.client("sts").assume_role(
                RoleArn=role_arn,
                RoleSessionName=person or "dp",
                **({"SourceIdentity": person} if person else {}),
                Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
            )
        except ClientError as error:
            raise CommandFailed(
                f"cannot become {role_arn}: {error}. Ask its trust policy's owner."
            ) from error
        credentials = answer["Credentials"]
        session = _session(
            self.environment,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        return Connection(
            environment=self.environment, session=session, endpoint=self.endpoint, verify=self.verify
        )


def environment_named(name: str) -> Environment:
    """The environment of that name.

    Raises:
        CommandFailed: with the names that exist.
    """
    from environments import ENVIRONMENTS

    for environment in ENVIRONMENTS:
        if environment.name == name:
            return environment
    known = ", ".join(environment.name for environment in ENVIRONMENTS)
    raise CommandFailed(
        f"--environment {name}: there is no such environment. Allowed: {known}.", ExitCode.USAGE
    )


def connect(name: str, *, state: Path = STATE) -> Connection:
    """Reach an environment: local through the embedded AWS, others through the AWS credential chain.

    Args:
        name: Name of the environment.
        state: Folder of the embedded AWS.

    Raises:
        CommandFailed: when there is no such environment, or nothing answers for it.
    """
    environment = environment_named(name)
    if name != "local":
        return Connection(environment=environment, session=_session(environment), endpoint=None, verify=None)
    recorded = endpoint_record(state)
    return _embedded(name, recorded["account"], recorded["endpoint"], recorded.get("ca"))


def _session(environment: Environment, **credentials: str) -> boto3.Session:
    """A session in the environment's region, with the models of services that other sessions have read."""
    import boto3
    import botocore.session

    core = botocore.session.get_session()
    core.register_component("data_loader", _models())
    return boto3.Session(region_name=environment.region, botocore_session=core, **credentials)


@functools.cache
def _models() -> Any:
    """What reads the models of services, each once: EC2's alone is a quarter of a second."""
    import botocore.session

    return botocore.session.get_session().get_component("data_loader")


@functools.lru_cache(maxsize=8)
def _embedded(name: str, account: str, endpoint: str, ca: str | None) -> Connection:
    environment = environment_named(name)
    session = _session(
        environment,
        aws_access_key_id=account,
        aws_secret_access_key="embedded",  # noqa: S106 - the embedded AWS checks no secret of its root
    )
    return Connection(environment=environment, session=session, endpoint=endpoint, verify=ca)


def endpoint_record(state: Path = STATE) -> dict[str, Any]:
    """What the running embedded AWS says of itself.

    Raises:
        CommandFailed: when none runs.
    """
    mend = "Start it with `make local` (or `python -m local start`)."
    file = state / "endpoint.json"
    if not file.exists():
        raise CommandFailed(f"no embedded AWS is known in {state}. {mend}", ExitCode.UNREACHABLE)
    try:
        recorded: dict[str, Any] = json.loads(file.read_text())
        os.kill(int(recorded["pid"]), 0)
    except (ValueError, KeyError, TypeError) as error:
        raise CommandFailed(
            f"{file} is not what the embedded AWS writes. {mend}", ExitCode.UNREACHABLE
        ) from error
    except PermissionError:
        pass  # another user's process: it runs
    except ProcessLookupError as error:
        raise CommandFailed(
            f"the embedded AWS of {state} has stopped. {mend}", ExitCode.UNREACHABLE
        ) from error
    return recorded
