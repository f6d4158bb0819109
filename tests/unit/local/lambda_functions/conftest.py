"""An image on this machine: files, an environment of its own, and the repository that it is pulled from."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

ASSUMED_BY_LAMBDA = "lambda.amazonaws.com"
_S3_ONLY = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
_PROGRAM = """
import os, sys, time
calls = 0

def tell(event, context):
    global calls
    calls += 1
    return {
        "pid": os.getpid(), "calls": calls, "prefix": sys.prefix, "event": event,
        "variables": {name: os.environ.get(name) for name in ("FROM_IMAGE", "GIVEN", "AWS_ACCESS_KEY_ID")},
        "request": context.aws_request_id,
    }

def knock(event, context):
    import socket, ssl
    trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    try:
        with trust.wrap_socket(socket.create_connection(("localhost", event["port"])), server_hostname="localhost"):
            return "open"
    except OSError:
        return "closed"

def sleep(event, context):
    time.sleep(event["seconds"])

def fill(event, context):
    held = bytearray(400 << 20)
    time.sleep(5)

def whoami(event, context):
    from urllib.request import urlopen
    print("said by the image")
    raise LookupError("no such stream")
"""


@dataclass
class Images:
    """Where functions of an image come from."""

    aws: Aws
    uri: str
    python: str
    role: str

    def function(self, command: str | None = None, **given: Any) -> str:
        """A function of the image; its name."""
        name = f"image-{uuid.uuid4().hex[:8]}"
        config = {"ImageConfig": {"Command": [command]}} if command else {}
        self.aws.client("lambda").create_function(
            FunctionName=name,
            PackageType="Image",
            Role=self.role,
            **{"Code": {"ImageUri": self.uri}, "MemorySize": 256, "Timeout": 20, **config, **given},
        )
        return name

    def invoke(self, name: str, event: Any = None) -> tuple[str | None, Any]:
        """FunctionError and what the function answered."""
        answer = self.aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def register(aws: Aws, name: str, entry: dict[str, Any]) -> str:
    """Say what stands for an image; gives the image's URI."""
    uri = aws.client("ecr").create_repository(repositoryName=f"unit/{name}")["repository"]["repositoryUri"]
    file = Path(aws.endpoint.state_dir) / "images.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**known, name: entry}))
    return f"{uri}:1"


@pytest.fixture(scope="module")
def images(secured_aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Images:
    """An image whose environment is made when it is first used."""
    folder, name = tmp_path_factory.mktemp("image"), f"program-{uuid.uuid4().hex[:6]}"
    (folder / "files").mkdir()
    (folder / "files" / "program.py").write_text(_PROGRAM)
    (folder / "requirements.lock").write_text("# nothing but Python\n")
    python = folder / "environment" / "bin" / "python"
    entry = {
        "python": str(python),
        "requirements": str(folder / "requirements.lock"),
        "workdir": str(folder / "files"),
        "command": ["program.tell"],
        "env": {"FROM_IMAGE": "1", "GIVEN": "by the image"},
    }
    role = secured_aws.role(_S3_ONLY, service=ASSUMED_BY_LAMBDA)
    return Images(secured_aws, register(secured_aws, name, entry), str(python), role)
